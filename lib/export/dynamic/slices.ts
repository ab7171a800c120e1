// A slice that takes all is recorded as an alias: at the sizes where others take less, it becomes a slice again.
import type { ProgramArgument, ProgramNode } from '../../../typings/native';
import type { Trace } from '../tracer';

const SLICE = 'aten::slice.Tensor';
const ALIAS = 'aten::alias';

/** The nodes of each trace. */
export function withSlices(traces: readonly Trace[]): ProgramNode[][] {
  const all = traces.map(({ lifting }) => [...lifting.nodes]);
  for (let i = 0; i < all[0].length; i++) {
    const slice = all.map((nodes) => nodes[i]).find((node) => node?.operator === SLICE);
    if (slice === undefined) continue;
    for (const [t, nodes] of all.entries()) {
      if (nodes[i]?.operator === ALIAS) nodes[i] = sliced(nodes[i], slice, traces[t]) ?? nodes[i];
    }
  }
  return all;
}

const numberOf = (argument: ProgramArgument | undefined, otherwise: number): unknown =>
  argument === undefined ? otherwise : 'constant' in argument ? argument.constant : null;

// The alias as a slice of all of the dimension that `slice` takes a part of.
function sliced(alias: ProgramNode, slice: ProgramNode, trace: Trace): ProgramNode | null {
  const [self] = alias.arguments;
  const [of, dim, start, , step] = slice.arguments;
  if (!('slot' in self) || !('slot' in of) || self.slot !== of.slot) return null;
  const at = numberOf(dim, 0);
  const begin = numberOf(start, 0) ?? 0;
  if (typeof at !== 'number' || begin !== 0 || numberOf(step, 1) !== 1) return null;
  const { lifting, inputMetas, metas } = trace;
  const lifted = lifting.lifted.find(({ slot }) => slot === self.slot)?.tensor.shape;
  const sizes = lifted ?? metas.get(self.slot)?.sizes ?? inputMetas[self.slot]?.sizes;
  const size = sizes?.at(at);
  if (size === undefined) return null;
  const given = slice.arguments.map((argument, i) => (i === 3 ? { constant: size } : argument));
  return { ...slice, name: alias.name, arguments: given, outputs: alias.outputs };
}
