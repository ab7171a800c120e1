// Modules that hold modules.
import { TorchError, TorchRangeError, TorchTypeError, checkOptions, valueError } from '../../core/errors';
import { isGradEnabled } from '../../autograd/mode';
import { isPlainObject } from '../../core/realm';
import { isMap } from '../../core/realm';
import { Tensor } from '../../tensor';
import { hasCallHooks } from '../module/call';
import { deleteField, isModule, moduleFields, setField } from '../module/fields';
import { Module } from '../module/module';
import { retainsNothing } from './retains_nothing';
import { warn } from '../../core/warn';
import { indent, typeName } from '../../tensor/repr';
import { absoluteIndex, pairs, sliceIndices, type Named } from './slice';

type Entries = [string, Module][];

// What Sequential and ModuleList share: modules in fields '0', '1', ...
abstract class Indexed<Args extends unknown[], Out> extends Module<Args, Out> {
  readonly [index: number]: Module;

  protected _entries(): Entries {
    return moduleFields(this) as Entries;
  }
  /** Python's `len`. */
  override get length(): number {
    return this._entries().length;
  }
  [Symbol.iterator](): IterableIterator<Module> {
    return this._entries()
      .map(([, module]) => module)
      .values();
  }
  /** The module at a position; -1 is the last. */
  at(index: number): Module {
    const entries = this._entries();
    return entries[absoluteIndex(index, entries.length)][1];
  }
  /** Puts a module at a position. */
  setAt(index: number, module: Module): void {
    const entries = this._entries();
    const [name] = entries[absoluteIndex(index, entries.length)];
    if (!isModule(module)) throw new TorchTypeError(`${typeName(module)} is not a Module subclass`);
    setField(this, name, module);
  }
  /** Takes away the module at a position, or several; the others are numbered anew. */
  delete(index: number): void {
    const kept = this._entries();
    kept.splice(absoluteIndex(index, kept.length), 1);
    this._replace(kept.map(([, module]) => module));
  }
  /** Takes away the module at a position and returns it. */
  pop(index = -1): Module {
    const module = this.at(index);
    this.delete(index);
    return module;
  }
  append(module: Module): this {
    this.addModule(String(this.length), module);
    return this;
  }
  extend(modules: Iterable<Module>): this {
    if (typeof (modules as Partial<Iterable<Module>> | null)?.[Symbol.iterator] !== 'function') {
      throw new TorchTypeError(
        `${this._getName()}.extend should be called with an iterable, but got ${typeName(modules)}`,
      );
    }
    for (const module of [...modules]) this.append(module);
    return this;
  }
  protected _replace(modules: Module[]): void {
    for (const [name] of this._entries()) deleteField(this, name);
    for (const module of modules) this.append(module);
  }
}

/**
 * Modules one after the other: each gets what the one before it gave.
 *
 * Made of modules, which are named `'0'`, `'1'`, ..., or of a Map or plain object, which names them.
 *
 * @example
 * const m = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
 * const n = new nn.Sequential({ fc: new nn.Linear(2, 3), act: new nn.ReLU() });
 */
export class Sequential<In = Tensor, Out = Tensor> extends Indexed<[input: In], Out> {
  constructor(modules: ReadonlyMap<string, Module> | Readonly<Record<string, Module>>);
  constructor(...modules: Module[]);
  constructor(...args: unknown[]) {
    super();
    const [first] = args;
    if (args.length === 1 && (isMap(first) || isPlainObject(first))) {
      for (const [name, module] of pairs('Sequential', first as Named<Module>)) this.addModule(name, module);
    } else {
      args.forEach((module, i) => this.addModule(String(i), module as Module));
    }
  }

  // Without a graph, what passes between two modules that do not keep it is freed at once: the next result gets
  // its memory while that is still in the processor's cache.
  override forward(input: In): Out {
    const frees = !isGradEnabled();
    let value: unknown = input;
    let isOurs = false; // nobody else has `value`
    for (const module of this) {
      const keepsNothing = frees && retainsNothing(module) && !hasCallHooks(module);
      const next: unknown = module(value);
      if (next === value) {
        isOurs &&= keepsNothing;
        continue;
      }
      if (isOurs && keepsNothing) (value as Tensor).dispose();
      isOurs = keepsNothing && next instanceof Tensor;
      value = next;
    }
    return value as Out;
  }

  /** A Sequential of some of the modules, under their names: Python's `m[start:stop:step]`. */
  slice(start?: number | null, stop?: number | null, step?: number): Sequential {
    const entries = this._entries();
    return new Sequential(new Map(sliceIndices(entries.length, start, stop, step).map((i) => entries[i])));
  }
  insert(index: number, module: Module): this {
    const modules = [...this];
    if (!isModule(module)) throw new TorchError(`module should be of type: ${Module.name}`, 'AssertionError');
    if (index < -modules.length || index > modules.length)
      throw new TorchRangeError(`Index out of range: ${index}`, 'IndexError');
    modules.splice(index, 0, module);
    this._replace(modules);
    return this;
  }
  /** Python's `a + b`. */
  concat(other: Sequential): Sequential {
    if (!(other instanceof Sequential)) {
      throw valueError(
        `add operator supports only objects of Sequential class, but ${typeName(other)} is given.`,
      );
    }
    return new Sequential(...this, ...other);
  }
  /** The same modules several times: Python's `a * times`. */
  repeat(times: number): Sequential {
    if (!Number.isInteger(times))
      throw new TorchTypeError(`repeat(): times must be a whole number, not ${String(times)}`);
    if (times <= 0) throw valueError(`Non-positive multiplication factor ${times} for Sequential`);
    return new Sequential(...Array.from({ length: times }, () => [...this]).flat());
  }
}

/**
 * A list of modules. It has no `forward`: a module that holds it says what happens.
 *
 * @example
 * this.layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]);
 */
export class ModuleList extends Indexed<never[], never> {
  constructor(modules?: Iterable<Module> | null) {
    super();
    if (modules != null) this.extend(modules);
  }

  /** A list of some of the modules: Python's `m[start:stop:step]`. */
  slice(start?: number | null, stop?: number | null, step?: number): ModuleList {
    const modules = [...this];
    return new ModuleList(sliceIndices(modules.length, start, stop, step).map((i) => modules[i]));
  }
  insert(index: number, module: Module): void {
    const modules = [...this];
    if (!isModule(module)) throw new TorchTypeError(`${typeName(module)} is not a Module subclass`);
    modules.splice(index, 0, module);
    this._replace(modules);
  }
  /** Python's `a + b`. */
  concat(other: Iterable<Module>): ModuleList {
    return new ModuleList([...this, ...other]);
  }

  // Runs of modules that print the same are one line.
  override toString(): string {
    const blocks: { first: number; last: number; text: string }[] = [];
    [...this].forEach((module, i) => {
      const text = String(module);
      const block = blocks.at(-1);
      if (block?.text === text) block.last = i;
      else blocks.push({ first: i, last: i, text });
    });
    if (blocks.length === 0) return `${this._getName()}()`;
    const lines = blocks.map(({ first, last, text }) =>
      indent(first === last ? `(${first}): ${text}` : `(${first}-${last}): ${last - first + 1} x ${text}`),
    );
    return `${this._getName()}(\n  ${lines.join('\n  ')}\n)`;
  }
}

/**
 * Modules by name. It has no `forward`: a module that holds it says what happens.
 *
 * @example
 * this.choices = new nn.ModuleDict({ conv: new nn.Conv2d(10, 10, 3), pool: new nn.MaxPool2d(3) });
 * this.choices.get('conv')(x);
 */
export class ModuleDict extends Module<never[], never> {
  constructor(modules?: Named<Module> | ModuleDict | null) {
    super();
    if (modules != null) this.update(modules);
  }

  /** Python's `len`. */
  override get length(): number {
    return moduleFields(this).length;
  }
  /** @throws KeyError when there is no module of that name. */
  get(name: string): Module {
    const found = moduleFields(this).find(([key]) => key === name);
    if (found?.[1] == null) throw new TorchError(`ModuleDict has no module '${name}'`, 'KeyError');
    return found[1];
  }
  set(name: string, module: Module): this {
    this.addModule(name, module);
    return this;
  }
  has(name: string): boolean {
    return moduleFields(this).some(([key]) => key === name);
  }
  delete(name: string): void {
    this.get(name);
    deleteField(this, name);
  }
  clear(): void {
    for (const name of [...this.keys()]) deleteField(this, name);
  }
  /** Takes a module away and returns it. */
  pop(name: string): Module {
    const module = this.get(name);
    deleteField(this, name);
    return module;
  }
  /** Adds or replaces modules: of a Map, a plain object, another ModuleDict, or pairs. */
  update(modules: Named<Module> | ModuleDict): void {
    const given = modules instanceof ModuleDict ? modules.items() : modules;
    for (const [name, module] of pairs('ModuleDict', given)) this.set(name, module);
  }
  keys(): IterableIterator<string> {
    return moduleFields(this)
      .map(([name]) => name)
      .values();
  }
  values(): IterableIterator<Module> {
    return (moduleFields(this) as Entries).map(([, module]) => module).values();
  }
  items(): IterableIterator<[string, Module]> {
    return (moduleFields(this) as Entries).values();
  }
  /** Names, as in Python. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.keys();
  }
}

/**
 * Deprecated: a module with the given ones in fields; derive from `Module` instead.
 */
export class Container extends Module {
  constructor(modules: Readonly<Record<string, Module>> = {}) {
    super();
    warn(
      '`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. Subclass that ' +
        'instead.',
      'FutureWarning',
    );
    checkOptions('Container', modules);
    for (const [name, module] of Object.entries(modules)) this.addModule(name, module);
  }
}
