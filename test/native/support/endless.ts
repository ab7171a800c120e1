// A program that has no end, unless it is cancelled.
import type { ProgramDescription } from '../../../typings/native';

const slot = { slot: 0 };
const graph = (operator: string, value: number): ProgramDescription => ({
  slots: 2,
  inputs: [0],
  nodes: [
    {
      name: operator,
      operator: `torch.ops.aten.${operator}`,
      arguments: [slot, { constant: value }],
      outputs: [1],
    },
  ],
  outputs: [{ slot: 1 }],
});

/** x + 1 as long as x >= 0. */
export const endlessLoop: ProgramDescription = {
  slots: 2,
  inputs: [0],
  nodes: [
    {
      name: 'loop',
      operator: 'torch.ops.higher_order.while_loop',
      arguments: [
        { graph: graph('ge.Scalar', 0) },
        { graph: graph('add.Tensor', 1) },
        { list: [slot] },
        { list: [] },
      ],
      outputs: [1],
    },
  ],
  outputs: [{ slot: 1 }],
};
