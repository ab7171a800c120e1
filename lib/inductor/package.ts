// A package of AOTInductor: a zip with a shared library, and the source that it was compiled from.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TorchError } from '../core/errors';
import type { TreeSpec } from '../export/pytree';
import { asObject } from '../export/fields';
import { parseText } from '../export/json';
import { checkCallSpec, readTreeSpec } from '../export/pytree_read';
import { HEAD, foreign } from '../serialization/foreign';
import { fileSource } from '../serialization/io/source';
import { ZipReader, isZip } from '../serialization/io/zip_reader';
import { type InputSpec, readInputSpecs } from './input_spec';

/** What a name gives that is a file and a folder, there already, or too long. */
const CLASHES = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EINVAL']);
const FOLDER = 'data/aotinductor/';

/** What a package says about its model. */
export interface PackageInfo {
  readonly inputs: readonly InputSpec[];
  readonly inSpec: TreeSpec;
  readonly outSpec: TreeSpec;
  readonly metadata: Readonly<Record<string, string>>;
  readonly constants: readonly string[];
}

/** @throws TorchError that says what else the file is. */
export function readPackage(file: string, model: string): PackageInfo {
  return withZip(file, (zip) => {
    const source = zip.read(sourceOf(zip, model)).toString('utf8');
    const spec = (name: string): TreeSpec => {
      const [, text] = new RegExp(`\\b${name}_ = R"\\(([^]*?)\\)";`).exec(source) ?? [];
      if (text === undefined) throw new TorchError(`its source has no ${name}`);
      return readTreeSpec(text, new Map(), name);
    };
    const [inSpec, outSpec] = [spec('in_spec'), spec('out_spec')];
    checkCallSpec(inSpec);
    const constants = [...source.matchAll(/constants_info_\[\d+\]\.original_fqn = "([^"]*)";/g)];
    return {
      inputs: readInputSpecs(source),
      inSpec,
      outSpec,
      metadata: metadataOf(zip, model),
      constants: constants.map(([, name]) => name),
    };
  });
}

/** Unpacks the model into a new folder that its owner alone can enter; the caller removes it. */
export function unpack(file: string, named?: string): string {
  const folder = named ?? fs.mkdtempSync(path.join(tmpdir(), 'nodetorch-inductor-')); // of mode 0700
  if (named !== undefined) fs.mkdirSync(named, { mode: 0o700 }); // which fails where there is one
  try {
    withZip(file, (zip) => {
      for (const name of zip.names()) {
        const target = path.join(folder, ...name.split('/'));
        if (!target.startsWith(folder + path.sep) || /[\\\0]/.test(name))
          throw new TorchError(`its record '${name.slice(0, 80)}' would lie elsewhere`);
        const bytes = zip.read(name);
        try {
          fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
          fs.writeFileSync(target, bytes, { mode: 0o700, flag: 'wx' });
        } catch (error) {
          if (!CLASHES.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
          throw new TorchError(`its record '${name.slice(0, 80)}' cannot lie beside the others`);
        }
      }
    });
    return folder;
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function withZip<T>(file: string, read: (zip: ZipReader) => T): T {
  const source = fileSource(file, false);
  try {
    if (!isZip(source)) {
      const what = foreign(source.read(0, Math.min(HEAD, source.size)), source.size, 'pt');
      throw new TorchError(`it is no package of AOTInductor, but ${what ?? 'no zip archive'}`);
    }
    return read(new ZipReader(source, 'maybe'));
  } finally {
    source.close();
  }
}

function sourceOf(zip: ZipReader, model: string): string {
  const names = [...zip.names()];
  const models = new Set(names.filter((name) => name.startsWith(FOLDER)).map((name) => name.split('/')[2]));
  if (models.size === 0) {
    const what =
      zip.foreign ?? (zip.has('data.pkl') ? 'a file of torch.save(): torch.load() reads it' : 'another one');
    throw new TorchError(`it is no package of AOTInductor, but ${what}`);
  }
  if (!models.has(model))
    throw new TorchError(`it has no model '${model.slice(0, 80)}', but '${[...models].join("', '")}'`);
  const found = names.find((name) => name.startsWith(`${FOLDER}${model}/`) && /wrapper\.cpp$/.test(name));
  if (found === undefined)
    throw new TorchError('it has not the source that was compiled, which says what its inputs must be');
  return found;
}

function metadataOf(zip: ZipReader, model: string): Record<string, string> {
  const name = [...zip.names()].find(
    (one) => one.startsWith(`${FOLDER}${model}/`) && /wrapper_metadata\.json$/.test(one),
  );
  if (name === undefined) return {};
  const where = 'its metadata';
  const entries = asObject(parseText(zip.read(name).toString('utf8'), where), where);
  return Object.fromEntries([...entries].filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >;
}
