// Where elements are.
import { bindArguments } from '../../core/calls';
import { TorchError, TorchTypeError, argumentError } from '../../core/errors';
import { signature } from '../../core/signature';
import { checkTensor } from '../../native/tensor_base';
import * as kinds from '../kinds';
import type { Tensor } from '..';
import type { TensorList } from '../tensor_list';
import { op } from './support';

const ops = {
  nonzero: op('nonzero'),
  nonzeroNumpy: op('nonzero_numpy'),
};

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
export function unravelIndex(...args: [indices: Tensor, shape: number | readonly number[]]): Tensor[] {
  const [indices, shape] = bindArguments('unravelIndex(indices, shape)', args);
  checkTensor('unravelIndex', 'indices', indices);
  if (indices.isFloatingPoint() || indices.isComplex() || indices.dtype.name === 'bool') {
    throw new TorchTypeError(`unravelIndex(): expected 'indices' to be integer dtype, not ${indices.dtype}`);
  }
  const lengths: unknown = typeof shape === 'number' ? [shape] : shape;
  const isLength = (one: unknown): boolean => Number.isInteger(one) || typeof one === 'bigint';
  if (!Array.isArray(lengths) || !lengths.every(isLength))
    throw argumentError('unravelIndex', 'shape', 'a whole number or an array of whole numbers', shape);
  const sizes = (lengths as number[]).map(BigInt);
  const steps = sizes.map((_, i) => sizes.slice(i + 1).reduce((product, size) => product * size, 1n));
  const list = (values: bigint[]) => indices.newTensor(values, { dtype: 'int64' });
  return indices.unsqueeze(-1).floorDivide(list(steps)).remainder(list(sizes)).unbind(-1);
}
