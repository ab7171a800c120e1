// What a custom operation consists of, and how one is run outside of torch.func's transforms or at a single level.
import { TorchError, TorchTypeError } from '../core/errors';
import { native } from '../native';
import { asCallback } from '../native/recording';
import { wrap } from '../native/dispatch';
import { NativeHandle } from '../native/handle';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import { FunctionContext } from './function_context';
import { hold } from './held';

export type Gradient = Tensor | null | undefined;
type Returned = Gradient | Gradient[];

/** The size of the mapped dimension, and how random operators draw under the `vmap`. */
export interface VmapInfo {
  readonly batchSize: number;
  readonly randomness: 'error' | 'same' | 'different';
}

/** A Function's static methods. */
export interface FunctionRules {
  readonly name: string;
  readonly generateVmapRule: boolean;
  forward(...args: unknown[]): unknown;
  setupContext(ctx: FunctionContext, inputs: unknown[], output: unknown): void;
  backward(ctx: FunctionContext, ...grads: Tensor[]): Returned;
  vjp(ctx: FunctionContext, ...grads: Tensor[]): Returned;
  jvp(ctx: FunctionContext, ...tangents: unknown[]): Returned;
  vmap(info: VmapInfo, inDims: unknown, ...args: unknown[]): [output: unknown, outDims: unknown];
}

const missing = (message: string) => (): never => {
  throw new TorchError(message, 'NotImplementedError');
};
/** What a Function has of its own until a subclass overrides it. */
export const notOverridden = {
  setupContext: missing('setup_context is not implemented.'),
  backward: missing(
    'You must implement either the backward or vjp method for your custom autograd.Function to use it with ' +
      'backward mode AD.',
  ),
  vjp: missing(
    'You must implement either the backward or vjp method for your custom autograd.Function to use it with ' +
      'backward mode AD.',
  ),
  jvp: missing(
    'You must implement the jvp function for custom autograd.Function to use it with forward mode AD.',
  ),
  vmap: missing(
    'To use autograd.Function with vmap, you must either override the vmap staticmethod or set ' +
      'generate_vmap_rule=True.',
  ),
};

/** Whether `forward` comes without the context, which `setupContext` fills. */
export const isNewStyle = (rules: FunctionRules): boolean =>
  rules.setupContext !== notOverridden.setupContext;

/** Runs `body` with gradients of both directions on or off. */
export const withGradients = <T>(enabled: boolean, body: () => T): T =>
  within('apply', Scope.grad, () => within('apply', Scope.forwardGrad, body, enabled), enabled);

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
const tensorsOf = (values: readonly (Tensor | null)[]): Tensor[] => values.filter(isTensor);

/** Runs `forward` outside of autograd and records `backward`, at the innermost level alone. */
export function applySingleLevel(rules: FunctionRules, args: unknown[]): unknown {
  const areTensors = args.map(isTensor);
  const inputs = args.filter(isTensor);
  const node = new NativeHandle(native.beginFunction(rules.name, inputs));
  const needs = native.needsInputGrad(node);
  let next = 0;
  const context = new FunctionContext(
    node,
    areTensors.map((is) => is && (needs[next++] ?? false)),
  );
  const newStyle = isNewStyle(rules);
  const returned = withGradients(false, () => {
    if (!newStyle) return rules.forward(context, ...args);
    const output = rules.forward(...args);
    rules.setupContext(context, args, output);
    return output;
  });
  const list: unknown[] = Array.isArray(returned) ? returned : [returned];
  const outputs = list.map((value) => (isTensor(value) ? value : null));
  const { marks } = context;
  const { saved, savedForForward, dirty, plain } = marks;
  const ofSetup = newStyle ? tensorsOf([...saved, ...(savedForForward ?? [])]) : [];
  const run = backwardOf(rules, context, areTensors);
  const wrapped = native.endFunction(
    node,
    [inputs, outputs, plain, dirty, saved, ofSetup],
    run,
    (tangents) => runJvp(rules, context, areTensors, wrap(tangents) as Gradient[]),
    marks.materialize,
  );
  marks.saved = marks.dirty = marks.plain = [];
  marks.savedForForward = null;
  if (needs.includes(true)) {
    const joined = outputs.filter((output, i) => output && wrapped[i] === null && !output.isLeaf);
    hold(node, run, [...new Set(tensorsOf(joined))]);
  }
  // An input changed in place is given back as the object it came as.
  const results = list.map((value, i) => {
    const handle = wrapped[i];
    const made = handle === null ? value : (wrap(handle) as Tensor);
    return (isTensor(made) && dirty.find((tensor) => tensor.is(made))) || made;
  });
  return Array.isArray(returned) ? results : results[0];
}

// The graph owns what this returns: made here, so that it holds neither inputs nor outputs.
function backwardOf(
  rules: FunctionRules,
  context: FunctionContext,
  areTensors: boolean[],
): (grads: unknown[]) => Gradient[] {
  return (grads) => asCallback(() => runBackward(rules, context, areTensors, wrap(grads) as Tensor[]));
}

function userBackward(rules: FunctionRules): 'backward' | 'vjp' {
  if (rules.vjp === notOverridden.vjp) return 'backward';
  if (rules.backward === notOverridden.backward) return 'vjp';
  throw new TorchError(
    "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement " +
      'one of them.',
  );
}

function runBackward(
  rules: FunctionRules,
  context: FunctionContext,
  areTensors: boolean[],
  grads: Tensor[],
): Gradient[] {
  const returned = rules[userBackward(rules)](context, ...grads);
  const list = Array.isArray(returned) ? [...returned] : [returned];
  while (list.length > areTensors.length && list.at(-1) == null) list.pop();
  if (list.length !== areTensors.length) {
    throw new TorchError(
      `function ${rules.name}Backward returned an incorrect number of gradients ` +
        `(expected ${areTensors.length}, got ${list.length})`,
    );
  }
  list.forEach((gradient, i) => {
    if (gradient != null && !areTensors[i]) {
      throw new TorchError(
        `function ${rules.name}Backward returned a gradient different than None at position ${i + 1}, ` +
          `but the corresponding forward input was not a Variable`,
      );
    }
  });
  return list.filter((_, i) => areTensors[i]).map((gradient) => gradient ?? null);
}

function runJvp(
  rules: FunctionRules,
  context: FunctionContext,
  areTensors: boolean[],
  tangents: Gradient[],
): Gradient[] {
  let next = 0;
  const returned = rules.jvp(context, ...areTensors.map((is) => (is ? tangents[next++] : null)));
  const list = Array.isArray(returned) ? returned : [returned];
  return list.map((tangent) => {
    if (tangent == null || isTensor(tangent)) return tangent ?? null;
    throw new TorchTypeError(
      `${rules.name}.jvp(): expected a Tensor or null for each output, got ${typeof tangent}`,
    );
  });
}
