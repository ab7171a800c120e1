/** Tensors of memory that there is already: torch.asarray and torch.frombuffer. */
import { types } from 'node:util';
import type { DeviceLike } from '../core/device';
import { type DType, type DTypeLike, asDType } from '../core/dtype';
import { argumentError, valueError } from '../core/errors';
import { object, value } from '../core/kinds';
import { signature } from '../core/signature';
import { type TensorData, fromBlob, getDefaultDtype, isTensor, tensor } from './creation';
import { defaultDevice } from './default_device';
import { device as deviceOf } from '../core/device';
import { dtypeOfArray } from './values';
import type { Tensor } from '.';

/** Options of `torch.asarray`. */
export interface AsarrayOptions {
  /** Default: what the data says; of an ArrayBuffer, the default dtype. */
  dtype?: DTypeLike | null;
  /** Default: where the data is. */
  device?: DeviceLike | null;
  /** `true`: always copy; `false`: never, and throw where it must be. Default: only where it must be. */
  copy?: boolean | null;
  /** Default: that of a tensor, else `false`. */
  requiresGrad?: boolean | null;
}
const ASARRAY = signature(
  'torch.asarray',
  [object<object>()('obj')],
  { dtype: null, device: null, copy: null, requiresGrad: null } as Required<AsarrayOptions>,
  [],
);

/**
 * A tensor of `obj`, over the same memory where that can be: of a tensor itself, of a typed array, of the bytes of an
 * ArrayBuffer; of numbers and nested arrays a copy (`torch.asarray`).
 *
 * @throws ValueError where `copy: false` asks for the same memory, and dtype, device or data need a copy.
 *
 * @example
 * const values = new Float32Array([1, 2, 3]);
 * torch.asarray(values).mul_(2); // values is [2, 4, 6]
 */
export function asarray(...args: [obj: TensorData | ArrayBuffer, options?: AsarrayOptions]): Tensor {
  const [obj, { dtype: wanted, device: target, copy, requiresGrad }] = ASARRAY.bind(args);
  const dtype = dtypeOf('asarray', wanted);
  const device = target ?? defaultDevice();
  const shared = sharing(obj, dtype);
  if (shared === null) {
    if (copy === false) throw valueError("can't alias arbitrary sequence into a tensor.");
    return tensor(obj as unknown as TensorData, { dtype, device, requiresGrad: requiresGrad ?? false });
  }
  const result = converted(shared, dtype, device === null ? null : deviceOf(device), copy);
  if (requiresGrad === null && isTensor(obj)) return result;
  return !result.isLeaf && requiresGrad !== true
    ? result.detach()
    : result.requiresGrad_(requiresGrad === true);
}

/** A tensor over the memory of `obj`; null where it has none. */
function sharing(obj: unknown, dtype: DType | null): Tensor | null {
  if (isTensor(obj)) return obj;
  if (ArrayBuffer.isView(obj) && dtypeOfArray(obj)) return fromBlob(obj);
  if (!ArrayBuffer.isView(obj) && !types.isAnyArrayBuffer(obj)) return null;
  return fromBlob(obj as ArrayBuffer, { dtype: dtype ?? getDefaultDtype() });
}

function converted(
  shared: Tensor,
  dtype: DType | null,
  device: Tensor['device'] | null,
  copy: boolean | null,
): Tensor {
  const isOtherDevice = device !== null && !isSameDevice(device, shared.device);
  const isOtherDtype = dtype !== null && dtype !== shared.dtype;
  if (copy === true || (copy === null && (isOtherDevice || isOtherDtype))) {
    return isOtherDevice || isOtherDtype
      ? shared.to({ dtype: dtype ?? shared.dtype, device: device ?? shared.device, copy: copy === true })
      : shared.clone();
  }
  if (isOtherDevice) throw valueError(`can't alias tensor from device '${shared.device}' to '${device}'.`);
  if (isOtherDtype)
    throw valueError(
      `can't alias tensor with dtype '${scalarType(shared.dtype)}' into dtype '${scalarType(dtype)}'.`,
    );
  return shared;
}

const isSameDevice = (wanted: Tensor['device'], own: Tensor['device']): boolean =>
  wanted.type === own.type && (wanted.index === null || wanted.index === own.index);

function dtypeOf(name: string, given: DTypeLike | null): DType | null {
  const dtype = given === null ? null : asDType(given);
  if (dtype === undefined) throw argumentError(name, 'dtype', 'a DType', given);
  return dtype;
}

const scalarTypes: Record<string, string> = {
  uint8: 'Byte',
  int8: 'Char',
  int16: 'Short',
  int32: 'Int',
  int64: 'Long',
  float16: 'Half',
  float32: 'Float',
  float64: 'Double',
  complex32: 'ComplexHalf',
  complex64: 'ComplexFloat',
  complex128: 'ComplexDouble',
  bfloat16: 'BFloat16',
  qint8: 'QInt8',
  quint8: 'QUInt8',
  qint32: 'QInt32',
  uint16: 'UInt16',
  uint32: 'UInt32',
  uint64: 'UInt64',
};

/** A dtype's name in C++, as the names of Python's old tensor types have it. */
export const scalarType = ({ name }: DType): string =>
  scalarTypes[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);

/** Options of `torch.frombuffer`. */
export interface FrombufferOptions {
  /** How the bytes are read. */
  dtype: DTypeLike;
  /** How many elements; negative: all. Default: -1. */
  count?: number;
  /** Bytes to skip. Default: 0. */
  offset?: number;
  requiresGrad?: boolean;
}
const FROMBUFFER = signature(
  'torch.frombuffer',
  [object<ArrayBuffer | ArrayBufferView>()('buffer'), value<DTypeLike>()('dtype')],
  { count: -1, offset: 0, requiresGrad: false },
  [],
);

/**
 * A tensor of one dimension over the bytes of a buffer, without a copy: `torch.frombuffer`. Shapes: `(count)`.
 * {@link fromBlob} does the same with a shape, and knows the dtype of a typed array.
 *
 * @throws ValueError for an empty buffer, an `offset` or `count` beyond its end, and bytes that are no whole elements.
 *
 * @example
 * torch.frombuffer(new Uint8Array([0, 0, 128, 63]), { dtype: torch.float32 }); // tensor([1.])
 */
export function frombuffer(
  ...args: [buffer: ArrayBuffer | ArrayBufferView, options: FrombufferOptions]
): Tensor {
  const [buffer, wanted, { count, offset, requiresGrad }] = FROMBUFFER.bind(args);
  if (!ArrayBuffer.isView(buffer) && !types.isAnyArrayBuffer(buffer))
    throw argumentError('frombuffer', 'buffer', 'an ArrayBuffer or typed array', buffer);
  const dtype = dtypeOf('frombuffer', wanted)!;
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  const size = bytes.length;
  const width = dtype.itemsize;
  if (size === 0 || count === 0)
    throw valueError(`both buffer length (${size}) and count (${count}) must not be 0`);
  if (offset < 0 || offset >= size) {
    throw valueError(
      `offset (${offset} bytes) must be non-negative and no greater than buffer length (${size} bytes) minus 1`,
    );
  }
  if (count < 0 && (size - offset) % width !== 0) {
    throw valueError(
      `buffer length (${size - offset} bytes) after offset (${offset} bytes) must be a multiple of element size (${width})`,
    );
  }
  const elements = count < 0 ? (size - offset) / width : count;
  if (offset + elements * width > size) {
    throw valueError(
      `requested buffer length (${elements} * ${width} bytes) after offset (${offset} bytes) must not be greater than ` +
        `actual buffer length (${size} bytes)`,
    );
  }
  return fromBlob(bytes.subarray(offset, offset + elements * width), { dtype, requiresGrad });
}
