/**
 * What Python has in torch/functional.py: functions that are no operators, or whose operator has a
 * signature that users do not see. They win over the operators of the same name.
 */
import { checkTensor } from '../../native/tensor_base';
import { operator } from '../../native/dispatch';
import type { DTypeLike } from '../../core/dtype';
import {
  TorchError,
  argumentError,
  TorchTypeError,
  valueError,
  TorchRangeError,
  checkSize,
} from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { type Call, signature, withDefaults } from '../../core/signature';
import * as kinds from '../kinds';
import type { Scalar, Tensor } from '..';
import type { TensorList } from '../tensor_list';

type Tensors = [readonly Tensor[]] | Tensor[];

const op = (name: string, overload: string | null = null) => operator(`aten::${name}`, overload);
const ops = {
  atleast1d: op('atleast_1d'),
  atleast2d: op('atleast_2d'),
  atleast3d: op('atleast_3d'),
  blockDiag: op('block_diag'),
  broadcastTensors: op('broadcast_tensors'),
  cartesianProd: op('cartesian_prod'),
  cdist: op('cdist'),
  einsum: op('einsum'),
  frobeniusNorm: op('frobenius_norm'),
  matrixNorm: op('linalg_matrix_norm'),
  meshgrid: op('meshgrid'),
  nonzero: op('nonzero'),
  nonzeroNumpy: op('nonzero_numpy'),
  norm: op('norm'),
  tensordot: op('tensordot'),
  unique2: op('_unique2'),
  uniqueConsecutive: op('unique_consecutive'),
  uniqueDim: op('unique_dim'),
  vectorNorm: op('linalg_vector_norm'),
};

// f(a, b) and f([a, b]).
function listOf(tensors: Tensors): readonly Tensor[] {
  return (tensors.length === 1 && Array.isArray(tensors[0]) ? tensors[0] : tensors) as readonly Tensor[];
}

/**
 * Sums of products, written with one letter for each dimension.
 *
 * @example
 * torch.einsum('ij,jk->ik', a, b); // the matrix product
 * torch.einsum('bii->bi', a);      // a batch of diagonals
 */
export function einsum(equation: string, ...operands: Tensors): Tensor {
  return ops.einsum(equation, listOf(operands)) as Tensor;
}

/** The tensors as views of the one shape that all of them broadcast to. */
export function broadcastTensors(...tensors: Tensors): TensorList {
  return ops.broadcastTensors(listOf(tensors)) as TensorList;
}

/** The shape that all shapes broadcast to. A number stands for a shape of one dimension. */
export function broadcastShapes(...shapes: (number | readonly number[])[]): number[] {
  for (const shape of shapes) checkSize('broadcastShapes', 'shapes', shape);
  const lists = shapes.map((shape) => (typeof shape === 'number' ? [shape] : shape));
  const result = new Array<number>(Math.max(0, ...lists.map((shape) => shape.length))).fill(1);
  lists.forEach((shape, argument) => {
    for (let back = 1; back <= shape.length; back++) {
      const size = shape[shape.length - back];
      const at = result.length - back;
      if (size < 0)
        throw new TorchRangeError(`broadcastShapes(): a shape must not hold the negative size ${size}`);
      if (size === 1 || size === result[at]) continue;
      if (result[at] !== 1) {
        throw new TorchError(
          `Attempting to broadcast a dimension of length ${size} at ${-back}! Mismatching argument at index ` +
            `${argument} had torch.Size([${shape.join(', ')}]); but expected shape should be broadcastable to ` +
            `[${result.join(', ')}]`,
        );
      }
      result[at] = size;
    }
  });
  return result;
}

/** Options of `torch.meshgrid`. */
export interface MeshgridOptions {
  /** `'ij'`: the first tensor runs along the first dimension; `'xy'`: along the second. Default `'ij'`. */
  indexing?: 'ij' | 'xy';
}

const MESHGRID: Required<MeshgridOptions> = { indexing: 'ij' };

/** Coordinate grids of one-dimensional tensors: `meshgrid(x, y, { indexing: 'ij' })`. */
export function meshgrid(tensors: readonly Tensor[], options?: MeshgridOptions): TensorList;
export function meshgrid(...tensors: Tensor[]): TensorList;
export function meshgrid(...args: [...tensors: Tensor[], options: MeshgridOptions]): TensorList;
export function meshgrid(...args: unknown[]): TensorList {
  const options = isPlainObject(args.at(-1)) ? (args.pop() as MeshgridOptions) : null;
  const { indexing } = withDefaults('torch.meshgrid', MESHGRID, options);
  return ops.meshgrid(listOf(args as Tensors), { indexing }) as TensorList;
}

/** A block-diagonal matrix of matrices, vectors and numbers. */
export function blockDiag(...tensors: Tensors): Tensor {
  return ops.blockDiag(listOf(tensors)) as Tensor;
}

/** All combinations of the elements of one-dimensional tensors: (combinations, tensors). */
export function cartesianProd(...tensors: Tensors): Tensor {
  return ops.cartesianProd(listOf(tensors)) as Tensor;
}

/** The tensor, or each tensor, with at least one dimension. */
export function atleast1d(tensor: Tensor): Tensor;
export function atleast1d(...tensors: Tensors): TensorList;
export function atleast1d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast1d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}
/** The tensor, or each tensor, with at least two dimensions. */
export function atleast2d(tensor: Tensor): Tensor;
export function atleast2d(...tensors: Tensors): TensorList;
export function atleast2d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast2d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}
/** The tensor, or each tensor, with at least three dimensions. */
export function atleast3d(tensor: Tensor): Tensor;
export function atleast3d(...tensors: Tensors): TensorList;
export function atleast3d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast3d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}

/** Options of `torch.tensordot`. */
export interface TensordotOptions {
  /** How many dimensions to sum over (the last of `a`, the first of `b`), or which. Default 2. */
  dims?: number | readonly [readonly number[], readonly number[]];
  out?: Tensor | null;
}

const TENSORDOT = signature('torch.tensordot', [kinds.tensor('a'), kinds.tensor('b')], {
  dims: 2,
  out: null,
} as Required<TensordotOptions>);

/** Sums products over dimensions of `a` and `b`. */
export function tensordot(
  ...args: Call<
    typeof TENSORDOT,
    [a: Tensor, b: Tensor],
    [dims: number | readonly [readonly number[], readonly number[]], out: Tensor | null]
  >
): Tensor {
  const [a, b, given] = TENSORDOT.bind(args);
  const out = given.out ? { out: given.out } : {};
  if (Array.isArray(given.dims)) return ops.tensordot(a, b, given.dims[0], given.dims[1], out) as Tensor;
  const count = given.dims as number;
  if (!Number.isInteger(count))
    throw argumentError('tensordot', 'dims', 'a whole number or two arrays', given.dims);
  if (count < 0) throw new TorchError(`tensordot expects dims >= 0, but got dims=${count}`);
  if (count > Math.min(a.dim(), b.dim())) {
    throw new TorchError(`tensordot expects dims < ndim_a or ndim_b, but got dims=${count}`);
  }
  const last = Array.from({ length: count }, (_, i) => i - count);
  return ops.tensordot(a, b, last, [...last.keys()], out) as Tensor;
}

const computeModes = {
  use_mm_for_euclid_dist_if_necessary: null,
  use_mm_for_euclid_dist: 1,
  donot_use_mm_for_euclid_dist: 2,
} as const;

/** Options of `torch.cdist`. */
export interface CdistOptions {
  /** The norm. Default 2. */
  p?: number;
  /** Whether matrix products may serve for p = 2. Default: for more than 25 rows. */
  computeMode?: keyof typeof computeModes;
}

const CDIST = signature('torch.cdist', [kinds.tensor('x1'), kinds.tensor('x2')], {
  p: 2,
  computeMode: 'use_mm_for_euclid_dist_if_necessary',
} as Required<CdistOptions>);

/** Distances of the rows of `x1` (..., P, M) and `x2` (..., R, M): (..., P, R). */
export function cdist(
  ...args: Call<typeof CDIST, [x1: Tensor, x2: Tensor], [p: number, computeMode: keyof typeof computeModes]>
): Tensor {
  const [x1, x2, given] = CDIST.bind(args);
  if (!Object.hasOwn(computeModes, given.computeMode)) {
    throw valueError(`cdist(): ${String(given.computeMode)} is not a valid value for computeMode`);
  }
  return ops.cdist(x1, x2, given.p, computeModes[given.computeMode]) as Tensor;
}

/** Options of `torch.norm`. */
export interface NormOptions {
  /** `'fro'`, `'nuc'` or a number. Default `'fro'`. */
  p?: Scalar | 'fro' | 'nuc' | null;
  /** Default: all dimensions. */
  dim?: number | readonly number[] | null;
  keepdim?: boolean;
  dtype?: DTypeLike | null;
  out?: Tensor | null;
}

const NORM = signature('torch.norm', [kinds.tensor('input')], {
  p: 'fro',
  dim: null,
  keepdim: false,
  out: null,
  dtype: null,
} as Required<NormOptions>);

/** The norm of all elements or along dimensions. `torch.linalg.vectorNorm` and `matrixNorm` are clearer. */
export function norm(
  ...args: Call<
    typeof NORM,
    [input: Tensor],
    [
      p: Scalar | 'fro' | 'nuc' | null,
      dim: number | readonly number[] | null,
      keepdim: boolean,
      out: Tensor | null,
      dtype: DTypeLike | null,
    ]
  >
): Tensor {
  const [input, given] = NORM.bind(args);
  const dims = typeof given.dim === 'number' ? [given.dim] : given.dim;
  const rest = { ...(given.dtype ? { dtype: given.dtype } : {}), ...(given.out ? { out: given.out } : {}) };
  if (input.layout.name !== 'strided') {
    if (given.p === 'fro') return ops.frobeniusNorm(input, dims ?? [], given.keepdim, rest) as Tensor;
    return ops.norm(input, given.p, dims ?? [...input.shape.keys()], given.keepdim, rest) as Tensor;
  }
  if (typeof given.p !== 'string')
    return ops.vectorNorm(input, given.p ?? 2, dims, given.keepdim, rest) as Tensor;
  if (given.p === 'fro' && (dims === null || dims.length <= 2)) {
    return ops.vectorNorm(input, 2, dims, given.keepdim, rest) as Tensor;
  }
  return ops.matrixNorm(input, given.p, dims ?? [...input.shape.keys()], given.keepdim, rest) as Tensor;
}

/** Options of `torch.unique`. */
export interface UniqueOptions {
  /** Sort the values. Default true. */
  sorted?: boolean;
  /** Also return, for each element of the input, the index of its value. Default false. */
  returnInverse?: boolean;
  /** Also return how often each value occurs. Default false. */
  returnCounts?: boolean;
  /** Compare slices of this dimension. Default: elements. */
  dim?: number | null;
}

type OneOutput = { returnInverse?: false; returnCounts?: false };

function selected(list: unknown, inverse: boolean, counts: boolean): Tensor | Tensor[] {
  const [values, indices, times] = list as Tensor[];
  const all = [values, ...(inverse ? [indices] : []), ...(counts ? [times] : [])];
  return all.length === 1 ? values : all;
}

const UNIQUE = signature('torch.unique', [kinds.tensor('input')], {
  sorted: true,
  returnInverse: false,
  returnCounts: false,
  dim: null,
} as Required<UniqueOptions>);

/** The different values; with options [values, inverse, counts], those that were asked for. */
export function unique(input: Tensor, options?: UniqueOptions & OneOutput): Tensor;
export function unique(input: Tensor, options: UniqueOptions): TensorList;
export function unique(
  input: Tensor,
  sorted: boolean,
  returnInverse?: boolean | UniqueOptions,
  returnCounts?: boolean | UniqueOptions,
  dim?: number | null | UniqueOptions,
): Tensor | TensorList;
export function unique(...args: unknown[]): Tensor | Tensor[] {
  const [input, { sorted, returnInverse, returnCounts, dim }] = UNIQUE.bind(args);
  const found =
    dim === null
      ? ops.unique2(input, sorted, returnInverse, returnCounts)
      : ops.uniqueDim(input, dim, sorted, returnInverse, returnCounts);
  return selected(found, returnInverse, returnCounts);
}

/** Options of `torch.uniqueConsecutive`. */
export type UniqueConsecutiveOptions = Omit<UniqueOptions, 'sorted'>;

const UNIQUE_CONSECUTIVE = signature('torch.uniqueConsecutive', [kinds.tensor('input')], {
  returnInverse: false,
  returnCounts: false,
  dim: null,
} as Required<UniqueConsecutiveOptions>);

/** The values without the repetitions that follow each other; options as for {@link unique}. */
export function uniqueConsecutive(input: Tensor, options?: UniqueConsecutiveOptions & OneOutput): Tensor;
export function uniqueConsecutive(input: Tensor, options: UniqueConsecutiveOptions): TensorList;
export function uniqueConsecutive(
  input: Tensor,
  returnInverse: boolean,
  returnCounts?: boolean | UniqueConsecutiveOptions,
  dim?: number | null | UniqueConsecutiveOptions,
): Tensor | TensorList;
export function uniqueConsecutive(...args: unknown[]): Tensor | Tensor[] {
  const [input, { returnInverse, returnCounts, dim }] = UNIQUE_CONSECUTIVE.bind(args);
  return selected(
    ops.uniqueConsecutive(input, returnInverse, returnCounts, dim),
    returnInverse,
    returnCounts,
  );
}

interface NonzeroOptions {
  asTuple?: boolean;
  out?: Tensor | null;
}

const NONZERO = signature(
  'torch.nonzero',
  [kinds.tensor('input')],
  { asTuple: false, out: null } as Required<NonzeroOptions>,
  [],
);

/** The indices of elements that are not zero: (elements, dimensions), or one tensor a dimension. */
export function nonzero(input: Tensor, options?: { asTuple?: false; out?: Tensor | null }): Tensor;
export function nonzero(input: Tensor, options: { asTuple: true }): TensorList;
export function nonzero(...args: unknown[]): Tensor | Tensor[] {
  const [input, given] = NONZERO.bind(args);
  if (given.asTuple && given.out) {
    throw new TorchError('nonzero does not support the out kwarg when as_tuple is True');
  }
  if (given.asTuple) return ops.nonzeroNumpy(input) as TensorList;
  return ops.nonzero(input, given.out ? { out: given.out } : {}) as Tensor;
}

/** Flat indices into an array of `shape`, as one index tensor for each dimension. */
export function unravelIndex(indices: Tensor, shape: number | readonly number[]): Tensor[] {
  checkTensor('unravelIndex', 'indices', indices);
  checkSize('unravelIndex', 'shape', shape);
  if (indices.isFloatingPoint() || indices.isComplex() || indices.dtype.name === 'bool') {
    throw new TorchTypeError(`unravelIndex(): expected 'indices' to be integer dtype, not ${indices.dtype}`);
  }
  const lengths = typeof shape === 'number' ? [shape] : shape;
  const isLength = (one: unknown): boolean => Number.isInteger(one) || typeof one === 'bigint';
  if (!lengths.every(isLength))
    throw argumentError('unravelIndex', 'shape', 'a whole number or an array of whole numbers', shape);
  const sizes = lengths.map(BigInt);
  const steps = sizes.map((_, i) => sizes.slice(i + 1).reduce((product, size) => product * size, 1n));
  const list = (values: bigint[]) => indices.newTensor(values, { dtype: 'int64' });
  return indices.unsqueeze(-1).floorDivide(list(steps)).remainder(list(sizes)).unbind(-1);
}
