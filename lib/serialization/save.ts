/** torch.save: what Python's torch.load reads. */
import { fileURLToPath } from 'node:url';
import { wrap } from '../native/dispatch';
import type { DType } from '../core/dtype';
import { TorchError, argumentError } from '../core/errors';
import { withDefaults } from '../core/signature';
import { native } from '../native';
import { isURL } from '../core/realm';
import { bindArguments } from '../core/calls';
import type { Tensor } from '../tensor';
import { writeAtomically } from './io/atomic';
import { reducer } from './pickle/reduce';
import { planned, storageKind } from './pickle/reduce_tensors';
import { pickle } from './pickle/writer';
import { PlannedTensor } from './planned';
import { type Sink, fileSink, memorySink } from './io/sink';
import { ALIGNMENT, ZipWriter } from './io/zip_writer';

/** Nothing yet. */
export type SaveOptions = Record<never, never>;

/**
 * Writes `value` to a file that Python's `torch.load(path, weights_only=True)` reads, or returns the bytes of
 * such a file. A crash or a full disk leaves the old file whole. The same value gives the same bytes.
 *
 * What {@link load} gave comes back as it was. Of what a program makes itself, these become in Python:
 * - a Map or plain object a dict; a Map with `_metadata`, as `model.stateDict()` gives it, an OrderedDict;
 *   what is `undefined` in a plain object is left out;
 * - an array a list; `serialization.tuple(0.9, 0.999)` a tuple; `serialization.Size.from(x.shape)` a torch.Size;
 * - a whole number an int, and so is a bigint; other numbers floats; `new serialization.Float(1)` is `1.0`;
 * - a Uint8Array bytes.
 *
 * Tensors that share memory share it in Python, too: it is written once, and whole.
 *
 * @throws TypeError for a value that such a file cannot hold; the message says where it is.
 *
 * @example
 * torch.save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch }, 'checkpoint.pt');
 */
export function save(value: unknown, path: string | URL, options?: SaveOptions): void;
export function save(value: unknown): Uint8Array;
export function save(
  ...args: [value: unknown, path?: string | URL, options?: SaveOptions]
): Uint8Array | void {
  const [value, path, options] = bindArguments('torch.save(value{}, path?, options{}?)', args);
  withDefaults('torch.save', {}, options);
  if (path === undefined) {
    const sink = memorySink();
    writePickled(sink, value);
    return sink.result();
  }
  if (typeof path !== 'string' && !isURL(path)) throw argumentError('torch.save', 'path', 'a path', path);
  const target = typeof path === 'string' ? path : fileURLToPath(path);
  writeAtomically(target, (fd) => writePickled(fileSink(fd), value));
}

/** What `torch.save` writes; a {@link PlannedTensor} in `value` is one of Python's, made when its bytes are written. */
export function writePickled(sink: Sink, value: unknown): void {
  const storages: Storages = new Map();
  const reduce = reducer((tensor, dtype) => keyOf(storages, tensor, dtype));
  const data = pickle(value, (each) =>
    each instanceof PlannedTensor ? planned(each, keyOfPlanned(storages, each)) : reduce(each),
  );
  writeFile(sink, data, storages);
}

interface Saved {
  readonly key: string;
  readonly kind: string;
  /** Lends the bytes. */
  readonly write: (use: (bytes: Tensor) => void) => void;
}

type Storages = Map<bigint | PlannedTensor, Saved>;

// A storage is known by its address, so its tensor must live until the end.
function keyOf(storages: Storages, tensor: Tensor, dtype: DType): string {
  const { id } = tensor.storage();
  const kind = storageKind(dtype);
  const known = storages.get(id);
  if (known && known.kind !== kind && tensor.storage().nbytes > 0) {
    throw new TorchError(
      'Cannot save multiple tensors or storages that view the same data as different types',
    );
  }
  if (known) return known.key;
  const key = String(storages.size);
  storages.set(id, { key, kind, write: (use) => lendStorage(tensor, use) });
  return key;
}

function keyOfPlanned(storages: Storages, tensor: PlannedTensor): string {
  const key = String(storages.size);
  const write = (use: (bytes: Tensor) => void): void => tensor.with((plain) => lendStorage(plain, use));
  storages.set(tensor, { key, kind: '', write });
  return key;
}

function lendStorage(tensor: Tensor, use: (bytes: Tensor) => void): void {
  const storage = wrap(native.storageOf(tensor)) as Tensor;
  const bytes = storage.isCpu ? storage : storage.cpu();
  use(bytes);
  bytes.dispose();
  if (bytes !== storage) storage.dispose();
}

function writeFile(sink: Sink, data: Buffer, storages: Storages): void {
  const zip = new ZipWriter(sink);
  zip.write('data.pkl', data);
  zip.write('.format_version', '1');
  zip.write('.storage_alignment', String(ALIGNMENT));
  zip.write('byteorder', 'little');
  for (const { key, write } of storages.values()) write((bytes) => zip.writeTensor(`data/${key}`, bytes));
  zip.write('version', '3\n');
  zip.write('.data/serialization_id', zip.serializationId());
  zip.end();
  sink.flush();
}
