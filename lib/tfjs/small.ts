/**
 * Which calls are of so few numbers that tfjs's cpu kernels are done before a native call has begun. Their results are the
 * same up to rounding: this backend's numbers are the cpu backend's.
 */
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

/** Whether a cpu kernel is faster. There are no strings among its inputs. */
type Rule = (inputs: NamedTensorInfoMap, attributes: NamedAttrMap) => boolean;

const sizeOf = (shape: readonly number[]): number => {
  let size = 1;
  for (const each of shape) size *= each;
  return size;
};

/** Numbers of all inputs. */
function total(inputs: NamedTensorInfoMap): number {
  let sum = 0;
  for (const name in inputs) {
    const input = inputs[name];
    if (input) sum += sizeOf(input.shape);
  }
  return sum;
}

const upTo =
  (count: number): Rule =>
  (inputs) =>
    total(inputs) <= count;

/** Their loop over operands of one shape takes a tenth of that over others. */
const pair: Rule = ({ a, b }) => {
  const [m, n] = [sizeOf(a!.shape), sizeOf(b!.shape)];
  if (m === n) return m <= (a!.shape.length === b!.shape.length ? 512 : 64);
  return Math.min(m, n) === 1 ? m + n <= 64 : m * n <= 64;
};

// Of the last two dimensions; those before are equal, or few.
const product: Rule = (inputs, { transposeA }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const [m, n] = [sizeOf(a.shape), sizeOf(b.shape)];
  const inner = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  return n <= 1024 && m <= 1024 && (m / Math.max(inner, 1)) * n <= 1024;
};

const rules: Record<string, Rule> = { BatchMatMul: product, _FusedMatMul: product };
const give = (rule: Rule, names: string): void => {
  for (const name of names.split(' ')) rules[name] = rule;
};

give(
  pair,
  'Add Sub Multiply RealDiv Maximum Minimum SquaredDifference Pow FloorDiv Mod Equal NotEqual Greater GreaterEqual ' +
    'Less LessEqual LogicalAnd LogicalOr',
);
give(
  upTo(128),
  'Abs Neg Exp Log Log1p Sqrt Rsqrt Square Relu Relu6 Sigmoid Tanh Elu Sin Cos Floor Ceil Round Sign LogicalNot ' +
    'ClipByValue Step Reciprocal Softplus Softmax LogSoftmax',
);
give(
  upTo(512),
  'Sum Mean Max Min Prod All Any ArgMax ArgMin Concat Pack Unpack Slice StridedSlice SplitV Transpose Reverse AddN Select',
);

// Of a table that is copied into JavaScript's memory once.
rules.GatherV2 = ({ x, indices }, { axis }) => {
  const [size, dim] = [sizeOf(x!.shape), x!.shape.at(axis as number) ?? 1];
  return size <= 65_536 && (size / Math.max(dim, 1)) * sizeOf(indices!.shape) <= 512;
};

rules.Tile = ({ x }, { reps }) => sizeOf(x!.shape) * sizeOf(reps as number[]) <= 512;

/** When the kernel of a name is. Undefined where it never is. */
export function smallnessOf(kernelName: string): Rule | undefined {
  if (!Object.hasOwn(rules, kernelName)) return undefined;
  const rule = rules[kernelName];
  return (inputs, attributes) => {
    for (const name in inputs) {
      if (inputs[name]?.dtype === 'complex64') return false;
    }
    return rule(inputs, attributes);
  };
}
