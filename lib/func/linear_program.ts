// The operators of a forward derivative, partially evaluated: those that tangents reach run again, the others' results
// are constants. Python traces the same ones with make_fx and folds the constants.
import { callInOrder, listResults, type Overload, overloadOf, wrapArguments } from '../library/operators';
import { tagsOf } from '../library/tags';
import { native } from '../native';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import * as tree from './tree';

interface Step {
  op: Overload;
  args: unknown[];
  result: unknown;
}
type Run = (tangents: readonly Tensor[]) => unknown;

const tensorsOf = (value: unknown): Tensor[] =>
  tree.flatten(value).leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor);
const idOf = (tensor: Tensor): number => native.identityOf(tensor)[0];
const memoryOf = (tensor: Tensor): number => native.identityOf(tensor)[1];

// `Tensor(a!) self`: what the operator writes to.
const isWritten = ({ schema }: Overload, name: string): boolean =>
  new RegExp(`!\\)(\\[\\d*\\])?\\??\\s+${name}\\b`).test(schema);
const isRandom = ({ name, overload }: Overload): boolean =>
  tagsOf(name, overload).includes('nondeterministic_seeded');

function record(body: () => unknown): { steps: Step[]; result: unknown } {
  const steps: Step[] = [];
  const handler = (name: string, overload: string, raw: unknown[]): unknown[] => {
    const op = overloadOf(name, overload);
    const args = wrapArguments(op, raw);
    const result = callInOrder(op, args);
    steps.push({ op, args, result });
    return listResults(op, result);
  };
  return { result: within('linearize', Scope.dispatchMode, body, handler), steps };
}

const writtenMemory = ({ op, args }: Step): number[] =>
  tensorsOf(args.filter((_, i) => isWritten(op, op.parameters[i].name))).map(memoryOf);

// Those of tangents, random ones, and all of memory that is written to, which a constant cannot stand for.
function chooseSteps(steps: Step[], tangents: Tensor[]): Step[] {
  const live = new Set(tangents.map(idOf));
  const written = new Set(steps.flatMap(writtenMemory));
  written.delete(0);
  const isLive = (tensor: Tensor): boolean => live.has(idOf(tensor)) || written.has(memoryOf(tensor));
  return steps.filter(({ op, args, result }) => {
    const results = tensorsOf(result);
    if (!isRandom(op) && !tensorsOf([args, results]).some(isLive)) return false;
    for (const tensor of results) live.add(idOf(tensor));
    return true;
  });
}

// Whether each tensor that shares memory with what runs again came from an operator that was seen.
function areWhole(chosen: Step[], tangents: Tensor[]): boolean {
  const made = [...tangents, ...chosen.flatMap(({ result }) => tensorsOf(result))];
  const ids = new Set(made.map(idOf));
  const memories = new Set(made.map(memoryOf));
  memories.delete(0);
  return chosen.every(({ args }) =>
    tensorsOf(args).every((tensor) => ids.has(idOf(tensor)) || !memories.has(memoryOf(tensor))),
  );
}

// In the places of tensors that steps make.
class Slot {
  constructor(readonly id: number) {}
}

/**
 * `body` of tangents, recorded on those given, as a function that computes again what depends on them. Null where
 * something came about that no operator made.
 */
export function linearProgram(body: Run, tangents: readonly Tensor[]): Run | null {
  const inputs = [...tangents];
  const { steps, result } = record(() => body(inputs));
  const chosen = chooseSteps(steps, inputs);
  if (!areWhole(chosen, inputs)) return null;
  const made = new Set([...inputs, ...chosen.flatMap((step) => tensorsOf(step.result))].map(idOf));
  const slotted = (value: unknown): unknown =>
    tree.map(value, (leaf) => {
      if (!(leaf instanceof Tensor)) return leaf;
      return made.has(idOf(leaf)) ? new Slot(idOf(leaf)) : leaf.detach();
    });
  const program = chosen.map(({ op, args, result }) => ({
    op,
    args: slotted(args) as unknown[],
    results: tensorsOf(result).map(idOf),
  }));
  const [ids, output] = [inputs.map(idOf), slotted(result)];
  return (given) => {
    const values = new Map(ids.map((id, i) => [id, given[i]]));
    const filled = (value: unknown): unknown =>
      tree.map(value, (leaf) => (leaf instanceof Slot ? values.get(leaf.id) : leaf));
    for (const { op, args, results } of program) {
      const found = tensorsOf(callInOrder(op, filled(args) as unknown[]));
      results.forEach((id, i) => values.set(id, found[i]));
    }
    return filled(output);
  };
}
