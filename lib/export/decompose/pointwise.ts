// Decompositions of what computes each number by itself, after torch/_refs/__init__.py and torch/_refs/special/__init__.py.
import * as dtypes from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { finfo } from '../../core/typeinfo';
import { isTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { at, cast, filled, indexOf, inFloat, inFloat32, isFloat, scalar, table, wide } from './common';
import { likeResultOf } from './strides';

interface Scaled {
  alpha?: number;
  value?: number;
}
const none = (x: Tensor): Tensor => aten.fullLike(x, false, { dtype: dtypes.bool, pinMemory: false });
const infinite = (sign: number) => (x: Tensor) =>
  isFloat(x) ? aten.eq(cast(x, wide(x)), sign * Infinity) : none(x);
const sub = (a: Tensor | number, b: Tensor, alpha: number): Tensor =>
  alpha === 1 ? aten.sub(a, b) : aten.sub(a, b, { alpha });

const timesLog = (log: (x: Tensor) => Tensor) => {
  const computed = inFloat((a: Tensor, b: Tensor) => {
    const product = a.mul(log(b));
    return aten.where(aten.isnan(b), NaN, aten.where(aten.eq(a, 0), 0, product));
  }) as (a: unknown, b: unknown) => Tensor;
  return (a: unknown, b: unknown): Tensor => {
    const known = (isTensor(a) ? a : b) as Tensor;
    // What is a number has the dtype of floats, as the tensor will.
    const x = isFloat(known) ? known : aten.empty([0], { device: known.device });
    return computed(scalar(a, x), scalar(b, x));
  };
};
const xlogy = timesLog((x) => aten.log(x));
const xlog1py = timesLog((x) => aten.log1p(x));

function logAddExp(a: Tensor, b: Tensor, isBinary: boolean): Tensor {
  if (a.isComplex() || b.isComplex())
    throw new TorchError('runDecompositions(): logaddexp of complex numbers is not decomposed here');
  const mask = aten.ge(a, b);
  const [most, least] = [aten.where(mask, a, b), aten.where(mask, b, a)];
  const isInfinite = isBinary ? aten.isinf(a) : aten.logicalNot(aten.isfinite(a));
  const isSame = aten.logicalAnd(isInfinite, aten.eq(a, b));
  const rest = least.sub(most);
  const small = isBinary ? aten.log1p(aten.exp2(rest)).mul(1 / Math.log(2)) : aten.log1p(aten.exp(rest));
  return aten.where(isSame, a, most.add(small));
}

const lerp = inFloat32((start: Tensor, end: Tensor, given: Tensor | number) => {
  const weight = isTensor(given) ? (given as Tensor) : filled(given as number, start, []);
  const mask = aten.ge(aten.abs(weight), 0.5);
  const factor = aten.where(mask, weight.sub(1), weight);
  const base = aten.where(mask, end, start);
  const inputs = isTensor(given) ? [start, end, weight] : [start, end];
  return likeResultOf(inputs, factor.mul(end.sub(start)).add(base));
});

function nanToNum(
  x: Tensor,
  nan: number | null = null,
  most: number | null = null,
  least: number | null = null,
): Tensor {
  if (!isFloat(x)) return aten.clone(x);
  const limits = finfo(x.dtype);
  const noNan = aten.where(aten.isnan(x), nan ?? 0, x);
  const noLeast = aten.where(infinite(-1)(x), least ?? limits.min, noNan);
  return aten.where(infinite(1)(x), most ?? limits.max, noLeast);
}

function cross(x: Tensor, y: Tensor, { dim = -1 }: { dim?: number } = {}): Tensor {
  const [a, b] = aten.broadcastTensors([x, y]);
  const place = at(dim, a.dim());
  const index = indexOf(a, 3);
  const turned = (from: Tensor, by: number): Tensor =>
    aten.indexSelect(from, place, aten.remainder(index.add(by), 3));
  const first = turned(a, 1).mul(turned(b, 2));
  return first.sub(turned(a, 2).mul(turned(b, 1)));
}

const floorDivide = (x: Tensor, other: Tensor | number): Tensor =>
  aten.div(x, other, { roundingMode: 'floor' });

export const pointwise = table({
  'clamp_max.default': (x: Tensor, max: number) => aten.clamp(x, null, max),
  'clamp_min.default': (x: Tensor, min: number) => aten.clamp(x, min),
  'clamp_max.Tensor': (x: Tensor, max: Tensor) => aten.clamp(x, null, max),
  'clamp_min.Tensor': (x: Tensor, min: Tensor) => aten.clamp(x, min),
  'rsub.Scalar': (x: Tensor, other: number, alpha = 1) => sub(other, x, alpha),
  'rsub.Tensor': (x: Tensor, other: Tensor, { alpha = 1 }: Scaled = {}) => sub(other, x, alpha),
  'addcdiv.default': (x: Tensor, a: Tensor, b: Tensor, { value = 1 }: Scaled = {}) =>
    (inFloat((y: Tensor, c: Tensor, d: Tensor) => y.add(c.mul(value).div(d))) as typeof aten.addcdiv)(
      x,
      a,
      b,
    ),
  'frac.default': inFloat32((x: Tensor) => x.sub(aten.trunc(x))),
  'sinc.default': inFloat((x: Tensor) => {
    const y = x.mul(Math.PI);
    return aten.where(aten.eq(y, 0), 1, aten.sin(y).div(y));
  }),
  'deg2rad.default': inFloat((x: Tensor) => x.mul(0.017453292519943295)),
  'rad2deg.default': inFloat((x: Tensor) => x.mul(57.29577951308232)),
  'isneginf.default': infinite(-1),
  'isposinf.default': infinite(1),
  'sgn.default': (x: Tensor) => {
    if (!x.isComplex()) return (inFloat32((y: Tensor) => aten.sign(y)) as (y: Tensor) => Tensor)(x);
    const length = aten.abs(x);
    return aten.where(aten.eq(length, 0), 0, x.div(length));
  },
  'special_entr.default': inFloat((x: Tensor) => {
    const product = aten.neg(x).mul(aten.log(x));
    const others = aten.where(aten.eq(x, 0), 0, scalar(-Infinity, x));
    return aten.where(aten.isnan(x), x, aten.where(aten.gt(x, 0), product, others));
  }),
  'special_log_ndtr.default': inFloat((x: Tensor) => {
    const t = x.mul(0.7071067811865476);
    const low = aten.log(aten.specialErfcx(aten.neg(t)).div(2)).sub(t.mul(t));
    return aten.where(aten.lt(x, 1), low, aten.log1p(aten.neg(aten.erfc(t)).div(2)));
  }),
  'logit.default': inFloat((x: Tensor, eps: number | null = null) => {
    const [low, high] = [eps ?? -1, 1 - (eps ?? -1)];
    const clamped = aten.where(aten.lt(x, low), low, aten.where(aten.gt(x, high), high, x));
    return aten.log(clamped.div(aten.sub(1, clamped)));
  }),
  'mvlgamma.default': inFloat((x: Tensor, count: number | bigint) => {
    const p = Number(count);
    const steps = aten.arange(1 - p, 1, 1, { dtype: x.dtype, device: x.device }).mul(0.5);
    const sum = aten.sum(aten.lgamma(aten.unsqueeze(x, -1).add(steps)), [-1]);
    return sum.add(0.25 * p * (p - 1) * Math.log(Math.PI));
  }),
  'nan_to_num.default': nanToNum,
  'xlogy.Tensor': xlogy,
  'xlogy.Scalar_Self': xlogy,
  'xlogy.Scalar_Other': xlogy,
  'special_xlog1py.default': xlog1py,
  'special_xlog1py.self_scalar': xlog1py,
  'special_xlog1py.other_scalar': xlog1py,
  'logaddexp.default': inFloat32((a: Tensor, b: Tensor) => logAddExp(a, b, false)),
  'logaddexp2.default': inFloat32((a: Tensor, b: Tensor) => logAddExp(a, b, true)),
  'heaviside.default': inFloat32((x: Tensor, values: Tensor) => {
    const isZero = aten.eq(x, 0);
    const isLow = aten.logicalOr(aten.lt(x, 0), aten.isnan(x));
    return aten.where(isZero, values, aten.where(isLow, 0, 1));
  }),
  'lerp.Scalar': lerp,
  'lerp.Tensor': lerp,
  'floor_divide.default': floorDivide,
  'floor_divide.Scalar': floorDivide,
  'linalg_cross.default': (x: Tensor, y: Tensor, options?: { dim?: number }) =>
    (inFloat32((a: Tensor, b: Tensor) => cross(a, b, options)) as (a: Tensor, b: Tensor) => Tensor)(x, y),
});
