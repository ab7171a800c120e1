/** Programs for inference alone: what can be done once is done when they are made. */
import { TorchError } from '../core/errors';
import { baseName, constantOf, operatorName } from './operators';
import { fuseEpilogues } from './epilogues';
import { fuseAttention } from './attention';
import { foldBatchNorms } from './fold_batch_norm';
import { foldConstants } from './fold_constants';
import { layOut } from './layout';
import { packLayers } from './pack';
import { dropIdentities, dropInPlace, dropUnused } from './plain';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  slotOfInput,
  substitute,
  writtenBy,
} from './view';

export type { Results };

/** What is known of a program that is frozen. */
export interface FreezeOptions {
  /** Values of inputs, by their places: weights, which do not change from now on. */
  readonly constants: ReadonlyMap<number, unknown>;
  /** What is known of the results of nodes, by the nodes' names. */
  readonly results?: Results;
}

/**
 * A program that does what `program` does, with the inputs that `constants` has not. It must run without gradients, and
 * gives nearly the same numbers.
 *
 * @throws TorchError where the program is in training mode, or writes to its constants.
 */
export function freezeProgram(program: ProgramDescription, options: FreezeOptions): ProgramDescription {
  for (const node of program.nodes) refuseTraining(node);
  const bound = dropIdentities(bindInputs(program, options.constants));
  if (bound.nodes.some(isOfTransforms)) return bound;
  refuseWrites(bound);
  const results: Results = options.results ?? new Map();
  const plain = dropInPlace(bound, results);
  const folded = dropUnused(foldBatchNorms(foldConstants(plain), results));
  const fused = dropUnused(fuseAttention(folded, results));
  return layOut(fuseEpilogues(packLayers(fused, results)), results);
}

// Between such nodes values have levels of vmap and jvp.
const isOfTransforms = (node: ProgramNode): boolean =>
  node.operator.startsWith('torch._functorch.predispatch.');

function refuseTraining(node: ProgramNode): void {
  const name = baseName(node);
  const flag = name.endsWith('dropout') ? 'train' : /^(native_)?batch_norm$/.test(name) ? 'training' : null;
  if (flag === null || constantOf(node, flag) !== true || constantOf(node, 'p') === 0) return;
  throw new TorchError(
    `a program in training mode cannot be frozen: node ${node.name} is ${name} with ${flag}=True; ` +
      'call eval() on the model before',
  );
}

// Of a constant, that is: what is folded and packed would not see it.
function refuseWrites(program: ProgramDescription): void {
  const view = new ProgramView(program);
  for (const place of view.writers) {
    const node = program.nodes[place];
    if (writtenBy(node).every((one) => view.originsOf(one).tensors.size === 0)) continue;
    throw new TorchError(
      `a program that changes its state cannot be frozen, and node ${node.name} writes to it by ${operatorName(node)}`,
    );
  }
}

function bindInputs(
  program: ProgramDescription,
  constants: ReadonlyMap<number, unknown>,
): ProgramDescription {
  const values = new Map<number, ProgramArgument>();
  const inputs = program.inputs.filter((input, i) => {
    if (!constants.has(i)) return true;
    values.set(slotOfInput(input), { constant: constants.get(i) });
    return false;
  });
  return substitute({ ...program, inputs }, values);
}
