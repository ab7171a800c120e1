// Nested arguments and results, as torch.utils._pytree describes them in a program.
import { valueError } from '../core/errors';
import { isMap, isPlainObject } from '../core/realm';
import { camelCase } from '../core/names';
import type { Json } from './json';
import { stringText } from './python_text';

/** One step from a nested value to what is in it. */
export type Key =
  { kind: 'index'; at: number } | { kind: 'key'; key: Json } | { kind: 'field'; name: string };

type Shape = 'leaf' | 'list' | 'dict' | 'named';

/** How values are nested: Python's `TreeSpec`. */
export class TreeSpec {
  readonly leaves: number;

  constructor(
    readonly shape: Shape,
    /** Python's name of the type: `'tuple'`. */
    readonly type: string,
    /** The keys of a dict, the fields of a named tuple. */
    readonly keys: readonly Json[],
    readonly children: readonly TreeSpec[],
    /** Of a class: its type and context as a file has them. */
    readonly source: { readonly type: string; readonly context: Json } | null = null,
  ) {
    this.leaves = shape === 'leaf' ? 1 : children.reduce((sum, child) => sum + child.leaves, 0);
  }

  /** As Python prints it. */
  toString(indent = 0): string {
    if (this.shape === 'leaf') return '*';
    const children = this.children.map((child) => child.toString(indent + 2));
    const context =
      this.shape === 'dict' ? dictContext(this) : this.shape === 'named' ? `<class '${this.type}'>` : 'None';
    const type = this.shape === 'named' ? 'namedtuple' : this.type;
    return `TreeSpec(${type}, ${context}, [${children.join(`,\n${' '.repeat(indent + 2)}`)}])`;
  }
}

/** What is in no structure. */
export const LEAF = new TreeSpec('leaf', '', [], []);
const keyText = (key: Json): string => (typeof key === 'string' ? stringText(key) : String(key));
const dictContext = ({ type, keys }: TreeSpec): string =>
  type === 'defaultdict' ? `[None, [${keys.map(keyText).join(', ')}]]` : `[${keys.map(keyText).join(', ')}]`;

/** Python's `keystr` of one step. */
export function stepText(key: Key): string {
  if (key.kind === 'index') return `[${key.at}]`;
  return key.kind === 'field' ? `.${key.name}` : `[${keyText(key.key)}]`;
}

/** Each leaf's way from the root. */
export function pathsOf(spec: TreeSpec, path: readonly Key[] = []): Key[][] {
  if (spec.shape === 'leaf') return [[...path]];
  return spec.children.flatMap((child, i) => pathsOf(child, [...path, stepOf(spec, i)]));
}

function stepOf(spec: TreeSpec, i: number): Key {
  if (spec.shape === 'list') return { kind: 'index', at: i };
  const key = spec.keys[i];
  return spec.shape === 'named' ? { kind: 'field', name: String(key) } : { kind: 'key', key };
}

/** The leaves of `value`, or null where it is nested otherwise. */
export function flattenAs(spec: TreeSpec, value: unknown, leaves: unknown[] = []): unknown[] | null {
  if (spec.shape === 'leaf') {
    if (isNested(value)) return null;
    leaves.push(value);
    return leaves;
  }
  const parts = partsOf(spec, value);
  if (parts === null) return null;
  for (const [i, child] of spec.children.entries()) {
    if (flattenAs(child, parts[i], leaves) === null) return null;
  }
  return leaves;
}

const isNested = (value: unknown): boolean => Array.isArray(value) || isMap(value) || isPlainObject(value);

function partsOf(spec: TreeSpec, value: unknown): unknown[] | null {
  if (Array.isArray(value)) {
    return spec.shape !== 'dict' && value.length === spec.children.length ? (value as unknown[]) : null;
  }
  if (spec.shape === 'list' || (!isMap(value) && !isPlainObject(value))) return null;
  const entries = new Map<unknown, unknown>(isMap(value) ? value : Object.entries(value as object));
  if (entries.size !== spec.keys.length) return null;
  const parts: unknown[] = [];
  for (const key of spec.keys) {
    const found = keysLike(key).find((name) => entries.has(name));
    if (found === undefined) return null;
    parts.push(entries.get(found));
  }
  return parts;
}

// An object has texts for keys where a dict has ints; names of Python's may be given in camelCase.
function keysLike(key: Json): unknown[] {
  return typeof key === 'string' ? [key, camelCase(key)] : [key, String(key)];
}

/** The nested value of `leaves`. */
export function unflatten(spec: TreeSpec, leaves: readonly unknown[]): unknown {
  let at = 0;
  const build = (node: TreeSpec): unknown => {
    if (node.shape === 'leaf') return leaves[at++];
    const parts = node.children.map(build);
    if (node.shape === 'list') return parts;
    if (node.shape === 'named') return named(parts, node.keys);
    const entries = parts.map((part, i) => [node.keys[i], part] as const);
    const isPlain = node.keys.every((key) => typeof key === 'string');
    return isPlain ? fromEntries(entries) : new Map(entries);
  };
  return build(spec);
}

// Not an assignment: a key may be '__proto__'.
function fromEntries(entries: readonly (readonly [Json, unknown])[]): object {
  const object = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key as string, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

// A named tuple: its names follow the indices, as in what operators return.
function named(parts: unknown[], names: readonly Json[]): unknown[] {
  for (const [i, name] of names.entries()) {
    if (!(String(name) in parts))
      Object.defineProperty(parts, String(name), { value: parts[i], enumerable: true });
  }
  return parts;
}

/** How a value that was given is nested, for messages: an array is what is expected there, a tuple or a list. */
export function specOf(value: unknown, expected: TreeSpec | undefined): TreeSpec {
  if (Array.isArray(value)) {
    const { shape, type } = expected ?? LEAF;
    const children = value.map((item, i) => specOf(item, expected?.children[i]));
    if (shape === 'named') return new TreeSpec(shape, type, [], children);
    return new TreeSpec('list', shape === 'list' ? type : 'list', [], children);
  }
  if (!isMap(value) && !isPlainObject(value)) return LEAF;
  const entries = isMap(value) ? [...value] : Object.entries(value as object);
  const keys = entries.map(([key]) => key as Json);
  const children = entries.map(([key, item]) =>
    specOf(item, expected?.children[expected.keys.indexOf(key as Json)]),
  );
  return new TreeSpec('dict', expected?.shape === 'dict' ? expected.type : 'dict', keys, children);
}

/**
 * What a call of a program gives its graph: the leaves of the arguments.
 *
 * @throws TorchError in Python's words where they are nested otherwise than those it was exported with.
 */
export function flattenArguments(spec: TreeSpec, args: readonly unknown[]): unknown[] {
  const [positional, keywords] = spec.children;
  let given = [...args];
  while (given.length > 0 && given.at(-1) === undefined) given.pop();
  let named: unknown = {};
  if (given.length > positional.children.length && isPlainObject(given.at(-1))) {
    named = given.at(-1);
    given = given.slice(0, -1);
  }
  const expected = keywords.keys;
  const names = Object.keys(named as object);
  const isThere = (key: Json): boolean => keysLike(key).some((name) => names.includes(name as string));
  if (names.length !== expected.length || !expected.every(isThere)) {
    throw valueError(
      `Ran into a kwarg keyword mismatch: Got the following keywords [${names.map(keyText).join(', ')}] but expected ` +
        `[${expected.map(keyText).join(', ')}]`,
    );
  }
  const leaves = flattenAs(spec, [given, named]);
  if (leaves !== null) return leaves;
  throw valueError(
    'Trying to flatten user inputs with exported input tree spec: \n' +
      `${String(spec)}\nbut actually got inputs with tree spec of: \n${String(specOf([given, named], spec))}.\n` +
      'Please check that the inputs have the same number and type of args and kwargs as the ones you used when tracing.',
  );
}
