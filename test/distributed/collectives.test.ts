// Every collective, dtype and world size gives what Python's ranks have got. All ranks are here in one thread: each has a
// group of its own over one store in memory, and they are awaited together. `npm run test:parity -- collectives` does the
// same with ranks of both languages.
import torch from 'nodetorch';
import { DTYPES, type Rank, cases, outcome } from './collective_cases';
import { results as all } from './collectives.json';
import { closeRanks, makeRanks } from './ranks';

const results = all as unknown as Record<string, Record<string, (number[][] | null)[]>>;

describe.each([2, 3, 4])('%i ranks', (world) => {
  let ranks: Rank[];
  beforeAll(async () => {
    torch.setNumThreads(1);
    ranks = await makeRanks(world);
  });
  afterAll(() => closeRanks(ranks));

  test.each(DTYPES)('%s', async (dtype) => {
    const found: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [name, run] of Object.entries(cases)) {
      found[name] = JSON.stringify(await Promise.all(ranks.map((rank) => outcome(rank, dtype, run))));
      expected[name] = JSON.stringify(results[world][`${name} ${dtype}`]);
    }
    expect(found).toEqual(expected);
  });
});
