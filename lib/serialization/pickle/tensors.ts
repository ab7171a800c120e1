// Tensors out of a file: torch._utils._rebuild_tensor_v2 and the like. What a file says of sizes and
// strides is held against the memory that is there.
import { Device, device as deviceOf } from '../../core/device';
import { DType } from '../../core/dtype';
import type { Parameter } from '../../nn/parameter';
import { isMap } from '../../core/realm';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import type { Placing } from '../map_location';
import { NDArray } from './numpy';
import { LARGEST, int, ints, kind, reach, shown, tensorOf } from './parts';
import { emptyQuantized, nested, sparse } from './rare_tensors';
import { describeObject } from './construct';
import { PythonClass, behaviourOf, define } from './global';
import { type PythonObject, type Tuple, tuple } from './python_types';
import { type StorageRef, type TypedStorage, fill, refOf } from './storage';
import { UnsupportedError, damaged } from '../io/errors';

/** `torch.Tensor` and `Parameter`, as arguments. */
export class TensorType extends PythonClass {
  readonly #parameter: boolean;

  constructor(name: string, parameter: boolean) {
    super(name);
    this.#parameter = parameter;
  }
  get parameter(): boolean {
    return this.#parameter;
  }
}

/** The bytes of a storage, on its device. */
export type ReadStorage = (ref: StorageRef) => Tensor;

/** Elements in one byte. */
const packed: Record<string, number> = { quint4x2: 2, quint2x4: 4 };

const FROM_TYPE = 'torch._tensor._rebuild_from_type_v2';
const WRAPPER = 'torch._utils._rebuild_wrapper_subclass';

/** What the functions of `torch._utils` do, for one file. */
export class TensorBuilder {
  constructor(
    private readonly readStorage: ReadStorage,
    private readonly placing: Placing,
  ) {}

  /** Gives a storage that is a value itself its bytes. */
  fill(storage: TypedStorage): void {
    const { dtype } = storage;
    const bytes = this.readStorage(refOf(storage));
    fill(storage, overStorage(bytes, dtype, 0, [Math.floor(bytes.numel() / dtype.itemsize)], [1]));
  }

  globals(): Map<string, PythonClass> {
    const functions: Record<string, (args: readonly unknown[]) => Tensor | PythonObject> = {
      'torch._utils._rebuild_tensor': (args) => this.#strided(args, null),
      'torch._utils._rebuild_tensor_v2': (args) => this.#strided(args, null, args[4], args[6]),
      'torch._utils._rebuild_tensor_v3': (args) => this.#strided(args, args[6], args[4], args[7]),
      'torch._utils._rebuild_parameter': ([data, requiresGrad]) => parameter(data, requiresGrad),
      'torch._utils._rebuild_parameter_with_state': ([data, requiresGrad, , state]) =>
        withState(parameter(data, requiresGrad), state),
      'torch._utils._rebuild_sparse_tensor': ([layout, data]) => sparse(layout, data),
      'torch._utils._rebuild_meta_tensor_no_storage': ([dtype, size, stride, requiresGrad]) =>
        withRequiresGrad(metaTensor(dtype, size, stride), requiresGrad),
      'torch._utils._rebuild_device_tensor_from_cpu_tensor': (args) => this.#moved(args),
      'torch._utils._rebuild_device_tensor_from_numpy': (args) => this.#moved(args),
      'torch._utils._rebuild_qtensor': (args) => this.#quantized(args),
      'torch._utils._rebuild_nested_tensor': ([buffer, ...parts]) => nested(buffer, parts),
      'torch._utils._rebuild_wrapper_subclass': refuse('a tensor of a subclass'),
      [FROM_TYPE]: (args) => this.#fromType(args),
      // Its module until PyTorch 1.9.
      'torch.tensor._rebuild_from_type_v2': (args) => this.#fromType(args),
    };
    return new Map(
      Object.entries(functions).map(([name, make]) => [name, define(new PythonClass(name), make)]),
    );
  }

  #strided(
    args: readonly unknown[],
    dtype: unknown,
    requiresGrad: unknown = false,
    marks: unknown = null,
  ): Tensor {
    const type = dtype === null ? refOf(args[0]).dtype : kind(dtype, DType, 'the dtype');
    if (type.kind === 'quantized') throw damaged('a quantized tensor in it has no scale');
    const { bytes, offset, size, stride } = this.#place(args, type);
    const tensor = overStorage(bytes, type, offset, size, stride);
    return withRequiresGrad(lazily(tensor, marks), requiresGrad);
  }

  // What the first four arguments say, held against the storage.
  #place(args: readonly unknown[], type: DType): Place {
    const [size, stride] = [ints(args[2], 'size'), ints(args[3], 'stride')];
    const offset = int(args[1], 'storage offset');
    const end = Math.ceil((reach(offset, size, stride) * type.itemsize) / (packed[type.name] ?? 1));
    const bytes = this.readStorage(refOf(args[0]));
    if (end > bytes.numel()) {
      throw damaged(
        `a tensor of size [${size.join(', ')}] goes beyond its storage of ${bytes.numel()} bytes`,
      );
    }
    return { bytes, offset, size, stride };
  }

  #quantized(args: readonly unknown[]): Tensor {
    const { dtype } = refOf(args[0]);
    if (dtype.kind !== 'quantized') throw damaged('a quantized tensor in it has no quantized storage');
    const { bytes, offset, size, stride } = this.#place(args, dtype);
    const tensor = emptyQuantized(size, args[4], dtype, bytes.device);
    tensor.set_(bytes, offset, size, stride);
    return tensor;
  }

  #moved([data, dtype, device, requiresGrad]: readonly unknown[]): Tensor {
    const tensor = data instanceof NDArray ? data.tensor() : tensorOf(data, 'the data');
    const location = device instanceof Device ? device.toString() : String(device);
    const target = this.placing.device(location);
    return withRequiresGrad(
      tensor.to({ dtype: kind(dtype, DType, 'the dtype'), device: target }),
      requiresGrad,
    );
  }

  // A tensor with attributes of its own.
  #fromType([make, type, args, state]: readonly unknown[]): Tensor | PythonObject {
    const call = make instanceof PythonClass ? behaviourOf(make)?.call : undefined;
    if (!(make instanceof PythonClass) || !(type instanceof PythonClass) || !Array.isArray(args)) {
      throw damaged('a tensor in it is made by what makes no tensors');
    }
    if (!call && !(type instanceof TensorType)) {
      if (make.name === WRAPPER) return wrapper(type, args.slice(1) as Tuple, state);
      return describeObject(new PythonClass(FROM_TYPE), 'call', tuple(make, type, args, state));
    }
    if (!call || !make.name.includes('._rebuild_')) {
      throw damaged('a tensor in it is made by what makes no tensors');
    }
    if (make.name.endsWith('_from_type_v2')) throw damaged('a tensor in it is made by itself');
    const tensor = call(args as Tuple) as Tensor;
    if (!(type instanceof TensorType)) {
      const object = describeObject(type, 'tensor', tuple(tensor));
      object.state = state;
      return object;
    }
    const wanted =
      type.parameter && !(tensor instanceof addon.Parameter)
        ? parameter(tensor, tensor.requiresGrad)
        : tensor;
    return withState(wanted, state);
  }
}

/** A tensor of a class that has tensors for its parts. */
export function wrapper(type: PythonClass, args: Tuple, state: unknown): PythonObject {
  const object = describeObject(type, 'wrapper', args);
  object.state = state;
  return object;
}

export function refuse(what: string): () => never {
  return () => {
    throw new UnsupportedError(`it holds ${what}, which is not supported`);
  };
}

interface Place {
  readonly bytes: Tensor;
  readonly offset: number;
  readonly size: number[];
  readonly stride: number[];
}

// Not a view in autograd's sense: tensors of one storage count their changes apart, as in Python.
function overStorage(bytes: Tensor, dtype: DType, offset: number, size: number[], stride: number[]): Tensor {
  const whole = bytes.numel() - (bytes.numel() % dtype.itemsize);
  const part = whole === bytes.numel() ? bytes : addon.aten.narrow(bytes, 0, 0, whole);
  const source = addon.aten.view(part, dtype);
  const tensor = addon.aten.empty([0], { dtype, device: bytes.device });
  tensor.set_(source, offset, size, stride);
  if (!source.is(part)) source.dispose();
  if (part !== bytes) part.dispose();
  return tensor;
}

// Conjugation and negation that have not been carried out.
function lazily(tensor: Tensor, marks: unknown): Tensor {
  if (!isMap(marks)) return tensor;
  let result = tensor;
  if (marks.get('conj') === true) result = addon.aten._conj(result);
  if (marks.get('neg') === true) result = addon.aten._negView(result);
  return result;
}

function withRequiresGrad(tensor: Tensor, requiresGrad: unknown): Tensor {
  return requiresGrad === true ? tensor.requiresGrad_() : tensor;
}

function parameter(data: unknown, requiresGrad: unknown): Parameter {
  return addon.noGrad(() => new addon.Parameter(tensorOf(data, 'the data'), requiresGrad === true));
}

function metaTensor(dtype: unknown, size: unknown, stride: unknown): Tensor {
  const sizes = ints(size, 'size');
  const strides = ints(stride, 'stride');
  const type = kind(dtype, DType, 'the dtype');
  if (reach(0, sizes, strides) * type.itemsize > LARGEST) throw damaged('a meta tensor in it is absurd');
  return addon.aten.emptyStrided(sizes, strides, { dtype: type, device: 'meta' });
}

/** Attributes that were set on a tensor. */
export function withState<T extends Tensor>(tensor: T, state: unknown): T {
  const fields = Array.isArray(state) ? state[0] : state;
  if (!isMap(fields)) return tensor;
  for (const [name, value] of fields) {
    if (typeof name !== 'string' || name in tensor)
      throw damaged(`a tensor in it has the attribute ${shown(name)}`);
    Object.defineProperty(tensor, name, { value, writable: true, configurable: true, enumerable: true });
  }
  return tensor;
}

export const deviceFrom = (args: readonly unknown[]): Device => {
  const [type, index] = args;
  if (typeof type !== 'string') throw damaged('a device in it has no name');
  return typeof index === 'number' ? new Device(type, index) : deviceOf(type);
};
