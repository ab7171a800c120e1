/** Two tensors: their attributes first, then their values, part by part where the layout has parts. */
import * as aten from '../tensor/aten';
import { int64, uint16, uint32, uint64 } from '../core/dtype';
import {
  type Layout,
  jagged,
  sparseBsc,
  sparseBsr,
  sparseCoo,
  sparseCsc,
  sparseCsr,
  strided,
} from '../core/layout';
import type { Tensor } from '../tensor';
import { schemeOf } from '../tensor/print';
import type { CloseOptions } from './assert_close';
import {
  type Identifier,
  type Tolerances,
  bitwiseMismatch,
  mismatch,
  mismatchedElements,
  tuple,
} from './mismatch';
import { type Numeric, numberMismatch } from './numbers';

type Checks = Required<Omit<CloseOptions, 'rtol' | 'atol' | 'msg' | 'allowSubclasses'>>;

export const layouts: readonly Layout[] = [
  strided,
  jagged,
  sparseCoo,
  sparseCsr,
  sparseCsc,
  sparseBsr,
  sparseBsc,
];

/** What differs, in Python's words; null where the tensors are close. */
export function tensorMismatch(
  actual: Tensor,
  expected: Tensor,
  tolerances: Tolerances,
  checks: Checks,
): string | null {
  const attribute = attributeMismatch(actual, expected, checks);
  if (attribute) {
    const [name, a, b] = attribute;
    return `The values for attribute '${name}' do not match: ${a} != ${b}.`;
  }
  if (actual.isMeta || expected.isMeta) return null;
  return valuesMismatch(...alike(actual.detach(), expected.detach()), tolerances, checks.equalNan);
}

type Attribute = [name: string, actual: string, expected: string];

function attributeMismatch(actual: Tensor, expected: Tensor, checks: Checks): Attribute | null {
  const differ = (name: string, of: (tensor: Tensor) => string): Attribute | null => {
    const [a, b] = [of(actual), of(expected)];
    return a === b ? null : [name, a, b];
  };
  const isQuantized = (tensor: Tensor): boolean => tensor.dtype.kind === 'quantized';
  return (
    differ('shape', ({ shape }) => `torch.Size([${shape.join(', ')}])`) ??
    differ('is_quantized', (tensor) => (isQuantized(tensor) ? 'True' : 'False')) ??
    (isQuantized(actual) ? differ('qscheme()', (tensor) => `torch.${schemeOf(tensor)}`) : null) ??
    (checks.checkLayout ? differ('layout', ({ layout }) => String(layout)) : null) ??
    (checks.checkStride && actual.layout === strided && expected.layout === strided
      ? differ('stride()', (tensor) => tuple(tensor.stride()))
      : null) ??
    (checks.checkDevice ? differ('device', ({ device }) => String(device)) : null) ??
    (checks.checkDtype ? differ('dtype', ({ dtype }) => String(dtype)) : null)
  );
}

/** Both on one device, of one dtype and of one layout. */
function alike(actual: Tensor, expected: Tensor): [Tensor, Tensor] {
  let pair: [Tensor, Tensor] = [actual, expected];
  const both = (change: (tensor: Tensor) => Tensor): void => {
    pair = [change(pair[0]), change(pair[1])];
  };
  if (actual.device !== expected.device) both((tensor) => tensor.cpu());
  if (actual.dtype !== expected.dtype) {
    // Not sound for what an int64 cannot hold, but there is no common dtype for them.
    const [a, b] = pair.map(({ dtype }) => ([uint64, uint32, uint16].includes(dtype) ? int64 : dtype));
    const dtype = aten.promoteTypes(a, b);
    both((tensor) => tensor.to(dtype));
  }
  if (actual.layout !== expected.layout)
    both((tensor) => (tensor.layout === strided ? tensor : tensor.toDense()));
  return pair;
}

type Part = [name: string, of: (tensor: Tensor) => Tensor];
const rows: Part[] = [
  ['crow_indices', (tensor) => tensor.crowIndices()],
  ['col_indices', (tensor) => tensor.colIndices()],
];
const columns: Part[] = [
  ['ccol_indices', (tensor) => tensor.ccolIndices()],
  ['row_indices', (tensor) => tensor.rowIndices()],
];
const compressed = new Map<Layout, [name: string, indices: Part[]]>([
  [sparseCsr, ['CSR', rows]],
  [sparseCsc, ['CSC', columns]],
  [sparseBsr, ['BSR', rows]],
  [sparseBsc, ['BSC', columns]],
]);

const EQUAL: Tolerances = { rtol: 0, atol: 0 };
const same: Identifier = (usual) => usual;

function valuesMismatch(a: Tensor, b: Tensor, tolerances: Tolerances, equalNan: boolean): string | null {
  const close = (of: (tensor: Tensor) => Tensor, name = same): string | null =>
    denseMismatch(of(a), of(b), tolerances, equalNan, name);
  const equal = (of: (tensor: Tensor) => Tensor, name: string): string | null =>
    denseMismatch(of(a), of(b), EQUAL, false, () => name);
  const counts = (what: string, of: (tensor: Tensor) => number): string | null =>
    of(a) === of(b) ? null : `The number of ${what} does not match: ${of(a)} != ${of(b)}`;

  if (a.dtype.kind === 'quantized')
    return close(
      (tensor) => tensor.dequantize(),
      (usual) => `Quantized ${usual.toLowerCase()}`,
    );
  if (a.isSparse) {
    return (
      counts('sparse dimensions in sparse COO tensors', (tensor) => tensor.sparseDim()) ??
      counts('specified values in sparse COO tensors', (tensor) => aten._nnz(tensor)) ??
      equal((tensor) => aten._indices(tensor), 'Sparse COO indices') ??
      close(
        (tensor) => aten._values(tensor),
        () => 'Sparse COO values',
      )
    );
  }
  const parts = compressed.get(a.layout);
  if (parts) {
    const [layout, indices] = parts;
    let found = counts(`specified values in sparse ${layout} tensors`, (tensor) => aten._nnz(tensor));
    for (const [name, of] of indices)
      found ??= equal((tensor) => of(tensor).to(int64), `Sparse ${layout} ${name}`);
    return (
      found ??
      close(
        (tensor) => tensor.values(),
        () => `Sparse ${layout} values`,
      )
    );
  }
  if (isFloat8(a) && (tolerances.rtol !== 0 || tolerances.atol !== 0)) {
    return (
      `Rtol=${tolerances.rtol} and atol=${tolerances.atol} are not supported for bitwise comparison of low ` +
      'dimensional floats. Please use rtol=0.0 and atol=0.0.'
    );
  }
  return close((tensor) => (tensor.layout === jagged ? tensor.values() : tensor));
}

const isFloat8 = ({ dtype }: Tensor): boolean => dtype.isFloatingPoint && dtype.itemsize === 1;

function denseMismatch(
  actual: Tensor,
  expected: Tensor,
  tolerances: Tolerances,
  equalNan: boolean,
  name: Identifier,
): string | null {
  const matches = aten.isclose(actual, expected, { ...tolerances, equalNan });
  if (aten.all(matches).item<boolean>()) return null;
  if (actual.dim() === 0) return numberMismatch(only(actual), only(expected), tolerances, name('Scalars'));
  return elementsMismatch(actual, expected, matches, tolerances, name('Tensor-likes'));
}

const isInteger = ({ dtype }: Tensor): boolean => dtype.kind === 'int' || dtype.kind === 'uint';
const only = (tensor: Tensor): Numeric => (isInteger(tensor) ? tensor.itemBigInt() : tensor.item<number>());

function elementsMismatch(
  actual: Tensor,
  expected: Tensor,
  matches: Tensor,
  tolerances: Tolerances,
  name: string,
): string {
  const total = matches.numel();
  const extra = mismatchedElements(total - aten.sum(matches).item(), total);
  if (isFloat8(actual)) {
    const first = aten.nonzero(aten.logicalNot(matches)).at(0).tolist() as number[];
    return bitwiseMismatch(name, extra, tuple(first));
  }
  // Integers are made wide, lest their difference overflow.
  const flat = (tensor: Tensor): Tensor =>
    tensor.dtype.isFloatingPoint || tensor.dtype.isComplex ? tensor.flatten() : tensor.flatten().to(int64);
  const [a, b, close] = [flat(actual), flat(expected), matches.flatten()];
  const greatest = (difference: Tensor): { value: Numeric; at: string } => {
    const [value, at] = aten.max(difference.maskedFill(close, 0), 0);
    return { value: only(value), at: tuple(indexOf(at.item(), matches.shape)) };
  };
  const absolute = aten.abs(aten.sub(a, b)).maskedFill(close, 0);
  return mismatch(name, extra, greatest(absolute), greatest(aten.div(absolute, aten.abs(b))), tolerances);
}

/** Of an element's number in row-major order. */
function indexOf(number: number, shape: readonly number[]): number[] {
  let rest = number;
  return [...shape]
    .reverse()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}
