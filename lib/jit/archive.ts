// What is looked at before libtorch reads a TorchScript archive: its own reader trusts what it finds.
import { TorchError } from '../core/errors';
import { HEAD, foreign } from '../serialization/foreign';
import { damaged } from '../serialization/io/errors';
import { Reader, type Source, bytesSource } from '../serialization/io/source';
import { ZipReader, isZip } from '../serialization/io/zip_reader';
import { metaStorage, placing } from '../serialization/map_location';
import { FileHost } from '../serialization/pickle/host';
import { unpickle } from '../serialization/pickle/machine';
import { TensorBuilder } from '../serialization/pickle/tensors';
import { checkSource } from './source_text';

/**
 * Whether libtorch may read the archive: the zip directory, the checksums of all that is no tensor, both pickles (by our
 * own machine, which calls nothing), the sizes of tensors against the bytes that are there, and how deep the code is nested.
 *
 * @throws UnpicklingError that says what the file is, or what is wrong with it.
 */
export function checkArchive(source: Source): void {
  if (!isZip(source)) {
    const tail = source.read(Math.max(source.size - 8, 0), Math.min(8, source.size));
    const what = foreign(source.read(0, Math.min(HEAD, source.size)), source.size, 'pt', tail);
    throw damaged(`it is no TorchScript archive, ${what ? `but ${what}` : 'which is a zip archive'}`);
  }
  const zip = new ZipReader(source);
  if (!zip.has('constants.pkl') || !zip.has('data.pkl')) throw damaged(whatElse(zip));
  for (const name of zip.names()) {
    if (/^(constants|data)\//.test(name)) continue;
    const bytes = zip.read(name);
    if (/^code\/.*\.py$/.test(name)) checkSource(bytes.toString('latin1'), name);
  }
  for (const part of ['constants', 'data']) checkPickle(zip, part);
}

function whatElse(zip: ZipReader): string {
  if (zip.has('model.json'))
    return 'it is a TorchScript archive of PyTorch 1.0 to 1.3, which libtorch reads no more';
  const what = zip.foreign ?? 'a file of torch.save(), which holds no code: torch.load() reads it';
  return `it is no TorchScript archive, but ${what}`;
}

function checkPickle(zip: ZipReader, part: string): void {
  const places = placing('meta');
  const builder = new TensorBuilder(({ key, nbytes, dtype }) => {
    const size = zip.sizeOf(`${part}/${key}`);
    if (size < nbytes || size - nbytes >= dtype.itemsize)
      throw damaged(`tensor '${part}/${key.slice(0, 80)}' has ${size} bytes, not ${nbytes}`);
    return metaStorage(nbytes);
  }, places);
  const pickle = zip.read(`${part}.pkl`);
  unpickle(new Reader(bytesSource(pickle)), new FileHost(builder, true));
}

/** An error that names the file. */
export function explained(error: unknown, fn: string, name: string): unknown {
  if (!(error instanceof TorchError)) return error;
  const wrapped = new TorchError(`${fn}(): cannot load ${name}: ${error.message}`, error.kind);
  wrapped.cause = error;
  return wrapped;
}
