// runDecompositions of the programs that Python exported, against decompose_programs.json.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import torch, { Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './decompose_programs.json';

torch.setNumThreads(1); // as the fixture
interface Found {
  failure?: string;
  operators: string[];
  outputs: unknown[];
}
type Kind = 'before' | 'inference' | 'core';
const expected = fixture as unknown as Record<string, Record<Kind, Found>>;
const given = torch.load<Record<string, { args: unknown[]; kwargs: Record<string, unknown> }>>(
  join(__dirname, 'programs.pt'),
  { objects: true },
);

function leavesOf(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return [...(tree as unknown[])].flatMap(leavesOf);
  if (tree instanceof Tensor || typeof tree !== 'object' || tree === null) return [tree];
  return Object.values(tree).flatMap(leavesOf);
}

function digest(value: unknown): unknown {
  if (!(value instanceof Tensor)) return typeof value === 'bigint' ? Number(value) : value;
  const bytes = torch
    .empty(value.shape, { dtype: value.dtype })
    .copy_(value.detach())
    .reshape([-1])
    .view(torch.uint8)
    .toTypedArray() as Uint8Array;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${value.dtype.name} [${value.shape.join(', ')}] ${hash}`;
}

const copied = (tree: unknown): unknown => {
  if (tree instanceof Tensor) return tree.clone();
  if (Array.isArray(tree)) return tree.map(copied);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, copied(value)]));
};

const graphs = /has graphs, which are not decomposed here/;
const transforms = /torch\.func's transforms are not decomposed here/;
const numbers = /reads a number of a tensor, which is not decomposed here/;
const layers = /Python decomposes aten\.(?:gru|lstm)\.input/;
const refused: Record<string, RegExp | Partial<Record<Kind, RegExp>>> = {
  ...Object.fromEntries(
    [
      ...['associative_scan', 'associative_scan_even', 'autocast', 'before_2_8_cond', 'cond', 'cond_size'],
      ...['db_cond_closed_over_variable', 'db_cond_operands', 'db_dynamic_shape_map', 'foreach_map', 'hints'],
      ...['map', 'no_grad', 'scan', 'while'],
    ].map((name) => [name, graphs]),
  ),
  ...Object.fromEntries(
    ['jvp', 'vmap', 'vmap_dynamic', 'vmap_nested', 'vmap_others'].map((name) => [name, transforms]),
  ),
  ...Object.fromEntries(
    [
      'db_assume_constant_result',
      'db_constrain_as_size_example',
      'db_constrain_as_value_example',
      'items',
    ].map((name) => [name, numbers]),
  ),
  // A size divided by three is a whole number at times.
  before_2_8_symbols: /aten\.full\.default gives torch\.int64/,
  symbols: /aten\.full\.default gives torch\.int64/,
  gru: { core: layers },
  lstm: { core: layers },
};
// Operators that are left here and not in Python's: what draws numbers, and a value without its gradient.
const more: Record<string, RegExp> = {
  arguments: /^aten\.(?:detach|alias)\.default$/,
  db_cond_branch_nonlocal_variables: /^aten\.(?:detach|alias)\.default$/,
  db_tensor_setattr: /^aten\.randn\.default$/,
  // Python keeps the node that has an operator for its argument.
  out_dtype: /^aten\.(?:_to_copy|conv2d|convolution|mm|mul)\.\w+$/,
};

const cases = Object.keys(expected).flatMap((name) =>
  (['inference', 'core'] as const).map((kind) => ({ name, kind })),
);

test.each(cases)('$name, $kind', ({ name, kind }) => {
  const program = torch.export.load(join(__dirname, 'programs', `${name}.pt2`));
  const table = kind === 'core' ? null : {};
  const rule = refused[name];
  const refusal = rule instanceof RegExp ? rule : rule?.[kind];
  if (refusal) {
    expect(classAndMessage(() => program.runDecompositions(table))).toMatch(refusal);
    return;
  }
  const made = program.runDecompositions(table);
  const call = torch.export.load(torch.export.save(made)).module() as unknown as (
    ...all: unknown[]
  ) => unknown;
  const [args, kwargs] = copied([given[name].args, given[name].kwargs]) as [
    unknown[],
    Record<string, unknown>,
  ];
  torch.manualSeed(0);
  const all = Object.keys(kwargs).length > 0 ? [...args, kwargs] : args;
  const outputs = leavesOf(torch.noGrad(() => call(...all))).map(digest);
  const { before } = expected[name];
  const { failure, outputs: wanted, operators } = expected[name][kind];
  if (failure !== undefined) {
    expect(outputs).toEqual(before.outputs); // Python fails
    return;
  }
  expect(outputs).toEqual(wanted);
  const targets = made.graph.nodes
    .map(({ target }) => target)
    .filter((one) => one.startsWith('torch.ops.aten.'));
  const found = [...new Set(targets)].map((one) => one.slice('torch.ops.'.length)).sort();
  expect(found.filter((one) => operators.includes(one) || !more[name]?.test(one))).toEqual(operators);
});
