// Nested arguments and results as a program's file describes them: what treespec_dumps of torch.utils._pytree wrote.
import { TorchTypeError } from '../core/errors';
import { damaged } from './errors';
import * as fields from './fields';
import { asObject, asText } from './fields';
import { type Json, parseText } from './json';
import { LEAF, TreeSpec } from './pytree';

const dictTypes = new Map([
  ['builtins.dict', 'dict'],
  ['collections.OrderedDict', 'OrderedDict'],
  ['collections.defaultdict', 'defaultdict'],
]);
const listTypes = new Map([
  ['builtins.tuple', 'tuple'],
  ['builtins.list', 'list'],
  ['collections.deque', 'deque'],
]);

/** Reads what `treespec_dumps` wrote. `namedTuples` are the fields of types that the file has named. */
export function readTreeSpec(
  text: string,
  namedTuples: ReadonlyMap<string, string[]>,
  where: string,
): TreeSpec {
  const [version, spec, ...more] = fields.asList(parseText(text, where), where);
  if (version !== 1 || more.length > 0) {
    throw damaged(`Unknown protocol ${String(version)}. Available protocols: [1]`);
  }
  return readSpec(spec, namedTuples, where);
}

function readSpec(value: Json | undefined, named: ReadonlyMap<string, string[]>, where: string): TreeSpec {
  const object = asObject(value, where);
  const type = object.get('type') ?? null;
  const context = object.get('context') ?? null;
  const children = fields.each(object.get('children_spec'), where, (child) => readSpec(child, named, where));
  if (type === null) return LEAF;
  const name = asText(type, where);
  const list = listTypes.get(name);
  if (list) return new TreeSpec('list', list, [], children);
  const dict = dictTypes.get(name);
  if (dict) {
    const keys = dictKeys(name, parsed(context, where), where);
    return new TreeSpec('dict', dict, sameCount(keys, children, where), children);
  }
  const isNamedTuple = name === 'collections.namedtuple'; // which one is in the context
  const className = isNamedTuple ? asText(context, where) : name;
  const known = named.get(className);
  const own = isNamedTuple ? null : context;
  const keys = known ? sameCount(known, children, where) : otherFields(own, children.length);
  return new TreeSpec('named', className, keys, children, { type: name, context });
}

const parsed = (context: Json | undefined, where: string): Json => parseText(asText(context, where), where);

function dictKeys(name: string, context: Json, where: string): Json[] {
  const list = fields.asList(context, where);
  return name === 'collections.defaultdict' ? fields.asList(list[1], where) : list;
}

function sameCount(keys: readonly Json[], children: readonly TreeSpec[], where: string): readonly Json[] {
  if (keys.length !== children.length)
    throw damaged(`${where}: ${children.length} values have ${keys.length} keys`);
  return keys;
}

// A class that was registered may say in a context of its own what its parts are called: dataclasses in a list of lists.
function otherFields(context: Json, count: number): Json[] {
  let names: Json = null;
  try {
    if (typeof context === 'string') names = parseText(context, 'context');
  } catch {
    // It has a form of its own.
  }
  for (const list of Array.isArray(names) ? [names, names[0] ?? null] : []) {
    if (!Array.isArray(list) || list.length !== count) continue;
    if (list.every((name) => typeof name === 'string')) return list;
  }
  return Array.from({ length: count }, (_, i) => `field${i}`);
}

/** @throws TypeError unless it is nested as the arguments of a call are. */
export function checkCallSpec(spec: TreeSpec): void {
  const [positional, keywords] = spec.children;
  if (spec.children.length !== 2 || positional.shape !== 'list' || keywords.shape !== 'dict') {
    throw new TorchTypeError('the arguments of a program are a tuple and a dict');
  }
}
