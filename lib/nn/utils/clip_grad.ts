import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { tensor } from '../../tensor/creation';
import { TorchError, argumentError } from '../../core/errors';
import { keywords } from '../../core/keywords';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';

export interface ForeachOptions {
  /** Whether to use libtorch's multi-tensor operators. Default: `null`, which is `true` on CUDA. */
  foreach?: boolean | null;
}
export interface TotalNormOptions extends ForeachOptions {
  /** Which norm; `Infinity` for the largest. Default: 2. */
  normType?: number;
  /** Whether a norm that is NaN or infinite is an error. Default: `false`. */
  errorIfNonfinite?: boolean;
}
const FOREACH: Required<ForeachOptions> = { foreach: null };
const TOTAL_NORM: Required<TotalNormOptions> = { normType: 2, errorIfNonfinite: false, ...FOREACH };

/** One tensor or several. */
export type Tensors = Tensor | Iterable<Tensor>;
function listOf(tensors: Tensors): Tensor[] {
  const list = tensors instanceof Tensor ? [tensors] : Array.from(tensors ?? []);
  const isListed = typeof tensors === 'object' && tensors !== null;
  if (isListed && list.every((tensor) => tensor instanceof Tensor)) return list;
  throw argumentError('clipGrad', 'parameters', 'a Tensor or an iterable of Tensors', tensors);
}

const accelerators = ['cuda', 'xpu', 'mtia', 'privateuseone'];

// PyTorch's rule, for tensors of one device.
function useForeach(foreach: boolean | null, [{ device }]: readonly Tensor[]): boolean {
  const fast = accelerators.includes(device.type);
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
  tensors: Tensors,
  normType?: number | TotalNormOptions,
  options?: TotalNormOptions,
): Tensor {
  const given = keywords<TotalNormOptions>('getTotalNorm', TOTAL_NORM, { normType }, options);
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
  parameters: Tensors,
  maxNorm: number,
  totalNorm: Tensor,
  options?: ForeachOptions,
): void {
  const { foreach } = keywords('clipGradsWithNorm_', FOREACH, null, options);
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
  parameters: Tensors,
  maxNorm: number,
  normType?: number | TotalNormOptions,
  options?: TotalNormOptions,
): Tensor {
  const given = keywords<TotalNormOptions>('clipGradNorm_', TOTAL_NORM, { normType }, options);
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
export function clipGradValue_(parameters: Tensors, clipValue: number, options?: ForeachOptions): void {
  const { foreach } = keywords('clipGradValue_', FOREACH, null, options);
  if (typeof clipValue !== 'number')
    throw argumentError('clipGradValue_', 'clipValue', 'a number', clipValue);
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
