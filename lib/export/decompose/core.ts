// Decompositions of operators that are not in the core ATen set, after torch/_decomp and torch/_refs: the same operators in
// the same order, so that results have the same bits.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { getDefaultDtype } from '../../tensor/creation';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import {
  at,
  filled,
  inFloat32,
  like,
  type Like,
  rangeOf,
  reduced,
  scalar,
  type Table,
  table,
} from './common';
import { creation } from './creation';
import { images } from './images';
import { losses } from './losses';
import { places } from './places';
import { pointwise } from './pointwise';
import { reductions } from './reductions';

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

function selectScatter(x: Tensor, src: Tensor, dim: number, index: number): Tensor {
  const place = at(dim, x.dim());
  const length = x.shape[place];
  const shape = x.shape.map((_, i) => (i === place ? -1 : 1));
  const { device } = x;
  const mask = aten.eq(aten.view(aten.arange(0, length, 1, { device }), shape), at(index, length));
  return aten.where(mask, aten.expand(aten.unsqueeze(src, place), x.shape), x);
}

const hardClamp = (x: Tensor): Tensor => aten.clampMax(aten.clampMin(x.add(3), 0), 6);

function softplus(x: Tensor, beta: number | null = 1, threshold = 20): Tensor {
  const scaled = beta === null ? x : x.mul(beta);
  const soft = aten.log1p(aten.exp(scaled));
  return aten.where(aten.gt(scaled, threshold), x, beta === null ? soft : soft.div(beta));
}

function full(size: number[], value: number, options: Like = {}): Tensor {
  const dtype = options.dtype ?? getDefaultDtype();
  return aten.full(size, dtype === dtypes.bool ? value === 1 : value, { ...options, dtype } as object);
}

/** In every table: what libtorch's own composites do otherwise than Python's. */
export const always: Table = table({
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
export const core: Table = {
  ...creation,
  ...images,
  ...losses,
  ...places,
  ...pointwise,
  ...reductions,
  ...table({
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
    '_safe_softmax.default': (x: Tensor, dim: number, dtype: DType | null = null) => {
      const out = aten.softmax(x, dim, dtype === null ? {} : { dtype });
      const isMasked = aten.all(aten.eq(x, -Infinity), dim, true);
      return aten.where(isMasked, aten.zerosLike(out), out);
    },
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
    'zeros.default': (size: number[], options?: Like) => full(size, 0, options),
    'ones.default': (size: number[], options?: Like) => full(size, 1, options),
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
  }),
};
