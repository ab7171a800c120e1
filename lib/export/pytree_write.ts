// How values of JavaScript are nested, as torch.utils._pytree describes it.
import { isMap, isPlainObject } from '../core/realm';
import { snakeCase } from '../core/names';
import { damaged } from './errors';
import type { Json } from './json';
import { TreeSpec } from './pytree';
import { type Written, jsonText } from './write';

/** A value's leaves, and its nesting: arrays are tuples, plain objects and Maps dicts. */
export function flattenTree(value: unknown, leaves: unknown[]): TreeSpec {
  if (Array.isArray(value)) {
    const children = value.map((item) => flattenTree(item, leaves));
    return new TreeSpec('list', 'tuple', [], children);
  }
  if (!isMap(value) && !isPlainObject(value)) {
    leaves.push(value);
    return new TreeSpec('leaf', '', [], []);
  }
  const entries: [unknown, unknown][] = isMap(value) ? [...value] : Object.entries(value);
  const keys = entries.map(([key]) => {
    if (typeof key === 'string' || Number.isSafeInteger(key)) return key as Json;
    throw damaged(`the key ${String(key)} of a dict is neither a text nor a whole number`);
  });
  return new TreeSpec(
    'dict',
    'dict',
    keys,
    entries.map(([, item]) => flattenTree(item, leaves)),
  );
}

/** The arguments of a call: a tuple, and a dict with Python's names. */
export function flattenCall(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): { inSpec: TreeSpec; leaves: unknown[] } {
  const leaves: unknown[] = [];
  const named = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [snakeCase(key), value]));
  return { inSpec: flattenTree([[...args], named], leaves), leaves };
}

const types: Readonly<Record<string, string>> = {
  tuple: 'builtins.tuple',
  list: 'builtins.list',
  deque: 'collections.deque',
  dict: 'builtins.dict',
  OrderedDict: 'collections.OrderedDict',
  defaultdict: 'collections.defaultdict',
};

function specJson(spec: TreeSpec): Written {
  if (spec.shape === 'leaf') return { type: null, context: null, children_spec: [] };
  if (spec.shape === 'named') {
    if (spec.source === null) throw damaged(`a value of the class ${spec.type} cannot be written`);
    return { ...(spec.source as Record<string, Written>), children_spec: spec.children.map(specJson) };
  }
  const keys = spec.keys as Written[];
  const context = spec.shape === 'list' ? null : spec.type === 'defaultdict' ? [null, keys] : keys;
  return { type: types[spec.type], context: jsonText(context), children_spec: spec.children.map(specJson) };
}

/** What `treespec_dumps` writes. */
export const writeTreeSpec = (spec: TreeSpec): string => jsonText([1, specJson(spec)]);

/** The fields of named tuples in it, by class. */
export function namedTuples(...specs: readonly TreeSpec[]): Record<string, Written> {
  return Object.assign(
    {},
    ...specs.map((spec): Record<string, Written> => ({
      ...namedTuples(...spec.children),
      ...(spec.source?.type === 'collections.namedtuple' && {
        [spec.type]: { field_names: spec.keys as Written[] },
      }),
    })),
  ) as Record<string, Written>;
}
