// What a file is that is not what was expected: by its first and last bytes, and by the names in an archive.
import { HEAD, foreign } from './foreign';
import type { Source } from './io/source';
import { ZipReader, isZip } from './io/zip_reader';

const TAIL = 8; // bytes
/** Numbers alone, which only the name tells of. */
const TENSORFLOW_DATA = /\.data-\d{5}-of-\d{5}$/;
const DATA_TEXT =
  "the data of a TensorFlow checkpoint, with its index beside it: tf.train.load_checkpoint() of Python's opens both";

/** What is in `source`, and what opens it; null where it may be what is expected. */
export function foreignFile(source: Source, expected: 'pt' | 'safetensors'): string | null {
  const { size } = source;
  const tail = source.read(Math.max(size - TAIL, 0), Math.min(TAIL, size));
  const what = foreignZip(source) ?? foreign(source.read(0, Math.min(HEAD, size)), size, expected, tail);
  return what ?? (TENSORFLOW_DATA.test(source.path ?? '') ? DATA_TEXT : null);
}

function foreignZip(source: Source): string | null {
  if (!isZip(source)) return null;
  try {
    return new ZipReader(source, 'maybe').foreign;
  } catch {
    return null; // cut short
  }
}
