// What the inputs of a program are called, and how a call's arguments are saved.
import { snakeCase } from '../core/names';
import { isPlainObject } from '../core/realm';
import type { Module } from '../nn';
import { tuple } from '../serialization';
import { type TreeSpec, pathsOf } from './pytree';

/** What the arguments by position are called in `forward`, where that is plain to see. */
export function forwardNames(module: Module, count: number): string[] {
  const [, list = ''] = /^[^(]*\(([^()]*)\)/.exec(Function.prototype.toString.call(module.forward)) ?? [];
  const found = list.split(',').map((name) => name.replace(/=.*/s, '').trim());
  return Array.from({ length: count }, (_, i) =>
    /^[A-Za-z_]\w*$/.test(found[i] ?? '') ? snakeCase(found[i]) : `args_${i}`,
  );
}

/** For each leaf of a call: its argument, and the way to it. */
export function namesOfLeaves(spec: TreeSpec, names: readonly string[]): string[] {
  const count = spec.children[0].children.length;
  return pathsOf(spec).map(([group, first, ...rest]) => {
    const isKeyword = group.kind === 'index' && group.at === 1;
    const at = first.kind === 'index' ? first.at : 0;
    const head = isKeyword && first.kind === 'key' ? String(first.key) : (names[at] ?? names[count]);
    return [
      head,
      ...rest.map((step) =>
        step.kind === 'index' ? step.at : step.kind === 'key' ? String(step.key) : step.name,
      ),
    ].join('_');
  });
}

/** Arrays are tuples, in what torch.save writes. */
export const asTuples = (value: unknown): unknown => {
  if (Array.isArray(value)) return tuple(...value.map(asTuples));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).map(([key, one]) => [snakeCase(key), asTuples(one)]),
  );
};
