import { backend_util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Kernel, Kernels } from '../kernel';
import { floating, inFloat, inOwnDtype, storedAs } from './support';

const own =
  (f: (x: Tensor) => Tensor): Kernel =>
  ({ x }) =>
    inOwnDtype(x, f);

/** Of the classes of numbers: bools. */
const asks =
  (f: (x: Tensor) => Tensor): Kernel =>
  ({ x }) =>
    f(x);

const { SELU_SCALE, SELU_SCALEALPHA } = backend_util;

const stepTo = (x: Tensor, alpha: number): Tensor =>
  aten.where(x.isnan(), x, aten.where(x.gt(0), 1, storedAs(alpha, 'float32')).to({ dtype: x.dtype }));

// The gradient of relu, in a sixth of the time.
const stepToZero = (x: Tensor): Tensor => x.clamp(0, 1).ceil_();

export const unary: Kernels = {
  Abs: own((x) => x.abs()),
  Acos: own((x) => x.acos()),
  Acosh: own((x) => x.acosh()),
  Asin: own((x) => x.asin()),
  Asinh: own((x) => x.asinh()),
  Atan: own((x) => x.atan()),
  Atanh: own((x) => x.atanh()),
  Ceil: own((x) => x.ceil()),
  ClipByValue: ({ x }, { clipValueMin, clipValueMax }) =>
    inOwnDtype(x, (y) => y.clamp(clipValueMin as number, clipValueMax as number)),
  Cos: own((x) => x.cos()),
  Cosh: own((x) => x.cosh()),
  Elu: own((x) => aten.elu(x)),
  EluGrad: ({ dy, y }) => {
    const grad = inFloat(dy);
    return aten.where(y.ge(0), grad, grad.mul(y.add(1)));
  },
  Erf: own((x) => x.erf()),
  Exp: ({ x }) => x.exp(),
  Expm1: own((x) => x.expm1()),
  Floor: own((x) => x.floor()),
  IsFinite: asks((x) => x.isfinite()),
  IsInf: asks((x) => x.isinf()),
  IsNan: asks((x) => x.isnan()),
  LeakyRelu: ({ x }, { alpha }) => aten.leakyRelu(floating(x), alpha as number),
  Log: own((x) => x.log()),
  Log1p: own((x) => x.log1p()),
  LogicalNot: asks((x) => x.logicalNot()),
  Neg: ({ x }) => (x.dtype.name === 'bool' ? x : x.neg()),
  OnesLike: ({ x }) => aten.onesLike(x),
  Prelu: ({ x, alpha }) => {
    const own = inFloat(x);
    return aten.where(own.lt(0), own.mul(alpha), own);
  },
  Reciprocal: own((x) => x.reciprocal()),
  Relu: own((x) => x.relu()),
  Relu6: own((x) => x.clamp(0, 6)),
  Round: own((x) => x.round()),
  Rsqrt: own((x) => x.rsqrt()),
  Selu: own((x) => aten.where(x.ge(0), x.mul(SELU_SCALE), x.expm1().mul(SELU_SCALEALPHA))),
  Sigmoid: own((x) => x.sigmoid()),
  Sign: own((x) => x.sign().nanToNum(0)),
  Sin: own((x) => x.sin()),
  Sinh: own((x) => x.sinh()),
  Softplus: own((x) => aten.softplus(x)),
  Sqrt: own((x) => x.sqrt()),
  Square: ({ x }) => x.mul(x),
  Step: ({ x }, { alpha }) =>
    inOwnDtype(x, (own) => (alpha ? stepTo(own, alpha as number) : stepToZero(own))),
  Tan: own((x) => x.tan()),
  Tanh: own((x) => x.tanh()),
  ZerosLike: ({ x }) => aten.zerosLike(x),
};
