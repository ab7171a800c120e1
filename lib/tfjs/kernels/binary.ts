import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Kernel, Kernels } from '../kernel';
import { inFloat, toInt32 } from './support';

const pair =
  (f: (a: Tensor, b: Tensor) => Tensor): Kernel =>
  ({ a, b }) =>
    f(a, b);

const isWhole = (x: Tensor): boolean => !x.isFloatingPoint() && !x.isComplex();

/** In JavaScript's precision; whole numbers are stored as such. */
const inDouble =
  (f: (a: Tensor, b: Tensor) => Tensor): Kernel =>
  ({ a, b }) => {
    const result = f(inFloat(a, 'float64'), inFloat(b, 'float64'));
    return isWhole(a) && isWhole(b) ? toInt32(result).to({ dtype: a.dtype }) : result;
  };

/** Of whole numbers in JavaScript's precision, of others in their own. */
const wholeInDouble = (f: (a: Tensor, b: Tensor) => Tensor): Kernel => {
  const whole = inDouble(f);
  return (inputs, attributes) => {
    const { a, b } = inputs;
    return isWhole(a) && isWhole(b) ? whole(inputs, attributes) : f(a, b);
  };
};

// Bools are numbers where the result may be none.
const number = (x: Tensor): Tensor => (x.dtype.name === 'bool' ? x.to({ dtype: 'int32' }) : x);

export const binary: Kernels = {
  Add: pair((a, b) => number(a).add(number(b))),
  AddN: (inputs) => {
    const terms = Object.values(inputs);
    const sum = terms.reduce((total, x) => total.add(number(x)));
    return terms[0].dtype.name === 'int32' ? toInt32(sum) : sum;
  },
  Atan2: wholeInDouble((a, b) => a.atan2(b)),
  BitwiseAnd: pair((a, b) => a.bitwiseAnd(b)),
  Equal: pair((a, b) => a.eq(b)),
  FloorDiv: ({ a, b }) => toInt32(inFloat(a, 'float64').div(inFloat(b, 'float64')).floor()),
  Greater: pair((a, b) => a.gt(b)),
  GreaterEqual: pair((a, b) => a.ge(b)),
  Less: pair((a, b) => a.lt(b)),
  LessEqual: pair((a, b) => a.le(b)),
  LogicalAnd: pair((a, b) => a.logicalAnd(b)),
  LogicalOr: pair((a, b) => a.logicalOr(b)),
  Maximum: pair((a, b) => a.maximum(b)),
  Minimum: pair((a, b) => a.minimum(b)),
  Mod: inDouble((a, b) => {
    const rest = aten.fmod(a, b);
    const sameSign = a
      .lt(0)
      .logicalAnd(b.lt(0))
      .logicalOr(a.ge(0).logicalAnd(b.ge(0)));
    return aten.where(sameSign, rest, aten.fmod(rest.add(b), b));
  }),
  Multiply: pair((a, b) => a.mul(b)),
  NotEqual: pair((a, b) => a.ne(b)),
  Pow: wholeInDouble((a, b) => aten.pow(a, b)),
  RealDiv: wholeInDouble((a, b) => a.div(b)),
  Select: ({ condition, t, e }) => {
    const rows = condition.ndim === 1 && t.ndim > 1;
    const chosen = rows ? condition.reshape([-1, ...new Array<number>(t.ndim - 1).fill(1)]) : condition;
    return aten.where(chosen.to({ dtype: 'bool' }), t, e);
  },
  SquaredDifference: pair((a, b) => {
    if (a.dtype.name === 'bool' && b.dtype.name === 'bool') return a.logicalXor(b);
    const difference = number(a).sub(number(b));
    return difference.mul(difference);
  }),
  Sub: pair((a, b) => number(a).sub(number(b))),
};
