// A module of TorchScript: libtorch's, with its state as fields of an nn.Module.
import { bindArguments, checkMethods } from '../core/calls';
import { TorchError, argumentError } from '../core/errors';
import { signature } from '../core/signature';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { HANDLE } from '../native/handle';
import { Module } from '../nn';
import { awaitWithHooks, hasCallHooks } from '../nn/module/call';
import { internals, isModule } from '../nn/module/fields';
import { Parameter } from '../nn/parameter';
import type { Tensor } from '../tensor';
import { keep } from '../tensor/memory';
import type { Handle, ScriptAttribute } from '../../typings/native';
import { defineAttribute, defineMethods, defineTensor } from './attributes';
import { type ExtraFiles, saveModule } from './save';
import { type ScriptFunction, scriptFunction } from './script_function';
import { checkSource } from './source_text';

const SAVE = signature('ScriptModule.save', [], { extraFiles: null as ExtraFiles | null });

/** What a module is made of. */
class State {
  /** The tensors that have been met, by their identity: what is shared there is shared here. */
  readonly known: Map<number, Tensor>;
  constructor(
    readonly handle: Handle,
    readonly optimize: boolean,
    parent?: State,
  ) {
    this.known = parent?.known ?? new Map<number, Tensor>();
  }
}

/**
 * A module of TorchScript, as `torch.jit.load` gives it: an `nn.Module` whose parameters, buffers, child modules and other
 * attributes are libtorch's. Its methods are methods here, by PyTorch's names and in camelCase. `new ScriptModule()` is
 * empty: `registerParameter`, `registerBuffer`, `addModule` and `define` fill it.
 *
 * Differs from PyTorch: `torch.jit.ScriptModule` has no `script` and no `trace` beside it, which read Python's source and
 * Python's calls.
 *
 * @example
 * const model = new torch.jit.ScriptModule();
 * model.registerParameter('w', new nn.Parameter(torch.ones([2])));
 * model.define('def forward(self, x: Tensor):\n  return x * self.w\n');
 * model(torch.ones([2])).tolist(); // [1, 1]
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- known only at run time
export class ScriptModule extends Module<any[], any> {
  /** @internal */
  declare readonly [HANDLE]: Handle;
  /** @internal */
  declare private readonly _state: State;

  constructor(...args: [state?: unknown]) {
    super();
    const [given] = args;
    if (!(given instanceof State)) bindArguments('ScriptModule()', args as unknown as []);
    const state =
      given instanceof State ? given : new State(native.scriptNew('__torch__.ScriptModule'), false);
    Object.defineProperties(this, { [HANDLE]: { value: state.handle }, _state: { value: state } });
    this._build();
  }

  /** Runs its method `forward`. */
  override forward(...args: unknown[]): unknown {
    return this.getMethod('forward')(...args);
  }

  /**
   * Runs `forward` on another thread; the event loop goes on meanwhile. The modes that are set here now (gradients,
   * autocast) hold in it. The arguments must not be written to before the promise is settled. Hooks of the module run
   * here, before and after it.
   *
   * @example
   * const [a, b] = await Promise.all([model.callAsync(x), model.callAsync(y)]);
   */
  async callAsync(...args: unknown[]): Promise<unknown> {
    const run = (...given: unknown[]): Promise<unknown> => this.getMethod('forward').callAsync(...given);
    return hasCallHooks(this) ? awaitWithHooks(this, args, run) : run(...args);
  }

  /** The method of that name, which can be awaited and shown, too: `model.getMethod('forward').graph`. */
  getMethod(name: string): ScriptFunction {
    const { handle, optimize } = this._state;
    let found = methods.get(this)?.get(name);
    if (found) return found;
    const fn = native.scriptFunction(handle, name);
    found = scriptFunction(name, () => fn, optimize);
    if (!methods.has(this)) methods.set(this, new Map());
    methods.get(this)?.set(name, found);
    return found;
  }
  /** Adds the methods that TorchScript source defines. */
  define(source: string): this {
    if (typeof source !== 'string') throw argumentError('ScriptModule.define', 'source', 'a string', source);
    checkSource(source, 'source');
    native.scriptDefine(this[HANDLE], source);
    defineMethods(this, this[HANDLE]);
    return this;
  }
  /** An attribute or a constant, also where a member of `nn.Module` has its name. */
  attr(name: string): unknown {
    if (typeof name !== 'string') throw argumentError('ScriptModule.attr', 'name', 'a string', name);
    const field = (this as Record<string, unknown>)[name];
    return isModule(field) ? field : wrap(native.scriptGet(this[HANDLE], name));
  }
  /** Sets an attribute. @throws TorchError where the value is not of its type. */
  setAttr(name: string, value: unknown): void {
    if (typeof name !== 'string') throw argumentError('ScriptModule.setAttr', 'name', 'a string', name);
    native.scriptSet(this[HANDLE], name, value);
  }

  /** The name of the class in Python. */
  get originalName(): string {
    const description = native.scriptDescribe(this[HANDLE]);
    return description.kind === 'enum' ? '' : description.className.split('.').at(-1)!;
  }
  /** The graph of `forward`. */
  get graph(): string {
    return this.getMethod('forward').graph;
  }
  /** The graph of `forward` with those of all that it calls put in. */
  get inlinedGraph(): string {
    return this.getMethod('forward').inlinedGraph;
  }
  /** The source of `forward`. */
  get code(): string {
    return this.getMethod('forward').code;
  }

  /** Writes a file that `torch.jit.load` reads, here and in Python. */
  save(...args: [file: string | URL, options?: { extraFiles?: ExtraFiles | null }]): void {
    const [file, options = {}] = bindArguments('ScriptModule.save(file, options{}?)', args);
    saveModule(this[HANDLE], file, SAVE.bind([options])[0].extraFiles);
  }
  /** The bytes of such a file. */
  saveToBuffer(options: { extraFiles?: ExtraFiles | null } = {}): Uint8Array {
    return saveModule(this[HANDLE], null, SAVE.bind([options])[0].extraFiles) as Uint8Array;
  }

  override registerParameter(name: string, param: Parameter | null): void {
    if (param !== null) this._add(name, 'parameter', () => super.registerParameter(name, param));
    else super.registerParameter(name, param);
  }
  override registerBuffer(
    name: string,
    tensor: Tensor | null,
    ...options: [options?: boolean | { persistent?: boolean }]
  ): void {
    const register = (): void => super.registerBuffer(name, tensor, ...(options as []));
    if (tensor !== null) this._add(name, 'buffer', register);
    else register();
  }
  override addModule(name: string, module: Module | null): void {
    if (module !== null && !(module instanceof ScriptModule))
      throw argumentError('ScriptModule.addModule', 'module', 'a ScriptModule', module);
    if (module !== null) this._add(name, 'module', () => super.addModule(name, module));
    else super.addModule(name, module);
  }

  override _getName(): string {
    return 'RecursiveScriptModule';
  }
  override extraRepr(): string {
    return `original_name=${this.originalName}`;
  }
  /** What torch.deepcopy makes. @internal */
  _deepcopy(): this {
    return scriptModule(native.scriptCopy(this[HANDLE]), this._state.optimize) as this;
  }

  // Python's module has the field, then libtorch's has it.
  private _add(name: string, kind: 'parameter' | 'buffer' | 'module', register: () => void): void {
    register();
    const value = (this as Record<string, unknown>)[name];
    native.scriptRegister(
      this[HANDLE],
      name,
      kind,
      kind === 'module' ? (value as ScriptModule)[HANDLE] : value,
    );
    if (kind !== 'module') defineTensor(this, this[HANDLE], name, value as Tensor);
  }

  private _build(): void {
    const { handle } = this._state;
    const description = native.scriptDescribe(handle);
    if (description.kind === 'enum') throw new TorchError('it is no module');
    for (const attribute of description.attributes) {
      if (attribute.kind === 'module') this._buildChild(attribute);
      else if (attribute.kind === 'attribute') defineAttribute(this, handle, attribute.name);
      else this._buildTensor(attribute, attribute.kind);
    }
    for (const name of description.constants) {
      if (name in this) continue;
      Object.defineProperty(this, name, {
        get: () => wrap(native.scriptGet(handle, name)),
        configurable: true,
      });
    }
    defineMethods(this, this[HANDLE]);
  }

  private _buildChild({ name }: ScriptAttribute): void {
    const { handle, optimize } = this._state;
    const child = new ScriptModule(
      new State(native.scriptGet(handle, name) as Handle, optimize, this._state),
    );
    internals(this).registered.set(name, { kind: 'module' });
    Object.defineProperty(this, name, { value: child, writable: true, enumerable: true, configurable: true });
  }

  private _buildTensor({ name, identity }: ScriptAttribute, kind: 'parameter' | 'buffer'): void {
    const { handle, known } = this._state;
    let tensor = identity === null ? null : known.get(identity);
    if (tensor === undefined) {
      // The very tensor, which may be in other attributes, too: an LSTM has a list of its weights.
      tensor = keep(wrap(native.scriptGet(handle, name)) as Tensor);
      if (kind === 'parameter') Object.setPrototypeOf(tensor, Parameter.prototype);
      known.set(identity as number, tensor);
    }
    internals(this).registered.set(name, kind === 'buffer' ? { kind, persistent: true } : { kind });
    defineTensor(this, handle, name, tensor);
  }
}
checkMethods(
  'ScriptModule',
  ScriptModule,
  'getMethod(name)',
  'define(source)',
  'attr(name)',
  'setAttr(name, value{})',
  'saveToBuffer(options{}?)',
);

const methods = new WeakMap<ScriptModule, Map<string, ScriptFunction>>();

/** The module that is libtorch's `handle`. */
export function scriptModule(handle: Handle, optimize: boolean): ScriptModule {
  return new ScriptModule(new State(handle, optimize));
}
export const optimizes = (module: ScriptModule): boolean =>
  (module as unknown as { _state: State })._state.optimize;
