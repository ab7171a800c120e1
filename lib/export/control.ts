// Control flow in a recording: its nodes are between marks, of which graphs are made.
import type { Region } from '../native/recording';
import { native } from '../native';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';

/** A graph of a region: its nodes are those from `start` up to `end`, but for `outputs`, whose arguments are given. */
export interface TracedBody {
  readonly start: number;
  readonly end: number;
  readonly outputs: readonly number[];
}

/** What control flow takes and gives: numbers of nodes in a recording, of slots afterwards. */
export interface RegionNumbers {
  readonly operator: Region['operator'];
  readonly pred: readonly number[];
  readonly operands: readonly number[];
  readonly carried: readonly number[];
  /** What the slices are of. */
  readonly xs: readonly number[];
  /** What the node gives. */
  readonly results: readonly number[];
}

/**
 * Control flow in a recording, by the numbers of its nodes: those from `start` up to `end` that are in no body are marks. The
 * arguments of the first ones are `pred` and `operands`; what others give comes anew into each body.
 */
export interface TracedRegion extends RegionNumbers {
  readonly start: number;
  readonly end: number;
  readonly slices: readonly number[];
  readonly bodies: readonly TracedBody[];
}

/** Follows the control flow of one call. An inner region stands before the one that it is in. */
export class Control {
  readonly regions: TracedRegion[] = [];

  readonly region = (region: Region): Tensor[] => {
    const start = native.captureCount();
    const [pred] = mark(region.pred === null ? [] : [region.pred as Tensor]);
    const [operands] = mark(region.operands as Tensor[]);
    const [carried, now] = mark(region.carried as Tensor[]);
    const [xs, all] = mark(region.xs as Tensor[]);
    const [slices, first] = mark(all, (x) => aten.select(x, 0, 0));
    const outputs: Tensor[][] = [];
    const bodies = region.bodies.map((body): TracedBody => {
      const at = native.captureCount();
      const given = body(now, first) as Tensor[];
      const [marks, marked] = mark(given);
      outputs.push(marked);
      return { start: at, end: native.captureCount(), outputs: marks };
    });
    const [results, given] = mark(region.results(outputs) as Tensor[]);
    const end = native.captureCount();
    const { operator } = region;
    this.regions.push({ operator, start, end, pred, operands, carried, xs, slices, bodies, results });
    return given;
  };
}

// A node for each, and what it gives.
function mark(
  tensors: readonly Tensor[],
  make: (tensor: Tensor) => Tensor = aten.alias,
): [marks: number[], marked: Tensor[]] {
  const marks: number[] = [];
  const marked = tensors.map((tensor) => {
    marks.push(native.captureCount());
    return make(tensor);
  });
  return [marks, marked];
}
