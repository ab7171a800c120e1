// Tensors out of a file: torch._utils._rebuild_tensor_v2 and the like. What a file says of sizes and
// strides is held against the memory that is there.
import { Device, device as deviceOf } from '../../core/device';
import { DType } from '../../core/dtype';
import { type Layout, sparseCoo } from '../../core/layout';
import { Layout as LayoutClass } from '../../core/layout';
import type { Parameter } from '../../nn/parameter';
import { isMap } from '../../core/realm';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import type { Placing } from '../map_location';
import { NDArray } from './numpy';
import { Global } from './global';
import { damaged } from '../io/errors';

/** A storage that the pickle refers to; it is read when a tensor needs it. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** What its elements are; uint8 where the file leaves that to the tensors. */
    readonly dtype: DType,
    readonly nbytes: number,
    readonly location: string,
    /** Only of very old files: the part of the storage that is meant. */
    readonly view: { key: string; offset: number; nbytes: number } | null = null,
  ) {}
}

/** `torch.FloatStorage` and the like, as the type of a {@link StorageRef}. */
export class StorageType {
  constructor(readonly dtype: DType) {}
}

/** `torch.Tensor` and `Parameter`, as arguments. */
export class TensorType {
  constructor(readonly parameter: boolean) {}
}

/** The bytes of a storage, on its device. */
export type ReadStorage = (ref: StorageRef) => Tensor;

const LARGEST = Number.MAX_SAFE_INTEGER;

export function ints(value: unknown, what: string): number[] {
  if (!Array.isArray(value)) throw damaged(`the ${what} of a tensor is no tuple`);
  if (value.length > 64) throw damaged(`a tensor of ${value.length} dimensions is too much`);
  return value.map((each) => int(each, what));
}

export function int(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw damaged(`the ${what} of a tensor is ${shown(value)}`);
}

const shown = (value: unknown): string =>
  String(typeof value === 'object' ? typeof value : value).slice(0, 40);

export function kind<T>(value: unknown, type: abstract new (...args: never[]) => T, what: string): T {
  if (value instanceof type) return value;
  throw damaged(`${what} of a tensor in it is something else: ${shown(value)}`);
}

function tensorOf(value: unknown, what: string): Tensor {
  if (isTensor(value)) return value;
  throw damaged(`${what} of a tensor in it is something else: ${shown(value)}`);
}

/** How many elements a tensor reaches to, from the start of its storage. */
export function reach(offset: number, size: readonly number[], stride: readonly number[]): number {
  if (size.length !== stride.length) throw damaged('a tensor in it has not as many strides as sizes');
  const elements = size.reduce((product, each) => product * each, 1);
  // Sizes next to a zero still count for libtorch.
  const all = size.reduce((product, each) => product * Math.max(each, 1), 1);
  const last = size.reduce((sum, each, dim) => sum + Math.max(each - 1, 0) * stride[dim], offset);
  if (all > LARGEST || last >= LARGEST) throw damaged(`a tensor of size [${size.join(', ')}] is absurd`);
  return elements === 0 ? offset : last + 1;
}

/** What the functions of `torch._utils` do, for one file. */
export class TensorBuilder {
  constructor(
    private readonly readStorage: ReadStorage,
    private readonly placing: Placing,
  ) {}

  globals(): Map<string, Global> {
    const functions: Record<string, (args: readonly unknown[]) => Tensor> = {
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
      'torch._utils._rebuild_qtensor': refuse('a quantized tensor'),
      'torch._utils._rebuild_nested_tensor': refuse('a nested tensor'),
      'torch._utils._rebuild_wrapper_subclass': refuse('a tensor of a subclass'),
      'torch._tensor._rebuild_from_type_v2': (args) => this.#fromType(args),
      // Its module until PyTorch 1.9.
      'torch.tensor._rebuild_from_type_v2': (args) => this.#fromType(args),
    };
    return new Map(Object.entries(functions).map(([name, make]) => [name, new Global(name, make)]));
  }

  #strided(
    args: readonly unknown[],
    dtype: unknown,
    requiresGrad: unknown = false,
    marks: unknown = null,
  ): Tensor {
    const [storage, offset, size, stride] = args;
    const ref = kind(storage, StorageRef, 'the storage');
    const type = dtype === null ? ref.dtype : kind(dtype, DType, 'the dtype');
    if (type.kind === 'quantized') refuse('a quantized tensor')();
    const sizes = ints(size, 'size');
    const strides = ints(stride, 'stride');
    const start = int(offset, 'storage offset');
    const end = reach(start, sizes, strides) * type.itemsize;
    const bytes = this.readStorage(ref);
    if (end > bytes.numel()) {
      throw damaged(
        `a tensor of size [${sizes.join(', ')}] goes beyond its storage of ${bytes.numel()} bytes`,
      );
    }
    const tensor = overStorage(bytes, type, start, sizes, strides);
    return withRequiresGrad(lazily(tensor, marks), requiresGrad);
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
  #fromType([make, type, args, state]: readonly unknown[]): Tensor {
    const { parameter: asParameter } = kind(type, TensorType, 'the class');
    if (
      !(make instanceof Global) ||
      !make.call ||
      !make.name.includes('._rebuild_') ||
      !Array.isArray(args)
    ) {
      throw damaged('a tensor in it is made by what makes no tensors');
    }
    if (make.name.endsWith('_from_type_v2')) throw damaged('a tensor in it is made by itself');
    const tensor = make.call(args) as Tensor;
    const wanted =
      asParameter && !(tensor instanceof addon.Parameter) ? parameter(tensor, tensor.requiresGrad) : tensor;
    return withState(wanted, state);
  }
}

export function refuse(what: string): () => never {
  return () => {
    throw damaged(`it holds ${what}, which is not supported`);
  };
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

/**
 * Differs from PyTorch: `torch.load` always checks the indices of a sparse tensor, and ends with an error
 * where they are wrong.
 */
function sparse(layout: unknown, data: unknown): Tensor {
  const form: Layout = kind(layout, LayoutClass, 'the layout');
  if (!Array.isArray(data)) throw damaged('a sparse tensor in it has no parts');
  if (form === sparseCoo) {
    const [indices, values] = data.map((part, i) => (i < 2 ? tensorOf(part, 'a part') : part)) as Tensor[];
    const size = ints(data[2], 'size');
    const isCoalesced = typeof data[3] === 'boolean' ? data[3] : null;
    reach(0, size, size.map(() => 0)); // prettier-ignore
    if (!indices.isMeta) addon.aten._validateSparseCooTensorArgs(indices, values, size, isCoalesced);
    return addon.aten._sparseCooTensorUnsafe(indices, values, size, { isCoalesced });
  }
  const [compressed, plain, values] = data.slice(0, 3).map((part) => tensorOf(part, 'a part'));
  const size = ints(data[3], 'size');
  reach(0, size, size.map(() => 0)); // prettier-ignore
  if (!compressed.isMeta)
    addon.aten._validateSparseCompressedTensorArgs(compressed, plain, values, size, form);
  const { dtype, device } = values;
  return addon.aten._sparseCompressedTensorUnsafe(compressed, plain, values, size, {
    dtype,
    layout: form,
    device,
  });
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
