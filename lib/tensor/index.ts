/** The tensor. operators.ts gives it a method for each operator; here are those that PyTorch writes by hand. */
import type { TensorMethods } from '../../typings/aten';
import type { TensorHandle } from '../../typings/native';
import * as autograd from '../autograd/backward';
import { type GradFn, gradFnOf } from '../autograd/node';
import * as hooks from '../autograd/hooks';
import { tagOf, textOf } from './comparison';
import { type Complex } from '../core/complex';
import { jsonOf, primitiveOf } from '../core/conversions';
import { type TensorData, type TensorOptions, tensor } from './creation';
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import * as dtypes from '../core/dtype';
import { type DType, type DTypeLike, dtypeOfCode } from '../core/dtype';
import { newResult, operator, setHandle, wrap } from '../native/dispatch';
import { functionMode } from '../native/function_mode';
import {
  TorchError,
  argumentError,
  checkNumber,
  checkOptions,
  TorchRangeError,
  TorchTypeError,
} from '../core/errors';
import { checkMethods } from '../core/calls';
import { type Call, signature } from '../core/signature';
import { Stream } from './stream';
import { dimOrderOf } from './dim_order';
import { mapElements } from './elementwise';
import * as functions from './functions';
import { HANDLE, NOTHING } from '../native/handle';
import { type Index, type Nested, toNativeIndices, toNativeList, toNativeValue } from './indexing';
import { type Layout, type MemoryFormat, layoutOfCode } from '../core/layout';
import { transferBuffer, native } from '../native';
import type { Size } from '../core/size';
import { formatTensor, isNested } from './print';
import { refusePythonNames } from './python_names';
import { TensorBase, registerTensorClass } from '../native/tensor_base';
import { toArguments } from './to_arguments';
import { setMemory } from './set_memory';
import { type UntypedStorage, storageOf } from './untyped_storage';
import { type TypedArray, copyValues, nest, viewValues } from './values';

/**
 * What a number is to an operator: whole numbers are ints, others floats, bigints int64.
 *
 * Differs from PyTorch: `torch.Tensor.mul` and other operators cannot tell Python's `2.0` from `2`, so an integer
 * tensor times a whole number stays an integer tensor.
 */
export type Scalar = number | bigint | boolean | Complex;

/** What `to` changes. */
export interface ToOptions {
  dtype?: DTypeLike | null;
  device?: DeviceLike | null;
  /** Copy without waiting, where memory is pinned. Default false. */
  nonBlocking?: boolean;
  /** Copy even if nothing changes. Default false. */
  copy?: boolean;
  memoryFormat?: MemoryFormat | null;
}

/** Options of `backward`. */
export interface BackwardOptions {
  /** Keep the graph for another backward. Default: the value of `createGraph`. */
  retainGraph?: boolean | null;
  /** Make the gradients differentiable. Default false. */
  createGraph?: boolean;
  /** Accumulate only into these. Default: all leaves. */
  inputs?: BackwardInputs;
}
type BackwardInputs = Tensor | readonly Tensor[] | null;

interface TensorBackwardOptions extends BackwardOptions {
  gradient?: Tensor | null;
}
const BACKWARD = signature('Tensor.backward', [], {
  gradient: null,
  retainGraph: null,
  createGraph: false,
  inputs: null,
} as Required<TensorBackwardOptions>);

interface SetKeywords {
  source: Tensor | UntypedStorage;
  storageOffset?: number;
  size?: readonly number[];
  stride?: readonly number[];
}

/** As a method, it has no `out`. */
type NormMethodOptions = Omit<functions.NormOptions, 'out'>;

const NORM = signature('Tensor.norm', [], {
  p: 'fro',
  dim: null,
  keepdim: false,
  dtype: null,
} as Required<NormMethodOptions>);

/** Default: the tensor's own memory format. */
export type FormatOptions = Pick<ToOptions, 'memoryFormat'>;

const convert = operator('aten::to', 'dtype_layout');
const backwardOf = (self: unknown, ...args: unknown[]): void => (self as Tensor).backward(...(args as []));

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

const INSTEAD_OF_OPERATORS =
  'write x.add(1) for x + 1, x.neg() for -x, a.lt(b) for a < b, x.eq(1) for x == 1 (and so on: sub, mul, div, pow, ' +
  'gt, le, ge), x.item() for the number in it';

/** A multi-dimensional array of one dtype on one device. Made by `torch.tensor`, `torch.zeros` ... */
export class Tensor extends TensorBase {
  /** @internal Use torch.tensor(). */
  constructor(handle: TensorHandle) {
    super(handle);
  }

  /** Sizes of the dimensions. */
  get shape(): Size {
    return sizesOf(native.shape(this[HANDLE])) as readonly number[] as Size;
  }
  /** The type of the elements, such as `torch.float32`. */
  get dtype(): DType {
    return dtypeOfCode(native.dtype(this[HANDLE]));
  }
  /** Where the elements are: `cpu`, `cuda:0` ... */
  get device(): Device {
    return deviceOf(native.device(this[HANDLE]));
  }
  /** How the elements are stored: `torch.strided` for ordinary tensors. */
  get layout(): Layout {
    return layoutOfCode(native.layout(this[HANDLE]));
  }
  /** Number of dimensions. */
  get ndim(): number {
    return native.dim(this[HANDLE]);
  }
  /** Bytes of one element. */
  get itemsize(): number {
    return this.dtype.itemsize;
  }
  /** Bytes of all elements. */
  get nbytes(): number {
    return native.numel(this[HANDLE]) * this.dtype.itemsize;
  }

  /** Number of dimensions. */
  dim(): number {
    return native.dim(this[HANDLE]);
  }
  /** Number of elements. */
  numel(): number {
    return native.numel(this[HANDLE]);
  }
  /** Number of dimensions: the same as `dim()`. */
  ndimension(): number {
    return native.dim(this[HANDLE]);
  }
  /** Number of elements: the same as `numel()`. */
  nelement(): number {
    return native.numel(this[HANDLE]);
  }
  /** All sizes, or the size of one dimension. */
  size(): Size;
  size(dim: number): number;
  size(dim?: number): number | Size {
    return dim === undefined ? this.shape : pick(this.shape, dim, 'size');
  }
  /** Elements to step over for the next one, in each dimension or in one. */
  stride(): readonly number[];
  stride(dim: number): number;
  stride(dim?: number): number | readonly number[] {
    const strides = sizesOf(native.stride(this[HANDLE]));
    return dim === undefined ? strides : pick(strides, dim, 'stride');
  }
  /** Where in its memory the tensor begins, in elements. */
  storageOffset(): number {
    return native.storageOffset(this[HANDLE]);
  }
  /**
   * The dimensions by their place in memory, outermost first: `[0, 2, 3, 1]` of a channels-last image. `ambiguityCheck`
   * throws where another order would do as well; of a list of memory formats, where not exactly one of them fits.
   */
  dimOrder(
    ambiguityCheck:
      boolean | readonly MemoryFormat[] | { ambiguityCheck?: boolean | readonly MemoryFormat[] } = false,
  ): number[] {
    return dimOrderOf(this, ambiguityCheck as boolean); // by position: checkMethods
  }
  /** Address of the first element; 0n where there is none. */
  dataPtr(): bigint {
    return native.dataPtr(this[HANDLE]);
  }
  /** Address of the first element, for reading alone: here the same as `dataPtr()`. */
  constDataPtr(): bigint {
    return native.dataPtr(this[HANDLE]);
  }
  /** The memory behind the tensor: tensors that share it have equal `id`s. Sizes in bytes. */
  storage(): { id: bigint; nbytes: number } {
    const [id, nbytes] = native.storage(this[HANDLE]);
    return { id, nbytes };
  }
  /**
   * The memory behind the tensor, as bytes: one object for all tensors that share it.
   *
   * @throws NotImplementedError for sparse tensors and others that have none.
   */
  untypedStorage(): UntypedStorage {
    return storageOf(this);
  }
  /**
   * Takes the memory of a tensor or a storage for its own (`torch.Tensor.set_`): all of it, or the elements that offset, size
   * and stride say; of nothing, none. No graph notices.
   *
   * @throws RuntimeError for memory of another device, and for places before its beginning.
   */
  set_(
    source?: Tensor | UntypedStorage,
    storageOffset?: number,
    size?: readonly number[],
    stride?: readonly number[],
  ): this;
  set_(
    source: Tensor | UntypedStorage,
    storageOffset: number,
    size: readonly number[],
    keywords: { stride?: readonly number[] },
  ): this;
  set_(keywords: SetKeywords): this;
  set_(...args: unknown[]): this {
    setMemory(this, args);
    return this;
  }
  /** Whether other processes can have the memory: that of GPUs, and what {@link Tensor.share_memory_} moved. */
  isShared(): boolean {
    return native.isShared(this);
  }
  /** Moves the memory, in place, to where other processes can have it. Does nothing on devices. */
  share_memory_(): this {
    native.shareMemory(this);
    return this;
  }
  /** Says that a stream of the device uses the memory: it is given to nobody else before what is queued there is done. */
  recordStream(stream: Stream): void {
    if (!(stream instanceof Stream)) throw argumentError('recordStream', 'stream', 'a Stream', stream);
    native.recordStream(this, stream);
  }
  /** Bytes of one element. */
  elementSize(): number {
    return this.dtype.itemsize;
  }
  /** Whether the elements lie in order in memory, without gaps. */
  isContiguous(memoryFormat?: MemoryFormat | { memoryFormat?: MemoryFormat }): boolean {
    return native.isContiguous(this[HANDLE], memoryFormat as MemoryFormat | undefined); // by position: checkMethods
  }
  /** Whether the elements are in pinned memory, from which GPUs copy faster. */
  isPinned(): boolean {
    return native.isPinned(this[HANDLE]);
  }
  /** Whether the elements are floats. */
  isFloatingPoint(): boolean {
    return this.dtype.isFloatingPoint;
  }
  /** Whether the elements are complex numbers. */
  isComplex(): boolean {
    return this.dtype.isComplex;
  }
  /** Whether the elements are on a GPU. */
  get isCuda(): boolean {
    return this.device.type === 'cuda';
  }
  /** Whether the elements are in the CPU's memory. */
  get isCpu(): boolean {
    return this.device.type === 'cpu';
  }
  /** Whether there are no elements at all, only a size and a dtype. */
  get isMeta(): boolean {
    return this.device.type === 'meta';
  }
  /** Whether it is a nested tensor, which `torch.nested` makes in Python. */
  get isNested(): boolean {
    return isNested(this);
  }
  /** Whether it is a sparse COO tensor: elements other than 0 with their indices. */
  get isSparse(): boolean {
    return this.layout.name === 'sparse_coo';
  }
  /** Whether the elements are stored by compressed rows. */
  get isSparseCsr(): boolean {
    return this.layout.name === 'sparse_csr';
  }
  /** Whether it is in oneDNN's own layout. */
  get isMkldnn(): boolean {
    return this.layout.name === '_mkldnn';
  }
  /** Whether the elements are quantized numbers. */
  get isQuantized(): boolean {
    return this.dtype.name.startsWith('q');
  }
  /** Whether the elements are on an Apple GPU. */
  get isMps(): boolean {
    return this.device.type === 'mps';
  }
  /** Whether the elements are on an Intel GPU. */
  get isXpu(): boolean {
    return this.device.type === 'xpu';
  }
  /** Whether both objects stand for one tensor: Python's `is`. */
  is(other: Tensor): boolean {
    return native.isSame(this, other);
  }
  /** The count of in-place changes: Python's `_version`. */
  get version(): number {
    return native.version(this[HANDLE]);
  }

  // Views under Python's names.
  /** The dimensions in reverse order: the transpose of a matrix. A view. */
  get T(): Tensor {
    return numpyT(this) as Tensor;
  }
  /** The transposes of matrices in the last two dimensions. A view. */
  get mT(): Tensor {
    return mT(this) as Tensor;
  }
  /** The conjugate transpose of a matrix. A view. */
  get H(): Tensor {
    return matrixH(this) as Tensor;
  }
  /** The conjugate transposes of matrices in the last two dimensions. A view. */
  get mH(): Tensor {
    return mH(this) as Tensor;
  }
  /** The real parts, as a view; the tensor itself where it is real. */
  get real(): Tensor {
    return this.isComplex() ? (real(this) as Tensor) : this;
  }
  /** The imaginary parts, as a view. Throws where the tensor is real. */
  get imag(): Tensor {
    return imag(this) as Tensor;
  }

  // ---- values ----

  /**
   * The only element: a number, or what `T` says for a bool or complex tensor.
   *
   * Differs from PyTorch: `torch.Tensor.item` throws a RangeError for an int64 that a number cannot hold;
   * `itemBigInt` gives it.
   */
  item<T extends number | boolean | Complex = number>(): T {
    const value = wrap(native.item(this[HANDLE])) as T | bigint;
    if (typeof value !== 'bigint') return value;
    throw new TorchRangeError(`item(): ${value} is not a safe integer; use itemBigInt()`);
  }
  /** The only element of an integer tensor. */
  itemBigInt(): bigint {
    const value = native.item(this[HANDLE]);
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number' && !this.isFloatingPoint()) return BigInt(value);
    throw new TorchTypeError(`itemBigInt(): the tensor holds ${this.dtype}, not integers`);
  }
  /**
   * Nested arrays of the values: numbers, booleans, {@link Complex}; an int64 that a number cannot
   * hold is a bigint. A zero-dimensional tensor gives the value itself.
   *
   * @example
   * const rows: number[][] = torch.ones([2, 3]).tolist(); // or tolist<number[][]>()
   */
  tolist<T extends Nested = Nested>(): T {
    return nest(this) as T;
  }
  /**
   * A copy of the values, row by row. float16 and bfloat16 come as their bits (Uint16Array), float8
   * and bool as bytes, complex as pairs of real and imaginary part, int64 as BigInt64Array.
   */
  toTypedArray(): TypedArray {
    return copyValues(this);
  }
  /**
   * The values without a copy: writing to the array changes the tensor and the other way. Only for
   * contiguous CPU tensors. The array keeps the memory, which can no longer be resized.
   */
  viewTypedArray(): TypedArray {
    return viewValues(this);
  }
  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.dim() === 0) throw new TorchTypeError('iteration over a 0-d tensor');
    for (let i = 0; i < this.shape[0]; i++) yield this.at(i);
  }

  /**
   * Indexing as in Python: `x.at(0, '1:5:2', '...', null, mask)` is `x[0, 1:5:2, ..., None, mask]`.
   * A string or `torch.slice(start, stop, step)` is a range; a boolean or integer tensor, or an
   * array of numbers, selects. Basic indexing gives a view.
   */
  at(...indices: Index[]): Tensor {
    return newResult((holder) => native.getIndex(this[HANDLE], toNativeIndices(indices), holder));
  }
  /** `x.setAt([0, '1:5'], value)` is `x[0, 1:5] = value`. */
  setAt(indices: Index | readonly Index[], value: Tensor | Scalar | Nested): this {
    const list = Array.isArray(indices) ? (indices as Index[]) : [indices as Index];
    native.setIndex(this[HANDLE], toNativeList(list), toNativeValue(value, this));
    return this;
  }

  // ---- conversion ----

  /**
   * `x.to('cuda')`, `x.to(torch.float64)`, `x.to(other)`, `x.to({ dtype, device })`; `nonBlocking` and `copy` may
   * follow by position.
   */
  to(target: DeviceLike | DTypeLike | Tensor | null, options?: ToOptions): Tensor;
  to(
    target: DTypeLike | Tensor,
    nonBlocking: boolean,
    copy?: boolean | ToOptions,
    options?: ToOptions,
  ): Tensor;
  to(
    device: DeviceLike | null,
    dtype: DTypeLike | null,
    nonBlocking?: boolean | ToOptions,
    copy?: boolean | ToOptions,
    options?: ToOptions,
  ): Tensor;
  to(options: ToOptions): Tensor;
  to(...args: unknown[]): Tensor {
    return convert(this, toArguments('to', args, isTensor)) as Tensor;
  }
  /** The tensor with another dtype: `x.type(torch.float64)`. */
  type(dtype: DTypeLike): Tensor {
    return this.to({ dtype });
  }
  /** The tensor on the CPU: itself where it is there. */
  cpu(): Tensor {
    return this.to({ device: 'cpu' });
  }
  /** The tensor on a GPU: the current one, or that of a number. */
  cuda(index?: number): Tensor {
    if (index !== undefined) checkNumber('cuda', 'index', index);
    return this.to({ device: index === undefined ? 'cuda' : `cuda:${index}` });
  }
  /** The tensor in float32: itself where it is that. */
  float(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.float32 });
  }
  /** The tensor in float64: itself where it is that. */
  double(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.float64 });
  }
  /** The tensor in float16: itself where it is that. */
  half(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.float16 });
  }
  /** The tensor in bfloat16: itself where it is that. */
  bfloat16(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.bfloat16 });
  }
  /** The tensor in int32: itself where it is that. */
  int(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.int32 });
  }
  /** The tensor in int64: itself where it is that. */
  long(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.int64 });
  }
  /** The tensor in int16: itself where it is that. */
  short(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.int16 });
  }
  /** The tensor in int8: itself where it is that. */
  char(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.int8 });
  }
  /** The tensor in uint8: itself where it is that. */
  byte(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.uint8 });
  }
  /** Which elements are other than 0: the tensor in bool. */
  bool(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.bool });
  }
  /** The tensor in complex64: itself where it is that. */
  cfloat(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.complex64 });
  }
  /** The tensor in complex128: itself where it is that. */
  cdouble(options?: FormatOptions): Tensor {
    return this.to({ ...options, dtype: dtypes.complex128 });
  }

  // ---- functions of lib/tensor/functions ----

  /** See {@link functions.norm}. */
  norm(
    p?: functions.NormOptions['p'] | NormMethodOptions,
    dim?: functions.NormOptions['dim'] | NormMethodOptions,
    keepdim?: boolean | NormMethodOptions,
    dtype?: DTypeLike | null | NormMethodOptions,
    options?: NormMethodOptions,
  ): Tensor;
  norm(...args: unknown[]): Tensor {
    return functions.norm(this, NORM.bind(args)[0]);
  }
  /** See {@link functions.unique}. */
  unique(options?: functions.UniqueOptions & { returnInverse?: false; returnCounts?: false }): Tensor;
  unique(options: functions.UniqueOptions): Tensor[];
  unique(
    sorted: boolean,
    returnInverse?: boolean | functions.UniqueOptions,
    returnCounts?: boolean | functions.UniqueOptions,
    dim?: number | null | functions.UniqueOptions,
  ): Tensor | Tensor[];
  unique(...args: unknown[]): Tensor | Tensor[] {
    return functions.unique(this, ...(args as [boolean]));
  }
  /** See {@link functions.uniqueConsecutive}. */
  uniqueConsecutive(
    options?: functions.UniqueConsecutiveOptions & { returnInverse?: false; returnCounts?: false },
  ): Tensor;
  uniqueConsecutive(options: functions.UniqueConsecutiveOptions): Tensor[];
  uniqueConsecutive(
    returnInverse: boolean,
    returnCounts?: boolean | functions.UniqueConsecutiveOptions,
    dim?: number | null | functions.UniqueConsecutiveOptions,
  ): Tensor | Tensor[];
  uniqueConsecutive(...args: unknown[]): Tensor | Tensor[] {
    return functions.uniqueConsecutive(this, ...(args as [boolean]));
  }
  /** See {@link functions.nonzero}. */
  nonzero(options?: { asTuple?: false }): Tensor;
  nonzero(options: { asTuple: true }): Tensor[];
  nonzero(...args: unknown[]): Tensor | Tensor[] {
    return functions.nonzero(this, ...(args as [{ asTuple: true }]));
  }
  /** See {@link functions.lu}. */
  lu(
    pivot?: boolean | Omit<functions.LuOptions, 'out'>,
    getInfos?: boolean | Omit<functions.LuOptions, 'out'>,
  ): Tensor[] {
    return functions.lu(this, { pivot: pivot as boolean, getInfos: getInfos as boolean });
  }
  /**
   * Replaces each element by what `callable` makes of it: `torch.Tensor.apply_`. Slow, as in Python: for what no operator
   * does. Only on the CPU.
   *
   * @throws RuntimeError for a tensor that requires grad, TypeError for one on another device.
   */
  apply_(callable: (element: never) => Scalar): this {
    return mapElements('apply_', this, [], callable);
  }
  /**
   * Replaces each element by what `callable` makes of it and the element of `tensor`, which broadcasts to the shape and has
   * the same dtype: `torch.Tensor.map_`.
   *
   * @throws RuntimeError for a tensor that requires grad, TypeError for one on another device or of another dtype.
   */
  map_(tensor: Tensor, callable: (element: never, other: never) => Scalar): this {
    return mapElements('map_', this, [tensor], callable);
  }
  /** As {@link Tensor.map_}, with two tensors: `torch.Tensor.map2_`. */
  map2_(x: Tensor, y: Tensor, callable: (element: never, x: never, y: never) => Scalar): this {
    return mapElements('map2_', this, [x, y], callable);
  }
  /** The tensor as a sparse COO one: `torch.Tensor.to_sparse_coo`. */
  toSparseCoo(): Tensor {
    return this.toSparse();
  }
  /** A tensor of `data` with this one's dtype and device, unless options say otherwise. */
  newTensor(data: TensorData, options: TensorOptions = {}): Tensor {
    checkOptions('newTensor', options);
    return tensor(data, {
      ...options,
      dtype: options.dtype ?? this.dtype,
      device: options.device ?? this.device,
    });
  }

  // ---- autograd ----

  /** Whether operators on the tensor are recorded, so that it gets a gradient. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this[HANDLE]);
  }
  set requiresGrad(value: boolean) {
    this.requiresGrad_(value);
  }
  /** Sets `requiresGrad`, and returns the tensor. Throws for integers and booleans. */
  requiresGrad_(value = true): this {
    if (typeof value !== 'boolean') throw argumentError('requiresGrad_', 'value', 'boolean', value);
    if (value && !this.isFloatingPoint() && !this.isComplex()) {
      throw new TorchError('only Tensors of floating point dtype can require gradients');
    }
    native.setRequiresGrad(this[HANDLE], value);
    return this;
  }
  /** Whether the tensor was not made by operators that are recorded: leaves get `.grad`. */
  get isLeaf(): boolean {
    return native.isLeaf(this[HANDLE]);
  }
  /** The accumulated gradient, or null. */
  get grad(): Tensor | null {
    const holder = new Tensor(NOTHING);
    const number = native.grad(this[HANDLE], holder);
    return number === null ? null : setHandle(holder, number);
  }
  set grad(value: Tensor | null) {
    native.setGrad(this[HANDLE], value);
  }
  /**
   * The dtype that gradients of this leaf are cast to when they come; null for any. At first its own. Assigning another
   * throws a RuntimeError where there is a gradient of a different one, and for a tensor that is no leaf.
   */
  get gradDtype(): DType | null {
    const dtype = native.gradDtype(this[HANDLE]);
    return dtype < 0 ? null : dtypeOfCode(dtype);
  }
  set gradDtype(value: DTypeLike | null) {
    native.setGradDtype(this[HANDLE], value);
  }
  /** The graph node that made this tensor, or null for a leaf; `gradFn.name` is `'AddBackward0'`. */
  get gradFn(): GradFn | null {
    return gradFnOf(this);
  }
  /** The tensor's values outside of autograd. Assigning replaces them in place. */
  get data(): Tensor {
    return newResult((holder) => native.data(this[HANDLE], holder));
  }
  set data(value: Tensor) {
    native.setData(this[HANDLE], value);
  }
  /** Whether a tensor that is no leaf keeps its `.grad`. */
  get retainsGrad(): boolean {
    return native.retainsGrad(this[HANDLE]);
  }
  /** Keeps `.grad` of a tensor that is no leaf. */
  retainGrad(): void {
    native.retainGrad(this[HANDLE]);
  }
  /** Accumulates into `.grad` of the leaves. `gradient` may be left out for a single element. */
  backward(
    ...args: Call<
      typeof BACKWARD,
      [],
      [gradient: Tensor | null, retainGraph: boolean | null, createGraph: boolean, inputs: BackwardInputs]
    >
  ): void {
    if (functionMode.sees) return void functionMode.sees('backward', backwardOf, [this, ...args]);
    const [{ gradient, ...options }] = BACKWARD.bind(args);
    autograd.backward(this, gradient, options);
  }
  /** `backward` on another thread, for `await`: see {@link autograd.backwardAsync}. */
  backwardAsync(
    ...args: Call<
      typeof BACKWARD,
      [],
      [gradient: Tensor | null, retainGraph: boolean | null, createGraph: boolean, inputs: BackwardInputs]
    >
  ): Promise<void> {
    const [{ gradient, ...options }] = BACKWARD.bind(args);
    return autograd.backwardAsync(this, gradient, options);
  }
  /** Calls `hook` with the gradient; what it returns replaces the gradient. */
  registerHook(hook: (grad: Tensor) => Tensor | null | undefined | void): hooks.RemovableHandle {
    return hooks.registerHook(this, hook);
  }
  /** Calls `hook` with this leaf each time its `.grad` has been accumulated. */
  registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): hooks.RemovableHandle {
    return hooks.registerPostAccumulateGradHook(this, hook);
  }

  // ---- life ----

  /** Frees the memory now instead of at a collection. Using the tensor afterwards is a TypeError. */
  dispose(): void {
    native.dispose(this[HANDLE]);
  }
  /** Whether the memory was freed by `dispose()` or at the end of a `tidy`. */
  get isDisposed(): boolean {
    return native.isDisposed(this[HANDLE]);
  }
  [Symbol.dispose](): void {
    native.dispose(this[HANDLE]);
  }

  /** What Python's `repr` prints. */
  override toString(): string {
    return this.isDisposed ? 'tensor(<disposed>)' : formatTensor(this);
  }
  /**
   * The text, for a template string and `String(x)`.
   *
   * @throws TypeError for operators: `x + 1`, `-x`, `a < b`, `total += loss`, `x == 1`.
   */
  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint, 'A Tensor', INSTEAD_OF_OPERATORS);
  }
  /** Throws a TypeError for `JSON.stringify`: what is plain data is in `tolist()`. */
  get toJSON(): (...args: unknown[]) => unknown {
    return (...args) => {
      if (args.length === 0) return textOf(this);
      return jsonOf(this, args, 'A Tensor', 'x.tolist() gives arrays of its numbers, x.item() the only one');
    };
  }
  /** What programs that compare any two objects look at first: no two tensors have the same. */
  get [Symbol.toStringTag](): string {
    return tagOf(this);
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
checkMethods(
  'Tensor',
  Tensor,
  'dim()',
  'numel()',
  'ndimension()',
  'nelement()',
  'dimOrder(ambiguityCheck?)',
  'constDataPtr()',
  'lu(pivot?, getInfos?)',
  'apply_(callable)',
  'map_(tensor, callable)',
  'map2_(x, y, callable)',
  'toSparseCoo()',
  'size(dim?)',
  'stride(dim?)',
  'storageOffset()',
  'dataPtr()',
  'storage()',
  'untypedStorage()',
  'isShared()',
  'share_memory_()',
  'recordStream(stream)',
  'elementSize()',
  'isContiguous(memoryFormat?)',
  'isPinned()',
  'isFloatingPoint()',
  'isComplex()',
  'is(other)',
  'item()',
  'itemBigInt()',
  'tolist()',
  'toTypedArray()',
  'viewTypedArray()',
  'setAt(indices, value)',
  'type(dtype)',
  'cpu()',
  'cuda(index?)',
  'float(options{}?)',
  'double(options{}?)',
  'half(options{}?)',
  'bfloat16(options{}?)',
  'int(options{}?)',
  'long(options{}?)',
  'short(options{}?)',
  'char(options{}?)',
  'byte(options{}?)',
  'bool(options{}?)',
  'cfloat(options{}?)',
  'cdouble(options{}?)',
  'newTensor(data{}, options{}?)',
  'requiresGrad_(requiresGrad?)',
  'retainGrad()',
  'registerHook(hook)',
  'registerPostAccumulateGradHook(hook)',
  'dispose()',
  'toString()',
);

registerTensorClass(Tensor);

// Jest calls every getter of an object to show how it differs from another, and some getters of a tensor throw. This
// tells Jest to call `toJSON` alone. Jest then calls its result with a copy that is no tensor, so that function must
// have the tensor already.
Object.defineProperty(Tensor.prototype, Symbol.for('@jest/serializableProperties'), { value: ['toJSON'] });

refusePythonNames(Tensor);

/** All of libtorch's operators whose first argument is a tensor. */
export interface Tensor extends TensorMethods {}

const numpyT = operator('aten::numpy_T');
const mT = operator('aten::mT');
const matrixH = operator('aten::matrix_H');
const mH = operator('aten::mH');
const real = operator('aten::real');
const imag = operator('aten::imag');

export function sizesOf(count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = transferBuffer[i];
  return list;
}

function pick(list: readonly number[], dim: number, name: string): number {
  const value = Number.isInteger(dim) ? list.at(dim) : undefined;
  if (value === undefined || dim < -list.length) {
    throw new TorchRangeError(
      `${name}(): dimension out of range (expected to be in range of [${-Math.max(list.length, 1)}, ` +
        `${Math.max(list.length, 1) - 1}], but got ${String(dim)})`,
      'IndexError',
    );
  }
  return value;
}
