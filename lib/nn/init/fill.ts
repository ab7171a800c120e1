// One distribution, or one value, for every element.
import { checkNumber } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { float64 } from '../../core/dtype';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Generator } from '../../tensor/random';
import type { Tensor } from '../../tensor';
import * as kinds from '../../tensor/kinds';
import { warn } from '../../core/warn';

/** Where an initialization takes its random numbers from. */
export interface GeneratorOptions {
  /** Where random numbers come from. Default: the device's own generator. */
  generator?: Generator | null;
}

/** Options of `nn.init.uniform_`. */
export interface UniformOptions extends GeneratorOptions {
  /** Lower bound. Default: 0. */
  a?: number;
  /** Upper bound. Default: 1. */
  b?: number;
}
const UNIFORM = signature('uniform_', [kinds.tensor('tensor')], {
  a: 0,
  b: 1,
  generator: null,
} as Required<UniformOptions>);

/** Uniform between `a` and `b`. */
export function uniform_<T extends Tensor>(
  ...args: Call<typeof UNIFORM, [tensor: T], [a: number, b: number, generator: Generator | null]>
): T {
  const [tensor, given] = UNIFORM.bind(args);
  noGrad(() => void aten.uniform_(tensor, given.a, given.b, { generator: given.generator }));
  return tensor as T;
}

/** Options of `nn.init.normal_`. */
export interface NormalOptions extends GeneratorOptions {
  /** Default: 0. */
  mean?: number;
  /** Standard deviation. Default: 1. */
  std?: number;
}
const NORMAL = signature('normal_', [kinds.tensor('tensor')], {
  mean: 0,
  std: 1,
  generator: null,
} as Required<NormalOptions>);

/** Normal. */
export function normal_<T extends Tensor>(
  ...args: Call<typeof NORMAL, [tensor: T], [mean: number, std: number, generator: Generator | null]>
): T {
  const [tensor, given] = NORMAL.bind(args);
  noGrad(() => void aten.normal_(tensor, given.mean, given.std, { generator: given.generator }));
  return tensor as T;
}

/** Options of `nn.init.truncNormal_`. */
export interface TruncNormalOptions extends NormalOptions {
  /** Lower bound. Default: -2. */
  a?: number;
  /** Upper bound. Default: 2. */
  b?: number;
}
const TRUNC_NORMAL = signature('truncNormal_', [kinds.tensor('tensor')], {
  mean: 0,
  std: 1,
  a: -2,
  b: 2,
  generator: null,
} as Required<TruncNormalOptions>);

// The order of truncNormal_'s draws is PyTorch's: it decides what a seed gives.

/** Share of the standard normal below `x`. */
function normalCdf(x: number): number {
  const erf = aten.erf(aten.full([], x / Math.sqrt(2), { dtype: float64 })).item() as number;
  return (1 + erf) / 2;
}

/** For bounds that most of the normal is inside: draws again what is outside. */
function redrawNormal(tensor: Tensor, given: Required<TruncNormalOptions>): void {
  const { mean, std, a, b, generator } = given;
  // The bounds as the tensor's dtype has them, lest a rounded value seem to be outside.
  const rounded = (bound: number): number => aten.full([], bound, { dtype: tensor.dtype }).item() as number;
  const low = rounded(a);
  const high = rounded(b);
  let result: Tensor = aten.normal_(tensor, mean, std, { generator });
  for (;;) {
    const outside = aten.bitwiseOr(aten.lt(result, low), aten.gt(result, high));
    if (!aten.any(outside).item()) break;
    result = aten.where(outside, aten.normal_(aten.emptyLike(result), mean, std, { generator }), result);
  }
  if (result !== tensor) aten.copy_(tensor, result);
}

/** For bounds that little of it is inside: draws evenly, accepts by the density relative to its peak. */
function rejectUniform(tensor: Tensor, given: Required<TruncNormalOptions>): void {
  const { mean, std, a, b, generator } = given;
  const mode = Math.max(a, Math.min(mean, b));
  const distance = (mode - mean) / std;
  const logPeak = -0.5 * (distance * distance);
  const candidates = aten.emptyLike(tensor);
  const accept = aten.emptyLike(tensor);
  const toLogDensity = (): void => {
    aten.sub_(aten.mul_(aten.pow_(aten.div_(aten.sub_(candidates, mean), std), 2), -0.5), logPeak);
  };
  const rejected = (): Tensor => aten.gt(aten.log_(aten.uniform_(accept, 0, 1, { generator })), candidates);

  aten.uniform_(tensor, a, b, { generator });
  aten.copy_(candidates, tensor);
  toLogDensity();
  let pending = rejected();
  let result: Tensor = tensor;
  while (aten.any(pending).item()) {
    aten.uniform_(candidates, a, b, { generator });
    result = aten.where(pending, candidates, result);
    toLogDensity();
    pending = aten.where(pending, rejected(), pending);
  }
  if (result !== tensor) aten.copy_(tensor, result);
}

/** Normal, redrawn until between `a` and `b`. Warns when the mean is far outside. */
export function truncNormal_<T extends Tensor>(
  ...args: Call<
    typeof TRUNC_NORMAL,
    [tensor: T],
    [mean: number, std: number, a: number, b: number, generator: Generator | null]
  >
): T {
  const [tensor, given] = TRUNC_NORMAL.bind(args);
  for (const name of ['mean', 'std', 'a', 'b'] as const) checkNumber('truncNormal_', name, given[name]);
  if (tensor.device.type === 'meta') return tensor as T;
  const { a: low, b: high } = given;
  if (given.mean < low - 2 * given.std || given.mean > high + 2 * given.std) {
    warn(
      'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
    );
  }
  noGrad(() => {
    const inside = normalCdf((high - given.mean) / given.std) - normalCdf((low - given.mean) / given.std);
    if (inside > 0.3) redrawNormal(tensor, given);
    else rejectUniform(tensor, given);
  });
  return tensor as T;
}

const CONSTANT = signature('constant_', [kinds.tensor('tensor'), number('val')], {});

/** One value everywhere. */
export function constant_<T extends Tensor>(...args: Call<typeof CONSTANT, [tensor: T, val: number]>): T {
  const [tensor, val] = CONSTANT.bind(args);
  noGrad(() => void aten.fill_(tensor, val));
  return tensor as T;
}

const ONES = signature('ones_', [kinds.tensor('tensor')], {});

/** Ones. */
export function ones_<T extends Tensor>(...args: Call<typeof ONES, [tensor: T]>): T {
  const [tensor] = ONES.bind(args);
  return constant_(tensor, 1) as T;
}

const ZEROS = signature('zeros_', [kinds.tensor('tensor')], {});

/** Zeros. */
export function zeros_<T extends Tensor>(...args: Call<typeof ZEROS, [tensor: T]>): T {
  const [tensor] = ZEROS.bind(args);
  noGrad(() => void aten.zero_(tensor));
  return tensor as T;
}
