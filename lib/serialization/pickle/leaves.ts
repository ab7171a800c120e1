// The values of a file by their paths.
import { isMap, isSet } from '../../core/realm';
import { constructionOf } from './construct';
import { PythonObject } from './python_types';

type Entry = readonly [key: unknown, value: unknown];

/**
 * What is in `root` without parts of its own, by path: `'model.fc1.weight'`, `'optimizer.param_groups[0].lr'`. A whole
 * module of Python's has the paths of its state_dict. What contains itself is passed once.
 */
export function leavesOf(root: unknown, isLeaf: (value: unknown) => boolean): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const open = new Set<unknown>();
  const visit = (value: unknown, path: string): void => {
    const entries = isLeaf(value) ? [] : entriesOf(value);
    if (entries.length === 0) return void found.set(path, value);
    if (open.has(value)) return;
    open.add(value);
    // A tensor of a class of its own has the path of a plain one.
    if (value instanceof PythonObject && isTensorOf(value)) visit((value.args as unknown[])[0], path);
    for (const [key, each] of entries) visit(each, join(path, key));
    open.delete(value);
  };
  visit(root, '');
  return found;
}

// A list of plain values is one value.
function entriesOf(value: unknown): readonly Entry[] {
  if (isMap(value)) return [...(value as Map<unknown, unknown>)];
  if (value instanceof PythonObject) return entriesOfObject(value);
  const list = isSet(value) ? [...(value as Set<unknown>)] : value;
  if (!Array.isArray(list)) return [];
  return list.some((each) => typeof each === 'object' && each !== null) ? [...list.entries()] : [];
}

function entriesOfObject(object: PythonObject): readonly Entry[] {
  const { args, state, items, entries } = object;
  // A dict of fields, and one of slots.
  const states =
    Array.isArray(state) && state.length === 2 && isMap(state[1]) ? (state as unknown[]) : [state];
  const fields = states.flatMap((each): readonly Entry[] =>
    isMap(each) ? fieldsOf(each as Map<unknown, unknown>) : Array.isArray(each) ? entriesOf(each) : [],
  );
  const built = fields.length === 0 && !isTensorOf(object) ? entriesOf(args) : [];
  return [...built, ...fields, ...entriesOf(items), ...(entries ?? [])];
}

// Parameters, buffers and modules of a module are its attributes.
function fieldsOf(state: Map<unknown, unknown>): readonly Entry[] {
  const parts = ['_parameters', '_buffers', '_modules'].map((name) => state.get(name));
  if (!parts.every(isMap)) return [...state];
  return parts.flatMap((part) => [...(part as Map<unknown, unknown>)]).filter(([, value]) => value !== null);
}

const isTensorOf = (object: PythonObject): boolean => constructionOf(object)?.how === 'tensor';

function join(path: string, key: unknown): string {
  if (typeof key !== 'string') return `${path}[${String(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
