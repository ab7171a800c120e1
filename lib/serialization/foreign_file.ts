// What a file is that is not what was expected: by its first and last bytes, and by the names in an archive.
import { HEAD, foreign } from './foreign';
import type { Source } from './io/source';
import { ZipReader, isZip } from './io/zip_reader';

const TAIL = 8; // bytes

/** What is in `source`, and what opens it; null where it may be what is expected. */
export function foreignFile(source: Source, expected: 'pt' | 'safetensors'): string | null {
  const { size } = source;
  const tail = source.read(Math.max(size - TAIL, 0), Math.min(TAIL, size));
  return foreignZip(source) ?? foreign(source.read(0, Math.min(HEAD, size)), size, expected, tail);
}

function foreignZip(source: Source): string | null {
  if (!isZip(source)) return null;
  try {
    return new ZipReader(source, 'maybe').foreign;
  } catch {
    return null; // cut short
  }
}
