import { bindArguments, checkMethods } from '../../core/calls';
import { argumentError, checkFunction, valueError } from '../../core/errors';
import type { Call } from '../../core/signature';
import { isGradEnabled } from '../../autograd/mode';
import type { ProcessGroup } from '../../distributed/group';
import { flatten, unflatten } from '../../func/tree';
import { native } from '../../native';
import { newTensor } from '../../native/tensor_base';
import { Tensor } from '../../tensor';
import type { Handle } from '../../../typings/native';
import { Module } from '../module/module';
import {
  type BuiltinCommHook,
  type CommHook,
  DDP,
  type DistributedDataParallelOptions,
  type ddp,
  groupFor,
} from './options';
import { type Delayed, delayedOf } from './delayed';
import { callerOf } from './hooks';
import { ignoredOf, setIgnored } from './ignored';
import { JOIN, Join, type JoinOptions, type Joined } from './join';
import {
  type ReducerOptions,
  broadcastTensors,
  makeReducer,
  syncModuleStates,
  verifyParameters,
} from './reducer';

/**
 * Trains a module on all ranks of a group at once: each has a copy and calls it with its own part of the batch, and each
 * `backward()` leaves the mean of all ranks' gradients in `.grad`. Ranks may be processes of Python's with its own
 * DistributedDataParallel around the same module: the bits agree.
 *
 * The last part of a backward pass waits for the other ranks; `await loss.backwardAsync()` leaves the event loop free
 * meanwhile. The constructor, and a forward that sends buffers, wait on this thread.
 *
 * Shapes: those of the module.
 *
 * @throws TorchError where the group is missing, the ranks' parameters differ, or a rank is lost.
 *
 * @example
 * await dist.initProcessGroup('gloo');
 * const model = new nn.parallel.DistributedDataParallel(new nn.Linear(10, 10));
 * await model(input).sum().backwardAsync();
 */
export class DistributedDataParallel<Args extends unknown[] = never[], Out = unknown> extends Module<
  Args,
  Out
> {
  readonly module: Module<Args, Out>;
  readonly processGroup: ProcessGroup;
  readonly findUnusedParameters: boolean;
  readonly staticGraph: boolean;
  readonly forwardSyncBuffers: boolean;
  readonly #reducer: Handle;
  #syncsGradients = true;
  // Whether the last backward pass was one that reduced: buffers of steps between are not sent.
  #syncsBuffers = true;
  #awaitsStaticGraph: boolean;
  readonly #ignored: ReadonlySet<string>;
  readonly #delayed: Delayed | null;
  #join: Join | null = null;

  /**
   * Leaves parameters and buffers of a module to the ranks themselves: what is made of it afterwards neither sends nor
   * reduces them. Python's has an underscore in front.
   *
   * Names are the full ones, as `namedParameters()` and `namedBuffers()` give them.
   *
   * @throws TorchError for a name that the module does not have; Python's takes any.
   */
  static setParamsAndBuffersToIgnoreForModel(...args: [module: Module, names: Iterable<string>]): void {
    setIgnored(...bindArguments('setParamsAndBuffersToIgnoreForModel(module, names)', args));
  }

  constructor(...args: Call<ReturnType<typeof ddp<Module<Args, Out>>>, [module: Module<Args, Out>]>) {
    super();
    const [module, given] = DDP.bind(args) as unknown as [
      Module<Args, Out>,
      Required<DistributedDataParallelOptions>,
    ];
    if (!(module instanceof Module))
      throw argumentError('DistributedDataParallel', 'module', 'a Module', module);
    const inside = module as unknown as Module;
    const group = groupFor(inside, given);
    const options: ReducerOptions = { ...given, bucketCapMb: given.bucketCapMb ?? 25 };
    this.module = module;
    this.processGroup = group;
    this.findUnusedParameters = given.findUnusedParameters;
    this.staticGraph = given.staticGraph;
    this.forwardSyncBuffers = given.forwardSyncBuffers;
    this.#awaitsStaticGraph = given.staticGraph;
    this.#delayed = delayedOf(group, given);
    const ignored = (this.#ignored = new Set([...ignoredOf(inside), ...(this.#delayed?.names ?? [])]));
    if (given.initSync) {
      verifyParameters(group, inside, ignored);
      syncModuleStates(inside, group, ignored, true);
    }
    this.#reducer = makeReducer(group, inside, ignored, options);
  }

  override forward(...args: Args): Out {
    this.#beforeForward();
    const output = this.#afterForward(this.module(...args)) as Out;
    this.#delayed?.clear();
    return output;
  }

  #beforeForward(): void {
    const isTraining = isGradEnabled();
    const reduces = isTraining && this.#syncsGradients;
    if (reduces) native.prepareForward(this.#reducer);
    this.#join?.beforeForward(true);
    if (isTraining) native.rebuildBuckets(this.#reducer);
    if (this.#willSyncBuffers()) this.#syncBuffersOf(this.#join?.commonRank(true) ?? 0);
    this.#join?.announceBackward(this.#syncsGradients);
  }

  #willSyncBuffers(): boolean {
    return this.#syncsBuffers && this.forwardSyncBuffers && this.#buffers().length > 0;
  }
  #buffers(): Tensor[] {
    return [...this.module.namedBuffers()].flatMap(([name, one]) => (this.#ignored.has(name) ? [] : [one]));
  }
  #syncBuffersOf(source: number): void {
    const buffers = this.#buffers().map((buffer) => buffer.detach());
    broadcastTensors(this.processGroup, buffers, source);
  }

  #afterForward(output: unknown): unknown {
    this.#syncsBuffers = isGradEnabled() && this.#syncsGradients;
    const looks = this.findUnusedParameters && !this.staticGraph;
    if (this.#syncsBuffers) native.prepareBackward(this.#reducer, looks ? tensorsOf(output) : []);
    if (!looks && !this.#awaitsStaticGraph) return output;
    return this.#throughSink(output);
  }

  #throughSink(output: unknown): unknown {
    const { leaves, spec } = flatten(output);
    const inGraph = leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor && leaf.gradFn !== null);
    if (inGraph.length === 0) return output;
    const handles = native.sink(this.#reducer, inGraph, this.#awaitsStaticGraph);
    if (this.#syncsBuffers) this.#awaitsStaticGraph = false;
    const made = new Map(inGraph.map((tensor, i) => [tensor, newTensor(handles[i])]));
    const passed = leaves.map((leaf) => made.get(leaf as Tensor) ?? leaf);
    return unflatten(passed, spec);
  }

  /**
   * Calls `body` and leaves the gradients of its steps on this rank; the next step outside reduces their sum. Forward and
   * backward are both to be inside.
   */
  noSync<T>(body: () => T): T {
    checkFunction('noSync', 'body', body);
    const before = this.#syncsGradients;
    this.#syncsGradients = false;
    let isAwaited = false;
    const restore = (): void => void (this.#syncsGradients = before);
    try {
      const result = body();
      if (!isThenable(result)) return result;
      isAwaited = true;
      return Promise.resolve(result).finally(restore) as T;
    } finally {
      if (!isAwaited) restore();
    }
  }

  /**
   * Calls `body` on ranks whose inputs may be of different number: one that has ended takes part with zeros in what the
   * others reduce, and all end with the tensors of the last one.
   *
   * @throws TorchError on all ranks, with `throwOnEarlyTermination`, as soon as one has ended.
   */
  join<T>(body: () => T, ...args: [options?: JoinOptions]): T {
    checkFunction('join', 'body', body);
    const [options] = JOIN.bind(args) as unknown as [Required<JoinOptions>];
    if (!options.enable) return body();
    const join = new Join(this.#joined(), options);
    this.#join = join;
    const finish = (result: unknown): T => {
      this.#join = null;
      join.finish();
      return result as T;
    };
    const leave = (): void => void (this.#join = null);
    try {
      const result = body();
      if (!isThenable(result)) return finish(result);
      return Promise.resolve(result).then(finish).finally(leave) as T;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #joined(): Joined {
    const { processGroup: group, module, findUnusedParameters } = this;
    return {
      group,
      reducer: this.#reducer,
      findUnusedParameters,
      willSyncBuffers: () => this.#willSyncBuffers(),
      syncBuffers: (source) => this.#syncBuffersOf(source),
      setSyncsBuffers: (syncs) => void (this.#syncsBuffers = syncs),
      syncAll: (source) =>
        syncModuleStates(module as unknown as Module, group, new Set(), this.forwardSyncBuffers, source),
    };
  }

  /**
   * Has gradients reduced in another way: by one of libtorch's hooks, or by a function. Once, before the first step. A
   * function divides by the number of ranks itself. Where it returns a promise it runs in `backwardAsync()` alone.
   */
  registerCommHook(hook: BuiltinCommHook | CommHook): void {
    if (typeof hook === 'string') {
      if (!['allReduce', 'fp16', 'bf16'].includes(hook))
        throw valueError(
          `registerCommHook(): there is no hook '${hook}', but 'allReduce', 'fp16' and 'bf16'`,
        );
      native.builtinHook(this.#reducer, hook);
      return;
    }
    checkFunction('registerCommHook', 'hook', hook);
    native.commHook(this.#reducer, callerOf(hook, this.processGroup), hook.name);
  }

  /** What PyTorch logs of a DistributedDataParallel: sizes of buckets, times of steps. */
  getDdpLoggingData(): Record<string, string | number> {
    return native.ddpLog(this.#reducer);
  }
}

checkMethods(
  'DistributedDataParallel',
  DistributedDataParallel,
  'noSync(body)',
  'registerCommHook(hook)',
  'getDdpLoggingData()',
);

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

const tensorsOf = (output: unknown): Tensor[] =>
  flatten(output).leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor);
