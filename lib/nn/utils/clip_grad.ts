import { privateUse1 } from '../../core/device';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { tensor } from '../../tensor/creation';
import { TorchError, argumentError } from '../../core/errors';
import { number, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { Tensor } from '../../tensor';
import { tensor as tensorKind } from '../../tensor/kinds';
import { warn } from '../../core/warn';

/** The option of `nn.utils.clipGradValue_` and `clipGradsWithNorm_`. */
export interface ForeachOptions {
  /** Whether to use libtorch's multi-tensor operators. Default: `null`, which is `true` on CUDA. */
  foreach?: boolean | null;
}
/** Options of `nn.utils.clipGradNorm_` and `getTotalNorm`. */
export interface TotalNormOptions extends ForeachOptions {
  /** Which norm; `Infinity` for the largest. Default: 2. */
  normType?: number;
  /** Whether a norm that is NaN or infinite is an error. Default: `false`. */
  errorIfNonfinite?: boolean;
}
const FOREACH: Required<ForeachOptions> = { foreach: null };
const TOTAL_NORM: Required<TotalNormOptions> = { normType: 2, errorIfNonfinite: false, ...FOREACH };

const parameters = value<Tensors>()('parameters');
const GET_TOTAL_NORM = signature('getTotalNorm', [value<Tensors>()('tensors')], TOTAL_NORM);
const CLIP_GRAD_NORM = signature('clipGradNorm_', [parameters, number('maxNorm')], TOTAL_NORM);
const CLIP_GRADS_WITH_NORM = signature(
  'clipGradsWithNorm_',
  [parameters, number('maxNorm'), tensorKind('totalNorm')],
  FOREACH,
);
const CLIP_GRAD_VALUE = signature('clipGradValue_', [parameters, number('clipValue')], FOREACH);

/** One tensor or several. */
export type Tensors = Tensor | Iterable<Tensor>;
function listOf(tensors: Tensors): Tensor[] {
  const list = tensors instanceof Tensor ? [tensors] : Array.from(tensors ?? []);
  const isListed = typeof tensors === 'object' && tensors !== null;
  if (isListed && list.every((tensor) => tensor instanceof Tensor)) return list;
  throw argumentError('clipGrad', 'parameters', 'a Tensor or an iterable of Tensors', tensors);
}

const accelerators = () => ['cuda', 'xpu', 'mtia', privateUse1()];

// PyTorch's rule, for tensors of one device.
function useForeach(foreach: boolean | null, [{ device }]: readonly Tensor[]): boolean {
  const fast = accelerators().includes(device.type);
  if (!foreach) return foreach === null && fast;
  if (fast || device.type === 'cpu') return true;
  throw new TorchError(`foreach=True was passed, but can't use the foreach API on ${device.type} tensors`);
}

// By device and dtype, the latest group first: the order in which PyTorch sums up groups.
function groups(tensors: readonly Tensor[]): Tensor[][] {
  const found = new Map<string, Tensor[]>();
  for (const one of tensors) {
    const key = `${one.device} ${one.dtype}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].reverse();
}

function gradients(parameters: Iterable<Tensor>): Tensor[] {
  return Array.from(parameters, (param) => param.grad).filter((grad) => grad !== null);
}

// As Python prints a float.
const floatText = (value: number): string =>
  Number.isInteger(value) ? `${value}.0` : String(value).replace('Infinity', 'inf');

/**
 * The norm of all tensors together, as if they were one vector: `()`.
 *
 * @throws TorchError for a norm that is not finite, with `errorIfNonfinite`.
 */
export function getTotalNorm(
  ...args: Call<
    typeof GET_TOTAL_NORM,
    [tensors: Tensors],
    [normType: number, errorIfNonfinite: boolean, foreach: boolean | null]
  >
): Tensor {
  const [tensors, given] = GET_TOTAL_NORM.bind(args);
  return noGrad(() => totalNorm(listOf(tensors), given));
}

function totalNorm(tensors: Tensor[], given: Required<TotalNormOptions>): Tensor {
  const { normType, errorIfNonfinite, foreach } = given;
  if (tensors.length === 0) return tensor(0);
  const { device } = tensors[0];
  const norms = groups(tensors).flatMap((group) =>
    useForeach(foreach, group)
      ? aten._foreachNorm(group, normType)
      : group.map((one) => aten.linalgVectorNorm(one, normType)),
  );
  const total = aten.linalgVectorNorm(aten.stack(norms.map((norm) => norm.to(device))), normType);
  if (errorIfNonfinite && !Number.isFinite(total.item())) {
    throw new TorchError(
      `The total norm of order ${floatText(normType)} for gradients from \`parameters\` is non-finite, so it ` +
        'cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set ' +
        '`error_if_nonfinite=False`',
    );
  }
  return total;
}

/** Scales the gradients, in place, by `maxNorm / totalNorm` where that is below 1. */
export function clipGradsWithNorm_(
  ...args: Call<
    typeof CLIP_GRADS_WITH_NORM,
    [parameters: Tensors, maxNorm: number, totalNorm: Tensor],
    [foreach: boolean | null]
  >
): void {
  const [parameters, maxNorm, totalNorm, { foreach }] = CLIP_GRADS_WITH_NORM.bind(args);
  const grads = gradients(listOf(parameters));
  if (grads.length === 0) return;
  noGrad(() => {
    const factor = aten.clamp(aten.mul(aten.reciprocal(aten.add(totalNorm, 1e-6)), maxNorm), { max: 1 });
    for (const group of groups(grads)) {
      const local = factor.to(group[0].device);
      if (useForeach(foreach, group)) aten._foreachMul_(group, local);
      else for (const grad of group) aten.mul_(grad, local);
    }
  });
}

/**
 * Scales the gradients of all parameters, in place, so that their norm together is at most `maxNorm`.
 * Gives the norm before.
 *
 * @throws TorchError for a norm that is not finite, with `errorIfNonfinite`.
 *
 * @example
 * loss.backward();
 * nn.utils.clipGradNorm_(model.parameters(), 1.0);
 * optimizer.step();
 */
export function clipGradNorm_(
  ...args: Call<
    typeof CLIP_GRAD_NORM,
    [parameters: Tensors, maxNorm: number],
    [normType: number, errorIfNonfinite: boolean, foreach: boolean | null]
  >
): Tensor {
  const [parameters, maxNorm, given] = CLIP_GRAD_NORM.bind(args);
  const params = listOf(parameters);
  if (params.length === 0 && Object.prototype.toString.call(parameters) === '[object Generator]') {
    warn('`parameters` is an empty generator, no gradient clipping will occur.');
  }
  const total = noGrad(() => totalNorm(gradients(params), given));
  clipGradsWithNorm_(params, maxNorm, total, { foreach: given.foreach });
  return total;
}

/** Deprecated: use {@link clipGradNorm_}. */
export function clipGradNorm(...args: Parameters<typeof clipGradNorm_>): Tensor {
  warn(
    '`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.',
    'FutureWarning',
  );
  return clipGradNorm_(...args);
}

/** Clamps every element of the gradients, in place, to `±clipValue`. */
export function clipGradValue_(
  ...args: Call<typeof CLIP_GRAD_VALUE, [parameters: Tensors, clipValue: number], [foreach: boolean | null]>
): void {
  const [parameters, clipValue, { foreach }] = CLIP_GRAD_VALUE.bind(args);
  const grads = gradients(listOf(parameters));
  noGrad(() => {
    for (const group of groups(grads)) {
      if (useForeach(foreach, group)) {
        aten._foreachClampMin_(group, -clipValue);
        aten._foreachClampMax_(group, clipValue);
      } else for (const grad of group) aten.clamp_(grad, -clipValue, clipValue);
    }
  });
}
