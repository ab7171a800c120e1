// The base of all modules. module.ts gives it its call.
import { TorchError, TorchTypeError, checkFunction, valueError } from '../../core/errors';
import type { DeviceLike } from '../../core/device';
import type { DTypeLike } from '../../core/dtype';
import * as aten from '../../tensor/aten';
import { placed } from './keyword_call';
import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import { type Call, signature } from '../../core/signature';
import { jsonOf, primitiveOf } from '../../core/conversions';
import { keep } from '../../tensor/memory';
import { Tensor } from '../../tensor';
import { recording } from '../../native/recording';
import { callWithHooks, hasCallHooks } from './call';
import { applyToTensors, conversion, type ModuleToOptions } from './convert';
import {
  attachInternals,
  bufferFields,
  getField,
  hasField,
  internals,
  isModule,
  moduleFields,
  parameterFields,
  setField,
} from './fields';
import * as hooks from './hooks';
import {
  loadFromStateDict,
  type LOAD_STATE_DICT,
  loadStateDict,
  type IncompatibleKeys,
  type StateDictLike,
} from './load_state_dict';
import {
  BUFFERS,
  MODULES,
  NAMED_BUFFERS,
  NAMED_MODULES,
  NAMED_PARAMETERS,
  namedMembers,
  namedModules,
  PARAMETERS,
  values,
} from './members';
import type { Module } from './module';
import { Parameter } from '../parameter';
import { checkName, registerHooked } from './register';
import { indent, typeName } from '../../tensor/repr';
import {
  saveToStateDict,
  stateDict,
  type LoadFromStateDictArguments,
  type StateDict,
  type StateDictOptions,
} from './state_dict';

const MODULE = signature('Module', [], {});
const REGISTER_BUFFER = signature(
  'registerBuffer',
  [value<string>()('name'), value<Tensor | null>()('tensor')],
  { persistent: true },
);
const SET_SUBMODULE = signature('setSubmodule', [value<string>()('target'), value<Module>()('module')], {
  strict: false,
});
const TO_EMPTY = signature('toEmpty', [value<DeviceLike | null>()('device')], { recurse: true });
const ZERO_GRAD = signature('Module.zeroGrad', [], { setToNone: true });
type Named = [prefix: string, recurse: boolean, removeDuplicate: boolean];

// Returns a function whose prototype is the class's, so that a module can be called. As the base of
// the class it also makes fields and #private members land on that function.
function Callable(this: unknown): unknown {
  // structuredClone(module) throws a DataCloneError that shows the text of this function.
  const self = ((...args: unknown[]) =>
    /* torch.deepcopy(module) copies a module */ (self as unknown as Module)._callImpl(
      args,
    )) as unknown as Record<string, unknown>;
  // A module may have fields of these names.
  delete self.name;
  delete self.length;
  attachInternals(self);
  return Object.setPrototypeOf(self, (new.target as unknown as typeof ModuleBase).prototype);
}
// Nothing of Function.prototype is inherited.
Callable.prototype = Object.prototype;

/* eslint-disable @typescript-eslint/no-explicit-any --
   a module that says nothing about its types may be called with anything */
/** All that a module has beside being called, which the type {@link Module} adds. */
export class ModuleBase<
  Args extends unknown[] = any[],
  Out = any,
> extends (Callable as unknown as new () => object) {
  /** What the class is called in messages. */
  static override readonly name: string = 'Module';

  /** Whether the module is being trained: `train()` and `eval()` set it. */
  training = true;

  constructor();
  constructor(...args: unknown[]) {
    super();
    if (args.length > 0) MODULE.bind(args, new.target.name);
  }

  /** Version of the layout of the state; is written into `_metadata`. */
  get _version(): number {
    return 1;
  }

  /** What a call computes. Call the module instead, lest hooks be passed over. */
  forward(..._args: Args): Out {
    throw new TorchError(
      `Module [${this._getName()}] is missing the required "forward" function`,
      'NotImplementedError',
    );
  }
  /** What `module(...args)` runs. */
  _callImpl(args: unknown[]): unknown {
    if (recording.active !== null) recording.active.module(this);
    return hasCallHooks(this) ? callWithHooks(this, args) : this.forward(...(placed(this, args) as Args));
  }

  /** Makes a field a buffer: state that is not trained. One that is not persistent is not saved. */
  registerBuffer(
    ...args: Call<typeof REGISTER_BUFFER, [name: string, tensor: Tensor | null], [persistent: boolean]>
  ): void {
    const [name, tensor, { persistent }] = REGISTER_BUFFER.bind(args);
    checkName(this, name, 'buffer');
    if (tensor !== null && !(tensor instanceof Tensor)) {
      const wrong = typeName(tensor);
      throw new TorchTypeError(
        `cannot assign '${wrong}' object to buffer '${name}' (torch Tensor or None required)`,
      );
    }
    const buffer = registerHooked(hooks.bufferRegistrationHooks, this, name, tensor) as Tensor | null;
    internals(this).registered.set(name, { kind: 'buffer', persistent });
    setField(this, name, buffer && keep(buffer));
  }
  /** Makes a field a parameter, also when it holds `null`. */
  registerParameter(name: string, param: Parameter | null): void {
    checkName(this, name, 'parameter');
    if (param !== null && !(param instanceof Parameter)) {
      throw new TorchTypeError(
        `cannot assign '${typeName(param)}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
      );
    }
    const value = registerHooked(hooks.parameterRegistrationHooks, this, name, param);
    internals(this).registered.set(name, { kind: 'parameter' });
    setField(this, name, value);
  }
  /** Makes a field a child module, also when it holds `null`. */
  addModule(name: string, module: Module | null): void {
    if (module !== null && !isModule(module))
      throw new TorchTypeError(`${typeName(module)} is not a Module subclass`);
    checkName(this, name, 'module');
    const value = registerHooked(hooks.moduleRegistrationHooks, this, name, module);
    internals(this).registered.set(name, { kind: 'module' });
    setField(this, name, value);
  }
  /** The same as `addModule`. */
  registerModule(name: string, module: Module | null): void {
    this.addModule(name, module);
  }

  /** The module at a path: `'encoder.layers.0'`; `''` is this one. */
  getSubmodule(target: string): Module {
    let module = this as unknown as Module;
    if (target === '') return module;
    for (const name of target.split('.')) {
      const found = fieldOf(module, name);
      if (!isModule(found)) throw new TorchError(`\`${name}\` is not an nn.Module`, 'AttributeError');
      module = found;
    }
    return module;
  }
  /** Puts a module at a path. With `strict` there must be one already. */
  setSubmodule(
    ...args: Call<typeof SET_SUBMODULE, [target: string, module: Module], [strict: boolean]>
  ): void {
    const [target, module, { strict }] = SET_SUBMODULE.bind(args);
    if (target === '') throw valueError('Cannot set the submodule without a target name!');
    if (!isModule(module)) throw valueError(`\`module\` is not an nn.Module, found ${typeName(module)}`);
    const [path, name] = splitPath(target);
    const parent = this.getSubmodule(path);
    if (strict) fieldOf(parent, name);
    if (hasField(parent, name) && !isModule(getField(parent, name))) {
      throw new TorchError(`\`${name}\` is not an nn.Module`, 'AttributeError');
    }
    setField(parent, name, module);
  }
  /** The parameter at a path: `'fc1.weight'`. */
  getParameter(target: string): Parameter {
    const [path, name] = splitPath(target);
    const found = fieldOf(this.getSubmodule(path), name);
    if (!(found instanceof Parameter))
      throw new TorchError(`\`${name}\` is not an nn.Parameter`, 'AttributeError');
    return found;
  }
  /** The buffer at a path: `'bn1.running_mean'`. */
  getBuffer(target: string): Tensor {
    const [path, name] = splitPath(target);
    const module = this.getSubmodule(path);
    const found = fieldOf(module, name);
    if (!bufferFields(module).some(([buffer]) => buffer === name))
      throw new TorchError(`\`${name}\` is not a buffer`, 'AttributeError');
    return found as Tensor;
  }

  /**
   * Override together with `setExtraState` for state that is no tensor; it goes into the state_dict. What a `.pt`
   * file holds (`torch.save`) may be in it; a plain object is a dict there, and comes back as a plain object.
   */
  getExtraState(): unknown {
    throw new TorchError('getExtraState() is not implemented');
  }
  /**
   * Called by `loadStateDict` with what `getExtraState` returned. Of a checkpoint that Python wrote, dicts are plain
   * objects where they are in what this module's `getExtraState` returns now, else Maps.
   */
  setExtraState(_state: unknown): void {
    throw new TorchError('setExtraState() is not implemented');
  }

  /** Whether the subclass has overridden it. @internal */
  _hasExtraState(method: 'getExtraState' | 'setExtraState'): boolean {
    return this[method] !== ModuleBase.prototype[method];
  }

  /** Calls `fn` with every module below, then with this one. */
  apply(fn: (module: Module) => void): this {
    checkFunction('Module.apply', 'fn', fn);
    for (const child of this.children()) child.apply(fn);
    fn(this as unknown as Module);
    return this;
  }
  /** Replaces the values of every parameter, gradient and buffer by what `fn` makes of them. */
  _apply(fn: (tensor: Tensor) => Tensor, options: { recurse?: boolean } = {}): this {
    if (options.recurse ?? true) for (const child of this.children()) child._apply(fn);
    applyToTensors(this, fn);
    return this;
  }
  /** Moves the module, in place: `to('cuda')`, `to(torch.float64)`, `to(tensor)`, `to({ device, dtype })`. */
  to(
    target: DeviceLike | DTypeLike | Tensor | ModuleToOptions | null,
    ...more: (DTypeLike | boolean | null | ModuleToOptions)[]
  ): this {
    return this._apply(conversion([target, ...more]));
  }
  /** Moves the module without its values. */
  toEmpty(options: { device: DeviceLike | null; recurse?: boolean }): this {
    const [device, { recurse }] = TO_EMPTY.bind([options]);
    return this._apply((tensor) => aten.emptyLike(tensor, { device }), { recurse });
  }
  cpu(): this {
    return this._apply((tensor) => tensor.cpu());
  }
  cuda(index?: number): this {
    return this._apply((tensor) => tensor.cuda(index));
  }
  /** Casts everything, integers too. */
  type(dtype: DTypeLike): this {
    return this._apply((tensor) => tensor.type(dtype));
  }
  float(): this {
    return this._apply((tensor) => (tensor.isFloatingPoint() ? tensor.float() : tensor));
  }
  double(): this {
    return this._apply((tensor) => (tensor.isFloatingPoint() ? tensor.double() : tensor));
  }
  half(): this {
    return this._apply((tensor) => (tensor.isFloatingPoint() ? tensor.half() : tensor));
  }
  bfloat16(): this {
    return this._apply((tensor) => (tensor.isFloatingPoint() ? tensor.bfloat16() : tensor));
  }

  /** Runs before `forward`, and may replace its arguments. */
  registerForwardPreHook(
    hook: hooks.ForwardPreHook<this, Args>,
    options?: hooks.HookOptions,
  ): hooks.RemovableHandle;
  registerForwardPreHook(
    hook: hooks.ForwardPreHookWithKwargs<this>,
    options: hooks.ForwardPreHookOptions & { withKwargs: true },
  ): hooks.RemovableHandle;
  registerForwardPreHook(
    hook: hooks.ForwardPreHook<any, any> | hooks.ForwardPreHookWithKwargs,
    options?: hooks.ForwardPreHookOptions,
  ): hooks.RemovableHandle {
    return internals(this).hooks.forwardPre.register('registerForwardPreHook', hooks.FORWARD_PRE, [
      hook,
      options,
    ]);
  }
  /** Runs after `forward`, and may replace its result. */
  registerForwardHook(
    hook: hooks.ForwardHook<this, Args, Out>,
    options?: hooks.ForwardHookOptions & { withKwargs?: false },
  ): hooks.RemovableHandle;
  registerForwardHook(
    hook: hooks.ForwardHookWithKwargs<this, Out>,
    options: hooks.ForwardHookOptions & { withKwargs: true },
  ): hooks.RemovableHandle;
  registerForwardHook(
    hook: hooks.ForwardHook<any, any> | hooks.ForwardHookWithKwargs,
    options?: hooks.ForwardHookOptions,
  ): hooks.RemovableHandle {
    return internals(this).hooks.forward.register('registerForwardHook', hooks.FORWARD, [hook, options]);
  }
  /** Runs when the gradients of the outputs are known, and may replace them. */
  registerFullBackwardPreHook(
    hook: hooks.BackwardPreHook<this>,
    options?: hooks.HookOptions,
  ): hooks.RemovableHandle {
    return internals(this).hooks.backwardPre.register('registerFullBackwardPreHook', hooks.PREPEND, [
      hook,
      options,
    ]);
  }
  /** Runs when the gradients of the inputs are known, and may replace them. */
  registerFullBackwardHook(
    hook: hooks.BackwardHook<this>,
    options?: hooks.HookOptions,
  ): hooks.RemovableHandle {
    return internals(this).hooks.backward.register('registerFullBackwardHook', hooks.PREPEND, [
      hook,
      options,
    ]);
  }
  registerStateDictPreHook(hook: hooks.StateDictPreHook): hooks.RemovableHandle {
    return internals(this).hooks.stateDictPre.register('registerStateDictPreHook', {}, [hook]);
  }
  /** Runs after the module's state was saved; may change the state_dict in place. */
  registerStateDictPostHook(hook: hooks.StateDictHook): hooks.RemovableHandle {
    return internals(this).hooks.stateDict.register('registerStateDictPostHook', {}, [hook]);
  }
  registerLoadStateDictPreHook(hook: hooks.LoadStateDictPreHook): hooks.RemovableHandle {
    return internals(this).hooks.loadStateDictPre.register('registerLoadStateDictPreHook', {}, [hook]);
  }
  /** Runs after the module's state was loaded; may change the lists of keys in place. */
  registerLoadStateDictPostHook(hook: hooks.LoadStateDictPostHook): hooks.RemovableHandle {
    return internals(this).hooks.loadStateDictPost.register('registerLoadStateDictPostHook', {}, [hook]);
  }

  /** Parameters and persistent buffers by path, in PyTorch's order. */
  stateDict(options?: StateDictOptions): StateDict {
    return stateDict(this, [options]);
  }
  /**
   * Copies a state_dict into the module, by name. Warns where it has the parameters in another order, since the
   * states of optimizers go by it.
   *
   * @throws TorchError that lists missing keys (unless not `strict`), unexpected keys and wrong sizes.
   */
  loadStateDict(
    ...args: Call<typeof LOAD_STATE_DICT, [stateDict: StateDictLike], [strict: boolean, assign: boolean]>
  ): IncompatibleKeys {
    return loadStateDict(this, args);
  }
  /** Saves this module alone; for subclasses to override. */
  _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    saveToStateDict(this, destination, prefix, keepVars);
  }
  /** Loads this module alone; for subclasses to override. */
  _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    loadFromStateDict(this, args);
  }

  parameters(...args: Call<typeof PARAMETERS, [], [recurse: boolean]>): IterableIterator<Parameter> {
    const [options] = PARAMETERS.bind(args);
    return values(this.namedParameters(options));
  }
  namedParameters(...args: Call<typeof NAMED_PARAMETERS, [], Named>): IterableIterator<[string, Parameter]> {
    const [options] = NAMED_PARAMETERS.bind(args);
    return namedMembers(this, parameterFields, options);
  }
  buffers(...args: Call<typeof BUFFERS, [], [recurse: boolean]>): IterableIterator<Tensor> {
    const [options] = BUFFERS.bind(args);
    return values(this.namedBuffers(options));
  }
  namedBuffers(...args: Call<typeof NAMED_BUFFERS, [], Named>): IterableIterator<[string, Tensor]> {
    const [options] = NAMED_BUFFERS.bind(args);
    return namedMembers(this, bufferFields, options);
  }
  children(): IterableIterator<Module> {
    return values(this.namedChildren());
  }
  *namedChildren(): IterableIterator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, child] of moduleFields(this)) {
      if (child === null || seen.has(child)) continue;
      seen.add(child);
      yield [name, child];
    }
  }
  /** This module and all below it. */
  modules(...args: Call<typeof MODULES, [], [removeDuplicate: boolean]>): IterableIterator<Module> {
    const [options] = MODULES.bind(args);
    return values(this.namedModules(options));
  }
  namedModules(
    ...args: Call<
      typeof NAMED_MODULES,
      [],
      [memo: Set<Module> | null, prefix: string, removeDuplicate: boolean]
    >
  ): IterableIterator<[string, Module]> {
    const [{ memo, prefix, removeDuplicate }] = NAMED_MODULES.bind(args);
    return namedModules(this as unknown as Module, memo ?? new Set(), prefix, removeDuplicate);
  }

  /** Training mode on or off, for every module below, too. */
  train(mode = true): this {
    if (typeof mode !== 'boolean') throw valueError('training mode is expected to be boolean');
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }
  /** `train(false)` */
  eval(): this {
    return this.train(false);
  }
  requiresGrad_(requiresGrad = true): this {
    for (const param of this.parameters()) param.requiresGrad_(requiresGrad);
    return this;
  }
  /** Forgets all gradients, or zeroes them with `setToNone: false`. */
  zeroGrad(...args: Call<typeof ZERO_GRAD, [], [setToNone: boolean]>): void {
    const [{ setToNone }] = ZERO_GRAD.bind(args);
    for (const param of this.parameters()) {
      const { grad } = param;
      if (grad === null) continue;
      if (setToNone) {
        param.grad = null;
      } else {
        if (grad.gradFn !== null) aten.detach_(grad);
        else grad.requiresGrad_(false);
        aten.zero_(grad);
      }
    }
  }

  _getName(): string {
    return this.constructor.name;
  }
  /** What stands between the parentheses of `toString()`. */
  extraRepr(): string {
    return '';
  }
  /** What Python's `repr` prints. */
  override toString(): string {
    const extra = this.extraRepr();
    const extraLines = extra === '' ? [] : extra.split('\n');
    const children = moduleFields(this).map(
      ([name, child]) => `(${name}): ${indent(String(child ?? 'None'))}`,
    );
    if (extraLines.length <= 1 && children.length === 0) return `${this._getName()}(${extra})`;
    return `${this._getName()}(\n  ${[...extraLines, ...children].join('\n  ')}\n)`;
  }
  /** The text, for a template string and `String(module)`. @throws TypeError for operators, such as `a + b`. */
  [Symbol.toPrimitive](hint: string): string {
    const instead = 'write m(x) for a call, new nn.Sequential(...a, ...b) for a + b';
    return primitiveOf(this, hint, 'A Module', instead);
  }
  /** @throws TypeError for `JSON.stringify`. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'A Module', 'torch.save(module.stateDict(), file) writes its state');
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
checkMethods(
  'Module',
  ModuleBase,
  'registerParameter(name, param)',
  'addModule(name, module)',
  'registerModule(name, module)',
  'getSubmodule(target)',
  'getParameter(target)',
  'getBuffer(target)',
  'apply(fn)',
  'cpu()',
  'cuda(device?)',
  'type(dtype)',
  'float()',
  'double()',
  'half()',
  'bfloat16()',
  'registerStateDictPreHook(hook)',
  'registerStateDictPostHook(hook)',
  'registerLoadStateDictPreHook(hook)',
  'registerLoadStateDictPostHook(hook)',
  'children()',
  'namedChildren()',
  'train(mode?)',
  'eval()',
  'requiresGrad_(requiresGrad?)',
  'getExtraState()',
  'setExtraState(state{})',
  'toString()',
  'toEmpty(options{})',
  'registerForwardPreHook(hook, options{}?)',
  'registerForwardHook(hook, options{}?)',
  'registerFullBackwardPreHook(hook, options{}?)',
  'registerFullBackwardHook(hook, options{}?)',
  'stateDict(options{}?)',
);
/* eslint-enable @typescript-eslint/no-explicit-any */

function splitPath(target: string): [path: string, name: string] {
  const dot = target.lastIndexOf('.');
  return dot < 0 ? ['', target] : [target.slice(0, dot), target.slice(dot + 1)];
}

function fieldOf(module: Module, name: string): unknown {
  const value = getField(module, name);
  if (value === undefined)
    throw new TorchError(`${module._getName()} has no attribute \`${name}\``, 'AttributeError');
  return value;
}
