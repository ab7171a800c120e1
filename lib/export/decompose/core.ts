// Decompositions of operators that are not in the core ATen set, after torch/_decomp and torch/_refs: the same operators in
// the same order, so that results have the same bits.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { isTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Decomposition } from './rules';

type Table = Readonly<Record<string, Decomposition>>;
interface Like {
  dtype?: DType | null;
  layout?: unknown;
  device?: unknown;
  pinMemory?: boolean | null;
}

const at = (dim: number | bigint, rank: number): number =>
  Number(dim) < 0 ? Number(dim) + rank : Number(dim);
const rangeOf = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function transpose(x: Tensor, first: number, second: number): Tensor {
  const rank = x.dim();
  if (rank <= 1 || first === second) return aten.alias(x);
  const order = rangeOf(rank);
  const [a, b] = [at(first, rank), at(second, rank)];
  [order[a], order[b]] = [b, a];
  return aten.permute(x, order);
}

function split(x: Tensor, size: number, dim = 0): Tensor[] {
  const length = x.shape[at(dim, x.dim())];
  if (length === 0) return [aten.alias(x)];
  const sizes = rangeOf(Math.ceil(length / size)).map((i) => Math.min(size, length - i * size));
  return aten.splitWithSizes(x, sizes, dim);
}

function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const { shape } = tensors[0];
  const place = at(dim, shape.length + 1);
  if (place === shape.length)
    return aten.cat(
      tensors.map((x) => aten.unsqueeze(x, place)),
      dim,
    );
  const sizes = [...shape.slice(0, place), tensors.length, ...shape.slice(place)];
  return aten.view(aten.cat([...tensors], place), sizes);
}

const scalar = (value: unknown, { dtype, device }: Tensor): Tensor =>
  isTensor(value) ? (value as Tensor) : aten.scalarTensor(value as number, { dtype, device });
const half = new Set<DType>([dtypes.float16, dtypes.bfloat16]);

/** Half types are computed as float32. */
function inFloat32(fn: (...args: never[]) => Tensor): Decomposition {
  return (...args: unknown[]) => {
    const first = args.find((arg): arg is Tensor => isTensor(arg));
    if (first === undefined || !half.has(first.dtype)) return fn(...(args as never[]));
    const given = args.map((arg) =>
      isTensor(arg) && half.has((arg as Tensor).dtype) ? (arg as Tensor).to(dtypes.float32) : arg,
    );
    return fn(...(given as never[])).to(first.dtype);
  };
}

function selectScatter(x: Tensor, src: Tensor, dim: number, index: number): Tensor {
  const place = at(dim, x.dim());
  const length = x.shape[place];
  const shape = x.shape.map((_, i) => (i === place ? -1 : 1));
  const { device } = x;
  const mask = aten.eq(aten.view(aten.arange(0, length, 1, { device }), shape), at(index, length));
  return aten.where(mask, aten.expand(aten.unsqueeze(src, place), x.shape), x);
}

const reduced = (loss: Tensor, reduction: number | bigint = 1): Tensor =>
  Number(reduction) === 1 ? aten.mean(loss) : Number(reduction) === 2 ? aten.sum(loss) : loss;
const hardClamp = (x: Tensor): Tensor => aten.clampMax(aten.clampMin(x.add(3), 0), 6);

function softplus(x: Tensor, beta: number | null = 1, threshold = 20): Tensor {
  const scaled = beta === null ? x : x.mul(beta);
  const soft = aten.log1p(aten.exp(scaled));
  return aten.where(aten.gt(scaled, threshold), x, beta === null ? soft : soft.div(beta));
}

const like = (x: Tensor, { dtype, layout, device, pinMemory }: Like = {}): object => ({
  dtype: dtype ?? x.dtype,
  layout: layout ?? x.layout,
  device: device ?? x.device,
  pinMemory: pinMemory ?? false,
});
const filled = (value: number, x: Tensor, size: readonly number[], options?: Like): Tensor =>
  aten.full([...size], (options?.dtype ?? x.dtype) === dtypes.bool ? value === 1 : value, like(x, options));

const aten_ = (names: Table): Table =>
  Object.fromEntries(Object.entries(names).map(([name, fn]) => [`torch.ops.aten.${name}`, fn]));

/** In every table: what libtorch's own composites do otherwise than Python's. */
export const always: Table = aten_({
  'native_batch_norm.default': (
    x: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    mean: Tensor | null,
    variance: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
  ) =>
    training || mean === null
      ? aten._nativeBatchNormLegit(x, weight, bias, training, momentum, eps)
      : aten._nativeBatchNormLegitNoTraining(x, weight, bias, mean, variance!, momentum, eps),
  'dropout.default': (x: Tensor, p: number, train: boolean) =>
    train && p !== 0 ? aten.nativeDropout(x, p, train)[0] : aten.clone(x),
  'hardshrink.default': (x: Tensor, lambda = 0.5) => aten.where(aten.le(aten.abs(x), lambda), 0, x),
  'softshrink.default': (x: Tensor, lambda = 0.5) =>
    aten.where(aten.gt(aten.abs(x), lambda), x.sub(aten.sign(x).mul(lambda)), x.mul(0)),
});

/** Those of the default table. */
export const core: Table = aten_({
  't.default': (x: Tensor) => transpose(x, 0, x.dim() < 2 ? 0 : 1),
  'transpose.int': transpose,
  'squeeze.default': (x: Tensor) => aten.squeeze(x, rangeOf(x.dim())),
  'squeeze.dim': (x: Tensor, dim: number) => aten.squeeze(x, [dim]),
  'split.Tensor': split,
  'stack.default': stack,
  '_unsafe_view.default': (x: Tensor, size: number[]) => aten.view(x, size),
  'detach.default': (x: Tensor) => aten.alias(x),
  'lift_fresh.default': (x: Tensor) => aten.alias(x),
  'lift_fresh_copy.default': (x: Tensor) => aten.clone(x),
  'where.ScalarSelf': (mask: Tensor, a: number, b: Tensor) => aten.where(mask, scalar(a, b), b),
  'where.ScalarOther': (mask: Tensor, a: Tensor, b: number) => aten.where(mask, a, scalar(b, a)),
  'masked_fill.Scalar': (x: Tensor, mask: Tensor, value: number) => aten.where(mask, scalar(value, x), x),
  'masked_fill.Tensor': (x: Tensor, mask: Tensor, value: Tensor) => aten.where(mask, value.to(x.dtype), x),
  'silu.default': inFloat32((x: Tensor) => x.mul(aten.sigmoid(x))),
  'mish.default': inFloat32((x: Tensor) => x.mul(aten.tanh(softplus(x, null)))),
  'softplus.default': inFloat32(softplus),
  'hardsigmoid.default': inFloat32((x: Tensor) => hardClamp(x).div(6)),
  'hardswish.default': inFloat32((x: Tensor) => x.mul(hardClamp(x)).div(6)),
  'log_sigmoid_forward.default': (x: Tensor) => {
    const z = aten.exp(aten.neg(aten.abs(x)));
    return [aten.minimum(filled(0, x, []), x).sub(aten.log1p(z)), z];
  },
  'celu.default': inFloat32((x: Tensor, alpha: number = 1) =>
    aten.where(aten.gt(x, 0), x, aten.expm1(x.div(alpha)).mul(alpha)),
  ),
  'glu.default': inFloat32((x: Tensor, dim = -1) => {
    const place = at(dim, x.dim());
    const middle = x.shape[place] / 2;
    const [a, b] = [aten.slice(x, place, 0, middle), aten.slice(x, place, middle, 2 * middle)];
    return a.mul(aten.sigmoid(b));
  }),
  'threshold.default': (x: Tensor, threshold: number, value: number) =>
    aten.where(aten.le(x, threshold), scalar(value, x), x),
  '_prelu_kernel.default': (x: Tensor, weight: Tensor) => aten.where(aten.gt(x, 0), x, weight.mul(x)),
  'addcmul.default': inFloat32((x: Tensor, a: Tensor, b: Tensor, { value = 1 }: { value?: number } = {}) =>
    x.add((value === 1 ? a : a.mul(value)).mul(b)),
  ),
  'baddbmm.default': inFloat32(
    (x: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: { beta?: number; alpha?: number } = {}) => {
      const product = aten.bmm(a, b);
      const result = alpha === 1 ? product : product.mul(alpha);
      if (beta === 0) return result;
      return (beta === 1 ? x : x.mul(beta)).add(result);
    },
  ),
  'mse_loss.default': inFloat32((x: Tensor, target: Tensor, reduction?: number) =>
    reduced(x.sub(target).pow(2), reduction),
  ),
  'smooth_l1_loss.default': inFloat32((x: Tensor, target: Tensor, reduction?: number, beta = 1) => {
    const loss = x.sub(target).abs();
    const small = loss.pow(2).mul(0.5).div(beta);
    return reduced(aten.where(aten.lt(loss, beta), small, loss.sub(0.5 * beta)), reduction);
  }),
  'huber_loss.default': inFloat32((x: Tensor, target: Tensor, reduction?: number, delta = 1) => {
    const z = x.sub(target).abs();
    const large = z.sub(0.5 * delta).mul(delta);
    return reduced(aten.where(aten.lt(z, delta), z.mul(0.5).mul(z), large), reduction);
  }),
  'all.dim': (x: Tensor, dim: number, keepdim = false) =>
    aten.logicalNot(aten.any(aten.logicalNot(x), dim, keepdim)),
  'clamp_max.default': (x: Tensor, max: number) => aten.clamp(x, null, max),
  'clamp_min.default': (x: Tensor, min: number) => aten.clamp(x, min),
  'sum.default': (x: Tensor, options: Like = {}) => aten.sum(x, [], options as object),
  'rsub.Scalar': (x: Tensor, other: number, alpha = 1) =>
    aten.sub(scalar(other, x), alpha === 1 ? x : x.mul(alpha)),
  'rsub.Tensor': (x: Tensor, other: Tensor) => aten.sub(other, x),
  'unbind.int': (x: Tensor, dim = 0) => {
    const place = at(dim, x.dim());
    return rangeOf(x.shape[place]).map((i) => aten.squeeze(aten.slice(x, place, i, i + 1), [place]));
  },
  '_safe_softmax.default': (x: Tensor, dim: number, dtype: DType | null = null) => {
    const out = aten.softmax(x, dim, dtype === null ? {} : { dtype });
    const isMasked = aten.all(aten.eq(x, -Infinity), dim, true);
    return aten.where(isMasked, aten.zerosLike(out), out);
  },
  'addcdiv.default': inFloat32((x: Tensor, a: Tensor, b: Tensor, { value = 1 }: { value?: number } = {}) =>
    x.add((value === 1 ? a : a.mul(value)).div(b)),
  ),
  'binary_cross_entropy.default': inFloat32(
    (x: Tensor, target: Tensor, weight: Tensor | null = null, reduction?: number) => {
      const low = (): Tensor => filled(-100, x, []);
      const one = target.sub(1).mul(aten.maximum(aten.log1p(aten.neg(x)), low()));
      const loss = one.sub(target.mul(aten.maximum(aten.log(x), low())));
      return reduced(weight === null ? loss : loss.mul(weight), reduction);
    },
  ),
  '_scaled_dot_product_flash_attention_for_cpu.default': (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout = 0,
    isCausal = false,
    { attnMask = null, scale = null }: { attnMask?: Tensor | null; scale?: number | null } = {},
  ) => {
    const [output, weights] = aten._scaledDotProductAttentionMath(
      query,
      key,
      value,
      attnMask,
      dropout,
      isCausal,
      null,
      { scale },
    );
    const rows = aten.permute(output, [2, 0, 1, 3]).contiguous();
    return [aten.permute(rows, [1, 2, 0, 3]), weights];
  },
  'zeros.default': (size: number[], options: Like = {}) =>
    aten.full(size, options.dtype === dtypes.bool ? false : 0, options as object),
  'ones.default': (size: number[], options: Like = {}) =>
    aten.full(size, options.dtype === dtypes.bool ? true : 1, options as object),
  'new_zeros.default': (x: Tensor, size: number[], options?: Like) => filled(0, x, size, options),
  'new_ones.default': (x: Tensor, size: number[], options?: Like) => filled(1, x, size, options),
  'new_full.default': (x: Tensor, size: number[], value: number, options?: Like) =>
    aten.full(size, value, like(x, options)),
  'zeros_like.default': (x: Tensor, options: Like = {}) => aten.fullLike(x, 0, options as object),
  'ones_like.default': (x: Tensor, options: Like = {}) => aten.fullLike(x, 1, options as object),
  'select_scatter.default': selectScatter,
  'arange.default': (end: number, options: Like = {}) => aten.arange(0, end, 1, options as object),
  'arange.start': (start: number, end: number, options: Like = {}) =>
    aten.arange(start, end, 1, options as object),
});
