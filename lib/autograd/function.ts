/** torch.autograd.Function: operations with a backward of their own. */
import { TorchError } from '../core/errors';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { liveCall, recording } from '../native/recording';
import { Tensor } from '../tensor';
import { FunctionContext } from './function_context';
import { callFunction } from './function_levels';
import {
  applySingleLevel,
  type FunctionRules,
  type Gradient,
  isNewStyle,
  notOverridden,
  type VmapInfo,
} from './function_rules';
import { traceFunction } from './traced_function';

export { FunctionContext, type VmapInfo };

/* eslint-disable @typescript-eslint/no-explicit-any -- subclasses say which arguments they take */
type Forward = (...args: any[]) => unknown;
// With a context in front, or what may be one, `apply` takes the rest.
type ApplyArguments<F extends Forward> =
  Parameters<F> extends [infer First, ...infer Rest]
    ? [First] extends [FunctionContext]
      ? Rest
      : unknown extends First
        ? Rest
        : Parameters<F>
    : Parameters<F>;

/**
 * Base of custom operations: subclasses have static `forward` and `backward`, and are called by
 * `apply`. `backward` returns one gradient for each argument of `forward`, null for non-tensors.
 *
 * With a static `setupContext`, `forward` takes the arguments alone, and the operation may be used under the transforms
 * of `torch.func`: `jvp` gives the tangents of the outputs, and `vmap`, or `generateVmapRule = true`, says how a batch
 * is computed.
 *
 * Differs from PyTorch: `torch.autograd.Function` lets `backward` run backward through other such functions as deep as
 * V8's stack allows, about 250, and then throws a RangeError; `node --stack-size` allows more.
 *
 * Differs from PyTorch: `torch.autograd.Function` passes to `setupContext` and `vmap` the arguments that `apply` was given:
 * JavaScript does not say what the defaults of `forward` are.
 *
 * @example
 * class Exp extends torch.autograd.Function {
 *   static override generateVmapRule = true;
 *   static override forward(x: Tensor) {
 *     return x.exp();
 *   }
 *   static override setupContext(ctx: FunctionContext, inputs: unknown[], y: Tensor) {
 *     ctx.saveForBackward(y);
 *   }
 *   static override backward(ctx: FunctionContext, grad: Tensor) {
 *     return grad.mul(ctx.savedTensors[0]);
 *   }
 * }
 * torch.func.vmap(torch.func.grad((x: Tensor) => Exp.apply(x)))(torch.randn([3]));
 */
export abstract class AutogradFunction {
  /**
   * Whether `vmap` comes from running the other methods under it: for those that are made of PyTorch's operators.
   * Default: `false`.
   */
  static generateVmapRule = false;

  /** Computes the result. Override it; a context comes first where there is no `setupContext`. */
  static forward(..._args: any[]): any {
    throw new TorchError(
      `${this.name}: a Function must implement the static method forward`,
      'NotImplementedError',
    );
  }
  /** Fills the context with what `backward` and `jvp` need of the arguments and of what `forward` returned. */
  declare static setupContext: (ctx: FunctionContext, inputs: any, output: any) => void;
  /** Computes the gradients of the inputs from those of the results. Override it, or `vjp`, which is the same. */
  declare static backward: (ctx: FunctionContext, ...grads: any[]) => Gradient | Gradient[];
  declare static vjp: (ctx: FunctionContext, ...grads: any[]) => Gradient | Gradient[];
  /** Computes the tangents of the results from those of the arguments, null for non-tensors. */
  declare static jvp: (ctx: FunctionContext, ...tangents: any[]) => Gradient | Gradient[];
  /**
   * Computes a batch: `inDims` has the mapped dimension of each argument, null for none. Returns the output, and the
   * mapped dimensions nested as it is.
   */
  declare static vmap: (info: VmapInfo, inDims: any, ...args: any[]) => [output: any, outDims: any];

  /**
   * Runs the operation and records it.
   *
   * @throws TorchError for a Function without `setupContext` under a transform of `torch.func`.
   */
  static apply<F extends Forward>(
    this: { readonly name: string; forward: F },
    ...args: ApplyArguments<F>
  ): ReturnType<F> {
    const rules = this as unknown as FunctionRules;
    const given = args as unknown[];
    if (native.transformDepth() === 0) {
      if (recording.active?.entersFunctions) return traceFunction(rules, given) as ReturnType<F>;
      return liveCall(`${rules.name}.apply()`, given, (...live) => {
        const alive = live.map((arg) => (arg instanceof Tensor ? wrap(native.unwrapDead(arg)) : arg));
        return applySingleLevel(rules, alive) as ReturnType<F>;
      });
    }
    if (isNewStyle(rules)) return callFunction(rules, given) as ReturnType<F>;
    throw new TorchError(
      'In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must ' +
        'override the setup_context staticmethod. For more details, please see ' +
        'https://pytorch.org/docs/main/notes/extending.func.html',
    );
  }
}
Object.assign(AutogradFunction, notOverridden);
