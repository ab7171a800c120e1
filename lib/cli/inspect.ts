// npx nodetorch inspect
import { type Command, parse } from './arguments';
import { describe } from './describe';
import type { Description, ProgramDescription, TensorRow } from './description';
import { count, json, plural, print, printable, size, table } from './text';

const usage = `Usage: npx nodetorch inspect FILE [--json]

Lists the tensors in a .safetensors or .pt file, or in a sharded checkpoint (its .index.json or its
folder): names, types, shapes, sizes and totals. Of a program (.pt2 of torch.export) also what it takes
and gives, its operators and its code. Reads no weights.

  --json   the same as one JSON object
  --help
`;

function run(argv: readonly string[]): number {
  const { values, positionals } = parse(argv, { json: { type: 'boolean' } }, ['FILE']);
  const found = describe(positionals[0]);
  print(values.json ? json({ ...found, totals: totals(found.tensors) }) : report(found));
  return 0;
}

const elements = ({ shape }: TensorRow): number => shape.reduce((product, each) => product * each, 1);

function totals(tensors: readonly TensorRow[]) {
  const dtypes: Record<string, number> = {};
  for (const row of tensors) dtypes[row.dtype] = (dtypes[row.dtype] ?? 0) + elements(row);
  const sum = (of: (row: TensorRow) => number): number => tensors.reduce((all, row) => all + of(row), 0);
  return { tensors: tensors.length, elements: sum(elements), bytes: sum((row) => row.bytes), dtypes };
}

function report({ file, format, metadata, tensors, values, program }: Description): string {
  const total = totals(tensors);
  const parts = [`${printable(file)}: ${format === 'index' ? 'sharded checkpoint' : format}`];
  for (const [key, value] of Object.entries(metadata ?? {})) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    parts.push(`metadata ${printable(key)}: ${printable(text).slice(0, 200)}`);
  }
  if (program) parts.push(...programParts(program));
  if (tensors.length > 0) parts.push('', tensorTable(tensors));
  if (values.length > 0) {
    const rows = values.map(({ name, type, text }) => [printable(name), type, printable(text)]);
    parts.push('', table([['value', 'type', ''], ...rows]));
  }
  const types = Object.entries(total.dtypes).map(([dtype, n]) => `${count(n)} ${dtype}`);
  parts.push('', `${plural(total.tensors, 'tensor')}, ${size(total.bytes)}: ${types.join(', ') || 'none'}`);
  return parts.join('\n');
}

function programParts({
  torchVersion,
  inputs,
  outputs,
  ranges,
  nodes,
  operators,
  code,
}: ProgramDescription): string[] {
  const lines = (list: readonly string[]): string[] => list.map((line) => `  ${printable(line)}`);
  const calls = Object.entries(operators).map(([name, times]) => [printable(name), count(times)]);
  return [
    `exported by PyTorch ${printable(torchVersion)}, ${plural(nodes, 'node')}`,
    ...['', 'inputs', ...lines(inputs), '', 'outputs', ...lines(outputs)],
    ...(ranges.length > 0 ? ['', 'ranges', ...lines(ranges)] : []),
    ...['', table([['operator', 'calls'], ...calls], [1]), '', ...lines(code.trim().split('\n'))],
  ];
}

function tensorTable(tensors: readonly TensorRow[]): string {
  const sharded = tensors.some(({ file }) => file !== undefined);
  const head = ['name', 'dtype', 'shape', 'size', ...(sharded ? ['file'] : [])];
  const rows = tensors.map(({ name, dtype, shape, bytes, file }) => [
    printable(name),
    dtype,
    `[${shape.join(', ')}]`,
    size(bytes),
    ...(sharded ? [printable(file ?? '')] : []),
  ]);
  return table([head, ...rows], [3]);
}

export const inspect: Command = { usage, run };
