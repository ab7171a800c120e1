// Passes that make a program plainer, so that those after them find what they look for.
import type { DType } from '../core/dtype';
import { native } from '../native';
import { argumentOf, argumentsOf, baseName, constantOf, factsOf, operatorName } from './operators';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  isFresh,
  outputSlots,
  slotsIn,
  substitute,
  tensorsIn,
} from './view';

// Without gradients.
const identities = new Set(['alias', 'detach', 'detach_', 'lift', 'lift_fresh']);

// What a node gives back as it got it.
function sameAs(node: ProgramNode): ProgramArgument | undefined {
  const name = baseName(node);
  const isDropout =
    name.endsWith('dropout') && (constantOf(node, 'train') === false || constantOf(node, 'p') === 0);
  return isDropout || identities.has(name) ? argumentOf(node, factsOf(node)!.parameters[0]) : undefined;
}

/** Dropout in evaluation mode and the like are gone. */
export function dropIdentities(program: ProgramDescription): ProgramDescription {
  const same = new Map<number, ProgramArgument>();
  const nodes = program.nodes.filter((node) => {
    const [slot] = outputSlots(node);
    const argument = sameAs(node);
    if (argument === undefined || slot === undefined) return true;
    same.set(slot, argument);
    return false;
  });
  return substitute({ ...program, nodes }, same);
}

/**
 * `relu_` of a value that is new and that nobody else looks at is `relu`. An operator that takes more tensors must know
 * that they are of the same dtype: in place, the result has the first one's.
 */
export function dropInPlace(program: ProgramDescription, results: Results): ProgramDescription {
  const view = new ProgramView(program);
  const nodes = program.nodes.map((node) => {
    const written = factsOf(node)?.written ?? [];
    const self = written.length === 1 ? argumentOf(node, written[0]) : undefined;
    const name = operatorName(node).replace(/^aten\.(\w+)_\.(\w+)$/, 'aten.$1.$2');
    if (self === undefined || !('slot' in self) || name === operatorName(node)) return node;
    const producer = view.producerOf(self.slot);
    if (producer === undefined || !isFresh(producer) || !view.isOnlyFor(self.slot, node)) return node;
    const dtype = results.get(producer.name)?.dtype;
    const isSame = (one: DType | undefined): boolean => one !== undefined && one === dtype;
    const others = argumentsOf(node).filter((one) => one !== self);
    const fits = others.every(
      (one) =>
        slotsIn(one).every((slot) => isSame(results.get(view.producerOf(slot)?.name ?? '')?.dtype)) &&
        tensorsIn(one).every((tensor) => isSame(tensor.dtype)),
    );
    if (!fits) return node;
    const plain = { ...node, operator: `torch.ops.${name}` };
    return isFresh(plain) && hasOperator(name) ? plain : node;
  });
  return { ...program, nodes };
}

const hasOperator = (name: string): boolean => {
  const [space, base, overload] = name.split('.');
  const found = native.signatures(`${space}::${base}`, null, false);
  return found.some((one) => one.overload === (overload === 'default' ? '' : overload));
};

// They look at what there is.
const views = new Set(
  'view reshape transpose permute t unsqueeze squeeze expand select slice narrow flatten unflatten'.split(
    ' ',
  ),
);

/** Nodes whose results nobody wants are gone, as far as they do nothing else. */
export function dropUnused(program: ProgramDescription): ProgramDescription {
  const wanted = new Set<number>();
  const want = (argument: ProgramArgument): void => {
    if ('slot' in argument) wanted.add(argument.slot);
    else if ('list' in argument) argument.list.forEach(want);
  };
  program.outputs.forEach(want);
  const nodes = [...program.nodes].reverse().filter((node) => {
    const isWanted = outputSlots(node).some((slot) => wanted.has(slot));
    if (!isWanted && (isFresh(node) || views.has(baseName(node)))) return false;
    argumentsOf(node).forEach(want);
    return true;
  });
  return { ...program, nodes: nodes.reverse() };
}
