// TORCH_DISTRIBUTED_DEBUG=DETAIL: each rank's error says what it calls, and what the one that differs does. Without it gloo would
// read the bytes of the one as those of the other, or stop. test/parity compares the errors with Python's, word for word.
import { createServer } from 'node:net';
import { start } from './rank_process';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** What rank 0 calls and rank 1 calls, as libtorch says what differs. */
const DIFFERENCES: Record<string, string> = {
  'broadcast, fewer': 'shapes: 4vs 3',
  'broadcast, more': 'shapes: 4vs 5',
  'broadcast, dtype of one size': 'dtypes: Floatvs Int',
  'allReduce, more': 'shapes: 4vs 6',
  'allReduce, dtype of one size': 'dtypes: Floatvs Int',
  'allReduce, dtype of another size': 'dtypes: Floatvs Double',
  'reduce, fewer': 'shapes: 4vs 2',
  'scatter, fewer': 'shapes: 4vs 2',
  'allGather, fewer': 'shapes: 4vs 2',
  'allGatherIntoTensor, dtype': 'dtypes: Floatvs Int',
  'gather, more': 'shapes: 4vs 6',
  'reduceScatterTensor, more': 'shapes: 8vs 12',
  'allReduce and allToAllSingle': 'Op type: ALLREDUCEvs',
  'allReduce and broadcast': 'Op type: ALLREDUCEvs BROADCAST',
  'allReduce and barrier': 'Op type: ALLREDUCEvs',
};

test('all that differs is named on both ranks, and the group goes on', async () => {
  const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort()) };
  const env = { ...place, TORCH_DISTRIBUTED_DEBUG: 'DETAIL', OTHER: '1' };
  const program = 'test/distributed/details_child.ts';
  const ranks = [0, 1].map((rank) => start('', { ...env, RANK: String(rank) }, [], program));
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  ends.forEach(({ code, lines }, rank) => {
    expect(code).toBe(0);
    const compared = lines.slice(0, -2);
    expect(compared.map(({ what }) => what)).toEqual(Object.keys(DIFFERENCES));
    for (const { what, message } of compared) {
      const here = `on rank ${rank} of 2: .*Rank ${rank} is running.*but Rank ${1 - rank} is running`;
      expect(message).toMatch(new RegExp(here, 's'));
      if (rank === 0) expect(message).toContain(DIFFERENCES[what as string]);
    }
    const [late, afterwards] = lines.slice(-2);
    if (rank === 0)
      expect(late.message).toMatch(/^allReduce on rank 0 of 2: .*Ranks 1 failed to pass monitoredBarrier/);
    expect(afterwards.sum).toEqual([2, 2]);
  });
});
