// Objects of classes that libraries have registered, as Python's torch.ScriptObject is in a file: what the class says of
// one by `__getstate__`, and its name. They are read as PythonObjects, since nothing of a file is run.
import { TorchTypeError } from '../../core/errors';
import { native } from '../../native';
import type { ScriptObject } from '../../tensor/script_object';
import { Float, PythonObject, tuple } from './python_types';
import { type Reduction, call } from './reduction';

/** How `torch.save` writes one. */
export function scriptObject(object: ScriptObject): Reduction {
  const { qualifiedName } = object;
  const [getState] = native.signatures(`${qualifiedName}.__getstate__`, null, false);
  // Python's words.
  if (!getState) throw new TorchTypeError('Tried to serialize object that does not have a __getstate__ method defined: ' + qualifiedName); // prettier-ignore
  const state = typed((object.__getstate__ as () => unknown)(), getState.returns[0].type);
  return { ...call('torch', 'ScriptObject'), bare: true, state: tuple(state, qualifiedName) };
}

/** What a file says of an object of the class `name`; undefined where `value` is none. */
export function stateInFile(value: unknown, name: string): unknown {
  if (!(value instanceof PythonObject) || value.type !== 'torch.ScriptObject') return undefined;
  const [state, itsName] = (Array.isArray(value.state) ? value.state : []) as unknown[];
  return itsName === name ? state : undefined;
}

// Tuples and lists are arrays here, and floats and ints numbers: the schema tells them apart.
function typed(value: unknown, type: string): unknown {
  if (value === null) return null;
  if (type.endsWith('?')) return typed(value, type.slice(0, -1));
  if (type.endsWith('[]')) return (value as unknown[]).map((each) => typed(each, type.slice(0, -2)));
  if (type.startsWith('[')) {
    const types = elementTypes(type);
    return tuple(...(value as unknown[]).map((each, i) => typed(each, types[i])));
  }
  return type === 'float' ? new Float(value as number) : value;
}

/** A tuple `'[int, [string, int][]]'` has `'int'` and `'[string, int][]'`. */
function elementTypes(type: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 1;
  for (let i = 1; i < type.length; i++) {
    const isEnd = depth === 0 && (type[i] === ',' || i === type.length - 1);
    if (isEnd) found.push(type.slice(start, i).trim());
    if (isEnd) start = i + 1;
    depth += type[i] === '[' ? 1 : type[i] === ']' ? -1 : 0;
  }
  return found;
}
