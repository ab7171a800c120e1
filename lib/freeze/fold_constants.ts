// What depends on constants alone is computed once.
import { noGrad } from '../autograd/mode';
import { Program } from '../native/program';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { argumentsOf, factsOf } from './operators';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  ProgramView,
  isFresh,
  outputSlots,
  slotsIn,
  substitute,
  tensorsIn,
  writtenBy,
} from './view';

const MOST_BYTES = 1 << 28; // of a result that no constant has given

/** Whether a node may be run once for all. What may be part of an output is made anew for each call. */
function isFoldable(node: ProgramNode, fixed: ReadonlySet<number>, written: ReadonlySet<Tensor>): boolean {
  const all = argumentsOf(node);
  const facts = factsOf(node);
  if (facts === null || facts.isRandom || writtenBy(node).length > 0) return false;
  if (all.some((one) => slotsIn(one).some((slot) => !fixed.has(slot)))) return false;
  const tensors = all.flatMap(tensorsIn);
  if (tensors.some((tensor) => written.has(tensor))) return false;
  return tensors.length > 0 || all.some((one) => slotsIn(one).length > 0) || isFresh(node);
}

/** Nodes that have only constants are gone; their results are constants. */
export function foldConstants(program: ProgramDescription): ProgramDescription {
  const view = new ProgramView(program);
  const written = view.written;
  const given = new Set<number>();
  for (const output of program.outputs) for (const slot of view.originsOf(output).slots) given.add(slot);
  const values = new Map<number, ProgramArgument>();
  const nodes = program.nodes.filter((node) => {
    const slots = outputSlots(node);
    if (slots.some((slot) => given.has(slot) || written.slots.has(slot))) return true;
    if (!isFoldable(node, new Set(values.keys()), written.tensors)) return true;
    const results = runOnce(substitute({ ...program, nodes: [node] }, values).nodes[0], slots);
    if (results === null) return true;
    slots.forEach((slot, i) => values.set(slot, { constant: results[i] }));
    return false;
  });
  return substitute({ ...program, nodes }, values);
}

// Null where it cannot be run, which the program says when it is called, and where a result is larger than it should be:
// one that is expanded, say.
function runOnce(node: ProgramNode, slots: readonly number[]): Tensor[] | null {
  const outputs = slots.map((slot) => ({ slot }));
  const highest = Math.max(-1, ...slots);
  try {
    const program = new Program({ slots: highest + 1, inputs: [], nodes: [node], outputs });
    const results = noGrad(() => program.run([]));
    if (!results.every(isTensor)) return null;
    const tensors = results as Tensor[];
    if (isFresh(node) && tensors.some((one) => one.numel() * one.elementSize() > MOST_BYTES)) return null;
    return tensors.map((one) => one.detach());
  } catch {
    return null;
  }
}
