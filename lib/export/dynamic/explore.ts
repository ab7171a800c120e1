// Runs a module at sizes that tell what depends on them.
import { type TorchError } from '../../core/errors';
import { isError } from '../../core/realm';
import { OF_EXPORT, type Stop } from '../../capture/session';
import type { Expression } from '../expression';
import type { Trace } from '../tracer';
import { Fitter, type Question, questionText, valueOf } from './fit';
import { Differs, Undecided, type Merged, merge } from './merge';
import { isNear } from './hints';
import type { Open, Point } from './open';
import { userError } from './shapes';
import { withoutWholeSlices } from './whole_slices';

const MOST_RUNS = 24;
const WINDOW = 70; // sizes beside the given one that a question is answered at

/** Runs the module. */
export type RunAt = (point: Point, stop?: Stop) => Trace;

/** What the call does at all sizes, and what it did at the given ones. `names` are the symbols of the open sizes. */
export function explore(
  opens: readonly Open[],
  names: ReadonlyMap<Open, string>,
  runAt: RunAt,
): { merged: Merged; trace: Trace } {
  const points = pointsFor(opens);
  const traces = points.map((point) => runSafely(runAt, point));
  const settled = new Set<string>();
  const hints = new Map(opens.map((open) => [names.get(open)!, open.hint]));
  for (;;) {
    const isKept = keptOf(traces, points, opens);
    const [keptPoints, kept] = [points, traces].map((list) => list.filter((_, i) => isKept[i])) as [
      Point[],
      Trace[],
    ];
    const symbols = opens.map((open) => ({
      name: names.get(open)!,
      values: keptPoints.map((point) => point.get(open)!),
    }));
    try {
      const fitter = opens.length === 0 ? null : new Fitter(symbols, settled);
      return { merged: merge(kept, fitter, (expression) => valueOf(expression, hints)), trace: kept[0] };
    } catch (error) {
      if (error instanceof Differs) throw explained(error, keptPoints, runAt);
      if (!(error instanceof Undecided)) throw error;
      const { question } = error;
      const next = answering(question, opens, names, points[0]);
      if (next === null) {
        settled.add(questionText(question)); // they are the same at all sizes
        continue;
      }
      if (points.length >= MOST_RUNS) throw undecided(question, points[0]);
      points.push(next);
      traces.push(runSafely(runAt, next));
    }
  }
}

// Of each open size there are two at least among those that are kept.
function keptOf(traces: readonly Trace[], points: readonly Point[], opens: readonly Open[]): boolean[] {
  const isKept = withoutWholeSlices(traces);
  const isOpen = (open: Open): boolean =>
    new Set(points.filter((_, i) => isKept[i]).map((point) => point.get(open))).size > 1;
  return opens.every(isOpen) ? isKept : traces.map(() => true);
}

/** `batch = 3, seq = 5`. */
const pointText = (point: Point): string =>
  [...point].map(([{ label }, size]) => `${label} = ${size}`).join(', ');

function runSafely(runAt: RunAt, point: Point): Trace {
  try {
    return runAt(point);
  } catch (error) {
    if (!isError(error) || error.message.startsWith(OF_EXPORT)) throw error;
    const wrapped = userError(
      `torch.export.export(): forward fails where ${pointText(point)}: ${error.message}\nGive the dimension a min or a max, ` +
        'make it the same as another or a multiple, as in Dim(...).mul(2), or leave it static',
    );
    wrapped.cause = error;
    throw wrapped;
  }
}

// A second run finds the line.
function explained({ message, trace, node }: Differs, points: readonly Point[], runAt: RunAt): unknown {
  const seen = trace > 0 && trace < points.length ? [points[0], points[trace]] : points;
  const why =
    `torch.export: what forward does is not the same at all sizes, or depends on them in a way that a program cannot say: ` +
    `${message} (where ${seen.map(pointText).join('; ')})`;
  if (node !== null) {
    try {
      runAt(seen[1] ?? seen[0], { node, why });
    } catch (error) {
      if (isError(error) && error.message.includes(message))
        return userError(error.message.replace(OF_EXPORT, ''));
    }
  }
  return userError(why);
}

function undecided({ expressions }: Question, point: Point): TorchError {
  return userError(
    `torch.export: ${expressions.length} expressions of sizes fit a number of forward where ${pointText(point)}, after ` +
      `${MOST_RUNS} runs at other sizes`,
  );
}

// Sizes near the given one, and the ends of what is allowed.
function sizesOf({ label, lower, upper, hint }: Open): number[] {
  const least = Math.max(lower, 2);
  const most = upper ?? Infinity;
  const wanted = [hint, hint + 1, hint + 3, hint - 1, least, hint + 4, least + 1, hint + 6, hint - 2];
  const found = [...new Set(wanted)].filter((size) => size >= least && size <= most);
  if (found.length > 1) return found;
  throw userError(
    `torch.export.export(): ${label} has no two sizes above 1 between ${lower} and ${most}: leave it static`,
  );
}

function pointsFor(opens: readonly Open[]): Point[] {
  const sizes = opens.map(sizesOf);
  const at = (choose: (list: number[], i: number) => number): Point =>
    new Map(opens.map((open, i) => [open, choose(sizes[i], i)]));
  const ends = opens.map(({ upper, hint }) => (upper !== null && isNear(upper, hint) ? upper : null));
  const points = [
    at((list) => list[0]),
    at((_, i) => Math.max(opens[i].lower, 2)),
    at((list, i) => ends[i] ?? list[1 % list.length]),
  ];
  for (let j = 0; j < 4 + opens.length; j++)
    points.push(at((list, i) => list[(1 + i + j * (1 + 2 * i)) % list.length]));
  const seen = new Map(points.map((point) => [String([...point.values()]), point]));
  return [...seen.values()];
}

// The point at which the expressions differ most.
function answering(
  { expressions }: Question,
  opens: readonly Open[],
  names: ReadonlyMap<Open, string>,
  base: Point,
): Point | null {
  let best: { point: Point; largest: number } = { point: base, largest: expressions.length };
  for (const open of opens) {
    const least = Math.max(open.lower, 2, open.hint - WINDOW);
    const most = Math.min(open.upper ?? Infinity, open.hint + WINDOW);
    for (let size = least; size <= most; size++) {
      const point = new Map(base).set(open, size);
      const largest = largestGroup(expressions, point, names);
      if (largest < best.largest) best = { point, largest };
    }
  }
  return best.largest < expressions.length ? best.point : null;
}

function largestGroup(
  expressions: readonly Expression[],
  point: Point,
  names: ReadonlyMap<Open, string>,
): number {
  const symbols = new Map([...point].map(([open, size]) => [names.get(open)!, size]));
  const counts = new Map<number, number>();
  for (const expression of expressions) {
    const value = valueOf(expression, symbols);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}
