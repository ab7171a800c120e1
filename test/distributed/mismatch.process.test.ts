// Ranks whose tensors differ: gloo's own thread throws in the rank that gets more than it expects, which ends a process of
// Python's. Here each operation ends with an error, and the process goes on. test/parity does the same with a rank of
// Python's.
import { createServer } from 'node:net';
import { start } from './rank_process';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const program = 'test/distributed/mismatch_child.ts';
const sentence = (operation: string, small: number, big = 1 - small, world = 2) =>
  new RegExp(
    `^${operation}.* on rank ${small} of ${world}: .*; rank ${big} has sent a tensor of another shape or dtype, and gloo has stopped: the group is of no use any more$`,
    's',
  );

async function startAll(phase: string, small = 0, world = 2) {
  const port = String(await freePort());
  const place = { WORLD_SIZE: String(world), MASTER_ADDR: '127.0.0.1', MASTER_PORT: port };
  const ranks = Array.from({ length: world }, (_, rank) =>
    start(phase, { ...place, RANK: String(rank), SMALL: String(small) }, [], program),
  );
  return Promise.all(ranks.map(({ ended }) => ended));
}

const OPERATIONS = [
  'allReduce',
  'reduce',
  'broadcast',
  'allGather',
  'gather',
  'scatter',
  'allToAll',
  'transfer',
].flatMap((name) =>
  ['size', 'dtype'].flatMap((differs) =>
    ['awaited', 'waited for'].map((how) => `${name}, ${differs}, ${how}`),
  ),
);

// Rank 0 has the store as well.
test.each([0, 1])(
  'each operation throws on rank %i, and nothing waits for what has stopped',
  async (small) => {
    const ends = await startAll('pair', small);
    for (const { code, signal, err } of ends)
      expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
    const { lines } = ends[small];
    const found = lines.filter(({ what }) => what !== 'afterwards').map(({ what }) => what);
    expect(found).toEqual([...OPERATIONS, 'backward', 'backwardAsync', 'destroyed']);
    for (const { what, kind, message } of lines.slice(0, -1)) {
      const named: Record<string, string> = {
        afterwards: 'allReduce',
        transfer: 'recv',
        backward: 'backward of DistributedDataParallel',
        backwardAsync: 'backward of DistributedDataParallel',
      };
      const operation = String(what).split(',')[0];
      expect({ what, kind, message }).toEqual({
        what,
        kind: 'RuntimeError',
        message: expect.stringMatching(sentence(named[operation] ?? operation, small)) as string,
      });
    }
  },
);

test.each([3, 4])('among %i ranks the one that has sent too much is named', async (world) => {
  const ends = await startAll('several', 0, world);
  const found = new Map<unknown, number>();
  ends.forEach(({ code, signal, err, lines }, rank) => {
    expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
    for (const { what, message } of lines.slice(0, -1)) {
      expect(message).toMatch(sentence(String(what), rank, world - 1, world));
      found.set(what, rank);
    }
  });
  const [before, behind] = [world - 2, 0];
  expect(Object.fromEntries(found)).toEqual({
    allReduce: before,
    reduce: before,
    broadcast: behind,
    allGather: behind,
    gather: behind,
    scatter: behind,
    allToAll: before,
  });
});

test('an error that nobody catches ends the process as any other', async () => {
  const [{ code, signal, err }] = await startAll('unhandled');
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expect(err).toMatch(/TorchError: allReduce on rank 0 of 2: .*gloo has stopped/);
});

test('threads of one process: another group goes on, and both end', async () => {
  const { code, signal, lines, err } = await start('threads', {}, [], program).ended;
  expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
  expect(lines).toEqual([
    {
      what: 'thread',
      kind: 'RuntimeError',
      message: expect.stringMatching(sentence('allReduce', 0)) as string,
    },
    { what: 'other group', sum: 2 },
    { what: 'ended' },
  ]);
});
