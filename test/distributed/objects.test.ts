// Objects travel as JSON between ranks of Node's; what else a peer sends is refused, and never run.
import torch from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import { type Rank, closeRanks, makeRanks } from './ranks';

let ranks: Rank[];
beforeAll(async () => (ranks = await makeRanks(3)));
afterAll(() => closeRanks(ranks));

const onAll = <T>(call: (rank: Rank) => Promise<T>): Promise<T[]> => Promise.all(ranks.map(call));
const object = (rank: number): dist.PlainValue => ({ rank, text: 'ä'.repeat(rank), list: [null, true, 0.5] });

test('allGatherObject', async () => {
  const lists = await onAll(async ({ rank, group }) => {
    const list: unknown[] = [];
    await dist.allGatherObject(list, object(rank), group);
    return list;
  });
  expect(lists).toEqual(ranks.map(() => [object(0), object(1), object(2)]));
});

test('gatherObject', async () => {
  const lists = await onAll(async ({ rank, group }) => {
    const list: unknown[] | null = rank === 1 ? [] : null;
    await dist.gatherObject(object(rank), list, 1, group);
    return list;
  });
  expect(lists).toEqual([null, [object(0), object(1), object(2)], null]);
});

test('broadcastObjectList', async () => {
  const lists = await onAll(async ({ rank, group }) => {
    const list = rank === 2 ? [object(0), 'second'] : [null, null];
    await dist.broadcastObjectList(list, 2, group);
    return list;
  });
  expect(lists).toEqual(ranks.map(() => [object(0), 'second']));
});

test('scatterObjectList', async () => {
  const lists = await onAll(async ({ rank, group }) => {
    const list: unknown[] = [];
    await dist.scatterObjectList(list, rank === 0 ? [object(0), object(1), object(2)] : null, 0, group);
    return list;
  });
  expect(lists).toEqual([[object(0)], [object(1)], [object(2)]]);
});

test('sendObjectList', async () => {
  const lists = await onAll(async ({ rank, group }) => {
    if (rank === 0) return dist.sendObjectList([object(1), 'second'], 2, group);
    const list = [null, null];
    return rank === 2 && [await dist.recvObjectList(list, null, group), list];
  });
  expect(lists).toEqual([undefined, false, [0, [object(1), 'second']]]);
});

test.each([
  ['a Map', new Map(), "argument 'obj.a[0]' must be a value of JSON"],
  ['NaN', NaN, 'must be a value of JSON'],
  ['a bigint', 1n, 'must be a value of JSON'],
  ['a tensor', torch.ones([1]), 'must be a value of JSON'],
])('%s is refused before anything is sent', async (_, value, message) => {
  const given = { a: [value] } as never;
  await expect(dist.allGatherObject([], given, ranks[0].group)).rejects.toThrow(message);
});

// What Python's all_gather_object sends is a size, and then a pickle.
test("a pickle of Python's is refused", async () => {
  const pickle = Uint8Array.of(0x80, 4, 0x4b, 1, 0x2e);
  const results = await Promise.allSettled(
    ranks.map(async ({ rank, group }) => {
      if (rank !== 2) return dist.allGatherObject([], 'x', group);
      const sizes = [0, 0, 0].map(() => torch.zeros([1], { dtype: 'int64' }));
      await dist.allGather(sizes, torch.tensor([5], { dtype: 'int64' }), group);
      const longest = Math.max(...sizes.map((one) => Number(one.item())));
      const padded = new Uint8Array(longest);
      padded.set(pickle);
      const all = sizes.map(() => torch.zeros([longest], { dtype: 'uint8' }));
      await dist.allGather(all, torch.tensor(padded), group);
    }),
  );
  for (const { status, reason } of results.slice(0, 2) as PromiseRejectedResult[]) {
    expect(status).toBe('rejected');
    expect(String(reason)).toMatch(/rank 2 has not sent JSON but, it seems, a pickle of Python's/);
  }
});

test('a size without sense is refused before memory is asked for', async () => {
  const results = await Promise.allSettled(
    ranks.map(async ({ rank, group }) => {
      if (rank !== 0) return dist.allGatherObject([], 'x', group);
      const sizes = [0, 0, 0].map(() => torch.zeros([1], { dtype: 'int64' }));
      await dist.allGather(sizes, torch.tensor([2 ** 40], { dtype: 'int64' }), group);
    }),
  );
  expect(results.map((one) => ('reason' in one ? String(one.reason) : null))).toEqual([
    null,
    expect.stringContaining('rank 0 announces an object of 1099511627776 bytes'),
    expect.stringContaining('rank 0 announces an object of 1099511627776 bytes'),
  ]);
});
