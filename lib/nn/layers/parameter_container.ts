// Modules that hold parameters.
import { TorchError, TorchTypeError } from '../../core/errors';
import { bindArguments, checkMethods } from '../../core/calls';
import { isPlainObject } from '../../core/realm';
import { Tensor } from '../../tensor';
import { deleteField, getField, hasField, setField } from '../module/fields';
import { Module } from '../module/module';
import { Parameter } from '../parameter';
import { typeName } from '../../tensor/repr';
import { absoluteIndex, pairs, sliceIndices, type Named } from './slice';

/* eslint-disable @typescript-eslint/no-explicit-any -- these containers hold anything, as in Python */

// A plain tensor becomes a parameter.
function asParameter(value: unknown): unknown {
  return value instanceof Tensor && !(value instanceof Parameter) ? new Parameter(value) : value;
}

function describe(values: Iterable<[string | number, unknown]>, typeOf: (tensor: Tensor) => string): string {
  const lines = [...values].map(([name, value]) => {
    if (!(value instanceof Tensor)) return `  (${name}): Object of type: ${typeName(value)}`;
    const kind = value instanceof Parameter ? 'Parameter' : 'Tensor';
    const place = value.device.type === 'cuda' ? ` (${value.device})` : '';
    return `  (${name}): ${kind} containing: [${typeOf(value)} of size ${value.shape.join('x')}${place}]`;
  });
  return lines.join('\n');
}

/**
 * A list of parameters; a plain tensor becomes one, and anything else is kept as it is.
 *
 * @example
 * this.weights = new nn.ParameterList([torch.randn([10, 10]), torch.randn([10, 10])]);
 */
export class ParameterList extends Module<never[], never> {
  readonly [index: number]: any;
  #length = 0;

  constructor(...args: [values?: Iterable<unknown> | null]) {
    const [values] = bindArguments('ParameterList(values?)', args);
    super();
    if (values != null) this.extend(values);
  }

  /** Python's `len`. */
  override get length(): number {
    return this.#length;
  }
  /** The value at a position; -1 is the last. */
  at(index: number): any {
    return getField(this, String(absoluteIndex(index, this.#length)));
  }
  /** Replaces the value at a position; -1 is the last. A tensor becomes a parameter. */
  setAt(index: number, value: unknown): void {
    setField(this, String(absoluteIndex(index, this.#length)), asParameter(value));
  }
  /** A list of some of the values: Python's `p[start:stop:step]`. */
  slice(start?: number | null, stop?: number | null, step?: number): ParameterList {
    return new ParameterList(sliceIndices(this.#length, start, stop, step).map((i) => this.at(i) as unknown));
  }
  /** Adds a value at the end. A tensor becomes a parameter. */
  append(value: unknown): this {
    this.#length++;
    this.setAt(-1, value);
    return this;
  }
  /** Adds values at the end. Tensors become parameters. */
  extend(values: Iterable<unknown>): this {
    const iterates = typeof (values as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === 'function';
    if (!iterates || values instanceof Tensor) {
      throw new TorchTypeError(
        `ParameterList.extend should be called with an iterable, but got ${typeName(values)}`,
      );
    }
    for (const value of [...values]) this.append(value);
    return this;
  }
  *[Symbol.iterator](): IterableIterator<any> {
    for (let i = 0; i < this.#length; i++) yield this.at(i);
  }

  override extraRepr(): string {
    return describe([...this].entries(), (tensor) => String(tensor.dtype));
  }
  override _callImpl(): never {
    throw new TorchError('ParameterList should not be called.');
  }
}
checkMethods(
  'ParameterList',
  ParameterList,
  'at(index)',
  'setAt(index, value{})',
  'slice(start?, stop?, step?)',
  'append(value{})',
  'extend(values)',
);

/**
 * Parameters by name; a plain tensor becomes one, and anything else is kept as it is.
 *
 * @example
 * this.params = new nn.ParameterDict({ left: torch.randn([5, 10]), right: torch.randn([5, 10]) });
 * x.matmul(this.params.get('left'));
 */
export class ParameterDict extends Module<never[], never> {
  readonly #keys = new Set<string>();

  constructor(...args: [parameters?: Named<unknown> | ParameterDict | null]) {
    const [parameters] = bindArguments('ParameterDict(parameters{}?)', args);
    super();
    if (parameters != null) this.update(parameters);
  }

  /** Python's `len`. */
  override get length(): number {
    return this.#keys.size;
  }
  /** The value of that name, or `missing`. */
  get(name: string, missing: any = null): any {
    return this.#keys.has(name) ? getField(this, name) : missing;
  }
  /** Adds a value under a name, or replaces the one that has it. A tensor becomes a parameter. */
  set(name: string, value: unknown): this {
    if (typeof name !== 'string') {
      throw new TorchTypeError(
        'Index given to ParameterDict cannot be used as a key as it is not a string ' +
          `(type is '${typeof name}'). Open an issue on github if you need non-string keys.`,
      );
    }
    if (!this.#keys.has(name) && hasField(this, name))
      throw new TorchError(`attribute '${name}' already exists`, 'KeyError');
    const own = asParameter(value);
    if (own instanceof Parameter) this.registerParameter(name, own);
    else setField(this, name, own);
    this.#keys.add(name);
    return this;
  }
  /** Whether there is a value of that name. */
  has(name: string): boolean {
    return this.#keys.has(name);
  }
  /** Takes the value of that name away. Throws if there is none. */
  delete(name: string): void {
    if (!this.#keys.delete(name))
      throw new TorchError(`ParameterDict has no parameter '${name}'`, 'KeyError');
    deleteField(this, name);
  }
  /** Takes all values away. */
  clear(): void {
    for (const name of [...this.#keys]) this.delete(name);
  }
  /** Takes a value away and returns it. */
  pop(name: string): any {
    const value: unknown = this.get(name);
    this.delete(name);
    return value;
  }
  /** Takes away what came last and returns it. */
  popitem(): [string, any] {
    const name = [...this.#keys].at(-1);
    if (name === undefined) throw new TorchError('popitem(): ParameterDict is empty', 'KeyError');
    return [name, this.pop(name)];
  }
  /** The value of that name; adds `value` under it if there is none. */
  setdefault(name: string, value: unknown = null): any {
    if (!this.#keys.has(name)) this.set(name, value);
    return this.get(name) as unknown;
  }
  /** Another one of the same parameters. */
  copy(): ParameterDict {
    return new ParameterDict(new Map(this.items()));
  }
  /** Another one, with one value under all names. */
  fromkeys(names: Iterable<string>, value: unknown = null): ParameterDict {
    return new ParameterDict([...names].map((name) => [name, value] as const));
  }
  /** Adds or replaces: of a Map, a plain object (by name, as PyTorch does), another one, or pairs. */
  update(parameters: Named<unknown> | ParameterDict): void {
    const given = parameters instanceof ParameterDict ? parameters.items() : parameters;
    const list = pairs('ParameterDict', given);
    if (isPlainObject(parameters)) list.sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of list) this.set(name, value);
  }
  /** The names, in order. */
  keys(): IterableIterator<string> {
    return [...this.#keys].values();
  }
  /** The values, in order. */
  values(): IterableIterator<any> {
    return [...this.#keys].map((name) => this.get(name) as unknown).values();
  }
  /** Names with their values, in order. */
  items(): IterableIterator<[string, any]> {
    return [...this.#keys].map((name): [string, unknown] => [name, this.get(name)]).values();
  }
  /** Names, as in Python. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.keys();
  }

  override extraRepr(): string {
    return describe(this.items(), typeName);
  }
  override _callImpl(): never {
    throw new TorchError('ParameterDict should not be called.');
  }
}
checkMethods(
  'ParameterDict',
  ParameterDict,
  'get(name, missing{}?)',
  'set(name, value{})',
  'has(name)',
  'delete(name)',
  'clear()',
  'pop(name)',
  'popitem()',
  'setdefault(name, value{}?)',
  'copy()',
  'fromkeys(names, value{}?)',
  'update(parameters{})',
  'keys()',
  'values()',
  'items()',
);
