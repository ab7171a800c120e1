// What decompositions share.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { isTensor } from '../../native/tensor_base';
import { getDefaultDtype } from '../../tensor/creation';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Decomposition } from './rules';

export type Table = Readonly<Record<string, Decomposition>>;
/** The keywords of operators that make tensors. */
export interface Like {
  dtype?: DType | null;
  layout?: unknown;
  device?: unknown;
  pinMemory?: boolean | null;
}

export const at = (dim: number | bigint, rank: number): number =>
  Number(dim) < 0 ? Number(dim) + rank : Number(dim);
export const rangeOf = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const table = (names: Table): Table =>
  Object.fromEntries(Object.entries(names).map(([name, fn]) => [`torch.ops.aten.${name}`, fn]));

export const scalar = (value: unknown, { dtype, device }: Tensor): Tensor =>
  isTensor(value) ? (value as Tensor) : aten.scalarTensor(value as number, { dtype, device });

export const like = (x: Tensor, { dtype, layout, device, pinMemory }: Like = {}): object => ({
  dtype: dtype ?? x.dtype,
  layout: layout ?? x.layout,
  device: device ?? x.device,
  pinMemory: pinMemory ?? false,
});

export const filled = (value: number, x: Tensor, size: readonly number[], options?: Like): Tensor =>
  aten.full([...size], (options?.dtype ?? x.dtype) === dtypes.bool ? value === 1 : value, like(x, options));

export const half = new Set<DType>([dtypes.float16, dtypes.bfloat16]);
export const isFloat = (x: Tensor): boolean => x.isFloatingPoint();
export const isWhole = (x: Tensor): boolean => !x.isFloatingPoint() && !x.isComplex();
export const cast = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : x.to(dtype));
export const indexOf = (x: Tensor, end: number): Tensor => aten.arange(0, end, 1, { device: x.device });

/** 0: each, 1: the mean, 2: the sum. */
export const reduced = (loss: Tensor, reduction: number | bigint = 1): Tensor =>
  Number(reduction) === 1 ? aten.mean(loss) : Number(reduction) === 2 ? aten.sum(loss) : loss;

const rankOf = ({ dtype }: Tensor): number => {
  if (dtype === dtypes.bool) return 0;
  if (dtype.isComplex) return 3;
  return dtype.isFloatingPoint ? 2 : 1;
};

// Tensors without dimensions count where their kind is a higher one.
function commonDtype(tensors: readonly Tensor[]): DType {
  const promoted = (some: readonly Tensor[]): DType | null =>
    some.length === 0 ? null : some.map((x) => x.dtype).reduce((a, b) => aten.promoteTypes(a, b));
  const [whole, single] = [tensors.filter((x) => x.dim() > 0), tensors.filter((x) => x.dim() === 0)];
  const highest = Math.max(-1, ...whole.map(rankOf));
  const higher = promoted(single.filter((x) => rankOf(x) > highest));
  const dtype = promoted(whole);
  return dtype === null ? higher! : higher === null ? dtype : aten.promoteTypes(dtype, higher);
}

function promoting(fn: (...args: never[]) => unknown, makesFloat: boolean): Decomposition {
  return (...args: unknown[]) => {
    const tensors = args.filter((arg): arg is Tensor => isTensor(arg));
    const common = commonDtype(tensors);
    const isInteger = !common.isFloatingPoint && !common.isComplex;
    const dtype = makesFloat && isInteger ? getDefaultDtype() : common;
    const inside = half.has(dtype) ? dtypes.float32 : dtype;
    const given = args.map((arg) => (isTensor(arg) ? cast(arg as Tensor, inside) : arg));
    const results = fn(...(given as never[]));
    return Array.isArray(results)
      ? results.map((one) => cast(one as Tensor, dtype))
      : cast(results as Tensor, dtype);
  };
}

/** What it is computed in. */
export const wide = ({ dtype }: Tensor): DType => (half.has(dtype) ? dtypes.float32 : dtype);

/** Tensors are brought to their common dtype; half types are computed as float32. */
export const inFloat32 = (fn: (...args: never[]) => unknown): Decomposition => promoting(fn, false);
/** Whole numbers are computed as floats, too. */
export const inFloat = (fn: (...args: never[]) => unknown): Decomposition => promoting(fn, true);
