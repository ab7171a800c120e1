// Descriptions of programs made at random, right and wrong.
import { any, random } from './random';

const operators = [
  'aten.add.Tensor',
  'aten.mul_.Tensor',
  'aten.relu.default',
  'aten.split.Tensor',
  'aten.view.default',
];
const others = [
  'aten.cat.default',
  'aten.linear.default',
  'aten.sum.dim_IntList',
  'aten.index.Tensor',
  'aten.item.default',
];
const graphs = [
  'cond',
  'while_loop',
  'map_impl',
  'scan',
  'wrap',
  'strict_mode',
  'associative_scan',
  'out_dtype',
  'nothing',
];
const symbols = ['_operator.add', '_operator.floordiv', '_operator.getitem', 'torch.sym_max', 'math.sqrt'];

function argument(slots: number, depth: number): unknown {
  const kind = random(12);
  if (kind < 5) return { slot: random(slots) };
  if (kind < 7)
    return { constant: any([0, 1, -1, 2.5, true, null, 'x', [1, 2], [], 9223372036854775807n, {}, 'cpu']) };
  if (kind === 7) return { float: any([1, NaN, Infinity, 'x']) };
  if (kind < 10) return { list: Array.from({ length: random(3) }, () => argument(slots, depth)) };
  if (depth < 3) return { graph: description(depth + 1) };
  return any([{}, null, 3, { slot: -1 }, { slot: 1e9 }]);
}
/** A graph, with graphs in it. */
export function description(depth = 0): unknown {
  const slots = 3 + random(5);
  const inputs = Array.from({ length: random(3) }, (_, i) =>
    any<unknown>([i, i, { slot: i, type: any(['int', 'any', 'x']) }]),
  );
  let next = inputs.length;
  const slot = (): unknown => (random(20) === 0 ? any([null, -1, 0, 'x']) : next < slots ? next++ : null);
  const nodes = Array.from({ length: random(4) }, (_, i) => {
    const from = random(4);
    const name = from < 2 ? any([...operators, ...others]) : any(from === 2 ? graphs : symbols);
    const prefix = from < 2 ? 'torch.ops.' : from === 2 ? 'torch.ops.higher_order.' : '';
    const args = Array.from({ length: random(5) }, () => argument(slots, depth));
    const outputs = any<() => unknown[]>([
      () => [slot()],
      () => [slot()],
      () => [[slot(), slot()]],
      () => [],
    ])();
    return { name: `n${i}`, operator: prefix + name, arguments: args, outputs };
  });
  return { slots, inputs, nodes, outputs: Array.from({ length: random(3) }, () => argument(slots, depth)) };
}
