// Values as a pickle of protocol 2, the one that torch.save uses.
import { TorchTypeError } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { Op } from './opcodes';
import { PickleOutput } from './output';
import { Float, Size, Tuple, keyOf, valueOf, wasObject } from './python_types';
import { isMap } from '../../core/realm';
import { original } from './origin';
import { GlobalName, PersistentId, type Reduction } from './reduction';

/** How an object is made that is no list, tuple or dict; undefined where that is unknown. */
export type Reduce = (value: object) => Reduction | GlobalName | PersistentId | undefined;

interface Item {
  readonly value: unknown;
  readonly parent: Item | null;
  /** Where the value is in its parent, for messages. */
  readonly key: unknown;
  /** Whether it is extra state of a module, which is given back as it was. */
  readonly extra: boolean;
}

type Task = Item | (() => void);

const BATCH = 1000;

/** The pickle of `root`. Values that are one object stay one. */
export function pickle(root: unknown, reduce: Reduce): Buffer {
  return new PickleWriter(reduce).write(root);
}

// Not recursive: however deep the values are nested, the stack is not.
class PickleWriter {
  readonly #out = new PickleOutput();
  readonly #tasks: Task[] = [];
  readonly #memo = new Map<unknown, number>();
  /** What is being written, and how many times it was begun. */
  readonly #open = new Map<object, number>();
  readonly #originals = new Map<object, object>();

  constructor(private readonly reduce: Reduce) {}

  write(root: unknown): Buffer {
    this.#out.op(Op.PROTO, 2);
    this.#tasks.push({ value: root, parent: null, key: null, extra: false });
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) {
      if (typeof task === 'function') task();
      else this.#value(task);
    }
    this.#out.op(Op.STOP);
    return this.#out.bytes();
  }

  #value(item: Item): void {
    const { value } = item;
    const out = this.#out;
    switch (typeof value) {
      case 'boolean':
        return out.op(value ? Op.NEWTRUE : Op.NEWFALSE);
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? out.int(value) : out.float(value);
      case 'bigint':
        return out.int(value);
      case 'string':
        return this.#once(value, () => out.text(value));
      case 'object':
        if (value === null) return out.op(Op.NONE);
        return this.#object(item, value);
    }
    throw unwritable(item);
  }

  /** A value without parts, written once. */
  #once(key: unknown, write: () => void): void {
    const index = this.#memo.get(key);
    if (index !== undefined) return this.#out.get(index);
    write();
    this.#remember(key);
  }
  #remember(key: unknown): void {
    this.#out.put(this.#memo.size);
    this.#memo.set(key, this.#memo.size);
  }

  #object(item: Item, given: object): void {
    const value = this.#original(given);
    if (value instanceof Float) return this.#out.float(value.value);
    if (value instanceof PersistentId) {
      return this.#then([this.#part(item, value.id, ''), () => this.#out.op(Op.BINPERSID)]);
    }
    if (value instanceof GlobalName) return this.#global(value);
    const index = this.#memo.get(value);
    if (index !== undefined) return this.#out.get(index);
    // A list or dict is known before what it contains. A tuple is not: it is begun once more where something else that it
    // contains contains it.
    const begun = this.#open.get(value) ?? 0;
    if (begun > (value instanceof Tuple && !(value instanceof Size) ? 1 : 0)) {
      throw new TorchTypeError(`torch.save(): ${pathTo(item)} contains itself`);
    }
    this.#open.set(value, begun + 1);
    this.#tasks.push(() => void (begun === 0 ? this.#open.delete(value) : this.#open.set(value, begun)));
    const reduced = this.reduce(value);
    if (reduced instanceof GlobalName) this.#global(reduced);
    else if (reduced instanceof PersistentId) this.#object(item, reduced);
    else if (reduced) this.#reduction(item, value, reduced);
    else if (Array.isArray(value)) this.#array(item, value as unknown[]);
    else if (isMap(value)) this.#dict(item, value, value);
    else if (isPlainObject(value)) {
      const entries = Object.entries(value).filter(([, each]) => each !== undefined);
      this.#dict(item, value, new Map<unknown, unknown>(entries));
    } else throw unwritable(item);
  }

  // Made once, so that what is shared stays shared.
  #original(given: object): object {
    let value = this.#originals.get(given);
    if (!value) this.#originals.set(given, (value = original(given)));
    return value;
  }

  #global({ module, name }: GlobalName): void {
    this.#once(`\0${module}\n${name}`, () => this.#out.global(module, name));
  }

  // The first task runs first.
  #then(tasks: readonly Task[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) this.#tasks.push(tasks[i]);
  }
  #part(parent: Item, value: unknown, key: unknown): Item {
    const extra = parent.extra || (typeof key === 'string' && key.endsWith('_extra_state'));
    return { value, parent, key, extra };
  }

  #array(item: Item, list: readonly unknown[]): void {
    const parts = Array.from(list, (each, i) => this.#part(item, valueOf(list, i, each), i));
    if (list instanceof Tuple) return this.#then(this.#tuple(list, parts));
    this.#out.op(Op.EMPTY_LIST);
    this.#remember(list);
    this.#then(this.#batches(parts, 1, Op.APPEND, Op.APPENDS));
  }

  #tuple(tuple: object, parts: readonly Item[]): Task[] {
    const { length } = parts;
    const short = [Op.EMPTY_TUPLE, Op.TUPLE1, Op.TUPLE2, Op.TUPLE3][length];
    const end = (): void => {
      const known = this.#memo.get(tuple);
      if (known !== undefined) {
        // Something in it contains it, and has made it meanwhile.
        this.#out.op(...(short ? parts.map(() => Op.POP) : [Op.POP_MARK]));
        return this.#out.get(known);
      }
      this.#out.op(short ?? Op.TUPLE);
      if (length > 0) this.#remember(tuple);
    };
    return short ? [...parts, end] : [() => this.#out.op(Op.MARK), ...parts, end];
  }

  #dict(item: Item, container: object, entries: ReadonlyMap<unknown, unknown>): void {
    this.#out.op(Op.EMPTY_DICT);
    this.#remember(container);
    // For Python no items; for us the mark of a plain object.
    if (wasObject(container) || (item.extra && !isMap(container))) this.#out.op(Op.MARK, Op.SETITEMS);
    this.#then(this.#entries(item, container, entries));
  }

  #entries(item: Item, container: object, entries: ReadonlyMap<unknown, unknown>): Task[] {
    const parts: Item[] = [];
    for (const [key, value] of entries) {
      parts.push(this.#part(item, keyOf(container, key), ''));
      parts.push(this.#part(item, valueOf(container, key, value), key));
    }
    return this.#batches(parts, 2, Op.SETITEM, Op.SETITEMS);
  }

  #batches(parts: readonly Item[], width: number, one: number, many: number): Task[] {
    const tasks: Task[] = [];
    for (let at = 0; at < parts.length; at += BATCH * width) {
      const batch = parts.slice(at, at + BATCH * width);
      const single = batch.length === width;
      if (!single) tasks.push(() => this.#out.op(Op.MARK));
      for (const part of batch) tasks.push(part);
      tasks.push(() => this.#out.op(single ? one : many));
    }
    return tasks;
  }

  #reduction(item: Item, value: object, reduction: Reduction): void {
    const { call, args, bare, keywords, items = [], entries, state } = reduction;
    const parts = args.map((each, i) => this.#part(item, each, args.length === 1 ? '' : i));
    const construct = (): void => {
      this.#out.op(keywords ? Op.NEWOBJ_EX : bare ? Op.NEWOBJ : Op.REDUCE);
      this.#remember(value);
    };
    const listed = items.map((each, i) => this.#part(item, each, i));
    this.#then([
      this.#part(item, call, ''),
      // Python numbers the tuple of arguments, too.
      ...this.#tuple([], parts),
      ...(keywords ? [this.#part(item, keywords, '')] : []),
      construct,
      ...this.#batches(listed, 1, Op.APPEND, Op.APPENDS),
      ...(entries ? this.#entries(item, entries, entries) : []),
      ...(state === undefined ? [] : [this.#part(item, state, ''), () => this.#out.op(Op.BUILD)]),
    ]);
  }
}

function pathTo(item: Item): string {
  const keys: unknown[] = [];
  for (let at: Item | null = item; at?.parent; at = at.parent) if (at.key !== '') keys.unshift(at.key);
  return ['the value', ...keys.map((key) => `[${typeof key === 'string' ? `'${key}'` : String(key)}]`)].join(
    '',
  );
}

function unwritable(item: Item): TypeError {
  const { value } = item;
  const named =
    typeof value === 'object' || typeof value === 'function' ? value?.constructor?.name : undefined;
  const what =
    typeof value === 'function' ? 'a function' : value === undefined ? 'undefined' : (named ?? typeof value);
  return new TorchTypeError(
    `torch.save(): ${pathTo(item)} is ${what}, which a .pt file cannot hold. Of a module, save stateDict(); of a ` +
      'class of your own, name it with torch.serialization.addSafeGlobals()',
  );
}
