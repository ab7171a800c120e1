// Convolutions with their channels last, which oneDNN and our own kernel do faster, and what lies between them too.
import { channelsLast } from '../core/layout';
import { argumentsOf, baseName, constantOf } from './operators';
import { isPackedConv, keeping, reachesConv } from './chains';
import { weightOf } from './layers';
import {
  type ProgramArgument,
  type ProgramDescription,
  type ProgramNode,
  type Results,
  ProgramView,
  outputSlots,
  slotsIn,
} from './view';

// Operators that give the same numbers whatever strides they find, with results that are contiguous or that nobody can tell from such.
const ending = new Set(['flatten', 'reshape', 'clone', 'contiguous']);

/** Filters get their channels last, and what reads memory as it lies gets a copy of what has them there. */
export function layOut(program: ProgramDescription, results: Results): ProgramDescription {
  const view = new ProgramView(program);
  const written = view.written.tensors;
  const last = new Set<number>();
  const copies = new Map<number, number>();
  let slots = program.slots;
  const made: ProgramNode[] = [];
  const copied = (argument: ProgramArgument): ProgramArgument => {
    if ('list' in argument) return { list: argument.list.map(copied) };
    if (!('slot' in argument) || !last.has(argument.slot)) return argument;
    let slot = copies.get(argument.slot);
    if (slot === undefined) {
      slot = slots++;
      copies.set(argument.slot, slot);
      made.push({
        name: `contiguous ${argument.slot}`,
        operator: 'torch.ops.aten.contiguous.default',
        arguments: [argument],
        outputs: [slot],
      });
    }
    return { slot };
  };
  for (const node of program.nodes) {
    const isLast = argumentsOf(node).some((one) => slotsIn(one).some((slot) => last.has(slot)));
    // A copy costs as much as is won in one convolution alone.
    const pays =
      results.get(node.name)?.sizes.length === 4 &&
      (isLast || outputSlots(node).some((slot) => reachesConv(view, slot)));
    const conv = pays ? withFilterLast(node, written) : null;
    if (conv || isPackedConv(node)) {
      made.push(conv ?? node);
      for (const slot of outputSlots(node)) last.add(slot);
    } else if (
      !isLast ||
      node.operator === 'nodetorch.linear' ||
      ending.has(baseName(node)) ||
      isMean(node)
    ) {
      made.push(node);
    } else if (keeping.has(baseName(node))) {
      made.push(node);
      for (const slot of outputSlots(node)) last.add(slot);
    } else {
      const keywords = Object.entries(node.keywords ?? {}).map(([key, one]) => [key, copied(one)] as const);
      const given = node.arguments.map(copied);
      made.push({
        ...node,
        arguments: given,
        ...(node.keywords && { keywords: Object.fromEntries(keywords) }),
      });
    }
  }
  const outputs = program.outputs.map(copied);
  return { ...program, slots, nodes: made, outputs };
}

// A mean over height and width leaves nothing to lie otherwise.
function isMean(node: ProgramNode): boolean {
  const dims = baseName(node) === 'mean' ? constantOf(node, 'dim') : null;
  return Array.isArray(dims) && [2, 3].every((dim) => dims.some((one) => (Number(one) + 4) % 4 === dim));
}

function withFilterLast(node: ProgramNode, written: ReadonlySet<unknown>): ProgramNode | null {
  if (!['conv2d', 'convolution'].includes(baseName(node))) return null;
  const weight = weightOf(node, 'weight');
  if (!weight || written.has(weight) || weight.dim() !== 4 || weight.device.type !== 'cpu') return null;
  const filter: ProgramArgument = { constant: weight.contiguous({ memoryFormat: channelsLast }) };
  const replaced = (one: ProgramArgument): ProgramArgument =>
    'constant' in one && one.constant === weight ? filter : one;
  const keywords = Object.entries(node.keywords ?? {}).map(([key, one]) => [key, replaced(one)] as const);
  return { ...node, arguments: node.arguments.map(replaced), keywords: Object.fromEntries(keywords) };
}
