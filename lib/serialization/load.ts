/** torch.load: what Python's torch.save wrote. */
import { fileURLToPath } from 'node:url';
import { noGrad } from '../autograd';
import { TorchError, argumentError, valueError } from '../core/errors';
import { withDefaults } from '../core/signature';
import { Device } from '../core/device';
import type { DType } from '../core/dtype';
import { isError, isTypeError, isURL, isUint8Array } from '../core/realm';
import { bindArguments } from '../core/calls';
import { withJson } from '../core/conversions';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { swapBytes } from './io/byte_order';
import { foreignFile } from './foreign_file';
import { loadLegacy } from './pickle/legacy';
import { type MapLocation, type Placing, metaStorage, placing } from './map_location';
import { checkResult } from './pickle/check';
import { FileHost } from './pickle/host';
import { leavesOf } from './pickle/leaves';
import { unpickle } from './pickle/machine';
import type { StorageRef } from './pickle/storage';
import { TensorBuilder } from './pickle/tensors';
import { Reader, type Source, bytesSource, fileSource } from './io/source';
import { loadFile } from './safetensors';
import { UnpicklingError, damaged } from './io/errors';
import { toObject } from './plain';
import { ZipReader, isZip } from './io/zip_reader';

/** Options of `torch.load`. */
export interface LoadOptions {
  /** Where the tensors go. Default: where they were when they were saved. */
  mapLocation?: MapLocation | null;
  /**
   * Whether to map the file into memory: nothing is read until it is used, and what is written to a tensor
   * stays in memory. While such tensors live the file must not be changed in place. Default: `false`.
   */
  mmap?: boolean | null;
  /**
   * Whether an object of an unknown class is an error. If not, it is given as a `serialization.PythonObject`, a class or
   * function as a `serialization.PythonClass`. Nothing in a file is ever run. Default: `true`.
   */
  weightsOnly?: boolean;
  /**
   * Whether to give the tensors alone, as a `Map` by their paths: `'model.fc1.weight'`. Whatever else the file holds, of
   * classes that are not known too, is passed over; a whole model of Python's has the paths of its state_dict, and a
   * TorchScript archive gives its tensors, too. Default: `false`.
   */
  tensorsOnly?: boolean;
  /**
   * Whether dicts are plain objects, and tuples arrays, instead of Maps and `serialization.Tuple`s, as
   * `torch.serialization.toObject` makes them. Default: `false`.
   */
  objects?: boolean;
  /** Whether to hold what is read (not what is mapped) against the file's checksums. Default: `true`. */
  checkCrc?: boolean;
}

type Settings = Required<LoadOptions>;
const defaults: Settings = {
  mapLocation: null,
  mmap: false,
  weightsOnly: true,
  tensorsOnly: false,
  objects: false,
  checkCrc: true,
};

/**
 * Reads what `torch.save` wrote, here or in Python, in the format of today or that of before 1.6: a file,
 * or its bytes.
 *
 * | in Python | here |
 * |---|---|
 * | None, bool, str | null, boolean, string |
 * | int | number; a bigint where a number cannot hold it |
 * | float | number |
 * | complex | {@link Complex} |
 * | list, tuple | array, `serialization.Tuple` (an array, too) |
 * | dict, OrderedDict, defaultdict, Counter | Map, and subclasses of it with these names |
 * | set, frozenset | Set, `serialization.FrozenSet` |
 * | bytes, bytearray | Uint8Array, `serialization.ByteArray` |
 * | a storage, a class by itself | `serialization.TypedStorage`, `serialization.PythonClass` |
 * | torch.Size, dtype, device, layout | `serialization.Size`, DType, Device, Layout |
 * | Tensor, Parameter | Tensor, Parameter |
 * | numpy's arrays and scalars | `serialization.NDArray`, `serialization.NumpyScalar` |
 *
 * A path that ends with `.safetensors` is read as such a file. With `{ objects: true }` a dict is a plain object, and
 * a tuple an array; every `loadStateDict` and `torch.save` takes them.
 *
 * Differs from PyTorch: `torch.load` never runs anything, with `weightsOnly: false` neither; it takes
 * defaultdict, frozenset and numpy's values without being told to.
 *
 * @throws UnpicklingError for a file that is damaged, or holds what is not known: its message names it.
 *
 * @example
 * const checkpoint = torch.load<Map<string, any>>('checkpoint.pt', { mapLocation: 'cpu' });
 * model.loadStateDict(checkpoint.get('model'));
 *
 * @example
 * interface Checkpoint { model: Record<string, Tensor>; epoch: number }
 * const { model: weights, epoch } = torch.load<Checkpoint>('checkpoint.pt', { objects: true });
 */
export function load<T = unknown>(...args: [file: string | URL | Uint8Array, options?: LoadOptions]): T {
  const [file, options = {}] = bindArguments('load(file{}, options{}?)', args);
  const given = withDefaults('torch.load', defaults, options);
  const settings = given.tensorsOnly ? { ...given, weightsOnly: false } : given;
  const places = placing(settings.mapLocation);
  const bytes = isUint8Array(file);
  if (!bytes && typeof file !== 'string' && !isURL(file)) {
    throw argumentError('torch.load', 'file', 'a path or a Uint8Array', file);
  }
  if (bytes && settings.mmap) throw valueError('f must be a file path in order to use the mmap argument');
  const path = bytes ? null : pathOf(file);
  const shaped = (value: unknown): unknown => {
    const kept = settings.tensorsOnly ? tensorsOf(value) : value;
    return settings.objects ? toObject(kept) : kept;
  };
  if (path?.endsWith('.safetensors')) return shaped(loadSafetensors(path, settings)) as T;
  const source = path === null ? bytesSource(file as Uint8Array) : fileSource(path, settings.mmap === true);
  try {
    return noGrad(() => shaped(loadFrom(source, places, settings))) as T;
  } catch (error) {
    throw places.hasThrown(error) ? error : explained(error, path);
  } finally {
    source.close();
  }
}

const tensorsOf = (value: unknown): Map<unknown, unknown> =>
  withJson(new Map([...leavesOf(value, isTensor)].filter(([, each]) => isTensor(each))));

const pathOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file));

function loadSafetensors(path: string, { mapLocation, mmap }: Settings): Map<string, Tensor> {
  if (mapLocation !== null && typeof mapLocation !== 'string' && !(mapLocation instanceof Device)) {
    const kind = typeof mapLocation === 'function' ? 'callable' : 'dict';
    throw new TorchError(
      `Loading safetensors file with ${kind} map_location is not supported. Use a device string or torch.device ` +
        'instead.',
    );
  }
  return loadFile(path, { device: mapLocation ?? 'cpu', backend: mmap ? 'mmap' : 'pread' });
}

// Names the file. Errors that a damaged file led libtorch or JavaScript into are the file's.
function explained(error: unknown, path: string | null): unknown {
  const isOption = isTypeError(error) && error.message.includes('addSafeGlobals');
  if (!isError(error) || isOption || 'syscall' in error) return error;
  const name = path === null ? 'these bytes' : `'${path}'`;
  const wrapped = new UnpicklingError(`torch.load(): cannot load ${name}: ${error.message}`);
  if (!(error instanceof UnpicklingError)) wrapped.cause = error;
  return wrapped;
}

function loadFrom(source: Source, places: Placing, settings: Settings): unknown {
  if (!isZip(source)) {
    const what = foreignFile(source, 'pt');
    if (what) throw damaged(`Invalid magic number; corrupt file? It is no file of torch.save, but ${what}`);
    if (settings.mmap) {
      throw damaged(
        'mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`, please ' +
          'torch.save your checkpoint with this option in order to use mmap.',
      );
    }
    return loadLegacy(source, places, !settings.weightsOnly);
  }
  const zip = new ZipReader(source);
  const script = settings.tensorsOnly && zip.has('constants.pkl') && zip.has('data.pkl');
  if (zip.foreign && !script) {
    // Python's words, where they are true.
    const blame = settings.weightsOnly && zip.has('constants.pkl');
    const text = 'Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. ';
    throw damaged(`${blame ? text : ''}It is ${zip.foreign}`);
  }
  const storages = new Storages(zip, places, settings);
  const pickle = zip.read('data.pkl');
  const builder = new TensorBuilder((ref) => storages.read(ref), places);
  const result = unpickle(new Reader(bytesSource(pickle)), new FileHost(builder, !settings.weightsOnly));
  checkResult(result, (storage) => builder.fill(storage));
  storages.release();
  return result;
}

/** The storages of a zip file, each read once. */
class Storages {
  readonly #loaded = new Map<string, Tensor>();
  readonly #swap: boolean;

  constructor(
    private readonly zip: ZipReader,
    private readonly places: Placing,
    private readonly settings: Settings,
  ) {
    const order = zip.has('byteorder') ? zip.read('byteorder').toString() : 'little';
    if (order !== 'little' && order !== 'big')
      throw damaged(`Unknown endianness type: ${order.slice(0, 40)}`);
    this.#swap = order === 'big';
  }

  read({ key, nbytes, dtype, location }: StorageRef): Tensor {
    const name = `data/${key}`;
    const found = this.#loaded.get(key);
    const size = found ? found.numel() : this.zip.sizeOf(name);
    // Bytes that are no whole element any more may follow.
    if (size < nbytes || size - nbytes >= dtype.itemsize)
      throw damaged(`storage '${key.slice(0, 80)}' has ${size} bytes, not ${nbytes}`);
    if (found) return found;
    const storage = this.places.meta ? metaStorage(nbytes) : this.#fromFile(name, dtype, location);
    this.#loaded.set(key, storage);
    return storage;
  }

  #fromFile(name: string, dtype: DType, location: string): Tensor {
    let bytes = this.zip.tensor(name, this.settings.checkCrc);
    if (this.#swap) bytes = swapBytes(bytes, dtype);
    // A file that others wrote may hold numbers where a processor does not like them.
    else if (bytes.dataPtr() % BigInt(ALIGNMENT) !== 0n) bytes = bytes.clone();
    return this.places.place(bytes, location);
  }

  /** The tensors alone keep the memory from now on. */
  release(): void {
    for (const storage of this.#loaded.values()) storage.dispose();
  }
}

const ALIGNMENT = 16; // of the widest number, complex128
