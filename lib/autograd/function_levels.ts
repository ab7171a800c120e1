// Custom operations under torch.func's transforms: each level, from the innermost outwards, has its own rule, and runs
// the operation again at the next one (torch/_functorch/autograd_function.py).
import { TorchError } from '../core/errors';
import * as tree from '../func/tree';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import { addBatchDims, type Dim, unwrapBatched } from './batched';
import {
  applySingleLevel,
  type FunctionRules,
  notOverridden,
  type VmapInfo,
  withGradients,
} from './function_rules';
import { vmappedFunction } from './vmapped_function';

const more = 'For more details, please see https://pytorch.org/docs/main/notes/extending.func.html';
const mapTensors = (value: unknown, change: (tensor: Tensor) => unknown): unknown =>
  tree.map(value, (leaf) => (leaf instanceof Tensor ? wrap(change(leaf)) : leaf));

/** Runs a Function with `setupContext` at all levels that are open. */
export function callFunction(rules: FunctionRules, args: unknown[]): unknown {
  const transform = native.innermostTransform();
  const operands = mapTensors(args, (tensor) => native.unwrapDead(tensor)) as unknown[];
  if (transform === null) return applySingleLevel(rules, operands);
  const [kind, level, around, batchSize, randomness] = transform;
  if (kind === Scope.functionalize) throw new TorchError('NYI: Functionalize rule for custom_function_call');
  if (kind !== Scope.vmap) {
    const lifted = mapTensors(operands, (tensor) => native.liftForGrad(tensor, level)) as unknown[];
    const mode = kind === Scope.gradLevel ? Scope.grad : Scope.forwardGrad;
    const lower = <T>(body: () => T): T =>
      around ? lowered(body) : within('apply', mode, () => lowered(body), false);
    return applySingleLevel(ofLevel(rules, level, lower), lifted);
  }
  return callMapped(rules, operands, level, { batchSize, randomness });
}

const lowered = <T>(body: () => T): T => within('apply', Scope.lowered, body);

// An output that is an input is given back as the object that came in, which markDirty() needs.
function rewrap(
  output: unknown,
  below: unknown[],
  operands: unknown[],
  change: (tensor: Tensor, i: number) => unknown,
): unknown {
  const inputs = tree.flatten(below).leaves;
  const originals = tree.flatten(operands).leaves;
  const { leaves, spec } = tree.flatten(output);
  const wrapped = leaves.map((leaf, i) => {
    if (!(leaf instanceof Tensor)) return leaf;
    const same = inputs.findLastIndex((input) => input instanceof Tensor && input.is(leaf));
    return same >= 0 ? originals[same] : change(leaf, i);
  });
  return tree.unflatten(wrapped, spec);
}

// The operation for one level of grad or jvp: its backward is the Function's, its forward the operation below.
function ofLevel(rules: FunctionRules, level: number, lower: <T>(body: () => T) => T): FunctionRules {
  return {
    ...notOverridden,
    name: `${rules.name}Generated`,
    generateVmapRule: false,
    forward(...operands) {
      const below = mapTensors(operands, (tensor) => native.unwrapForGrad(tensor, level)) as unknown[];
      const output = withGradients(true, () => lower(() => callFunction(rules, below)));
      return rewrap(output, below, operands, (tensor) => wrap(native.wrapForGrad(tensor, level)));
    },
    setupContext: (ctx, inputs, output) => rules.setupContext(ctx, inputs, output),
    backward: (ctx, ...grads) => rules.backward(ctx, ...grads),
    jvp: (ctx, ...tangents) => rules.jvp(ctx, ...tangents),
  };
}

function callMapped(rules: FunctionRules, operands: unknown[], level: number, info: VmapInfo): unknown {
  const overridden = rules.vmap !== notOverridden.vmap;
  if (rules.generateVmapRule && overridden) {
    throw new TorchError(
      `You tried to vmap over ${rules.name}, but it has both generate_vmap_rule=True and an overridden vmap ` +
        'staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ' +
        `ambiguity. ${more}`,
    );
  }
  if (!rules.generateVmapRule && !overridden) {
    throw new TorchError(
      `You tried to vmap over ${rules.name}, but it does not have vmap support. Please override and implement ` +
        `the vmap staticmethod or set generate_vmap_rule=True. ${more}`,
    );
  }
  const [below, inDims] = unwrapBatched(operands, level) as [unknown[], unknown[]];
  if (rules.generateVmapRule) {
    const mapped = vmappedFunction(rules, inDims, info);
    const outputs = lowered(() => callFunction(mapped, below)) as unknown[];
    return addBatchDims(...mapped.split(outputs), level);
  }
  // Nothing of this level: the rule need not know of that case.
  if (tree.flatten(inDims).leaves.every((dim) => dim === null)) {
    return lowered(() => callFunction(rules, operands));
  }
  const [output, outDims] = checkedPair(lowered(() => rules.vmap(info, inDims, ...below)));
  const dims = tree.broadcast(outDims, tree.flatten(output).spec) as Dim[] | null;
  if (dims === null) {
    throw new TorchError(
      "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected " +
        `out_dims=${JSON.stringify(outDims)} to be compatible with the structure of \`output\`. out_dims has ` +
        `structure ${tree.specText(tree.flatten(outDims).spec)} but output has structure ` +
        `${tree.specText(tree.flatten(output).spec)}. ${more}`,
    );
  }
  return rewrap(output, below, operands, (tensor, i) => {
    const dim = dims[i];
    return dim === null ? tensor : wrap(native.addBatchDim(tensor, dim, level));
  });
}

function checkedPair(result: unknown): [unknown, unknown] {
  const what =
    'Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure ' +
    'compatible with the output. ';
  if (!Array.isArray(result)) throw new TorchError(`${what}Got a ${typeof result} instead`);
  if (result.length !== 2) throw new TorchError(`${what}Got ${result.length} returns instead`);
  return result as [unknown, unknown];
}
