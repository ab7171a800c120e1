// The different values of a tensor.
import { signature } from '../../core/signature';
import * as kinds from '../kinds';
import type { Tensor } from '..';
import type { TensorList } from '../tensor_list';
import { op } from './support';

const ops = {
  unique2: op('_unique2'),
  uniqueConsecutive: op('unique_consecutive'),
  uniqueDim: op('unique_dim'),
};

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
