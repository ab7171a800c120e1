// Which convolutions are beside others, with nothing between that asks how memory lies.
import { argumentsOf, baseName } from './operators';
import { type ProgramNode, type ProgramView, outputSlots, slotsIn } from './view';

/** Operators that give the same numbers whatever strides they find, and the strides of their results may be such. */
export const keeping = new Set(
  (
    'conv2d convolution relu relu_ gelu silu sigmoid tanh hardswish hardsigmoid hardtanh relu6 leaky_relu elu mish ' +
    'add sub mul div maximum minimum clamp batch_norm _native_batch_norm_legit_no_training max_pool2d ' +
    'max_pool2d_with_indices avg_pool2d adaptive_avg_pool2d _adaptive_avg_pool2d cat'
  ).split(' '),
);

/** Packed convolutions, whose results have their channels last. */
export const isPackedConv = (node: ProgramNode): boolean =>
  ['nodetorch.conv3x3', 'nodetorch.conv2d'].includes(node.operator);

const isConv = (node: ProgramNode): boolean =>
  ['conv2d', 'convolution'].includes(baseName(node)) || isPackedConv(node);

/** Whether a convolution takes the value, or what operators make of it that keep the order of dimensions. */
export function reachesConv(view: ProgramView, slot: number, seen = new Set<number>()): boolean {
  if (seen.has(slot)) return false;
  seen.add(slot);
  return view
    .usersOf(slot)
    .some(
      (node) =>
        isConv(node) ||
        (keeping.has(baseName(node)) && outputSlots(node).some((one) => reachesConv(view, one, seen))),
    );
}

/** Whether a convolution gives what a node takes, or what such operators make it of. */
export function comesFromConv(view: ProgramView, node: ProgramNode, seen = new Set<ProgramNode>()): boolean {
  if (seen.has(node)) return false;
  seen.add(node);
  return argumentsOf(node)
    .flatMap(slotsIn)
    .some((slot) => {
      const made = view.producerOf(slot);
      if (made === undefined) return false;
      return isConv(made) || (keeping.has(baseName(made)) && comesFromConv(view, made, seen));
    });
}
