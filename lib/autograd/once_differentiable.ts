/** `torch.autograd.function` */
import { checkFunction, TorchError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { Tensor } from '../tensor';
import { type FunctionContext } from './function_context';
import { applySingleLevel, type FunctionRules, type Gradient, notOverridden } from './function_rules';
import { noGrad } from './mode';

type Backward<Grads extends unknown[]> = (ctx: FunctionContext, ...grads: Grads) => Gradient | Gradient[];

// Passes gradients on, and refuses to be differentiated.
const delayedError: FunctionRules = {
  ...notOverridden,
  name: 'DelayedError',
  generateVmapRule: false,
  forward: (_, ...tensors) => tensors.map((tensor) => (tensor as Tensor | null)?.detach() ?? null),
  backward() {
    throw new TorchError(
      'trying to differentiate twice a function that was marked with @once_differentiable',
    );
  },
};

/**
 * A `backward` that may not be differentiated itself (`torch.autograd.function.once_differentiable`): it runs without a
 * graph, and a backward through its results throws.
 *
 * @example
 * class Double extends torch.autograd.Function {
 *   static override forward = (ctx: FunctionContext, x: Tensor) => x.mul(2);
 *   static override backward = torch.autograd.function.onceDifferentiable((ctx, grad: Tensor) => grad.mul(2));
 * }
 */
export function onceDifferentiable<Grads extends unknown[]>(
  ...given: [fn: Backward<Grads>]
): Backward<Grads> {
  const [fn] = bindArguments('onceDifferentiable(fn)', given);
  checkFunction('onceDifferentiable', 'fn', fn);
  return (ctx, ...grads) => {
    const outputs = noGrad(() => fn(ctx, ...grads));
    if (!native.isGradEnabled()) return outputs;
    if (!grads.some((grad) => grad instanceof Tensor && grad.requiresGrad)) return outputs;
    const list = Array.isArray(outputs) ? outputs : [outputs];
    const needing = list.map((output) => output?.detach().requiresGrad_() ?? null);
    const results = applySingleLevel(delayedError, needing) as Gradient[];
    return Array.isArray(outputs) ? results : results[0];
  };
}
