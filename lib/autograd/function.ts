/** torch.autograd.Function: operations with a backward of their own. */
import { TorchError } from '../core/errors';
import { checkMethods } from '../core/calls';
import { compareByIdentity } from '../core/identity';
import { wrap } from '../native/dispatch';
import { NativeHandle } from '../native/handle';
import { native } from '../native';
import { Tensor } from '../tensor';
import { hold } from './held';
import { noGrad } from './mode';

type Gradient = Tensor | null | undefined;

/** What `forward` leaves for `backward`. Any other field may be set on it. */
export class FunctionContext {
  [field: string]: unknown;
  /** @internal */
  declare readonly node: NativeHandle;
  /** @internal */
  declare readonly marks: { saved: Tensor[]; dirty: Tensor[]; plain: Tensor[]; materialize: boolean };

  /** @internal */
  constructor(node: NativeHandle, needs: boolean[]) {
    const hidden = (value: unknown) => ({ value, enumerable: false });
    Object.defineProperties(this, {
      node: hidden(node),
      marks: hidden({ saved: [], dirty: [], plain: [], materialize: true }),
      needsInputGrad: { value: needs, enumerable: true },
    });
  }
  /** For each argument of `forward`, whether its gradient is needed. */
  declare readonly needsInputGrad: readonly boolean[];

  /** Keeps tensors for `backward`; checked there for changes in place. Call it once, in `forward`. */
  saveForBackward(...tensors: Tensor[]): void {
    this.marks.saved = tensors;
  }
  /** What was saved. Throws when the graph has been freed. */
  get savedTensors(): Tensor[] {
    return wrap(native.savedTensors(this.node)) as Tensor[];
  }
  /** Says which inputs `forward` changed in place. */
  markDirty(...tensors: Tensor[]): void {
    this.marks.dirty = tensors;
  }
  /** Says which outputs have no gradient. */
  markNonDifferentiable(...tensors: Tensor[]): void {
    this.marks.plain = tensors;
  }
  /** Whether `backward` gets zeros (the default) or null for outputs that nothing depended on. */
  setMaterializeGrads(value: boolean): void {
    this.marks.materialize = value;
  }
}
compareByIdentity(FunctionContext);
checkMethods('FunctionCtx', FunctionContext, 'setMaterializeGrads(value)');

interface FunctionClass<Args extends unknown[], Out> {
  readonly name: string;
  forward(ctx: FunctionContext, ...args: Args): Out;
  backward(ctx: FunctionContext, ...grads: Tensor[]): Gradient | Gradient[];
}

/**
 * Base of custom operations: subclasses have static `forward` and `backward`, and are called by
 * `apply`. `backward` returns one gradient for each argument of `forward`, null for non-tensors.
 *
 * Differs from PyTorch: `torch.autograd.Function` lets `backward` run backward through other such functions as deep as
 * V8's stack allows, about 250, and then throws a RangeError; `node --stack-size` allows more.
 *
 * @example
 * class Exp extends torch.autograd.Function {
 *   static override forward(ctx: FunctionContext, x: Tensor) {
 *     const y = x.exp();
 *     ctx.saveForBackward(y);
 *     return y;
 *   }
 *   static override backward(ctx: FunctionContext, grad: Tensor) {
 *     return grad.mul(ctx.savedTensors[0]);
 *   }
 * }
 * Exp.apply(x);
 */
export abstract class AutogradFunction {
  /** Computes the result. Override it; `ctx` keeps what `backward` needs. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static forward(_ctx: FunctionContext, ..._args: any[]): unknown {
    throw new TorchError(
      `${this.name}: a Function must implement the static method forward`,
      'NotImplementedError',
    );
  }
  /** Computes the gradients of the inputs from those of the results. Override it. */
  static backward(_ctx: FunctionContext, ..._grads: Tensor[]): Gradient | Gradient[] {
    throw new TorchError(
      `${this.name}: a Function must implement the static method backward`,
      'NotImplementedError',
    );
  }

  /** Runs `forward` outside of autograd and records `backward`. */
  static apply<Args extends unknown[], Out>(this: FunctionClass<Args, Out>, ...args: Args): Out {
    const inputs = args.filter((arg): arg is Args[number] & Tensor => arg instanceof Tensor);
    const node = new NativeHandle(native.beginFunction(this.name, inputs));
    const needs = native.needsInputGrad(node);
    let next = 0;
    const context = new FunctionContext(
      node,
      args.map((arg) => (arg instanceof Tensor ? (needs[next++] ?? false) : false)),
    );
    const returned: unknown = noGrad(() => this.forward(context, ...args));
    const list: unknown[] = Array.isArray(returned) ? returned : [returned];
    const outputs = list.filter((value): value is Tensor => value instanceof Tensor);
    const { saved, dirty, plain, materialize } = context.marks;
    const run = backwardOf(
      this,
      context,
      args.map((arg) => arg instanceof Tensor),
    );
    const wrapped = native.endFunction(node, inputs, outputs, plain, dirty, saved, run, materialize);
    context.marks.saved = context.marks.dirty = context.marks.plain = [];
    if (needs.includes(true)) {
      const joined = outputs.filter((output, i) => wrapped[i] === null && !output.isLeaf);
      hold(node, run, [...new Set(joined)]);
    }
    // An input changed in place is given back as the object it came as.
    const results = wrapped.map((handle, i) => {
      const made = handle === null ? outputs[i]! : (wrap(handle) as Tensor);
      return dirty.find((tensor) => tensor.is(made)) ?? made;
    });
    const all = list.map((value) => (value instanceof Tensor ? results.shift() : value));
    return (Array.isArray(returned) ? all : all[0]) as Out;
  }
}

// The graph owns what this returns: made here, so that it holds neither inputs nor outputs.
function backwardOf(
  type: FunctionClass<never, unknown>,
  context: FunctionContext,
  areTensors: boolean[],
): (grads: unknown[]) => Gradient[] {
  return (grads) => runBackward(type, context, areTensors, wrap(grads) as Tensor[]);
}

function runBackward(
  type: FunctionClass<never, unknown>,
  context: FunctionContext,
  areTensors: boolean[],
  grads: Tensor[],
): Gradient[] {
  const returned = type.backward(context, ...grads);
  const list = Array.isArray(returned) ? [...returned] : [returned];
  while (list.length > areTensors.length && list.at(-1) == null) list.pop();
  if (list.length !== areTensors.length) {
    throw new TorchError(
      `function ${type.name}Backward returned an incorrect number of gradients ` +
        `(expected ${areTensors.length}, got ${list.length})`,
    );
  }
  list.forEach((gradient, i) => {
    if (gradient != null && !areTensors[i]) {
      throw new TorchError(
        `function ${type.name}Backward returned a gradient different than None at position ${i + 1}, ` +
          `but the corresponding forward input was not a Variable`,
      );
    }
  });
  return list.filter((_, i) => areTensors[i]).map((gradient) => gradient ?? null);
}
