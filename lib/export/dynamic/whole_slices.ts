// A slice of all is no slice: x.at(':4') of four rows is recorded as an alias, or is nothing beside others.
import type { Trace } from '../tracer';

const SLICES = new Set(['aten::slice.Tensor', 'aten::alias']);

const callsOf = ({ lifting }: Trace): string[] => lifting.nodes.map(({ operator }) => operator);

/** What a run called, but for slices. */
export const callsWithoutSlices = (trace: Trace): string =>
  callsOf(trace)
    .filter((operator) => !SLICES.has(operator))
    .join(' ');

/** The runs in which no slice takes all: those with the most slices, of those that do the same otherwise. */
export function withoutWholeSlices(traces: readonly Trace[]): boolean[] {
  const count = (trace: Trace): number =>
    callsOf(trace).filter((operator) => operator === 'aten::slice.Tensor').length;
  const most = Math.max(...traces.map(count));
  const isSame = traces.every((trace) => callsWithoutSlices(trace) === callsWithoutSlices(traces[0]));
  return traces.map((trace) => !isSame || count(trace) === most);
}
