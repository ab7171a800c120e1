// Decompositions of what takes, moves and writes by places, after torch/_refs/__init__.py and torch/_decomp/decompositions.py.
import * as dtypes from '../../core/dtype';
import { contiguousFormat } from '../../core/layout';
import { isTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { at, filled, indexOf, rangeOf, table } from './common';
import { copyStrided } from './strides';

type Int = number | bigint;
type Indices = (Tensor | null)[];
const copied = (x: Tensor): Tensor => aten.clone(x, { memoryFormat: contiguousFormat });
const masked = (mask: Tensor, x: Tensor): Tensor =>
  x.dtype === dtypes.bool ? aten.logicalAnd(mask, x) : aten.where(mask, x, 0);

const triangle =
  (isKept: (x: Tensor, limit: number) => Tensor) =>
  (x: Tensor, diagonal: Int = 0): Tensor => {
    const [height, width] = x.shape.slice(-2);
    const columns = aten.unsqueeze(indexOf(x, width), -2);
    const away = columns.sub(aten.unsqueeze(indexOf(x, height), -1));
    return masked(isKept(away, Number(diagonal)), x).contiguous();
  };

function roll(x: Tensor, shifts: readonly Int[], dims: readonly Int[] = []): Tensor {
  if (x.numel() === 0) return aten.clone(x);
  if (dims.length === 0 && shifts.length === 1)
    return aten.view(roll(aten.reshape(x, [x.numel()]), shifts, [0]), x.shape);
  return dims.reduce<Tensor>((rolled, dim, i) => {
    const place = at(dim, x.dim());
    const size = x.shape[place];
    const start = (((size - Number(shifts[i])) % size) + size) % size;
    return aten.indexSelect(rolled, place, aten.fmod(indexOf(x, size).add(start), size));
  }, x);
}

function rot90(x: Tensor, times: Int = 1, given: readonly Int[] = [0, 1]): Tensor {
  const dims = given.map((dim) => at(dim, x.dim()));
  const k = ((Number(times) % 4) + 4) % 4;
  if (k === 0) return copied(x);
  if (k === 2) return aten.flip(x, dims);
  return aten.transpose(aten.flip(x, [dims[k === 1 ? 1 : 0]]), dims[0], dims[1]);
}

function putAlong(x: Tensor, dim: Int, index: Tensor, source: Tensor, accumulate: boolean): Tensor {
  const whole = x.dim() === 0 ? aten.unsqueeze(x, 0) : x;
  const indices: Indices = [...rangeOf(at(dim, whole.dim())).map(() => null), index];
  const out = aten.indexPut(whole, indices, source, accumulate);
  return x.dim() === 0 ? aten.squeeze(out, [0]) : out.contiguous();
}

function indexFill(x: Tensor, dim: Int, index: Tensor, given: Tensor | number): Tensor {
  const value = isTensor(given)
    ? (given as Tensor)
    : aten.scalarTensor(given as number, { dtype: x.dtype, layout: x.layout, device: x.device });
  const whole = x.dim() === 0 ? aten.unsqueeze(x, 0) : x;
  const place = at(dim, whole.dim());
  const shape = whole.shape.map((size, i) => (i === place ? index.numel() : size));
  const out = aten.indexCopy(whole, place, index, aten.expand(value, shape));
  if (x.dim() === 0) return aten.clone(aten.squeeze(out, [0]));
  if (String(out.stride()) === String(x.stride())) return out;
  return copyStrided(out, x.stride() as unknown as number[]);
}

const within = (x: Tensor, indices: Indices, isNegative: boolean): Indices =>
  indices.map((index, i) => index && aten.clamp(index, isNegative ? -x.shape[i] : 0, x.shape[i] - 1));

function maskedIndex(x: Tensor, mask: Tensor, indices: Indices, fill: number): Tensor {
  if (x.numel() === 0) return filled(fill, x, aten.index(x, indices).shape);
  return aten.maskedFill(aten._unsafeIndex(x, within(x, indices, false)), aten.bitwiseNot(mask), fill);
}

function maskedPut(x: Tensor, mask: Tensor, indices: Indices, values: Tensor): Tensor {
  if (x.numel() === 0) return aten.clone(x);
  const inside = within(x, indices, true);
  return aten._unsafeIndexPut(x, inside, aten.maskedFill(values, aten.bitwiseNot(mask), 0), true);
}

function diagEmbed(x: Tensor, given: Int = 0, first: Int = -2, second: Int = -1): Tensor {
  const rank = x.dim() + 1;
  const [a, b] = [at(first, rank), at(second, rank)];
  const offset = a > b ? -Number(given) : Number(given);
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const zeros = [...x.shape.slice(0, -1), Math.abs(offset)];
  const { dtype, device } = x;
  const pad = (): Tensor => aten.full(zeros, dtype === dtypes.bool ? false : 0, { dtype, device });
  const wide = offset === 0 ? x : aten.cat(offset > 0 ? [pad(), x] : [x, pad()], -1);
  const size = wide.shape.at(-1)!;
  const moved = aten.movedim(aten.unsqueeze(wide, low), -1, high);
  const options = { device, dtype: dtypes.int64 };
  const columns = aten.arange(0, size, 1, options);
  const rows = aten.arange(offset, size + offset, 1, options);
  const isDiagonal = aten.eq(columns, aten.unsqueeze(rows, -1));
  const shape = rangeOf(rank).map((i) => (i === low || i === high ? size : 1));
  return masked(aten.reshape(isDiagonal, shape), moved).contiguous();
}

function blockDiag(tensors: readonly Tensor[]): Tensor {
  const matrices = tensors.map((x) => (x.dim() <= 1 ? aten.view(x, [1, -1]) : x));
  const width = matrices.reduce((sum, x) => sum + x.shape[1], 0);
  let start = 0;
  const rows = matrices.map((x) => {
    const [height, own] = x.shape;
    const none = (count: number): Tensor =>
      aten.full([height, count], x.dtype === dtypes.bool ? false : 0, {
        dtype: x.dtype,
        device: matrices[0].device,
      });
    const parts = [none(start), x, none(width - start - own)];
    start += own;
    return aten.cat(parts, 1);
  });
  return aten.cat(rows, 0);
}

function chunkCat(tensors: readonly Tensor[], dim: Int, chunks: Int): Tensor {
  const count = Number(chunks);
  const place = at(dim, tensors[0].dim());
  const parts = tensors.map((x) => {
    const size = x.shape[place];
    const wanted = Math.ceil(size / count) * count;
    const none = rangeOf(2 * (x.dim() - place - 1)).map(() => 0);
    const padded = wanted === size ? x : aten.constantPadNd(x, [...none, 0, wanted - size], 0);
    return aten.reshape(padded, [...x.shape.slice(0, place), count, -1]);
  });
  return aten.cat(parts, place + 1);
}

interface Among {
  assumeUnique?: boolean;
  invert?: boolean;
}

function isIn(
  given: Tensor | number,
  tests: Tensor | number,
  { assumeUnique = false, invert = false }: Among = {},
): Tensor {
  if (!isTensor(tests))
    return invert ? aten.ne(given as Tensor, tests as number) : aten.eq(given as Tensor, tests as number);
  const among = tests as Tensor;
  const x = isTensor(given)
    ? (given as Tensor)
    : aten.scalarTensor(given as number, { device: among.device });
  const inverted = (found: Tensor): Tensor => (invert ? aten.bitwiseNot(found) : found);
  if (among.numel() < 10 * x.numel() ** 0.145) {
    if (x.numel() === 0) return aten.emptyLike(x, { dtype: dtypes.bool });
    if (among.dim() === 0) return inverted(aten.eq(x, among));
    const each = aten.view(x, [...x.shape, ...among.shape.map(() => 1)]);
    return inverted(
      aten.any(
        aten.eq(each, among),
        rangeOf(among.dim()).map((i) => -1 - i),
      ),
    );
  }
  const [flat, flatTests] = [aten.reshape(x, [x.numel()]), aten.reshape(among, [among.numel()])];
  if (!assumeUnique) {
    const [sorted] = aten.sort(flatTests);
    const index = aten.searchsorted(sorted, flat);
    const place = aten.where(aten.lt(index, sorted.numel()), index, 0);
    const isSame = aten.eq(aten.index(sorted, [place]), flat);
    return aten.reshape(invert ? aten.logicalNot(isSame) : isSame, x.shape);
  }
  const [sorted, order] = aten.sort(aten.cat([flat, flatTests]), { stable: true });
  const isTwice = aten.eq(aten.slice(sorted, 0, 1), aten.slice(sorted, 0, 0, -1));
  const padded = aten.constantPadNd(isTwice, [0, 1], false);
  const marks = invert ? aten.logicalNot(padded) : padded;
  const placed = aten.indexCopy(aten.emptyLike(marks), 0, order, marks);
  return aten.reshape(aten.slice(placed, 0, 0, x.numel()), x.shape);
}

const unsafeSplit = (x: Tensor, sizes: number[], dim: number = 0): Tensor[] =>
  aten.splitWithSizes(x, sizes, dim);

export const places = table({
  'tril.default': triangle((x, limit) => aten.le(x, limit)),
  'triu.default': triangle((x, limit) => aten.ge(x, limit)),
  'roll.default': roll,
  'rot90.default': rot90,
  'index_add.default': (
    x: Tensor,
    dim: Int,
    index: Tensor,
    source: Tensor,
    { alpha = 1 }: { alpha?: number } = {},
  ) => putAlong(x, dim, index, alpha === 1 ? source : source.mul(alpha), true),
  'index_copy.default': (x: Tensor, dim: Int, index: Tensor, source: Tensor) =>
    putAlong(x, dim, index, source, false),
  'index_fill.int_Scalar': indexFill,
  'index_fill.int_Tensor': indexFill,
  'take.default': (x: Tensor, index: Tensor) => aten.index(aten.reshape(x, [-1]), [index]),
  '_unsafe_index.Tensor': (x: Tensor, indices: Indices) => aten.index(x, indices),
  '_unsafe_index_put.default': (x: Tensor, indices: Indices, values: Tensor, accumulate = false) =>
    aten.indexPut(x, indices, values, accumulate),
  '_unsafe_masked_index.default': maskedIndex,
  '_unsafe_masked_index_put_accumulate.default': maskedPut,
  'diag_embed.default': diagEmbed,
  'unbind.int': (x: Tensor, dim: Int = 0) => {
    const place = at(dim, x.dim());
    return rangeOf(x.shape[place]).map((i) => aten.squeeze(aten.slice(x, place, i, i + 1), [place]));
  },
  'block_diag.default': blockDiag,
  '_chunk_cat.default': chunkCat,
  'isin.Tensor_Tensor': isIn,
  'isin.Tensor_Scalar': isIn,
  'isin.Scalar_Tensor': isIn,
  'unsafe_split.Tensor': (x: Tensor, size: Int, dim: number = 0) =>
    aten.split(x, Number(size), dim) as Tensor[],
  'unsafe_split_with_sizes.default': unsafeSplit,
  '_reshape_alias.default': (x: Tensor, size: number[]) => aten.view(x, size),
  'alias_copy.default': (x: Tensor) => copied(aten.alias(x)),
  'diagonal_copy.default': (x: Tensor, ...args: number[]) => copied(aten.diagonal(x, ...args)),
  'expand_copy.default': (x: Tensor, size: number[]) => copied(aten.expand(x, size)),
  'split_with_sizes_copy.default': (x: Tensor, sizes: number[], dim: number = 0) =>
    aten.splitWithSizes(x, sizes, dim).map(copied),
  'squeeze_copy.default': (x: Tensor) => copied(aten.squeeze(x)),
  'squeeze_copy.dim': (x: Tensor, dim: number) => copied(aten.squeeze(x, [dim])),
  'squeeze_copy.dims': (x: Tensor, dims: number[]) => copied(aten.squeeze(x, dims)),
  't_copy.default': (x: Tensor) => copied(aten.t(x)),
  'transpose_copy.int': (x: Tensor, first: number, second: number) =>
    copied(aten.transpose(x, first, second)),
  'unfold_copy.default': (x: Tensor, dim: number, size: number, step: number) =>
    copied(aten.unfold(x, dim, size, step)),
  'unsqueeze_copy.default': (x: Tensor, dim: number) => copied(aten.unsqueeze(x, dim)),
});
