// Modules that hold modules.
import { TorchError, TorchRangeError, TorchTypeError, checkOptions } from '../../core/errors';
import { bindArguments, checkMethods } from '../../core/calls';
import { deleteField, isModule, moduleFields, setField } from '../module/fields';
import { Module } from '../module/module';
import { warn } from '../../core/warn';
import { indent, typeName } from '../../tensor/repr';
import { absoluteIndex, pairs, sliceIndices, type Named } from './slice';

/** What Sequential and ModuleList share: modules in fields `'0'`, `'1'`, ... */
export abstract class Indexed<
  M extends Module,
  Args extends unknown[],
  Out,
  Added extends Module = M,
> extends Module<Args, Out> {
  readonly [index: number]: M;

  protected _entries(): [string, M][] {
    return moduleFields(this) as [string, M][];
  }
  /** Python's `len`. */
  override get length(): number {
    return this._entries().length;
  }
  [Symbol.iterator](): IterableIterator<M> {
    return this.values();
  }
  /** Positions and modules, as `Array.prototype.entries` gives them. */
  entries(): IterableIterator<[number, M]> {
    return [...this.values()].entries();
  }
  /** The positions, as `Array.prototype.keys` gives them. */
  keys(): IterableIterator<number> {
    return this._entries().keys();
  }
  /** The modules, in order. */
  values(): IterableIterator<M> {
    return this._entries()
      .map(([, module]) => module)
      .values();
  }
  map<T>(fn: (module: M, index: number) => T): T[] {
    return [...this.values()].map((module, i) => fn(module, i));
  }
  /** The module at a position; -1 is the last. */
  at(index: number): M {
    const entries = this._entries();
    return entries[absoluteIndex(index, entries.length)][1];
  }
  /** Puts a module at a position. */
  setAt(index: number, module: Added): void {
    const entries = this._entries();
    const [name] = entries[absoluteIndex(index, entries.length)];
    if (!isModule(module)) throw new TorchTypeError(`${typeName(module)} is not a Module subclass`);
    setField(this, name, module);
  }
  /** Takes away the module at a position, or several; the others are numbered anew. */
  delete(index: number): void {
    const kept = this._entries();
    kept.splice(absoluteIndex(index, kept.length), 1);
    this._replace(kept.map(([, module]) => module as Module as Added));
  }
  /** Takes away the module at a position and returns it. */
  pop(index = -1): M {
    const module = this.at(index);
    this.delete(index);
    return module;
  }
  append(module: Added): this {
    this.addModule(String(this.length), module);
    return this;
  }
  extend(modules: Iterable<Added>): this {
    if (typeof (modules as Partial<Iterable<Added>> | null)?.[Symbol.iterator] !== 'function') {
      throw new TorchTypeError(
        `${this._getName()}.extend should be called with an iterable, but got ${typeName(modules)}`,
      );
    }
    for (const module of [...modules]) this.append(module);
    return this;
  }
  protected _replace(modules: Added[]): void {
    for (const [name] of this._entries()) deleteField(this, name);
    for (const module of modules) this.append(module);
  }
}
checkMethods(
  'ModuleList',
  Indexed,
  'entries()',
  'keys()',
  'values()',
  'map(fn)',
  'at(index)',
  'setAt(index, module)',
  'delete(index)',
  'pop(index?)',
  'append(module)',
  'extend(modules)',
);

/**
 * A list of modules. It has no `forward`: a module that holds it says what happens.
 *
 * @example
 * this.layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]); // nn.ModuleList<nn.Linear>
 */
export class ModuleList<M extends Module = Module> extends Indexed<M, never[], never> {
  constructor(...args: [modules?: Iterable<M> | null]) {
    const [modules] = bindArguments('ModuleList(modules?)', args);
    super();
    if (modules != null) this.extend(modules);
  }

  /** A list of some of the modules: Python's `m[start:stop:step]`. */
  slice(start?: number | null, stop?: number | null, step?: number): ModuleList<M> {
    const modules = [...this];
    return new ModuleList(sliceIndices(modules.length, start, stop, step).map((i) => modules[i]));
  }
  /**
   * Puts a module before the one at a position.
   *
   * Differs from PyTorch: `torch.nn.ModuleList.insert` refuses a position outside of the list with an IndexError;
   * Python fails with KeyError '-1' below 0, and leaves a gap in the names above the length.
   */
  insert(index: number, module: M): void {
    const modules = [...this];
    if (!isModule(module)) throw new TorchTypeError(`${typeName(module)} is not a Module subclass`);
    if (!(index >= 0 && index <= modules.length))
      throw new TorchRangeError(`Index out of range: ${index}`, 'IndexError');
    modules.splice(index, 0, module);
    this._replace(modules);
  }
  /** Python's `a + b`. */
  concat<N extends Module = M>(other: Iterable<N>): ModuleList<M | N> {
    return new ModuleList<M | N>([...this, ...other]);
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
checkMethods(
  'ModuleList',
  ModuleList,
  'slice(start?, stop?, step?)',
  'insert(index, module)',
  'concat(other)',
  'toString()',
);

/** Modules by name, of a type alias or an interface. */
export type ModulesByName<T> = { [Name in keyof T]: Module };

/**
 * Modules by name. It has no `forward`: a module that holds it says what happens.
 *
 * @example
 * this.choices = new nn.ModuleDict({ conv: new nn.Conv2d(10, 10, 3), pool: new nn.MaxPool2d(3) });
 * this.choices.get('conv').weight;
 */
export class ModuleDict<T extends ModulesByName<T> = Record<string, Module>> extends Module<never[], never> {
  // In this order, since a Map has an object's type, too.
  constructor(modules?: Iterable<readonly [string, Module]> | ModuleDict<T> | null);
  constructor(modules: T);
  constructor(...args: [modules?: Named<Module> | ModuleDict | null]) {
    const [modules] = bindArguments('ModuleDict(modules{}?)', args);
    super();
    if (modules != null) this.update(modules);
  }

  /** Python's `len`. */
  override get length(): number {
    return moduleFields(this).length;
  }
  /**
   * The module of that name.
   *
   * @throws KeyError when there is no module of that name.
   */
  get<Name extends keyof T & string>(name: Name): T[Name] {
    const found = moduleFields(this).find(([key]) => key === name);
    if (found?.[1] == null) throw new TorchError(`ModuleDict has no module '${name}'`, 'KeyError');
    return found[1] as T[Name];
  }
  /** Adds a module under a name, or replaces the one that has it. */
  set<Name extends keyof T & string>(name: Name, module: T[Name]): this {
    this.addModule(name, module);
    return this;
  }
  /** Whether there is a module of that name. */
  has(name: string): boolean {
    return moduleFields(this).some(([key]) => key === name);
  }
  /** Takes the module of that name away. Throws if there is none. */
  delete(name: keyof T & string): void {
    this.get(name);
    deleteField(this, name);
  }
  /** Takes all modules away. */
  clear(): void {
    for (const name of [...this.keys()]) deleteField(this, name);
  }
  /** Takes a module away and returns it. */
  pop<Name extends keyof T & string>(name: Name): T[Name] {
    const module = this.get(name);
    deleteField(this, name);
    return module;
  }
  /** Adds or replaces modules: of a Map, a plain object, another ModuleDict, or pairs. */
  update(modules: Named<Module> | Partial<T> | ModuleDict): void {
    const given = modules instanceof ModuleDict ? modules.items() : (modules as Named<Module>);
    for (const [name, module] of pairs('ModuleDict', given)) this.addModule(name, module);
  }
  /** The names, in order. */
  keys(): IterableIterator<keyof T & string> {
    return this._entries()
      .map(([name]) => name)
      .values();
  }
  /** The modules, in order. */
  values(): IterableIterator<T[keyof T & string]> {
    return this._entries()
      .map(([, module]) => module)
      .values();
  }
  /** Names with their modules, in order. */
  items(): IterableIterator<[keyof T & string, T[keyof T & string]]> {
    return this._entries().values();
  }
  /** Names, as in Python. */
  [Symbol.iterator](): IterableIterator<keyof T & string> {
    return this.keys();
  }
  protected _entries(): [keyof T & string, T[keyof T & string]][] {
    return moduleFields(this) as [keyof T & string, T[keyof T & string]][];
  }
}
checkMethods(
  'ModuleDict',
  ModuleDict,
  'get(name)',
  'set(name, module)',
  'has(name)',
  'delete(name)',
  'clear()',
  'pop(name)',
  'update(modules{})',
  'keys()',
  'values()',
  'items()',
);

/**
 * Deprecated: a module with the given ones in fields; derive from `Module` instead.
 */
export class Container extends Module {
  constructor(...args: [modules?: Readonly<Record<string, Module>>]) {
    const [modules = {}] = bindArguments('Container(modules{}?)', args);
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
