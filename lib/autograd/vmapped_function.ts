// The vmap rule that is made from a Function's own methods, each of which runs under vmap.
import * as tree from '../func/tree';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { atLevel, Scope } from '../native/scope';
import { Tensor } from '../tensor';
import { atBatchedLevel, type Dim, unwrapBatched } from './batched';
import type { FunctionContext } from './function_context';
import { type FunctionRules, type Gradient, notOverridden, type VmapInfo } from './function_rules';

/** What the context of a mapped Function keeps. */
interface Kept {
  outDims: unknown;
  savedDims: unknown;
  inputShapes: (readonly number[] | null)[];
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

interface VmappedFunction extends FunctionRules {
  /** Parts what `forward` returns into outputs and their mapped dimensions. */
  split(returned: unknown[]): [outputs: unknown, dims: unknown];
}

/** A Function over tensors with a dimension more. Its last output is the list of the outputs' mapped dimensions. */
export function vmappedFunction(rules: FunctionRules, inDims: unknown[], info: VmapInfo): VmappedFunction {
  const mapped: VmappedFunction = {
    ...notOverridden,
    name: `Vmapped${rules.name}`,
    generateVmapRule: true,
    split: (returned) => {
      const dims = returned.at(-1);
      return [Array.isArray(dims) ? returned.slice(0, -1) : returned[0], dims];
    },
    forward(...operands) {
      const [outputs, dims] = atBatchedLevel((...args) => rules.forward(...args), operands, inDims, info);
      return [...listed(outputs), dims];
    },
    // Under vmap as well, so that it sees the shapes of one sample.
    setupContext(ctx, inputs, returned) {
      const [outputs, outDims] = mapped.split(returned as unknown[]);
      const kept: Kept = { outDims, savedDims: [], inputShapes: [] };
      const setUp = (givenInputs: unknown, givenOutputs: unknown): null => {
        const samples = givenInputs as unknown[];
        rules.setupContext(savingContext(ctx, kept), samples, givenOutputs);
        kept.inputShapes = samples.map((input) => (input instanceof Tensor ? input.shape : null));
        return null;
      };
      atBatchedLevel(setUp, [inputs, outputs], [inDims, outDims], info);
      ctx.mapped.set(mapped, kept);
    },
    jvp(ctx, ...tangents) {
      const { outDims, savedDims } = ctx.mapped.get(mapped) as Kept;
      const dims = tree.flatten(inDims);
      const given = tree.flatten(tangents).leaves;
      const tangentDims = dims.leaves.map((dim, i) => (given[i] == null ? null : dim));
      const [results, resultDims] = atBatchedLevel(
        (saved, samples) => rules.jvp(savedContext(ctx, saved), ...(samples as unknown[])),
        [ctx.savedTensors, tangents],
        [savedDims, tree.unflatten(tangentDims, dims.spec)],
        info,
      );
      return [...reduced(results, resultDims, outDims, info), null];
    },
    backward(ctx, ...grads) {
      const { outDims, savedDims, inputShapes } = ctx.mapped.get(mapped) as Kept;
      const given = grads.slice(0, -1);
      const gradDims = listed(outDims).slice(0, given.length);
      const [results, resultDims] = atBatchedLevel(
        (saved, samples) => rules.backward(savedContext(ctx, saved), ...(samples as Tensor[])),
        [ctx.savedTensors, given],
        [savedDims, gradDims.map((dim, i) => (given[i] == null ? null : dim))],
        info,
      );
      return reduced(results, resultDims, inDims, info, inputShapes);
    },
  };
  return mapped;
}

/** The context with other members in the places of some; fields are the context's own. */
export function withMembers(ctx: FunctionContext, members: Record<string, unknown>): FunctionContext {
  return new Proxy(ctx, {
    get: (target, key) =>
      Object.hasOwn(members, key) ? members[key as string] : (Reflect.get(target, key, target) as unknown),
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

const savedContext = (ctx: FunctionContext, savedTensors: unknown): FunctionContext =>
  withMembers(ctx, { savedTensors });

// What is saved must outlive the level of vmap: the tensors under it, with their dimensions beside them.
function savingContext(ctx: FunctionContext, kept: Kept): FunctionContext {
  const level = native.transformDepth();
  const save =
    (method: 'saveForBackward' | 'saveForForward') =>
    (...tensors: (Tensor | null)[]): void => {
      const [below, dims] = unwrapBatched(tensors, level);
      ctx[method](...(below as (Tensor | null)[]));
      kept.savedDims = dims;
    };
  return withMembers(ctx, {
    saveForBackward: save('saveForBackward'),
    saveForForward: save('saveForForward'),
  });
}

function reduced(
  gradients: unknown,
  dims: unknown,
  inputDims: unknown,
  info: VmapInfo,
  shapes?: (readonly number[] | null)[],
): Gradient[] {
  const gradientDims = listed(dims) as Dim[];
  const ofInputs = listed(inputDims) as Dim[];
  return (listed(gradients) as Gradient[])
    .slice(0, ofInputs.length)
    .map((gradient, i) => reduceOne(gradient, gradientDims[i], ofInputs[i], info, shapes ? shapes[i] : null));
}

// A gradient for an input with that mapped dimension. Broadcast ones are summed here: beside a mapped dimension the
// engine could not tell which dimensions are new.
function reduceOne(
  gradient: Gradient,
  dim: Dim,
  inputDim: Dim,
  { batchSize, randomness }: VmapInfo,
  shape: readonly number[] | null,
): Gradient {
  if (gradient == null) return null;
  if (typeof inputDim !== 'number') return dim === null ? gradient : gradient.sum(dim);
  let batched = gradient;
  let at = dim;
  if (at === null) {
    const unsqueezed = gradient.unsqueeze(inputDim);
    const sizes = [...unsqueezed.shape];
    sizes[inputDim] = batchSize;
    batched = unsqueezed.expand(sizes);
    at = inputDim;
  }
  if (shape !== null) {
    const sum = (level: number): Tensor => {
      const sample = wrap(native.addBatchDim(batched, at, level)) as Tensor;
      return wrap(native.removeBatchDim(sample.sumToSize([...shape]), level, batchSize, inputDim)) as Tensor;
    };
    return atLevel(Scope.vmap, sum, batchSize, randomness);
  }
  return at === inputDim ? batched : batched.movedim(at, inputDim);
}
