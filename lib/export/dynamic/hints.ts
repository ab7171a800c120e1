// Dim.AUTO and Dim.DYNAMIC: runs find out which sizes are free, which are equal, and between which bounds.
import { isError } from '../../core/realm';
import type { Trace } from '../tracer';
import { type LeafSizes, type Open, type Point, withOthers } from './open';
import { userError } from './shapes';
import { callsWithoutSlices } from './whole_slices';

type RunAt = (point: Point) => Trace;

/**
 * Sizes in which each open one is free of the others.
 *
 * @throws UserError where one of Dim.DYNAMIC must be what it is.
 */
export function resolveHints(
  opens: readonly Open[],
  sizes: readonly LeafSizes[],
  runWith: (sizes: readonly LeafSizes[], point: Point) => Trace,
): { opens: Open[]; sizes: LeafSizes[] } {
  if (opens.every(({ kind }) => kind === 'NAMED')) return { opens: [...opens], sizes: [...sizes] };
  const runAt: RunAt = (point) => runWith(sizes, point);
  const base: Point = new Map(opens.map((open) => [open, open.hint]));
  const calls = callsWithoutSlices(runAt(base));
  const works = (changed: readonly Open[], size?: number): boolean => {
    const point = new Map(base);
    for (const open of changed) point.set(open, size ?? otherSize(open));
    return calls === attempt(runAt, point);
  };
  const same = new Map<Open, Open | number>(opens.map((open) => [open, open]));
  const bound = opens.filter((open) => open.kind !== 'NAMED' && !works([open]));
  for (const open of bound) if (same.get(open) === open) tie(open, bound, opens, same, works);
  for (const open of opens) {
    if (open.kind === 'NAMED' || same.get(open) !== open) continue;
    findBounds(open, (size) =>
      works(
        [...same].filter(([, other]) => other === open).map(([one]) => one),
        size,
      ),
    );
  }
  return {
    opens: opens.filter((open) => same.get(open) === open),
    sizes: withOthers(sizes, (open) => same.get(open)!),
  };
}

const otherSize = ({ hint, upper }: Open): number => (upper === null || hint < upper ? hint + 1 : hint - 1);

function attempt(runAt: RunAt, point: Point): string | null {
  try {
    return callsWithoutSlices(runAt(point));
  } catch (error) {
    if (isError(error)) return null;
    throw error;
  }
}

// A size that is not free alone may be with those that are equal to it.
function tie(
  open: Open,
  bound: readonly Open[],
  opens: readonly Open[],
  same: Map<Open, Open | number>,
  works: (changed: readonly Open[]) => boolean,
): void {
  const equal = opens.filter(
    (other) =>
      other !== open &&
      other.hint === open.hint &&
      (bound.includes(other) || other.kind === 'NAMED') &&
      same.get(other) === other,
  );
  const groups = [equal, ...equal.map((other) => [other])].filter(({ length }) => length > 0);
  const group = groups.find((others) => works([open, ...others]));
  if (group === undefined) {
    if (open.kind === 'AUTO') return void same.set(open, open.hint);
    throw userError(
      `You marked ${open.label} as dynamic but your code specialized it to be a constant (${open.hint}). If you're using ` +
        'Dim.DYNAMIC, replace it with either Dim.STATIC or Dim.AUTO.',
    );
  }
  const root = group.find(({ kind }) => kind === 'NAMED') ?? open;
  for (const one of [open, ...group]) {
    if (one.kind === 'NAMED') continue;
    same.set(one, root);
    root.lower = Math.max(root.lower, one.lower);
    if (one.upper !== null) root.upper = Math.min(root.upper ?? Infinity, one.upper);
  }
}

function findBounds(open: Open, works: (size: number) => boolean): void {
  const { lower, upper, hint } = open;
  if (!works(lower)) open.lower = lastThatWorks(hint, lower, works);
  const far = upper !== null && isNear(upper, hint) ? upper : 2 * hint + 1;
  if (!works(far)) open.upper = lastThatWorks(open.hint, far, works);
}

/** Whether a run at the largest size is no great work. */
export const isNear = (upper: number, hint: number): boolean => upper <= 2 * hint + 64;

function lastThatWorks(from: number, to: number, works: (size: number) => boolean): number {
  let [good, bad] = [from, to];
  while (Math.abs(bad - good) > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (works(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
