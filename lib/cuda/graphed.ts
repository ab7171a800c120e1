// Functions and modules whose passes are replayed as graphs. Python's torch.cuda.make_graphed_callables.
import type { GraphPool } from '../accelerator/graph';
import { grad } from '../autograd/backward';
import { AutogradFunction, type FunctionContext } from '../autograd/function';
import { onceDifferentiable } from '../autograd/once_differentiable';
import { TorchError, argumentError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { type TreeSpec, flatten, unflatten } from '../func/tree';
import type { Module } from '../nn';
import { internals, isModule } from '../nn/module/fields';
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { keep } from '../tensor/memory';
import { synchronize } from './device';
import { CUDAGraph, graph } from './graphs';
import { Stream, stream as within } from './streams';

/* eslint-disable @typescript-eslint/no-explicit-any -- any function of tensors, in any structure of arrays and objects */
type Callable = ((...args: any[]) => any) | Module<any, any>;

/** Options of `torch.cuda.makeGraphedCallables`. */
export interface GraphedOptions {
  /** How often each is run before it is captured. Default: 3; with `DistributedDataParallel` 11. */
  numWarmupIters?: number;
  /** Whether some of the arguments may have no part in the result. Default: `false`. */
  allowUnusedInput?: boolean;
  /** The memory of another graph, to be shared with it. Default: memory of their own. */
  pool?: GraphPool | null;
}
const GRAPHED = signature(
  'makeGraphedCallables',
  [value<Callable>()('callables'), value<any[]>()('sampleArgs')],
  { numWarmupIters: 3, allowUnusedInput: false, pool: null } as Required<GraphedOptions>,
  ['numWarmupIters', 'allowUnusedInput', 'pool'],
);

/** One of the callables, with what its graphs read and write. */
interface Captured {
  call: Callable;
  args: readonly unknown[];
  given: number; // so many of `inputs` are the caller's
  inputs: Tensor[]; // the arguments, and the parameters of a module
  forward: CUDAGraph;
  backward: CUDAGraph;
  outputs: Tensor[];
  spec: TreeSpec;
  gradOutputs: (Tensor | null)[];
  gradInputs: (Tensor | null)[];
}

const needing = (tensors: readonly Tensor[]): Tensor[] => tensors.filter((one) => one.requiresGrad);
const isSamePlace = (a: Tensor, b: Tensor): boolean => a.dataPtr() === b.dataPtr();

function prepare(call: Callable, args: unknown): Captured {
  if (typeof call !== 'function')
    throw argumentError(GRAPHED.name, 'callables', 'functions or modules', call);
  if (!Array.isArray(args)) throw argumentError(GRAPHED.name, 'sampleArgs', 'an array of arguments', args);
  const { leaves, spec } = flatten(args);
  if (!leaves.every(isTensor)) {
    throw new TorchError(
      'In the beta API, sample_args for each callable must contain only Tensors. Other types are not allowed.',
      'AssertionError',
    );
  }
  let parameters: Tensor[] = [];
  if (isModule(call)) {
    if (internals(call).hooks.aroundCall) {
      throw new TorchError(
        'Modules must not have hooks registered at the time they are passed. However, registering hooks on modules ' +
          'after passing them through make_graphed_callables is allowed.',
        'AssertionError',
      );
    }
    if ([...call.buffers()].some((buffer) => buffer.requiresGrad)) {
      throw new TorchError(
        'In any :class:`~torch.nn.Module` passed to :func:`~make_graphed_callables`, only parameters may be ' +
          'trainable. All buffers must have ``requires_grad=False``.',
        'AssertionError',
      );
    }
    parameters = [...call.parameters()];
  }
  return {
    call,
    args: args as unknown[],
    given: leaves.length,
    inputs: [...leaves, ...parameters],
    forward: new CUDAGraph(),
    backward: new CUDAGraph(),
    outputs: [],
    spec,
    gradOutputs: [],
    gradInputs: [],
  };
}

function tensorsOf(result: unknown): { leaves: Tensor[]; spec: TreeSpec } {
  const { leaves, spec } = flatten(result);
  if (leaves.every(isTensor)) return { leaves, spec };
  throw new TorchError('makeGraphedCallables(): what is captured must return tensors alone', 'TypeError');
}

function gradients(one: Captured, outputs: Tensor[], gradOutputs: Tensor[], allowUnused: boolean) {
  return grad(outputs, needing(one.inputs), { gradOutputs, allowUnused });
}

function warmUp(one: Captured, times: number, allowUnused: boolean): void {
  for (let i = 0; i < times; i++) {
    const outputs = needing(tensorsOf(run(one)).leaves);
    if (outputs.length === 0) continue;
    const gradOutputs = outputs.map((output) => output.emptyLike());
    gradients(one, outputs, gradOutputs, allowUnused);
  }
}
const run = ({ call, args }: Captured): unknown => (call as (...args: unknown[]) => unknown)(...args);

function captureForward(one: Captured, pool: GraphPool | null): void {
  const result = graph(one.forward, () => run(one), { pool });
  const { leaves, spec } = tensorsOf(result);
  one.outputs = leaves.map((output) => keep(output));
  one.spec = spec;
}

function captureBackward(one: Captured, pool: GraphPool | null, allowUnused: boolean): void {
  one.gradOutputs = one.outputs.map((output) => (output.requiresGrad ? keep(output.emptyLike()) : null));
  const outputs = needing(one.outputs);
  if (outputs.length === 0) {
    one.gradInputs = one.inputs.map(() => null);
    return;
  }
  const gradOutputs = one.gradOutputs.filter((each) => each !== null);
  const found = graph(one.backward, () => gradients(one, outputs, gradOutputs, allowUnused), { pool });
  let next = 0;
  one.gradInputs = one.inputs.map((input) => {
    const gradient = input.requiresGrad ? found[next++] : null;
    return gradient && keep(gradient);
  });
}

/** What replays both passes. */
function replaying(one: Captured): (...args: unknown[]) => unknown {
  const { given, inputs, outputs, gradOutputs, gradInputs } = one;
  class Graphed extends AutogradFunction {
    static override forward(_: FunctionContext, ...now: Tensor[]): Tensor[] {
      for (let i = 0; i < given; i++) if (!isSamePlace(inputs[i], now[i])) inputs[i].copy_(now[i]);
      one.forward.replay();
      return outputs.map((output) => output.detach());
    }
    static override backward = onceDifferentiable((_, ...grads: Tensor[]) => {
      gradOutputs.forEach((gradOutput, i) => {
        if (gradOutput && !isSamePlace(gradOutput, grads[i])) gradOutput.copy_(grads[i]);
      });
      one.backward.replay();
      return gradInputs.map((gradInput) => gradInput?.detach() ?? null);
    });
  }
  return (...args) => {
    const { leaves } = flatten(args);
    const isSame = leaves.length === given && leaves.every(isTensor);
    if (!isSame) throw valueError(`a graphed callable takes ${given} tensors, as in its sampleArgs`);
    const results = Graphed.apply(...leaves, ...inputs.slice(given)) as Tensor | Tensor[];
    return unflatten(Array.isArray(results) ? results : [results], one.spec);
  };
}

/** The callable itself where it is a module: in the mode in which it was captured, its `forward` is replayed. */
function replace(one: Captured): Callable {
  const graphed = replaying(one);
  const module = one.call;
  if (!isModule(module)) return graphed;
  const { training } = module;
  const original = module.forward.bind(module) as (...args: unknown[]) => unknown;
  const forward = (...args: unknown[]): unknown =>
    module.training === training ? graphed(...args) : original(...args);
  Object.defineProperty(module, 'forward', { value: forward, configurable: true, writable: true });
  return module;
}

/**
 * Captures forward and backward pass of functions, or modules, as graphs (`torch.cuda.make_graphed_callables`): what it
 * returns takes arguments as those of `sampleArgs`, replays the graphs, and has a part in autograd as the callable has. Of
 * a module it is the module itself. Several, in an array with an array of arguments each, are captured in the order in
 * which they will run.
 *
 * `sampleArgs` has tensors alone, which require gradients if what comes later does; results lie where the next call writes.
 *
 * @example
 * const layer = torch.cuda.makeGraphedCallables(new nn.Linear(20, 30).to('cuda'), [x]);
 * layer(next).sum().backward();
 * @throws AssertionError for arguments that are no tensors, and for modules with hooks.
 */
export function makeGraphedCallables<T extends Callable | readonly Callable[]>(
  ...args: Call<typeof GRAPHED, [callables: T, sampleArgs: readonly unknown[]]>
): T {
  const [callables, sampleArgs, { numWarmupIters, allowUnusedInput, pool }] = GRAPHED.bind(args);
  const [isAutocast, , isCached] = native.autocast('cuda');
  if (isAutocast && isCached) {
    throw new TorchError(
      'make_graphed_callables does not support the autocast caching. Please set `cache_enabled=False`.',
    );
  }
  const isOne = !Array.isArray(callables);
  const calls = (isOne ? [callables] : callables) as Callable[];
  if (!Array.isArray(sampleArgs)) {
    throw argumentError(GRAPHED.name, 'sampleArgs', 'an array of arguments', sampleArgs);
  }
  const all = (isOne ? [sampleArgs] : sampleArgs) as unknown[];
  if (calls.length !== all.length) {
    throw valueError(
      `makeGraphedCallables(): ${calls.length} callables, and ${all.length} arrays of arguments`,
    );
  }
  const captured = calls.map((call, i) => prepare(call, all[i]));
  synchronize();
  within(new Stream(), () => captured.forEach((one) => warmUp(one, numWarmupIters, allowUnusedInput)));
  synchronize();
  let shared = pool;
  for (const one of captured) {
    captureForward(one, shared);
    shared ??= one.forward.pool();
  }
  for (const one of [...captured].reverse()) captureBackward(one, shared, allowUnusedInput);
  const made = captured.map(replace);
  return (isOne ? made[0] : made) as T;
}
