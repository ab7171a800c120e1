// Nested arguments and results: arrays, plain objects and Maps of leaves.
import { isPlainObject } from '../core/realm';
import { isMap } from '../core/realm';

/** Nested as the caller's function has it, which only the caller knows. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Tree = any;

/** How the leaves were nested; null for a leaf. */
export type TreeSpec =
  | null
  | { kind: 'list'; children: TreeSpec[] }
  | { kind: 'object' | 'map'; keys: unknown[]; children: TreeSpec[] };

/** `null` and what is not nested are leaves. */
export function flatten(tree: unknown, leaves: unknown[] = []): { leaves: unknown[]; spec: TreeSpec } {
  if (Array.isArray(tree)) {
    return { leaves, spec: { kind: 'list', children: tree.map((item) => flatten(item, leaves).spec) } };
  }
  if (isMap(tree) || isPlainObject(tree)) {
    const entries: [unknown, unknown][] = isMap(tree) ? [...tree] : Object.entries(tree);
    const kind = isMap(tree) ? 'map' : 'object';
    const children = entries.map(([, item]) => flatten(item, leaves).spec);
    return { leaves, spec: { kind, keys: entries.map(([key]) => key), children } };
  }
  leaves.push(tree);
  return { leaves, spec: null };
}

export function unflatten(leaves: readonly unknown[], spec: TreeSpec): unknown {
  if (spec === null) return leaves[0];
  const rest = leaves[Symbol.iterator]();
  const build = (node: TreeSpec): unknown => {
    if (node === null) return rest.next().value;
    const items = node.children.map(build);
    if (node.kind === 'list') return items;
    const entries = items.map((item, i) => [node.keys[i], item] as const);
    return node.kind === 'map' ? new Map(entries) : Object.fromEntries(entries as [string, unknown][]);
  };
  return build(spec);
}

export function map(tree: unknown, change: (leaf: unknown) => unknown): unknown {
  const { leaves, spec } = flatten(tree);
  return unflatten(leaves.map(change), spec);
}

/** One value for each leaf of `spec`: a leaf of `prefix` stands for all below it. Null where they differ. */
export function broadcast(prefix: unknown, spec: TreeSpec): unknown[] | null {
  if (spec === null) return Array.isArray(prefix) || isNested(prefix) ? null : [prefix];
  if (!Array.isArray(prefix) && !isNested(prefix)) return new Array<unknown>(count(spec)).fill(prefix);
  const given = childrenOf(prefix, spec);
  if (given === null) return null;
  const all: unknown[] = [];
  for (const [i, child] of spec.children.entries()) {
    const values = broadcast(given[i], child);
    if (values === null) return null;
    all.push(...values);
  }
  return all;
}

const isNested = (value: unknown): boolean => isMap(value) || isPlainObject(value);

function childrenOf(prefix: unknown, spec: NonNullable<TreeSpec>): unknown[] | null {
  if (spec.kind === 'list') {
    return Array.isArray(prefix) && prefix.length === spec.children.length ? prefix : null;
  }
  if (Array.isArray(prefix)) return null;
  const entries = new Map<unknown, unknown>(isMap(prefix) ? prefix : Object.entries(prefix as object));
  if (entries.size !== spec.keys.length || spec.keys.some((key) => !entries.has(key))) return null;
  return spec.keys.map((key) => entries.get(key));
}

function count(spec: TreeSpec): number {
  return spec === null ? 1 : spec.children.reduce((sum, child) => sum + count(child), 0);
}

/** As Python prints a structure: `*` for a leaf. */
export function specText(spec: TreeSpec): string {
  if (spec === null) return '*';
  const children = spec.children.map(specText);
  if (spec.kind === 'list') return `(${children.join(', ')})`;
  return `{${children.map((child, i) => `${String(spec.keys[i])}: ${child}`).join(', ')}}`;
}

export function sameSpec(a: TreeSpec, b: TreeSpec): boolean {
  if (a === b) return true;
  if (a === null || b === null) return a === b;
  if (a.children.length !== b.children.length) return false;
  if (a.kind === 'list' || b.kind === 'list') {
    if (a.kind !== b.kind) return false;
  } else if (!a.keys.every((key, i) => String(key) === String(b.keys[i]))) return false;
  return a.children.every((child, i) => sameSpec(child, b.children[i]));
}
