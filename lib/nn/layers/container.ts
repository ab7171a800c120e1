// Modules that hold modules.
import { TorchError, TorchTypeError, checkOptions } from '../../core/errors';
import { deleteField, isModule, moduleFields, setField } from '../module/fields';
import { Module } from '../module/module';
import { warn } from '../../core/warn';
import { indent, typeName } from '../../tensor/repr';
import { absoluteIndex, pairs, sliceIndices, type Named } from './slice';

type Entries = [string, Module][];

/** What Sequential and ModuleList share: modules in fields `'0'`, `'1'`, ... */
export abstract class Indexed<Args extends unknown[], Out> extends Module<Args, Out> {
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
