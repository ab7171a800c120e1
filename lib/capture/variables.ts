// The variables of JavaScript that a captured function reads, and whether they are what they were.
import path from 'node:path';
import { types } from 'node:util';
import { GradScaler } from '../amp/grad_scaler';
import { isMap } from '../core/realm';
import { here, packageRoot } from '../native/locate';
import { isTensor } from '../native/tensor_base';
import { Module } from '../nn/module/module';
import { LRScheduler } from '../optim/lr_scheduler/scheduler';
import { Optimizer } from '../optim/optimizer';
import { Inspector, type Seen } from './inspector';

const MOST_FUNCTIONS = 200;
const MOST_PLACES = 2000;
const MOST_ITEMS = 64;
const MOST_KEYS = 256;
const DEEPEST = 4;

type Fields = Record<string, unknown>;

interface Root {
  readonly name: string;
  readonly value: unknown;
  /** Null for a constant. */
  readonly read: (() => unknown) | null;
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

// What a replay asks by itself, or what tells nothing by its fields.
const isOpaque = (value: object): boolean =>
  isTensor(value) ||
  value instanceof Module ||
  value instanceof Optimizer ||
  value instanceof LRScheduler ||
  value instanceof GradScaler ||
  ArrayBuffer.isView(value) ||
  types.isProxy(value) ||
  isMap(value) ||
  value === globalThis ||
  value === process;

function dataKeys(object: Fields, isNamed: (key: string) => boolean): string[] {
  const keys = Object.keys(object);
  if (keys.length > MOST_KEYS) return [];
  return keys.filter((key) => {
    if (!Array.isArray(object) && !isNamed(key)) return false;
    const own = Object.getOwnPropertyDescriptor(object, key);
    return own !== undefined && ('value' in own || '__esModule' in object);
  });
}

/** Values of variables and of what they hold at one time. */
export class Snapshot {
  // Of a tensor that was an argument, too, the argument's number; else -1.
  readonly #reads: [name: string, read: () => unknown, value: unknown, argument: number][] = [];
  readonly #owners: Fields[] = [];
  readonly #keys: string[] = [];
  readonly #values: unknown[] = [];
  readonly #names: string[] = [];
  readonly #counted: [owner: Fields, count: number, name: string][] = [];
  readonly #known = new Set<object>();
  readonly isNamed: (key: string) => boolean;

  constructor(roots: readonly Root[], tokens: ReadonlySet<string>, given: readonly unknown[]) {
    this.isNamed = (key) => tokens.has(key);
    for (const name of tokens) {
      const own = Object.getOwnPropertyDescriptor(globalThis, name);
      if (!own?.writable || typeof own.value === 'function') continue;
      this.#walk(name, this.#place(globalThis as unknown as Fields, name, name), 0);
    }
    for (const { name, read, value: constant } of roots) {
      let value = constant;
      if (read !== null) {
        try {
          value = read();
        } catch {
          continue; // not initialized yet
        }
        this.#reads.push([name, read, value, isTensor(value) ? given.indexOf(value) : -1]);
      }
      this.#walk(name, value, 0);
    }
  }

  #walk(name: string, value: unknown, depth: number): void {
    if (!isObject(value) || this.#known.has(value) || isOpaque(value) || depth > DEEPEST) return;
    this.#known.add(value);
    if (Array.isArray(value)) this.#place(value as unknown as Fields, 'length', `${name}.length`);
    if (Array.isArray(value) && value.length > MOST_ITEMS) return;
    const keys = dataKeys(value, this.isNamed);
    const all = Object.keys(value).length;
    if (all <= MOST_ITEMS) this.#counted.push([value, all, name]);
    for (const key of keys) {
      if (this.#values.length >= MOST_PLACES) return;
      const inner = Array.isArray(value) ? `${name}[${key}]` : `${name}.${key}`;
      this.#walk(inner, this.#place(value, key, inner), depth + 1);
    }
  }

  #place(owner: Fields, key: string, name: string): unknown {
    const value = owner[key];
    this.#owners.push(owner);
    this.#keys.push(key);
    this.#values.push(value);
    this.#names.push(name);
    return value;
  }

  /** The names of what it looks at. */
  get names(): string[] {
    return [...this.#reads.map(([name]) => name), ...this.#names];
  }

  /** The first variable, or field of one, that is another by now; null for none. */
  changed(given: readonly unknown[]): string | null {
    for (const [name, read, value, argument] of this.#reads) {
      const now = read();
      if (!Object.is(now, value) && (argument < 0 || now !== given[argument])) return name;
    }
    const [owners, keys, values] = [this.#owners, this.#keys, this.#values];
    for (let i = 0; i < owners.length; i++) {
      if (!Object.is(owners[i][keys[i]], values[i])) return this.#names[i];
    }
    for (const [owner, count, name] of this.#counted) if (Object.keys(owner).length !== count) return name;
    return null;
  }
}

const tokensOf = (fn: object): string[] =>
  Function.prototype.toString.call(fn).match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];

/** The variables around a function and around those that it calls, of the program's own files. */
export class Variables {
  readonly #tokens = new Set<string>();
  readonly #functions = new Set<object>();
  readonly #starts: unknown[] = [];
  readonly #pending: Seen[] = [];
  readonly #roots: Root[] = [];
  #queue: object[] = [];

  constructor(fn: object) {
    this.#starts.push(fn);
    this.#reachAll();
  }

  /** Runs `run`, which calls the function, and sees what functions that were not known yet have around them. */
  during<T>(run: () => T): T {
    const inspector = this.#queue.length > 0 ? Inspector.open() : null;
    if (inspector === null) return run();
    try {
      try {
        this.#prepare(inspector);
      } catch {
        // Then this much is known.
      }
      return run();
    } finally {
      inspector.close();
      this.#collect();
    }
  }

  /** `given`: the tensors of the call that it is for. */
  snapshot(given: readonly unknown[] = []): Snapshot {
    return new Snapshot(this.#roots, this.#tokens, given);
  }

  readonly #isNamed = (key: string): boolean => this.#tokens.has(key);

  // In a bundle nobody can tell the library's functions from others: there it is the function itself alone.
  #prepare(inspector: Inspector): void {
    const root = packageRoot();
    const library = path.dirname(here()) + path.sep;
    for (let fn = this.#queue.shift(); fn !== undefined; fn = this.#queue.shift()) {
      const tokens = new Set(tokensOf(fn));
      const bound = inspector.boundParts(fn);
      if (bound) {
        this.#roots.push({ name: 'this', value: bound[1], read: null });
        this.#starts.push(...bound);
      } else {
        const found = inspector.inspect(fn, (name) => tokens.has(name));
        if (found === null || found.file.startsWith('node:')) continue;
        if (root !== null && (found.file.startsWith(library) || found.file.includes('node_modules')))
          continue;
        for (const token of tokens) this.#tokens.add(token);
        this.#pending.push(inspector.watch(found));
        if (root !== null) this.#starts.push(...found.variables.map(({ value }) => value));
      }
      if (this.#queue.length === 0) this.#reachAll();
    }
  }

  #collect(): void {
    for (const { these, reads } of this.#pending.splice(0)) {
      for (const value of these) {
        if (!isObject(value)) continue;
        this.#roots.push({ name: 'this', value, read: null });
        this.#starts.push(value);
      }
      for (const [name, isMutable, read] of reads ?? []) {
        let value: unknown;
        try {
          value = read();
        } catch {
          continue;
        }
        // Constants that are objects are looked into; an imported number is another one where its module changes it.
        const isFixed = !isMutable && (isObject(value) || typeof value === 'function');
        this.#roots.push(isFixed ? { name, value, read: null } : { name, value: undefined, read });
      }
    }
    this.#reachAll();
  }

  // Functions that may be called: those among variables, their fields, and the methods of their classes.
  #reachAll(): void {
    const seen = new Set<unknown>();
    for (const start of this.#starts) this.#reach(start, 0, seen);
  }

  #reach(value: unknown, depth: number, seen: Set<unknown>): void {
    if (seen.has(value) || depth > DEEPEST || seen.size > MOST_PLACES) return;
    if (!isObject(value) && typeof value !== 'function') return;
    seen.add(value);
    if (value instanceof Module) {
      for (const module of value.modules()) this.#methods(module, depth, seen);
    } else if (typeof value === 'function') {
      if (this.#functions.has(value) || this.#functions.size > MOST_FUNCTIONS) return;
      this.#functions.add(value);
      this.#queue.push(value);
    } else if (!isOpaque(value)) {
      if (!Array.isArray(value)) this.#methods(value, depth, seen);
      for (const key of dataKeys(value, this.#isNamed)) this.#reach(value[key], depth + 1, seen);
    }
  }

  #methods(object: object, depth: number, seen: Set<unknown>): void {
    let prototype = Object.getPrototypeOf(object) as object | null;
    for (
      ;
      prototype !== null && prototype !== Module.prototype;
      prototype = Object.getPrototypeOf(prototype) as object | null
    ) {
      if (Object.getPrototypeOf(prototype) === null) return; // what all objects have
      for (const key of Object.getOwnPropertyNames(prototype)) {
        if (key !== 'forward' && (key === 'constructor' || !this.#isNamed(key))) continue;
        this.#reach(Object.getOwnPropertyDescriptor(prototype, key)?.value, depth + 1, seen);
      }
    }
  }
}
