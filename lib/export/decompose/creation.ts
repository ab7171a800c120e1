// Decompositions of what makes tensors, after torch/_refs/__init__.py.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { isTensor } from '../../native/tensor_base';
import { getDefaultDtype } from '../../tensor/creation';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { cast, half, like, type Like, table } from './common';
import { orderOf } from './strides';

type Number_ = number | bigint;
const isWhole = (dtype: DType): boolean => !dtype.isFloatingPoint && !dtype.isComplex;

/** torch.linspace; numbers are computed as JavaScript's, as Python does. */
export function linspace(
  start: Tensor | Number_,
  end: Tensor | Number_,
  steps: Number_,
  options: Like = {},
): Tensor {
  const count = Number(steps);
  const dtype = options.dtype ?? getDefaultDtype();
  const given = { ...options, dtype } as object;
  const wide = (value: Tensor | Number_): Tensor | number =>
    isTensor(value) ? cast(value as Tensor, dtypes.float64) : Number(value);
  const [from, to] = [wide(start), wide(end)];
  if (count === 0) return aten.full([0], 0, given);
  if (count === 1)
    return isTensor(from) ? aten.copy(aten.empty([1], given), from) : aten.full([1], from as number, given);
  const index = aten.arange(0, count, 1, { device: options.device, pinMemory: false } as object);
  const inside = isWhole(dtype) ? dtypes.int64 : half.has(dtype) ? dtypes.float32 : dtype;
  const step =
    isTensor(from) || isTensor(to)
      ? aten.sub(to as Tensor, from as Tensor).div(count - 1)
      : ((to as number) - (from as number)) / (count - 1);
  const times = (x: Tensor): Tensor =>
    isTensor(step) ? step.mul(cast(x, inside)) : cast(x, inside).mul(step);
  const isFirst = aten.lt(index, count / 2);
  const up = times(index);
  const low = isTensor(from) ? from.add(up) : up.add(from as number);
  const high = aten.sub(to as Tensor, times(aten.sub(count - 1, index)));
  return cast(aten.where(isFirst, low, high), dtype);
}

function logspace(
  start: Tensor | Number_,
  end: Tensor | Number_,
  steps: Number_,
  base: number = 10,
  options: Like = {},
): Tensor {
  const dtype = options.dtype ?? getDefaultDtype();
  const rounded = (value: Tensor | Number_): Tensor | number => {
    if (isTensor(value)) return isWhole(dtype) ? cast(value as Tensor, dtype) : (value as Tensor);
    return isWhole(dtype) ? Math.trunc(Number(value)) : Number(value);
  };
  if (base < 0)
    throw new TorchError('runDecompositions(): logspace with a negative base has no decomposition');
  const powers = linspace(rounded(start), rounded(end), steps, { ...options, dtype: dtypes.float64 });
  return cast(aten.pow(base, powers), dtype);
}

function eye(n: Number_, m: Number_, { dtype, device, layout, pinMemory }: Like = {}): Tensor {
  const sizes = [Number(n), Number(m)];
  const largest = Math.max(...sizes);
  const small: [number, DType][] = [
    [255, dtypes.uint8],
    [65535, dtypes.uint16],
    [2 ** 31 - 1, dtypes.int32],
  ];
  const inside = small.find(([limit]) => largest <= limit)?.[1] ?? dtypes.int64;
  const [rows, columns] = sizes.map((size) =>
    aten.arange(0, size, 1, { dtype: inside, device, pinMemory: false } as object),
  );
  const isOne = aten.eq(aten.unsqueeze(rows, -1), columns);
  if (!pinMemory) return cast(isOne, dtype ?? getDefaultDtype());
  return aten.where(isOne, aten.full([1], 1, { dtype, device, layout, pinMemory } as object), 0);
}

function hannWindow(length: Number_, isPeriodic: boolean, options: Like = {}): Tensor {
  const count = Number(length);
  const dtype = options.dtype ?? getDefaultDtype();
  const given = { ...options, dtype } as object;
  if (count === 0) return aten.empty([0], given);
  if (count === 1) return aten.full([1], 1, given);
  const n = isPeriodic ? count + 1 : count;
  const inside = half.has(dtype) ? dtypes.float32 : dtype;
  const t = aten.arange(0, n, 1, { ...options, dtype: inside } as object).mul((2 * Math.PI) / (n - 1));
  const window = aten.cos(t).mul(-0.5).add(0.5);
  return cast(isPeriodic ? aten.slice(window, 0, 0, count) : window, dtype);
}

export const creation = table({
  'eye.default': (n: Number_, options?: Like) => eye(n, n, options),
  'eye.m': eye,
  'linspace.default': linspace,
  'linspace.Tensor_Tensor': linspace,
  'linspace.Tensor_Scalar': linspace,
  'linspace.Scalar_Tensor': linspace,
  'logspace.default': logspace,
  'logspace.Tensor_Tensor': logspace,
  'logspace.Tensor_Scalar': logspace,
  'logspace.Scalar_Tensor': logspace,
  'hann_window.default': (length: Number_, options?: Like) => hannWindow(length, true, options),
  'hann_window.periodic': hannWindow,
  'fill.Scalar': (x: Tensor, value: number) => aten.fullLike(x, value),
  'fill.Tensor': (x: Tensor, value: Tensor) => aten.copy(x, value),
  'zero.default': (x: Tensor) => aten.fullLike(x, 0),
  'new_empty.default': (x: Tensor, size: number[], options?: Like) => aten.empty(size, like(x, options)),
  'empty_like.default': (x: Tensor, options: Like & { memoryFormat?: { name: string } | null } = {}) => {
    const { memoryFormat, ...others } = options;
    if (memoryFormat && !/preserve/.test(String(memoryFormat)))
      return aten.empty(x.shape, { ...like(x, others), memoryFormat } as object);
    return aten.emptyPermuted(x.shape, orderOf([x]), like(x, others));
  },
  'bernoulli.default': (x: Tensor, { generator = null }: { generator?: unknown } = {}) => {
    if (generator !== null)
      throw new TorchError('runDecompositions(): bernoulli with a generator is not decomposed here');
    const drawn = aten.rand(x.shape, { dtype: dtypes.float32, device: x.device, pinMemory: false });
    return aten.lt(drawn, x).to(x.dtype);
  },
});
