// Runs the description of a program, operator by operator, until the native tape does.
import { TorchError } from '../core/errors';
import { camelCase } from '../core/names';
import { autocast } from '../amp/autocast';
import { setGradEnabled } from '../autograd/mode';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import { ops } from '../tensor/operators';
import type { GraphDescription, NodeDescription, Operand } from './compile';

type Slots = unknown[];

/* eslint-disable @typescript-eslint/no-explicit-any -- values of any kind */
const floor = (a: any, b: any): any => Math.floor(Number(a) / Number(b));
const symbolic: Record<string, (...args: any[]) => any> = {
  '_operator.add': (a, b) => a + b,
  '_operator.sub': (a, b) => a - b,
  '_operator.mul': (a, b) => a * b,
  '_operator.floordiv': floor,
  '_operator.truediv': (a, b) => a / b,
  '_operator.mod': (a, b) => a - b * floor(a, b),
  '_operator.pow': (a, b) => a ** b,
  '_operator.neg': (a) => -a,
  '_operator.pos': (a) => a,
  '_operator.eq': (a, b) => a === b,
  '_operator.ne': (a, b) => a !== b,
  '_operator.lt': (a, b) => a < b,
  '_operator.le': (a, b) => a <= b,
  '_operator.gt': (a, b) => a > b,
  '_operator.ge': (a, b) => a >= b,
  '_operator.and_': (a, b) => (typeof a === 'boolean' ? a && b : a & b),
  '_operator.or_': (a, b) => (typeof a === 'boolean' ? a || b : a | b),
  'math.trunc': Math.trunc,
  'math.ceil': Math.ceil,
  'math.floor': Math.floor,
  'torch.sym_not': (a) => !a,
  'torch.sym_int': Math.trunc,
  'torch.sym_float': (a) => a,
  'torch.sym_max': Math.max,
  'torch.sym_min': Math.min,
  'torch.sym_ite': (c, a, b) => (c ? a : b),
  'torch._sym_sqrt': Math.sqrt,
};
/* eslint-enable @typescript-eslint/no-explicit-any */

const isTrue = (value: unknown): boolean =>
  value instanceof Tensor ? Boolean(value.item()) : value === true;
type Run = (...inputs: unknown[]) => unknown[];

const higherOrder: Record<string, (args: unknown[]) => unknown[]> = {
  cond: ([predicate, yes, no, operands]) =>
    (isTrue(predicate) ? (yes as Run) : (no as Run))(...(operands as unknown[])),
  while_loop: ([condition, body, carried, more]) => {
    let values = carried as unknown[];
    const rest = more as unknown[];
    while (isTrue((condition as Run)(...values, ...rest)[0])) values = (body as Run)(...values, ...rest);
    return values;
  },
  map_impl: ([body, lists, rest]) => {
    const rows = (lists as Tensor[]).map((list) => aten.unbind(list, 0));
    const results = rows[0].map((_, i) =>
      (body as Run)(...rows.map((row) => row[i]), ...(rest as unknown[])),
    );
    return results[0].map((_, k) => aten.stack(results.map((result) => result[k] as Tensor)));
  },
  scan: ([body, init, lists, rest]) => {
    let carried = init as unknown[];
    const rows = (lists as Tensor[]).map((list) => aten.unbind(list, 0));
    const outputs: unknown[][] = [];
    for (let i = 0; i < (rows[0]?.length ?? 0); i++) {
      const given = [...carried, ...rows.map((row) => row[i]), ...((rest as unknown[]) ?? [])];
      const results = (body as Run)(...given);
      carried = results.slice(0, carried.length);
      outputs.push(results.slice(carried.length));
    }
    return [...carried, ...outputs[0].map((_, k) => aten.stack(outputs.map((row) => row[k] as Tensor)))];
  },
  wrap_with_set_grad_enabled: ([mode, body, ...args]) =>
    setGradEnabled(mode as boolean, () => (body as Run)(...args)),
  wrap_with_autocast: ([device, dtype, enabled, cache, body, ...args]) =>
    autocast(
      device as 'cpu',
      { dtype: dtype as never, enabled: enabled as boolean, cacheEnabled: cache as boolean },
      () => (body as Run)(...args),
    ),
};

export function interpret(graph: GraphDescription, inputs: readonly unknown[]): unknown[] {
  const slots: Slots = new Array<unknown>(graph.slots);
  graph.inputs.forEach((input, i) => (slots[typeof input === 'number' ? input : input.slot] = inputs[i]));
  for (const node of graph.nodes) store(node, call(node, slots), slots);
  return graph.outputs.map((output) => valueOf(output, slots));
}

function valueOf(operand: Operand, slots: Slots): unknown {
  if ('slot' in operand) return slots[operand.slot];
  if ('constant' in operand) return operand.constant;
  if ('float' in operand) return operand.float;
  if ('list' in operand) return operand.list.map((item) => valueOf(item, slots));
  return (...inputs: unknown[]) => interpret(operand.graph, inputs);
}

function call(node: NodeDescription, slots: Slots): unknown {
  const args = node.arguments.map((operand) => valueOf(operand, slots));
  if (Object.hasOwn(symbolic, node.operator)) return symbolic[node.operator](...args);
  const [, , namespace, name, overload] = node.operator.split('.');
  if (namespace === 'higher_order') {
    if (!Object.hasOwn(higherOrder, name)) throw new TorchError(`${node.operator} is not known`);
    return higherOrder[name](args);
  }
  if (node.keywords) {
    const entries = Object.entries(node.keywords).map(([key, operand]) => [
      camelCase(key),
      valueOf(operand, slots),
    ]);
    args.push(Object.fromEntries(entries));
  }
  return ops[namespace][overload === 'default' ? name : `${name}.${overload}`](...args);
}

function store(node: NodeDescription, result: unknown, slots: Slots): void {
  const isHigherOrder = node.operator.startsWith('torch.ops.higher_order.');
  const results = isHigherOrder || node.outputs.length > 1 ? (result as unknown[]) : [result];
  node.outputs.forEach((output, i) => {
    if (output === null) return;
    if (Array.isArray(output)) {
      output.forEach((slot, k) => slot !== null && (slots[slot] = (results[i] as unknown[])[k]));
    } else slots[output] = results[i];
  });
}
