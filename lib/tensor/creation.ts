/** Tensors from JS values. The factories that are operators (zeros, rand ...) come from ops.ts. */
import { types } from 'node:util';
import { type DeviceLike } from '../core/device';
import { defaultDevice, onDefaultDevice } from './default_device';
import { type DType, type DTypeLike, asDType, bfloat16, dtypeOfCode, float16, uint16 } from '../core/dtype';
import { newResult, operator, type OperatorFunction } from '../native/dispatch';
import { functionMode } from '../native/function_mode';
import { TorchRangeError, TorchTypeError, argumentError, checkOptions } from '../core/errors';
import { withDefaults } from '../core/signature';
import { type Flat, flatten } from './nested';
import type { Nested } from './indexing';
import type { Layout, MemoryFormat } from '../core/layout';
import { bindArguments } from '../core/calls';
import { native } from '../native';
import type { Scalar, Tensor } from '.';
import { isTensor, newTensor } from '../native/tensor_base';
import { dtypeOfArray } from './values';

/** Options of `torch.tensor`. */
export interface TensorOptions {
  /** Default: what the data says; numbers are the default dtype, bigints int64, booleans bool. */
  dtype?: DTypeLike | null;
  /** Default: the default device, which is the CPU unless `torch.setDefaultDevice` says otherwise. */
  device?: DeviceLike | null;
  /** Default false. */
  requiresGrad?: boolean;
  /** Page-locked memory, for faster copies to a GPU. Default false. */
  pinMemory?: boolean;
}

const TENSOR = {
  dtype: null as DTypeLike | null,
  device: null as DeviceLike | null,
  requiresGrad: undefined as boolean | undefined,
  pinMemory: false,
};

/** What a tensor is made of: a number, nested arrays of them, or a typed array. */
export type TensorData = Nested | readonly TensorData[] | ArrayBufferView | Tensor;

/** The dtype of new floating-point tensors. */
export function getDefaultDtype(...args: []): DType {
  bindArguments('getDefaultDtype()', args);
  return dtypeOfCode(native.getDefaultDtype());
}
/** Sets the dtype of floats that are made without one. */
export function setDefaultDtype(...args: [dtype: DTypeLike]): void {
  const [dtype] = bindArguments('setDefaultDtype(dtype)', args);
  native.setDefaultDtype(dtype);
}

/**
 * A tensor with a copy of `data`: a number, bigint, boolean or `Complex`, nested arrays of
 * them, or a typed array (whose values are converted when `dtype` is another; a Uint16Array is refused for
 * half types, whose bits `toTypedArray` gives in one: see {@link fromBlob}). Tensors of one element
 * may be among the values; the result has no part in their graph, which `torch.stack` keeps.
 *
 * Throws a TypeError for ragged arrays and a RangeError for values that the dtype cannot hold.
 *
 * Differs from PyTorch: `torch.tensor` makes whole numbers the default dtype, float32, not int64, since JavaScript
 * does not tell `1` from `1.0`; bigints make int64.
 */
export function tensor(...args: [data: TensorData, options?: TensorOptions]): Tensor {
  if (functionMode.sees) return functionMode.sees('tensor', tensor as OperatorFunction, args) as Tensor;
  const [data, options] = bindArguments('tensor(data{}, options{}?)', args);
  const given = withDefaults('tensor', TENSOR, options);
  const wanted = given.dtype === null ? undefined : asDType(given.dtype);
  if (given.dtype !== null && !wanted) throw argumentError('tensor', 'dtype', 'a DType', given.dtype);
  return applyOptions(fromData(data, wanted), given);
}

function fromData(data: TensorData, wanted: DType | undefined): Tensor {
  if (isTensor(data)) return data.detach().clone().to({ dtype: wanted });
  if (ArrayBuffer.isView(data)) {
    const dtype = dtypeOfArray(data);
    if (!dtype) throw argumentError('tensor', 'data', 'a typed array', data);
    if (dtype === uint16 && (wanted === float16 || wanted === bfloat16)) {
      throw new TorchTypeError(
        `tensor(): a Uint16Array holds numbers here, or the bits of ${wanted}? For the bits write ` +
          `torch.fromBlob(data, { dtype: ${wanted} }).clone(), for the numbers torch.tensor(data).to(${wanted})`,
      );
    }
    const values = make(data as Flat['values'], [(data as Uint8Array).length], dtype);
    return wanted ? values.to({ dtype: wanted }) : values;
  }
  const flat = flatten(data, wanted, getDefaultDtype());
  const staged = make(flat.values, flat.shape, flat.dtype);
  return flat.target === flat.dtype ? staged : staged.to({ dtype: flat.target });
}

function make(values: ArrayBufferView, shape: readonly number[], dtype: DType): Tensor {
  return newResult((holder) => native.fromBytes(values, shape, dtype, holder));
}

function applyOptions(tensor: Tensor, options: TensorOptions): Tensor {
  const { device, requiresGrad, pinMemory } = options;
  const target = device ?? defaultDevice();
  let result = target === null ? tensor : tensor.to({ device: target });
  if (pinMemory) result = result.pinMemory();
  return requiresGrad === undefined ? result : result.requiresGrad_(requiresGrad);
}

/** `data` itself when it is a tensor of that dtype and device; else {@link tensor}. */
export function asTensor(
  ...args: [data: TensorData, options?: Pick<TensorOptions, 'dtype' | 'device'>]
): Tensor {
  const [data, options] = bindArguments('asTensor(data{}, options{}?)', args);
  const { dtype, device } = withDefaults('asTensor', { dtype: TENSOR.dtype, device: TENSOR.device }, options);
  if (isTensor(data)) return data.to({ dtype, device: device ?? defaultDevice() });
  return tensor(data, { dtype, device });
}

/** Options of `torch.fromBlob`. */
export interface BlobOptions extends Pick<TensorOptions, 'dtype' | 'requiresGrad'> {
  /** Default: one dimension with all elements. */
  shape?: readonly number[];
}

const BLOB = {
  dtype: null as DTypeLike | null,
  requiresGrad: false,
  shape: null as readonly number[] | null,
};

/**
 * A tensor over the memory of an ArrayBuffer or typed array, without a copy: both see each other's
 * changes. `dtype` says how the bytes are read (default: the array's own; uint8 for an ArrayBuffer),
 * so the bits of half types come in as `fromBlob(uint16Array, { dtype: torch.bfloat16 })`.
 *
 * The memory stays valid when the ArrayBuffer is transferred. Throws for shared and resizable buffers.
 */
export function fromBlob(...args: [data: ArrayBuffer | ArrayBufferView, given?: BlobOptions]): Tensor {
  const [data, given] = bindArguments('fromBlob(data, given{}?)', args);
  const options = withDefaults('fromBlob', BLOB, given);
  if (!ArrayBuffer.isView(data) && !types.isAnyArrayBuffer(data)) {
    throw argumentError('fromBlob', 'data', 'an ArrayBuffer or typed array', data);
  }
  const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  const dtype = options.dtype == null ? dtypeOfArray(view) : asDType(options.dtype);
  if (!dtype) throw argumentError('fromBlob', 'dtype', 'a DType', options.dtype);
  if (isResizable(view.buffer))
    throw new TorchTypeError('fromBlob(): a resizable ArrayBuffer cannot be shared');
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (bytes.byteLength % dtype.itemsize || bytes.byteOffset % Math.min(dtype.itemsize, 8)) {
    throw new TorchRangeError(
      `fromBlob(): ${bytes.byteLength} bytes at offset ${bytes.byteOffset} do not fit ${dtype}`,
    );
  }
  const shape = options.shape ?? [bytes.byteLength / dtype.itemsize];
  const result = newTensor(native.fromBlob(bytes, shape, dtype));
  return options.requiresGrad ? result.requiresGrad_() : result;
}

// The getter of the prototype, so that an own property cannot lie.
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get;
function isResizable(buffer: ArrayBufferLike): boolean {
  return types.isArrayBuffer(buffer) && Boolean(resizable?.call(buffer));
}

export interface FullOptions extends TensorOptions {
  layout?: Layout;
  memoryFormat?: MemoryFormat;
  out?: Tensor;
}

const fullOperator = onDefaultDevice(operator('aten::full'));

/**
 * A tensor of `size` filled with `fillValue`. Differs from PyTorch: `torch.full` gives the default dtype for a whole
 * number, not int64; a bigint makes int64.
 */
export function full(...args: [size: readonly number[], fillValue: Scalar, options?: FullOptions]): Tensor {
  const [size, fillValue, given] = bindArguments('full(size, fillValue, options{}?)', args);
  const options = given ?? {};
  checkOptions('full', options);
  const infer = typeof fillValue === 'number' && options.dtype == null && !options.out;
  return fullOperator(size, fillValue, infer ? { ...options, dtype: getDefaultDtype() } : options) as Tensor;
}

export { isTensor };
