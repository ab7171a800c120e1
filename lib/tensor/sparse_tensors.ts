/**
 * Sparse tensors from their parts, as Python binds them by hand (torch/csrc/utils/tensor_new.cpp): parts may be
 * arrays, and the values' dtype is the tensor's.
 */
import * as aten from './aten';
import { type TensorData, isTensor, tensor } from './creation';
import { defaultDevice } from './default_device';
import type { DeviceLike } from '../core/device';
import type { DTypeLike } from '../core/dtype';
import { TorchError, TorchTypeError } from '../core/errors';
import { signature } from '../core/signature';
import type { Layout } from '../core/layout';
import { snakeCase } from '../core/names';
import { type OperatorFunction, operator } from '../native/dispatch';
import type { Tensor } from '.';

type Size = readonly number[];

/** Options of the factories of sparse tensors. */
export interface SparseOptions {
  /** Default: inferred from the indices. */
  size?: Size | null;
  /** The values are converted to it. Default: theirs. */
  dtype?: DTypeLike | null;
  layout?: Layout | null;
  /** Default: the values'. */
  device?: DeviceLike | null;
  pinMemory?: boolean;
  requiresGrad?: boolean;
  /**
   * Whether to check that the indices make sense. Operators trust them: wrong ones end the process, or read and write
   * memory of others. A million indices take 2 ms. Default true.
   *
   * Differs from PyTorch: `torch.sparseCooTensor` and its relatives check indices unless told not to; Python checks
   * when told to.
   */
  checkInvariants?: boolean | null;
}

/** Options of `torch.sparseCooTensor`. */
export interface SparseCooOptions extends SparseOptions {
  /** Promises that no index comes twice and that they are sorted. */
  isCoalesced?: boolean | null;
}

const defaults: Required<SparseOptions> = {
  size: null,
  dtype: null,
  layout: null,
  device: null,
  pinMemory: false,
  requiresGrad: false,
  checkInvariants: true,
};

function tensorArgument(
  name: string,
  what: string,
  data: unknown,
  options: { dtype?: DTypeLike | null },
): Tensor {
  if (data === undefined) throw new TorchTypeError(`torch.${name}(): missing argument '${what}'`);
  return isTensor(data) ? data.to(options) : tensor(data as TensorData, options);
}

/** The operator of a factory, and the one that trusts indices; the other looks at them (native/src/operators/guards_sparse.cc). */
function factory(name: string): (checks: boolean | null) => OperatorFunction {
  const checked = operator(name);
  const trusting = operator(name, null, true, true);
  return (checks) => (checks === false ? trusting : checked);
}

// Indices keep their dtype; those of an array are int64.
function indicesOf(name: string, what: string, data: unknown, device: DeviceLike | null): Tensor {
  return tensorArgument(
    name,
    what,
    data,
    isTensor(data) ? { device } : ({ device, dtype: 'int64' } as object),
  );
}

/** The function `name`, whose indices are called `compressed` and `plain`. */
function compressed<C extends string, P extends string>(
  name: `sparse${string}Tensor`,
  compressed: C,
  plain: P,
) {
  type Keywords = SparseOptions & { values?: TensorData } & { [K in C | P]?: TensorData };
  const operatorFor = factory(`aten::${snakeCase(name)}`);
  const parts = { [compressed]: undefined, [plain]: undefined, values: undefined };
  const all = { ...parts, ...defaults } as unknown as Required<Keywords>;
  const names = [compressed, plain, 'values', 'size'] as (keyof Keywords & string)[];
  const own = signature(`torch.${name}`, [], all, names);
  function make(
    compressed: TensorData | Keywords,
    plain?: TensorData | Keywords,
    values?: TensorData | Keywords,
    size?: Size | null | Keywords,
    options?: SparseOptions,
  ): Tensor;
  function make(...args: unknown[]): Tensor {
    const { size, dtype, layout, pinMemory, requiresGrad, checkInvariants, ...data } = own.bind(
      args,
    )[0] as unknown as Required<SparseOptions> & Record<string, unknown>;
    const device = (data.device as DeviceLike | null) ?? defaultDevice();
    const values = tensorArgument(name, 'values', data.values, { dtype, device } as object);
    const rows = indicesOf(name, compressed, data[compressed], device);
    const columns = indicesOf(name, plain, data[plain], device);
    if (name === 'sparseCompressedTensor' && layout === null) {
      throw new TorchError('sparse_compressed_tensor expected sparse compressed tensor layout but got none');
    }
    const keywords = { dtype: values.dtype, layout, device: values.device, pinMemory, requiresGrad };
    const rest = size === null ? [keywords] : [size, keywords];
    return operatorFor(checkInvariants)(rows, columns, values, ...rest) as Tensor;
  }
  return make;
}

/** A matrix, or a batch of them, by compressed rows. The values' dtype is the tensor's. */
export const sparseCsrTensor = compressed('sparseCsrTensor', 'crowIndices', 'colIndices');
/** By compressed columns; see {@link sparseCsrTensor}. */
export const sparseCscTensor = compressed('sparseCscTensor', 'ccolIndices', 'rowIndices');
/** By compressed rows of blocks; see {@link sparseCsrTensor}. */
export const sparseBsrTensor = compressed('sparseBsrTensor', 'crowIndices', 'colIndices');
/** By compressed columns of blocks; see {@link sparseCsrTensor}. */
export const sparseBscTensor = compressed('sparseBscTensor', 'ccolIndices', 'rowIndices');
/** Of the four layouts the one that `layout` says; see {@link sparseCsrTensor}. */
export const sparseCompressedTensor = compressed(
  'sparseCompressedTensor',
  'compressedIndices',
  'plainIndices',
);

const cooFor = factory('aten::sparse_coo_tensor');

type CooKeywords = SparseCooOptions & { indices?: TensorData; values?: TensorData };

const SPARSE_COO = signature(
  'torch.sparseCooTensor',
  [],
  {
    indices: undefined,
    values: undefined,
    ...defaults,
    isCoalesced: null,
  } as unknown as Required<CooKeywords>,
  ['indices', 'values', 'size'],
);

/**
 * A tensor by the indices of its elements, (dimensions, elements), and their values; or, of a size alone, one without
 * elements. The values' dtype is the tensor's.
 */
export function sparseCooTensor(size: Size, options?: SparseCooOptions): Tensor;
export function sparseCooTensor(
  indices: TensorData | CooKeywords,
  values?: TensorData | CooKeywords,
  size?: Size | null | CooKeywords,
  options?: SparseCooOptions,
): Tensor;
export function sparseCooTensor(...args: unknown[]): Tensor {
  const [all] = SPARSE_COO.bind(args);
  const { dtype, layout, pinMemory, requiresGrad, checkInvariants } = all;
  const device = all.device ?? defaultDevice();
  if (all.values === undefined && !isTensor(all.indices)) {
    const size = (all.indices ?? all.size) as Size;
    return aten.sparseCooTensor(size, { dtype, layout, device, pinMemory, requiresGrad });
  }
  const values = tensorArgument('sparseCooTensor', 'values', all.values, { dtype, device } as object);
  const indices = tensorArgument('sparseCooTensor', 'indices', all.indices, {
    device,
    dtype: 'int64',
  } as object);
  const { size, isCoalesced } = all;
  const { dtype: own, device: where } = values;
  const keywords = { dtype: own, layout, device: where, pinMemory, isCoalesced, requiresGrad };
  const rest = size === null ? [keywords] : [size, keywords];
  return cooFor(checkInvariants)(indices, values, ...rest) as Tensor;
}
