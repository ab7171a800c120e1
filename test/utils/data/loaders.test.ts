// Loaders without worker threads give what Python's give, in its order, and leave the generators as it does.
import torch from 'nodetorch';
import fixture from './loaders.json';
import { type Case, runCase } from './support/cases';

const rows = (fixture.cases as unknown as Case[]).filter(({ options }) => !options.num_workers);
const nameOf = ({ results: _, ...row }: Case): string => JSON.stringify(row);

test.each(rows.map((row) => [nameOf(row), row] as const))('%s', async (_, row) => {
  const { results, size } = row;
  expect(await runCase(row, false)).toEqual({ results, size });
  expect(await runCase(row, true)).toEqual({ results, size });
});

test('there are rows', () => expect(rows.length).toBeGreaterThan(70));

test.each(fixture.splits)('randomSplit of $length in $lengths', ({ seed, length, lengths, indices }) => {
  const generator = new torch.Generator().manualSeed(seed);
  const parts = torch.utils.data.randomSplit(
    Array.from({ length }, (_, i) => String(i)),
    lengths,
    { generator },
  );
  expect(parts.map((part) => part.indices)).toEqual(indices);
  expect(parts[0].get(0)).toBe(String(indices[0][0]));
});
