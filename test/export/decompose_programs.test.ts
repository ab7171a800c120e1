// runDecompositions of the programs that Python exported, against decompose_programs.json.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import torch, { Tensor } from 'nodetorch';
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
  const bytes = torch.empty(value.shape, { dtype: value.dtype }).copy_(value.detach()).reshape([-1]).view(torch.uint8).toTypedArray() as Uint8Array;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${value.dtype.name} [${value.shape.join(', ')}] ${hash}`;
}

const cases = Object.keys(expected).flatMap((name) =>
  (['inference', 'core'] as const).map((kind) => ({ name, kind })),
);

test.each(cases)('$name, $kind', ({ name, kind }) => {
  const program = torch.export.load(join(__dirname, 'programs', `${name}.pt2`));
  const made = program.runDecompositions(kind === 'core' ? null : {});
  const call = torch.export.load(torch.export.save(made)).module() as unknown as (...all: unknown[]) => unknown;
  const { args, kwargs } = given[name];
  torch.manualSeed(0);
  const all = Object.keys(kwargs).length > 0 ? [...args, kwargs] : args;
  const outputs = leavesOf(torch.noGrad(() => call(...all))).map(digest);
  const { outputs: wanted, operators } = expected[name][kind];
  expect(outputs).toEqual(wanted);
  const targets = made.graph.nodes.map(({ target }) => target).filter((one) => one.startsWith('torch.ops.aten.'));
  expect([...new Set(targets)].map((one) => one.slice('torch.ops.'.length)).sort()).toEqual(operators);
});
