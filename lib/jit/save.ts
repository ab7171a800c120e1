// torch.jit.save: an archive that torch.jit.load reads, here and in Python.
import { fileURLToPath } from 'node:url';
import { argumentError } from '../core/errors';
import { isMap, isPlainObject, isURL, isUint8Array } from '../core/realm';
import { native } from '../native';
import { openAtomically, writeAll } from '../serialization/io/atomic';
import type { Handle } from '../../typings/native';

/** Contents of further files in the archive, by their names. */
export type ExtraFiles = Record<string, string | Uint8Array> | Map<string, string | Uint8Array>;

/** The entries of extra files. */
export function extraEntries(fn: string, files: ExtraFiles | null): [name: string, bytes: Uint8Array][] {
  if (files === null) return [];
  if (!isMap(files) && !isPlainObject(files))
    throw argumentError(fn, 'extraFiles', 'an object or a Map of texts or bytes by name', files);
  const entries = isMap(files) ? [...files] : Object.entries(files);
  return entries.map(([name, content]) => {
    if (typeof name !== 'string') throw argumentError(fn, 'extraFiles', 'by names', name);
    if (typeof content !== 'string' && !isUint8Array(content))
      throw argumentError(fn, 'extraFiles', 'an object or a Map of texts or bytes by name', content);
    return [name, typeof content === 'string' ? Buffer.from(content) : content];
  });
}

/** The path that a file argument is. */
export function pathOf(fn: string, file: unknown): string {
  if (typeof file === 'string') return file;
  if (isURL(file)) return fileURLToPath(file as URL);
  throw argumentError(fn, 'file', 'a path', file);
}

/** Writes the file whole or not at all; without one, gives the bytes. */
export function saveModule(
  module: Handle,
  file: string | URL | null,
  extra: ExtraFiles | null,
): Uint8Array | null {
  const entries = extraEntries('torch.jit.save', extra);
  const path = file === null ? null : pathOf('torch.jit.save', file);
  const [names, contents] = [entries.map(([name]) => name), entries.map(([, bytes]) => bytes)];
  const bytes = native.scriptSave(module, null, names, contents) as Buffer;
  if (path === null) return bytes;
  const opened = openAtomically(path);
  try {
    writeAll(opened.fd, bytes);
    opened.commit();
  } finally {
    opened.abort();
  }
  return null;
}
