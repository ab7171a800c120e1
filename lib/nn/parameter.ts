// Tensors that a module owns.
import * as aten from '../tensor/aten';
import type { DeviceLike } from '../core/device';
import { setHandle } from '../native/dispatch';
import type { DTypeLike } from '../core/dtype';
import { TorchError, argumentError, valueError } from '../core/errors';
import { bindArguments, checkMethods } from '../core/calls';
import { type Call, signature, withDefaults } from '../core/signature';
import { snakeCase } from '../core/names';
import { NOTHING } from '../native/handle';
import type { Size } from '../core/size';
import { keep } from '../tensor/memory';
import { native } from '../native';
import { Tensor } from '../tensor';

/** Options of `nn.Parameter`. */
export interface ParameterOptions {
  /** Whether it is trained. Default: `true`. */
  requiresGrad?: boolean;
}

interface AllParameterOptions extends ParameterOptions {
  /** Whose memory it shares. Default: a tensor without elements. */
  data?: Tensor | null;
}
const PARAMETER = signature('Parameter', [], {
  data: null,
  requiresGrad: true,
} as Required<AllParameterOptions>);

/**
 * A tensor that is trained: a field of a module that holds one is part of the module's state.
 * Shares the memory of `data`, has no history, and belongs to no `tidy` scope.
 */
export class Parameter extends Tensor {
  constructor(...args: Call<typeof PARAMETER, [], [data: Tensor | null, requiresGrad: boolean]>) {
    const [{ data, ...given }] = PARAMETER.bind(args);
    if (typeof given.requiresGrad !== 'boolean')
      throw argumentError('Parameter', 'requiresGrad', 'a boolean', given.requiresGrad);
    super(NOTHING);
    setHandle(this, native.alias(data ?? aten.empty([0]), given.requiresGrad, this));
    keep(this);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
checkMethods('Parameter', Parameter, 'toString()');

/** Options of `nn.Buffer` and `registerBuffer`. */
export interface BufferOptions {
  /** Whether the buffer belongs to the state that is saved. Default: `true`. */
  persistent?: boolean;
}

/**
 * A tensor that a module keeps and does not train: a field that holds one needs no `registerBuffer`.
 */
export class Buffer extends Tensor {
  readonly persistent: boolean;

  constructor(...args: [data?: Tensor | null, options?: BufferOptions]) {
    const [data, options] = bindArguments('Buffer(data?, options{}?)', args);
    const { persistent } = withDefaults('Buffer', { persistent: true }, options);
    const tensor = data ?? aten.empty([0]);
    super(NOTHING);
    setHandle(this, native.alias(tensor, tensor.requiresGrad, this));
    keep(this);
    this.persistent = persistent;
  }
}

/** Options of parameters and buffers that get their size later. */
export interface UninitializedOptions {
  /** Where it will be. Default: the CPU. */
  device?: DeviceLike | null;
  /** What it will hold. Default: the default dtype. */
  dtype?: DTypeLike | null;
}

const UNINITIALIZED: Required<UninitializedOptions> = { device: null, dtype: null };

// What may be done with a tensor that has no shape yet.
const allowed = new Set(
  'size copy_ isComplex isFloatingPoint half float double char short int long cuda cpu to getDevice dim'.split(
    ' ',
  ),
);

/**
 * Puts a guard above a prototype: methods that come from `Tensor` throw, but for a few.
 * Differs from PyTorch: `torch.nn.UninitializedParameter` is an empty tensor for a function such as `torch.add`,
 * where Python refuses it.
 */
function guard(prototype: object, className: string): void {
  const refuse = (name: string): never => {
    throw valueError(
      `Attempted to use an uninitialized parameter in <method '${snakeCase(name)}' of 'torch._C.TensorBase' ` +
        'objects>. This error happens when you are using a `LazyModule` or explicitly manipulating ' +
        `\`torch.nn.parameter.${className}\` objects. When using LazyModules Call \`forward\` with a dummy ` +
        'batch to initialize the parameters before calling torch functions',
    );
  };
  const below = Object.create(Object.getPrototypeOf(prototype) as object) as object;
  const get = (target: object, name: string | symbol, receiver: unknown): unknown => {
    const value: unknown = Reflect.get(target, name, receiver);
    if (typeof value !== 'function' || typeof name === 'symbol' || allowed.has(name)) return value;
    return () => refuse(name);
  };
  Object.setPrototypeOf(prototype, new Proxy(below, { get }));
}

function noShape(): never {
  throw new TorchError(
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in " +
      '`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call ' +
      '`forward` to initialize the parameters before accessing their attributes.',
  );
}

function materialize(
  tensor: Tensor,
  shape: readonly number[],
  options: UninitializedOptions,
  become: typeof Parameter | typeof Buffer,
): void {
  const { device, dtype } = tensor.data;
  tensor.data = aten.empty(shape, { device: options.device ?? device, dtype: options.dtype ?? dtype });
  Object.setPrototypeOf(tensor, become.prototype as object);
}

/** A parameter whose shape is not known yet: see `LazyModuleMixin`. */
export class UninitializedParameter extends Parameter {
  constructor(...args: [requiresGrad?: boolean, options?: UninitializedOptions]) {
    const [requiresGrad = true, given] = bindArguments(
      'UninitializedParameter(requiresGrad?, options{}?)',
      args,
    );
    const options = withDefaults('UninitializedParameter', UNINITIALIZED, given);
    super(aten.empty([0], { device: options.device, dtype: options.dtype }), requiresGrad);
  }
  /** Becomes a Parameter of that shape; what it holds is arbitrary. */
  materialize(shape: readonly number[], options: UninitializedOptions = {}): void {
    materialize(this, shape, options, Parameter);
  }
  override get shape(): Size {
    return noShape();
  }
  override toString(): string {
    return '<UninitializedParameter>';
  }
}
checkMethods(
  'UninitializedParameter',
  UninitializedParameter,
  'materialize(shape, options{}?)',
  'toString()',
);
guard(UninitializedParameter.prototype, 'UninitializedParameter');

/** A buffer whose shape is not known yet: see `LazyModuleMixin`. */
export class UninitializedBuffer extends Buffer {
  constructor(...args: [requiresGrad?: boolean, options?: UninitializedOptions & BufferOptions]) {
    const [requiresGrad = false, given] = bindArguments(
      'UninitializedBuffer(requiresGrad?, options{}?)',
      args,
    );
    const options = withDefaults('UninitializedBuffer', { ...UNINITIALIZED, persistent: true }, given);
    const empty = aten.empty([0], { device: options.device, dtype: options.dtype });
    super(empty.requiresGrad_(requiresGrad), { persistent: options.persistent });
  }
  /** Becomes a Buffer of that shape; what it holds is arbitrary. */
  materialize(shape: readonly number[], options: UninitializedOptions = {}): void {
    materialize(this, shape, options, Buffer);
  }
  override get shape(): Size {
    return noShape();
  }
  override toString(): string {
    return '<UninitializedBuffer>';
  }
}
checkMethods('UninitializedBuffer', UninitializedBuffer, 'materialize(shape, options{}?)', 'toString()');
guard(UninitializedBuffer.prototype, 'UninitializedBuffer');

/** Whether it is a parameter or buffer without a shape. */
export function isLazy(value: unknown): value is UninitializedParameter | UninitializedBuffer {
  return value instanceof UninitializedParameter || value instanceof UninitializedBuffer;
}
