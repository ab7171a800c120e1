// The addon's exports, as native/src defines them (the Define tables at the files' ends). Written by hand;
// test/native_signatures.test.ts holds names, parameters and results against the sources.
import type { DeviceLike } from '../lib/core/device';
import type { DTypeLike } from '../lib/core/dtype';
import type { HANDLE } from '../lib/native/handle';
import type { MemoryFormat } from '../lib/core/layout';
import type { Tensor } from '../lib/tensor';

declare const external: unique symbol;

/** A napi_external that owns something native. lib/native/dispatch.ts makes Tensors of those that hold one. */
export interface Handle {
  readonly [external]: never;
}

/** What a Tensor has as its HANDLE: the number of a slot, or an external. It is no Tensor, and keeps none alive. */
export type TensorHandle = number | Handle;

/** A JS object with a handle in it. */
export interface HandleOwner {
  readonly [HANDLE]: unknown;
}

type Shape = readonly number[];
type Tensors = readonly Tensor[];
/** Called by autograd with a handle, or null, for each gradient. */
/** An operation's inputs, outputs, non-differentiable and dirty tensors, what it saves, and what setupContext saved. */
type FunctionTensors = readonly (readonly (Tensor | null)[])[];
export type OperatorKernel = (name: string, overload: string, args: unknown[]) => unknown[];
type Randomness = 'error' | 'same' | 'different';
type GradientCallback = (gradients: (Handle | null)[]) => readonly (Tensor | null | undefined)[];

/**
 * `holder` is a Tensor that owns nothing. What a function makes of it belongs to it from then on; it returns the
 * number that becomes its handle.
 *
 * Of an operator, `holder` becomes the result where that is one new tensor. Of argument i, bit i of `forms` says that it is the
 * number of a tensor's slot, bit 10 + i that it is the length of a list of such numbers, and bit 20 + i of a list
 * of numbers; the elements of all lists lie one behind the other in the transfer buffer.
 */
export type NativeOperator = (holder: Tensor, forms: number, ...args: unknown[]) => unknown;

export interface NativeParameter {
  readonly name: string; // in camelCase
  readonly type: string; // as in messages: 'Tensor?', 'int[2]'
  readonly keywordOnly: boolean;
  readonly out: boolean; // given through the keyword `out`
  readonly default?: string; // as the schema spells it
}

export interface NativeSignature {
  readonly schema: string;
  readonly overload: string;
  readonly parameters: readonly NativeParameter[];
  readonly returns: readonly { readonly name: string; readonly type: string; readonly writes: boolean }[];
  readonly factory: boolean; // takes Python's requires_grad
  readonly random: boolean; // draws from a generator
  readonly numbersAsTensors: boolean; // a number does for a Tensor
}

/** Static methods are not listed, but there is an operator for each. */
export interface NativeClass {
  readonly methods: readonly string[];
  readonly properties: readonly [name: string, getter: string, setter: string | null][];
}

export interface NativeConstants {
  readonly outcomes: Readonly<
    Record<'plain' | 'new' | 'newInScope' | 'given' | 'several' | 'givenAmong', number>
  >;
  readonly scopes: Readonly<Record<ScopeName, ScopeKind>>;
  readonly indexKinds: Readonly<Record<'int' | 'none' | 'ellipsis' | 'range', number>>;
  readonly optimizerFlags: Readonly<Record<'maximize' | 'decoupled' | 'nesterov', number>>;
  readonly numbersOfIndex: number;
  /** Lists of more items are refused. */
  readonly longestList: number;
  /** So many of an operator's arguments may go as numbers of slots or as lists in the transfer buffer. */
  readonly argumentForms: number;
  readonly resultHeaderFields: number;
  /** Operators that return more tensors return a list of handles. */
  readonly mostResults: number;
  readonly dtypeCodes: number;
}

type ScopeName =
  | 'grad'
  | 'inference'
  | 'anomaly'
  | 'forwardGrad'
  | 'forwardLevel'
  | 'savedHooks'
  | 'autocast'
  | 'vmap'
  | 'gradLevel'
  | 'jvpLevel'
  | 'suspended'
  | 'inplaceRequiresGrad'
  | 'functionalize'
  | 'lowered'
  | 'dispatchMode'
  | 'excludedKeys'
  | 'legacyVmap';

declare const scopeKind: unique symbol;
/** One of `constants.scopes`. */
export type ScopeKind = number & { readonly [scopeKind]: true };

/**
 * A graph of operators. Slots hold its values: a slot is given one once, by an input or a node, and used after that. A
 * sub-graph has slots of its own.
 */
export interface ProgramDescription {
  readonly slots: number; // how many
  /** A slot alone: it takes a tensor, or null. */
  readonly inputs: readonly (number | { readonly slot: number; readonly type: ProgramInputType })[];
  readonly outputs: readonly ProgramArgument[];
  readonly nodes: readonly ProgramNode[];
  /** It runs without gradients, whatever the mode. */
  readonly withoutGradients?: true;
}

/** `any`: what the value is in JavaScript, where whole numbers are ints. */
export type ProgramInputType = 'Tensor' | 'int' | 'float' | 'bool' | 'str' | 'any';

export interface ProgramNode {
  /**
   * The target that torch.export writes: 'torch.ops.aten.add.Tensor', 'torch.ops.higher_order.cond', '_operator.mul',
   * 'torch.sym_max'; or an operator's name, 'aten::add.Tensor'.
   */
  readonly operator: string;
  /** In the order of the schema. What is left out has the schema's default. */
  readonly arguments: readonly ProgramArgument[];
  /** By the schema's own names. */
  readonly keywords?: Readonly<Record<string, ProgramArgument>>;
  /**
   * Where the results go: one entry for each return of the schema, or none at all; a list for a return that is a list;
   * null where nobody wants it. Of a higher-order operator: one for each output of its graph.
   */
  readonly outputs: readonly (number | null | readonly (number | null)[])[];
  readonly name: string;
  /** The place in the Python program, for messages. */
  readonly trace?: string;
}

/** A constant is converted once, by the schema's type; without a schema, whole numbers are ints. */
export type ProgramArgument =
  | { readonly slot: number }
  | { readonly constant: unknown }
  | { readonly float: number } // a float, though it may be whole
  | { readonly list: readonly ProgramArgument[] }
  | { readonly graph: ProgramDescription }; // of higher-order operators alone

/** What an object of TorchScript consists of. */
export type ScriptDescription =
  | {
      readonly kind: 'module' | 'object';
      readonly className: string; // with __torch__. before it
      readonly identity: number; // the same for handles of the same object
      readonly attributes: readonly ScriptAttribute[];
      readonly constants: readonly string[];
      readonly methods: readonly string[];
    }
  | { readonly kind: 'enum'; readonly name: string; readonly value: unknown };

export interface ScriptAttribute {
  readonly name: string;
  readonly kind: 'parameter' | 'buffer' | 'module' | 'attribute';
  readonly type: string;
  readonly identity: number | null; // of a tensor or an object
}

export interface Native {
  /** What the addon and lib/ must agree in. */
  readonly constants: NativeConstants;

  /** Once, right after loading. */
  setup(options: {
    TorchError: new (message: string, kind: string, backtrace: string) => Error;
    TypeError: new (message: string) => Error;
    RangeError: new (message: string) => Error;
    transferBuffer: Float64Array;
    resultHeader: Int32Array;
    collect(all: boolean): void;
    warn(message: string): void;
    entries(value: unknown): unknown[] | null;
  }): void;

  // operators.cc. `name` is ATen's, 'aten::add'; `overload` null means all of them. `unsafe`: as torch.ops.unsafe has it.
  operator(name: string, overload: string | null, python: boolean, unsafe: boolean): NativeOperator;
  /** A last argument for an operator: the ones before it are the values of these keywords. */
  keywordSet(names: readonly string[]): Handle;
  /** Makes them the owners of the tensors that the last operator has left. */
  adopt(tensors: readonly (Tensor | null)[]): void;
  operatorNames(): string[];
  signatures(name: string, overload: string | null, python: boolean): NativeSignature[];
  unsupported(): [name: string, type: string][];
  loadLibrary(path: string): void;

  // classes.cc. `name`: '__torch__.torch.classes.quantized.LinearPackedParamsBase'. Methods are operators, of the name with
  // '.method' behind it.
  customClass(name: string): NativeClass | null;
  /** One that holds nothing until its method `__init__` or `__setstate__` is called. */
  makeObject(name: string): Handle;
  isSameObject(a: HandleOwner, b: HandleOwner): boolean;

  // optim.cc. The transfer buffer has the numbers of so many tensors for each of `count` parameters, 0 for none; where 0
  // stands for the gradient it is the parameter's own, and one without is left out. `flags`: a sum of
  // `constants.optimizerFlags`. What they give: 0; 1 where Python divides by zero; 2 where nothing was done, since a
  // parameter needs the general way: its state is missing, it or its gradient is not dense and on the CPU, fast paths are off.
  /** Six tensors: parameter, gradient, exp_avg, exp_avg_sq, with amsgrad max_exp_avg_sq, step. */
  adam(
    count: number,
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    flags: number,
  ): 0 | 1 | 2;
  /** Three tensors: parameter, gradient, with momentum its buffer. */
  sgd(
    count: number,
    lr: number,
    momentum: number,
    dampening: number,
    weightDecay: number,
    flags: number,
  ): 0 | 2;
  /** Forgets those of so many tensors, whose numbers are in the transfer buffer. */
  clearGradients(count: number): void;

  // program.cc
  programCreate(description: ProgramDescription): Handle;
  /** On this thread, in its modes. An output that is an input's tensor is the very object that was given. */
  programRun(program: Handle, inputs: readonly unknown[]): unknown[];
  /** On another thread, in the modes of this one. `cancel`: what `makeCancel` gave. */
  programRunAsync(program: Handle, inputs: readonly unknown[], cancel: Handle | null): Promise<unknown[]>;
  makeCancel(): Handle;
  /** The run's promise rejects before its next node, with a CancelledError. */
  cancel(cancel: Handle): void;
  /** Cancels everything that is awaited here, and waits for what runs: before the process exits. */
  endAwaited(): void;
  /** Which kernels packed layers have on this processor: 'avx512', 'avx2' or 'baseline'. */
  packedKernels(): string;

  // capture.cc
  captureBegin(inputs: Tensors, hasLiveCalls: boolean): void;
  /** For each output its slot, or -1 for a tensor that is held by identity. */
  captureEnd(outputs: Tensors): [recording: Handle, slots: number[]];
  /** Ends a recording whose function has thrown. */
  captureAbort(): void;
  /** A call of JavaScript that each replay makes anew begins, or ends. Whether the modes are those at the beginning. */
  capturePause(pauses: boolean): boolean;
  /** Throws while something is being recorded, and makes the recording fail. */
  captureRefuse(what: string): void;
  /** The recording throws where this node would begin, counted from 0. */
  captureStop(node: number, why: string): void;
  /** How many nodes the recording has so far; 0 where there is none. */
  captureCount(): number;
  /**
   * -1 unless the recording was made for such tensors, in these modes; else a number that grows when a tensor that it holds
   * by identity is changed in place.
   */
  captureHolds(recording: Handle, inputs: Tensors): number;
  /** This thread keeps away from the tensors that a replay works on; null: from none any more. */
  captureBusy(recording: Handle | null, inputs: Tensors): void;
  /** What two recordings do differently; '' for nothing. */
  captureDifference(recording: Handle, other: Handle): string;
  /**
   * It as a program of operators alone, without changes of the gradient mode (`changesModes` says whether there are any); `sizes` and `dtype` are those of a node's first
   * result, where that is a tensor.
   *
   * Throws where there is more in it: backward passes, steps of optimizers, autocast.
   */
  captureDescription(recording: Handle): Omit<ProgramDescription, 'nodes'> & {
    readonly changesModes: boolean;
    readonly nodes: readonly (ProgramNode & { readonly sizes?: Shape; readonly dtype?: unknown })[];
  };
  /** The tensors that it holds by identity, and those that live calls use. */
  captureOthers(recording: Handle): Handle[];
  /** Why it cannot be a graph of an accelerator, or ''; a number for where the tensors are that it holds by identity. */
  captureGraphed(recording: Handle): [problem: string, place: number];
  /** What `captureReplay` takes. */
  captureReady(recording: Handle): Handle;
  /**
   * The outputs that are tensors of its own; null unless it was made for such tensors, in these modes. `host(i)` makes the
   * i-th call of JavaScript, `live(i, tensors)` the i-th that has tensors, and gives those that it makes.
   */
  captureReplay(
    ready: Handle,
    inputs: Tensors,
    host: (i: number) => void,
    live: (i: number, tensors: Handle[]) => Tensors,
  ): unknown[] | null;
  captureSegments(recording: Handle): [program: Handle | null, takes: number[], gives: number[]][];

  // live_calls.cc
  /** What runs from now on, by RecordingMode; gives what ran before. */
  captureMode(mode: number): number;
  /** A call with tensors begins: a handle for each tensor, null for one that is held by identity. */
  captureLiveBegin(tensors: Tensors): (Handle | null)[];
  /** The call ends. `tensors`: those that got handles. A handle for each result, null for one that the call has not made. */
  captureLiveEnd(call: number, name: string, tensors: Tensors, results: Tensors): (Handle | null)[];
  /** A replay follows whose live calls are recorded, and nothing else. */
  captureAgain(): void;
  /** What live calls of two recordings do differently; '' for nothing. */
  captureLiveDifference(recording: Handle, other: Handle): string;
  /** Whether live calls have read numbers of tensors. */
  captureReadsNumbers(recording: Handle): boolean;

  // distributed.cc, and native/src/distributed. Where libtorch has no such library, the first two are all there is.
  hasDistributed(): boolean;
  /** `backward` on a thread of its own, in the modes of this one. */
  backwardAsync(
    tensors: Tensors,
    gradients: readonly (Tensor | null)[],
    retainGraph: boolean | null,
    createGraph: boolean,
    inputs: Tensors,
  ): Promise<void>;
  /** Listens on `listenOn`, or on `host`, where it is the server; `workers` null: not known how many. */
  tcpStore(
    host: string,
    port: number,
    isServer: boolean,
    workers: number | null,
    timeout: number,
    listenOn: string,
    usesLibuv: boolean,
  ): Promise<{ handle: Handle; port: number; address: string; isEverywhere: boolean }>;
  fileStore(path: string, workers: number): Handle;
  /** One that all threads share which give its name; of no name, one of its own. */
  hashStore(name: string): Handle;
  prefixStore(prefix: string, store: Handle): Handle;
  storeCall(
    store: Handle,
    method: string,
    keys: readonly string[],
    value: Uint8Array | null,
    second: Uint8Array | number | null,
    timeout: number,
  ): Promise<unknown>;
  makeGroup(
    store: Handle,
    place: number,
    ranks: Shape,
    timeout: number,
    names: readonly string[],
    host: string,
    port: number,
    interfaces: readonly string[],
  ): Promise<Handle>;
  closeGroup(group: Handle): void;
  monitoredBarrier(group: Handle, timeout: number, waitsForAll: boolean): Promise<void>;
  /** Begins one of the collectives that works.cc names. `settings`: operation, peer, timeout. A work. */
  collective(
    group: Handle,
    name: string,
    outputs: Tensors,
    inputs: Tensors,
    settings: Shape,
    numbers: Shape,
    text: string,
  ): Handle;
  workDone(work: Handle): Promise<void>;
  workWait(work: Handle, timeout: number): boolean;
  workIsCompleted(work: Handle): boolean;
  workSource(work: Handle): number;
  // What DistributedDataParallel is made of: reducer.cc says what each does.
  verifyParameters(group: Handle, parameters: Tensors): void;
  broadcastCoalesced(group: Handle, tensors: Tensors, bytes: number, root: number): void;
  makeReducer(
    group: Handle,
    parameters: Tensors,
    isSparse: Shape,
    settings: Shape,
    initialCaps: Shape,
    rebuildingCaps: Shape,
    names: readonly string[],
    moduleName: readonly string[],
  ): Handle;
  prepareForward(reducer: Handle): void;
  rebuildBuckets(reducer: Handle): boolean;
  prepareBackward(reducer: Handle, outputs: Tensors): void;
  sink(reducer: Handle, outputs: Tensors, isStatic: boolean): Handle[];
  builtinHook(reducer: Handle, name: string): void;
  commHook(
    reducer: Handle,
    hook: (buffer: Handle, index: number, isLast: boolean) => Handle | Promise<Tensor>,
    name: string,
  ): void;
  ddpLog(reducer: Handle): Record<string, string | number>;
  joinForward(reducer: Handle, work: Handle, dividesByInitialSize: boolean): void;
  joinBackward(reducer: Handle): void;
  joinUsed(reducer: Handle): Handle;
  joinBegins(reducer: Handle): void;

  // script.cc. Objects of TorchScript: modules, and what is made of classes that an archive brings.
  /** From the file at `path`, or, where that is null, from `bytes`. */
  scriptLoad(
    path: string | null,
    bytes: Uint8Array | null,
    device: DeviceLike | null,
    extraFiles: readonly string[],
  ): [module: Handle, contents: Buffer[]];
  scriptSave(
    module: Handle,
    path: string | null,
    names: readonly string[],
    contents: readonly Uint8Array[],
  ): Buffer | undefined;
  scriptDescribe(object: Handle): ScriptDescription;
  /** An attribute or a constant; of one that is a module, the handle. */
  scriptGet(object: Handle, name: string): unknown;
  /** What tells the tensor or object in an attribute from another; null for anything else. */
  scriptIdentity(object: Handle, name: string): number | null;
  scriptHas(object: Handle, name: string): boolean;
  scriptSet(object: Handle, name: string, value: unknown): void;
  scriptRegister(module: Handle, name: string, kind: 'parameter' | 'buffer' | 'module', value: unknown): void;
  scriptNew(name: string): Handle;
  scriptDefine(module: Handle, source: string): void;
  scriptCopy(module: Handle): Handle;
  scriptFreeze(module: Handle, preserved: readonly string[], optimizeNumerics: boolean): Handle;
  scriptOptimizeForInference(module: Handle, methods: readonly string[]): Handle;

  // script_functions.cc
  /** The functions that a source defines. */
  scriptUnit(source: string): Handle;
  scriptUnitDefine(unit: Handle, source: string): void;
  scriptUnitNames(unit: Handle): string[];
  scriptFunction(owner: Handle, name: string): Handle;
  /** `optimize`: whether the executor looks at the first calls, to optimize the graph by what it has seen. */
  scriptCall(fn: Handle, args: readonly unknown[], optimize: boolean): unknown;
  scriptCallAsync(fn: Handle, args: readonly unknown[], optimize: boolean): Promise<unknown>;
  scriptText(fn: Handle, what: 'schema' | 'graph' | 'inlinedGraph' | 'code'): string;

  // inductor.cc. Inputs must have been checked.
  inductorLoad(path: string, model: string, runners: number, device: number): Handle;
  inductorRun(model: Handle, inputs: readonly Tensor[]): Handle[];
  inductorRunAsync(model: Handle, inputs: readonly Tensor[]): Promise<Handle[]>;
  inductorLoadConstants(
    model: Handle,
    names: readonly string[],
    tensors: readonly Tensor[],
    all: boolean,
  ): void;
  /** A file in memory and its descriptor; null where the system has none. */
  inductorMemory(): [memory: Handle, fd: number] | null;
  inductorCloseMemory(memory: Handle): void;

  // tensor.cc
  // A function that takes a TensorHandle reads it twice as fast as the Tensor that has it.
  // The first two leave their numbers in the transfer buffer and return how many.
  shape(tensor: TensorHandle): number;
  stride(tensor: TensorHandle): number;
  numel(tensor: TensorHandle): number;
  dim(tensor: TensorHandle): number;
  storageOffset(tensor: TensorHandle): number;
  dtype(tensor: TensorHandle): number;
  layout(tensor: TensorHandle): number;
  device(tensor: TensorHandle): string;
  version(tensor: TensorHandle): number;
  dataPtr(tensor: TensorHandle): bigint;
  storage(tensor: TensorHandle): [id: bigint, nbytes: number];
  isContiguous(tensor: TensorHandle, memoryFormat?: MemoryFormat | null): boolean;
  isPinned(tensor: TensorHandle): boolean;
  isTensor(value: unknown): boolean;
  isDisposed(tensor: TensorHandle): boolean;
  isSame(a: Tensor, b: Tensor): boolean;
  requiresGrad(tensor: TensorHandle): boolean;
  setRequiresGrad(tensor: TensorHandle, requiresGrad: boolean): void;
  isLeaf(tensor: TensorHandle): boolean;
  retainsGrad(tensor: TensorHandle): boolean;
  retainGrad(tensor: TensorHandle): void;
  grad(tensor: TensorHandle, holder: Tensor): number | null;
  setGrad(tensor: TensorHandle, grad: Tensor | null | undefined): void;
  /** The dtype that gradients are cast to; -1 for any. */
  gradDtype(tensor: TensorHandle): number;
  setGradDtype(tensor: TensorHandle, dtype: DTypeLike | null): void;
  setData(tensor: TensorHandle, data: Tensor): void;
  data(tensor: TensorHandle, holder: Tensor): number;
  alias(tensor: Tensor, requiresGrad: boolean, holder: Tensor): number;
  item(tensor: TensorHandle): number | bigint | boolean | { re: number; im: number };

  // data.cc
  fromBytes(data: ArrayBufferView, shape: Shape, dtype: DTypeLike, holder: Tensor): number;
  fromBlob(data: ArrayBufferView, shape: Shape, dtype: DTypeLike): Handle;
  copyOut<T extends ArrayBufferView>(tensor: TensorHandle | Tensor, array: T): T;
  viewBuffer(tensor: Tensor): ArrayBuffer;

  // indexing.cc
  /** Where all indices are in the transfer buffer, in four numbers each, their number is given for them. */
  getIndex(tensor: TensorHandle, indices: readonly unknown[] | number, holder: Tensor): number;
  setIndex(tensor: TensorHandle, indices: readonly unknown[], value: unknown): void;

  // storage.cc. Of contiguous CPU tensors; offsets and sizes are in bytes.
  /** By several threads. Returns how many bytes the file had, fewer than asked for at its end, and their CRC. */
  readInto(
    tensor: Tensor,
    fd: number,
    fileOffset: number,
    byteOffset: number,
    bytes: number,
    checked: boolean,
  ): [bytes: number, crc: number];
  writeFrom(tensor: Tensor, fd: number, fileOffset: number, byteOffset: number, bytes: number): number;
  /** A hint to the disk to begin on what was written; where there is no such hint, nothing. */
  startWriteback(fd: number, offset: number, bytes: number): void;
  /** The whole storage of a tensor of any device, as uint8. */
  storageOf(tensor: Tensor): Handle;
  /** Numbers that stand for the tensor and for its memory while both live; 0 for no memory. */
  identityOf(tensor: Tensor): [tensor: number, memory: number];
  /** Part of the memory as a storage of its own, which keeps the whole alive. */
  isShared(tensor: Tensor): boolean;
  shareMemory(tensor: Tensor): void;
  storageSlice(tensor: Tensor, byteOffset: number, bytes: number): Handle;
  /** Zip's CRC-32; `before` is that of the bytes before these, or 0. */
  crc32(tensor: Tensor, byteOffset: number, bytes: number, before: number): number;

  // storage_size.cc
  /** What storageOf gave follows the size of its storage, which it returns. */
  fitStorage(bytes: Tensor): number;
  isResizable(bytes: Tensor): boolean;
  /** The file that is mapped there and shared with others; null where there is none. */
  storageFile(bytes: Tensor): string | null;
  /** Of what storageOf gave. Throws where a tensor would reach beyond, or where others than tensors of this thread use it. */
  resizeStorage(bytes: Tensor, size: number): void;

  // autograd.cc. `retainGraph` null means the value of `createGraph`.
  backward(
    tensors: Tensors,
    gradients: readonly (Tensor | null)[],
    retainGraph: boolean | null,
    createGraph: boolean,
    inputs: Tensors,
  ): void;
  gradients(
    outputs: Tensors,
    inputs: Tensors,
    gradients: readonly (Tensor | null)[],
    retainGraph: boolean | null,
    createGraph: boolean,
    allowUnused: boolean,
  ): (Handle | null)[];
  registerHook(tensor: Tensor, hook: GradientCallback): Handle;
  removeHook(hook: HandleOwner): void;
  setPostAccumulateGradHook(tensor: Tensor, hook: GradientCallback): Handle;
  /** The objects of `tensors` hold the function of a hook or of a custom Function, too. */
  holdFunction(owner: HandleOwner, tensors: Tensors): void;
  node(tensor: Tensor): Handle | null;
  nodeName(node: HandleOwner): string;
  nodeNext(node: HandleOwner): [node: Handle | null, input: number][];

  // scopes.cc
  /** The state before, for leaveScope; lib/native/scope.ts says what follows each kind. */
  enterScope(kind: ScopeKind, ...args: unknown[]): number;
  leaveScope(kind: ScopeKind, before: number): void;
  isGradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  isInferenceMode(): boolean;
  /** The number of the level that is open here; -1 for none. */
  forwardLevel(): number;

  // modes.cc
  autocast(deviceType: DeviceLike): [enabled: boolean, dtype: number, cacheEnabled: boolean];
  clearAutocastCache(): void;
  /** A number for the backward pass that is running; -1 outside of one. */
  graphTask(): number;
  /** Whether that pass goes to all leaves, as a reentrant checkpoint must. */
  isCheckpointValid(): boolean;
  /** Whether that backward pass reaches the tensor. */
  willReceiveGradient(tensor: Tensor): boolean;
  /** Whether calls may leave out a part of the dispatcher (native/src/operators/fast_paths.h); returns what it was. */
  fastPaths(enabled: boolean | null): boolean;

  // transforms.cc. Levels count from 1.
  addBatchDim(tensor: Tensor, dim: number, level: number): Handle;
  removeBatchDim(tensor: Tensor, level: number, batchSize: number, outDim: number): Handle;
  addLegacyBatch(tensor: Tensor, level: number): Handle;
  removeLegacyBatch(tensor: Tensor, level: number, batchSize: number): Handle;
  isBatched(tensor: Tensor, level: number): boolean;
  wrapForGrad(tensor: Tensor, level: number): Handle;
  /** The tensor itself where it is not of that level. */
  unwrapForGrad(tensor: Tensor, level: number): Handle | Tensor;
  /** The tensor itself where it is of that level. */
  liftForGrad(tensor: Tensor, level: number): Handle | Tensor;
  /** What a tensor of a level that has ended stands for; itself where it is of none. */
  unwrapDead(tensor: Tensor): Handle | Tensor;
  /** The kind is one of `constants.scopes`; null outside of transforms. */
  innermostTransform():
    | [kind: ScopeKind, level: number, enabledAround: boolean, batchSize: number, randomness: Randomness]
    | null;
  wrapFunctional(tensor: Tensor, level: number): Handle;
  /** The tensor itself where it is none of functionalize. */
  unwrapFunctional(tensor: Tensor, withViews: boolean): Handle | Tensor;
  copyMutation(tensor: Tensor, wrapped: Tensor): void;
  /** Level, mapped dimension (null where not mapped) and value; null outside of transforms. */
  transformOf(tensor: Tensor): [level: number, dim: number | null, value: Handle] | null;
  transformDepth(): number;

  // library.cc. Functions get an operator's name, overload and arguments, and return a list of results.
  defineOperator(schema: string, owner: object, tags: readonly string[]): string;
  /** Without a name, the kernel of all operators that have none for the key. */
  implementOperator(name: string, overload: string, key: string, kernel: OperatorKernel): void;
  hasKernel(name: string, overload: string, key: string): boolean;
  tagsOf(name: string, overload: string): string[];

  // custom_function.cc
  beginFunction(name: string, inputs: Tensors): Handle;
  needsInputGrad(node: HandleOwner): boolean[];
  endFunction(
    node: HandleOwner,
    lists: FunctionTensors,
    backward: GradientCallback,
    jvp: GradientCallback,
    materializeGrads: boolean,
  ): (Handle | null)[]; // null for an output that has joined the graph itself, or that is no tensor
  savedTensors(node: HandleOwner): (Handle | null)[];

  // memory.cc
  /** Frees what is dead, and collects young garbage if that is due: an operator has set resultHeader[2] then. */
  runPendingWork(): void;
  /**
   * Returns how many scopes are around the new one. With `owns` true, the scope owns small tensors that no JS object
   * has a finalizer for, and lib/tensor/memory.ts remembers them.
   */
  beginScope(owns: boolean): number;
  endScope(depth: number, survivors: Tensors): void;
  /**
   * Ends the scope of a tfjs kernel, whose result alone stays. Leaves its sizes in the transfer buffer, and returns
   * how many they are, times `constants.dtypeCodes`, plus the code of its dtype.
   */
  endKernelScope(tensor: TensorHandle, depth: number): number;
  /** Whether a scope owned it until now. */
  keep(tensor: Tensor): boolean;
  dispose(tensor: TensorHandle): void;
  memory(): { tensors: number; objects: number; devices: [device: string, tensors: number, bytes: number][] };
  /** Of the process. Sets the limit, unless it is null. */
  cpuCache(limit: number | null): [bytes: number, limit: number, reused: number, allocated: number];
  emptyCpuCache(): void;
  /** A number that `receiveTensor` on any thread turns into the tensor, once. */
  shareTensor(tensor: Tensor): number;
  receiveTensor(shared: number): Handle;

  // runtime.cc. Seeds have 64 bits.
  manualSeed(seed: bigint): void;
  defaultGenerator(device: DeviceLike): Handle;
  makeGenerator(device: DeviceLike): Handle;
  generatorSetSeed(generator: HandleOwner, seed: bigint): void;
  generatorInitialSeed(generator: HandleOwner): bigint;
  generatorSeed(generator: HandleOwner): bigint;
  generatorGetState(generator: HandleOwner): Handle;
  generatorSetState(generator: HandleOwner, state: Tensor): void;
  generatorClone(generator: HandleOwner): Handle;
  generatorOffset(generator: HandleOwner): bigint;
  generatorSetOffset(generator: HandleOwner, offset: bigint): void;
  /** The state as a generator, which a graph may take while it is captured. */
  generatorGraphsafeState(generator: HandleOwner): Handle;
  generatorSetGraphsafeState(generator: HandleOwner, state: HandleOwner): void;
  generatorDevice(generator: HandleOwner): string;
  getDefaultDtype(): number;
  setDefaultDtype(dtype: DTypeLike): void;
  getNumThreads(): number;
  setNumThreads(count: number): void;
  /** At most so many, unless a number has been set or limited in this process before. */
  limitThreads(most: number): void;
  getNumInteropThreads(): number;
  setNumInteropThreads(count: number): void;
  /** Sets when given; says what is set. */
  deterministic(enabled?: boolean, warnOnly?: boolean): boolean;
  pow(base: number, exponent: number): number;
  cos(x: number): number;
  exp(x: number): number;
  log(x: number): number;
  versions(): { libtorch: string; config: string; takesFolders: boolean };
  hasDevice(type: string): boolean;

  // accelerator.cc: of the accelerator that libtorch has, whichever it is.
  /** The name of its type. */
  accelerator(): string | null;
  /** Gives the type of devices that libraries bring its name, where one is given; that name. */
  privateUse1(name?: string): string;
  deviceCount(): number;
  currentDevice(): number;
  setDevice(index: number): void;
  /** Codes of dtypes. */
  deviceCapability(index: number): number[];
  synchronize(index: number): void;
  synchronized(index: number): Promise<void>;
  isAllocatorInitialized(): boolean;
  emptyCache(): void;
  emptyHostCache(): void;
  resetPeakStats(index: number): void;
  resetAccumulatedStats(index: number): void;
  /** Of page-locked memory. */
  hostStats(): Record<string, number>;
  resetHostPeakStats(): void;
  resetHostAccumulatedStats(): void;
  memoryInfo(index: number): [free: number, total: number];
  deviceStats(index: number): Record<string, number>;

  // driver.cc: of NVIDIA's driver, without libtorch.
  driverDevice(index: number): Record<string, number> & { name: string; uuid: Uint8Array };
  driverCanAccessPeer(index: number, peer: number): boolean;

  // switches.cc. Each sets when something is given, and says what is set; the last two what was before.
  float32MatmulPrecision(precision?: string): string;
  contextFlag(name: string, enabled?: boolean): boolean;
  fp32Precision(backend: string, op: string, precision?: string): string;
  /** By PyTorch's numbers. */
  quantizedEngine(engine?: number): [engine: number, supported: number[]];
  preferredLibrary(kind: 'linalg' | 'blas', library?: number): number;
  processorFeatures(): { capability: string; cudnnVersion: number } & Record<
    'mkl' | 'mkldnn' | 'openmp' | 'xnnpack' | 'kleidiai' | 'mps' | 'cudnn',
    boolean
  >;
  /** Whether the level could be set. */
  setVerbose(library: 'mkl' | 'mkldnn', level: number): boolean;
  setFlushDenormal(flush: boolean): boolean;
  warnAlways(always?: boolean): boolean;
  backwardThreads(enabled?: boolean): boolean;
  gradLayout(enforced?: boolean): boolean;
  setAnomaly(enabled: boolean, checkNan: boolean): void;
  isAnomalyEnabled(): boolean;

  // streams.cc. A null device is the accelerator's, or the CPU.
  makeStream(device: DeviceLike | null, priority: number): Handle;
  streamOf(id: number, deviceIndex: number, deviceType: number): Handle;
  streamParts(stream: HandleOwner): [device: string, type: number, index: number, id: number];
  streamQuery(stream: HandleOwner): boolean;
  streamSynchronize(stream: HandleOwner): void;
  /** The current one of a device, its default one, or one of its pool. */
  currentStream(device: DeviceLike): Handle;
  defaultStream(device: DeviceLike): Handle;
  pooledStream(device: DeviceLike, isHighPriority: boolean): Handle;
  recordStream(tensor: Tensor, stream: HandleOwner): void;
  isStreamCapturing(stream: HandleOwner): boolean;
  /** Makes it the current one of its device; the one before. */
  streamExchange(stream: HandleOwner): Handle;
  makeEvent(device: DeviceLike | null, enableTiming: boolean): Handle;
  eventParts(event: HandleOwner): [device: string, type: number, index: number, id: number];
  eventRecord(event: HandleOwner, stream: HandleOwner | null): void;
  eventWait(event: HandleOwner, stream: HandleOwner | null): void;
  eventQuery(event: HandleOwner): boolean;
  eventSynchronize(event: HandleOwner): void;
  eventElapsed(event: HandleOwner, end: HandleOwner): number;

  // graphs.cc
  makeGraph(keepGraph: boolean): Handle;
  graphCaptureBegin(graph: HandleOwner, pool: readonly [bigint, bigint] | null, mode: number): void;
  graphCaptureEnd(graph: HandleOwner): void;
  graphInstantiate(graph: HandleOwner): void;
  graphReplay(graph: HandleOwner): void;
  graphReset(graph: HandleOwner): void;
  graphPool(graph: HandleOwner): [bigint, bigint];
  graphEnableDebugMode(graph: HandleOwner): void;
  graphDebugDump(graph: HandleOwner, path: string): void;

  // record.cc
  /** From now on operators of these names are told of; the second list's with their tensors. Null ends it. */
  recordOperators(names: readonly string[] | null, withTensors: readonly string[]): void;
  /** What was called since the last time. A tensor is its shape, or a handle; `pass` is that of graphTask(). */
  recordedOperators(): [name: string, pass: number, args: unknown[], results: unknown[]][];
}
