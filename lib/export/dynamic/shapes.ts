// dynamicShapes: for each leaf of a call, what is asked of its sizes.
import { TorchError } from '../../core/errors';
import { snakeCase } from '../../core/names';
import { isMap, isPlainObject } from '../../core/realm';
import { isTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import { Dimension, DimHint } from './dim';

/** What is asked of one size. Null and a number: it is what the argument has. */
export type SizeSpec = Dimension | DimHint | number | null;

/**
 * `dynamicShapes` of `torch.export.export`: nested as the arguments are. Of a tensor an object by dimension, or an array
 * with one entry for each; of the arguments an array, or an object by name.
 */
export type DynamicShapes = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Of each leaf: a list, one for each dimension of a tensor; one alone for a number. */
export type LeafSpec = readonly SizeSpec[] | SizeSpec;

export const userError = (message: string): TorchError => new TorchError(message, 'UserError');

/**
 * Reads it. `names` are those of all arguments, of which `values` are the values.
 *
 * @throws UserError where it is nested otherwise than the arguments.
 */
export function readShapes(
  shapes: DynamicShapes,
  names: readonly string[],
  values: readonly unknown[],
): LeafSpec[] {
  const found: LeafSpec[] = [];
  const specs = Array.isArray(shapes) ? ofArray(shapes, values.length) : ofNames(shapes, names);
  values.forEach((value, i) => walk(value, specs[i], `['${names[i]}']`, found));
  return found;
}

const mismatch = (why: string): TorchError =>
  userError(`Detected mismatch between the structure of \`inputs\` and \`dynamic_shapes\`: ${why}`);

function ofArray(shapes: readonly unknown[], count: number): readonly unknown[] {
  if (shapes.length === count) return shapes;
  throw mismatch(`\`inputs\` has ${count} elements, but \`dynamic_shapes\` has ${shapes.length} elements`);
}

function ofNames(shapes: object, names: readonly string[]): unknown[] {
  const given = new Map(Object.entries(shapes).map(([key, spec]) => [snakeCase(key), spec as unknown]));
  if (given.size === names.length && names.every((name) => given.has(name)))
    return names.map((name) => given.get(name));
  const shown = (list: Iterable<string>): string => `[${[...list].map((name) => `'${name}'`).join(', ')}]`;
  throw userError(
    `When \`dynamic_shapes\` is specified as a dict, its top-level keys must be the arg names ${shown(names)} of ` +
      `\`inputs\`, but here they are ${shown(given.keys())}. Alternatively, you could also ignore arg names entirely and ` +
      'specify `dynamic_shapes` as a list/tuple matching `inputs`.',
  );
}

const entriesOf = (value: unknown): [unknown, unknown][] =>
  isMap(value) ? [...value] : Object.entries(value as object);

function walk(value: unknown, spec: unknown, path: string, found: LeafSpec[]): void {
  if (isTensor(value)) return void found.push(sizesOf(value as Tensor, spec, path));
  if (Array.isArray(value)) {
    if (!Array.isArray(spec)) throw otherShape('tuple', path);
    if (spec.length !== value.length) {
      throw mismatch(
        `\`inputs${path}\` has ${value.length} elements, but \`dynamic_shapes${path}\` has ${spec.length} elements`,
      );
    }
    return value.forEach((item, i) => walk(item, spec[i], `${path}[${i}]`, found));
  }
  if (!isMap(value) && !isPlainObject(value)) return void found.push(ofNumber(value, spec, path));
  if (!isMap(spec) && !isPlainObject(spec)) throw otherShape('dict', path);
  const specs = new Map(entriesOf(spec).map(([key, one]) => [snakeCase(String(key)), one]));
  const entries = entriesOf(value).map(([key, item]) => [snakeCase(String(key)), item] as const);
  if (specs.size !== entries.length || !entries.every(([key]) => specs.has(key))) {
    const shown = (keys: Iterable<string>): string => `[${[...keys].map((key) => `'${key}'`).join(', ')}]`;
    throw mismatch(
      `\`inputs${path}\` has keys ${shown(entries.map(([key]) => key))}, but \`dynamic_shapes${path}\` has keys ` +
        shown(specs.keys()),
    );
  }
  for (const [key, item] of entries) walk(item, specs.get(key), `${path}['${key}']`, found);
}

const otherShape = (type: string, path: string): TorchError =>
  mismatch(`\`inputs${path}\` is a <class '${type}'>, but \`dynamic_shapes${path}\` is not`);

const isSpec = (spec: unknown): spec is SizeSpec =>
  spec == null || Number.isInteger(spec) || spec instanceof Dimension || spec instanceof DimHint;

function ofNumber(value: unknown, spec: unknown, path: string): SizeSpec {
  if (spec == null || (spec instanceof DimHint && spec.kind === 'STATIC')) return null;
  if (isPlainObject(spec) && Object.keys(spec).length === 0) return null;
  if (Number.isSafeInteger(value) && spec instanceof DimHint) return spec;
  throw userError(
    `Cannot associate shape ${String(spec)} specified at \`dynamic_shapes${path}\` to non-tensor type ${typeof value} at ` +
      `\`inputs${path}\` (expected None)`,
  );
}

function sizesOf(tensor: Tensor, spec: unknown, path: string): SizeSpec[] {
  const { shape } = tensor;
  const sizes: SizeSpec[] = shape.map(() => null);
  const set = (i: number, one: unknown): void => {
    if (!isSpec(one)) {
      throw userError(
        `Unexpected dimension mapped to index ${i} in input tensor shape specified at \`dynamic_shapes${path}\` (expected ` +
          `None, an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC, but got ${String(one)} instead)`,
      );
    }
    sizes[i] = one ?? null;
  };
  if (spec == null) return sizes;
  if (Array.isArray(spec)) {
    if (spec.length !== shape.length) {
      throw userError(
        `Expected dynamic shape spec specified at \`dynamic_shapes${path}\` to have the same length as the actual tensor ` +
          `shape [${String(shape)}] (expected ${shape.length}, but got ${spec.length} instead)`,
      );
    }
    spec.forEach((one, i) => set(i, one));
    return sizes;
  }
  if (!isMap(spec) && !isPlainObject(spec)) {
    throw userError(
      `Unexpected dynamic shape spec ${String(spec)} specified at \`dynamic_shapes${path}\` (expected an object or an array)`,
    );
  }
  for (const [key, one] of entriesOf(spec)) {
    const at = Number(key);
    const i = at < 0 ? at + shape.length : at;
    if (!Number.isInteger(i) || i < 0 || i >= shape.length) {
      throw new TorchError(
        `\`dynamic_shapes${path}\` names dimension ${String(key)} of a tensor of ${shape.length}`,
        'IndexError',
      );
    }
    set(i, one);
  }
  return sizes;
}
