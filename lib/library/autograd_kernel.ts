// The gradient of an operator of JavaScript: its kernel for the keys of autograd (torch/_library/autograd.py).
import { unpackDual } from '../autograd/forward_ad';
import type { FunctionContext } from '../autograd/function_context';
import {
  applySingleLevel,
  type FunctionRules,
  type Gradient,
  notOverridden,
} from '../autograd/function_rules';
import { withMembers } from '../autograd/vmapped_function';
import { TorchError } from '../core/errors';
import * as tree from '../func/tree';
import { native } from '../native';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import { callInOrder, implement, type Keywords, type Overload, partArguments } from './operators';

/** What is registered; it may come later than the kernel. */
export interface Formula {
  backward: ((ctx: FunctionContext, ...grads: never[]) => unknown) | null;
  setupContext:
    ((ctx: FunctionContext, inputs: never[], output: never, keywordOnlyInputs: never) => void) | null;
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
const below = (op: Overload, args: unknown[]): unknown =>
  within(op.name, Scope.excludedKeys, () => callInOrder(op, args), 'Autograd');

/** Registers the kernel. */
export function implementAutograd(op: Overload, formula: Formula): void {
  implement(op, 'Autograd', (args) => {
    const tensors = tree.flatten(args).leaves.filter(isTensor);
    refuseTangents(op, tensors);
    if (!native.isGradEnabled() || !tensors.some((tensor) => tensor.requiresGrad)) return below(op, args);
    return differentiable(op, formula, args);
  });
}

function refuseTangents(op: Overload, tensors: Tensor[]): void {
  if (native.forwardLevel() < 0) return;
  const differentiated = (tensor: Tensor) => tensor.isFloatingPoint() || tensor.isComplex();
  if (!tensors.some((tensor) => differentiated(tensor) && unpackDual(tensor).tangent !== null)) return;
  throw new TorchError(
    `Trying to use forward AD with ${op.name} that does not support it because it has not been implemented yet.`,
    'NotImplementedError',
  );
}

// Lists of tensors are inputs and outputs of the graph one by one.
function differentiable(op: Overload, formula: Formula, args: unknown[]): unknown {
  const inputs = tree.flatten(args);
  let outputSpec: tree.TreeSpec = null;
  const nested = (values: readonly unknown[], spec: tree.TreeSpec) => tree.unflatten(values, spec);
  const userContext = (ctx: FunctionContext): FunctionContext => {
    const needs = nested(ctx.needsInputGrad, inputs.spec) as unknown[];
    return withMembers(ctx, { needsInputGrad: partArguments(op, needs).positional });
  };
  const rules: FunctionRules = {
    ...notOverridden,
    name: `GeneratedBackwardFor_${op.name.replace('::', '_')}_${op.overload || 'default'}`,
    generateVmapRule: false,
    forward(...leaves) {
      const outputs = tree.flatten(below(op, nested(leaves, inputs.spec) as unknown[]));
      outputSpec = outputs.spec;
      return outputs.leaves;
    },
    setupContext(ctx, leaves, outputs) {
      if (!formula.setupContext) return;
      const { positional, keywords } = partArguments(op, nested(leaves, inputs.spec) as unknown[]);
      const setup = formula.setupContext as (
        ctx: FunctionContext,
        inputs: unknown[],
        output: unknown,
        keywordOnlyInputs: Keywords | null,
      ) => void;
      setup(userContext(ctx), positional, nested(outputs as unknown[], outputSpec), keywords);
    },
    backward(ctx, ...grads) {
      if (!formula.backward) {
        throw new TorchError(
          `Trying to backward through ${op.name.replace('::', '.')}.${op.overload || 'default'} but no autograd ` +
            'formula was registered. Please use register_autograd to add one.',
        );
      }
      const given = nested(grads, outputSpec);
      const list = op.returns.length === 1 ? [given] : (given as unknown[]);
      const backward = formula.backward as (ctx: FunctionContext, ...grads: unknown[]) => unknown;
      return gradientsOf(op, backward(userContext(ctx), ...list), inputs.spec);
    },
  };
  return nested(applySingleLevel(rules, inputs.leaves) as unknown[], outputSpec);
}

// One for each leaf of the arguments, from one for each argument that has a position.
function gradientsOf(op: Overload, returned: unknown, spec: tree.TreeSpec): Gradient[] {
  const positions = op.parameters.filter(({ keywordOnly }) => !keywordOnly).length;
  const list: unknown[] =
    Array.isArray(returned) && (positions > 1 || returned.length === positions) ? returned : [returned];
  if (list.length !== positions) {
    throw new TorchError(
      `${op.name}: backward returned ${list.length} gradients, but the operator has ${positions} arguments`,
    );
  }
  let next = 0;
  const each = (spec as { children: tree.TreeSpec[] }).children;
  return op.parameters.flatMap(({ keywordOnly }, i) => {
    const count = tree.flatten(tree.unflatten([], each[i])).leaves.length;
    const gradient = keywordOnly ? null : list[next++];
    if (gradient == null) return new Array<null>(count).fill(null);
    const leaves = tree.flatten(gradient).leaves as Gradient[];
    if (leaves.length === count) return leaves;
    throw new TorchError(
      'Expected the return from backward to be of the same structure as the inputs. ' +
        `Got ${leaves.length} gradients for argument ${i + 1} of ${op.name}, which has ${count} values`,
    );
  });
}
