// The batcher of examples/serve: batches, order, refusals, and an end that answers everybody.
import torch, { type Tensor } from 'nodetorch';
import { Batcher, Overloaded } from '../../examples/serve/batcher';

const sample = (value: number): Tensor => torch.full([1], value, { dtype: torch.float32 });
const value = async (result: Promise<Tensor>): Promise<number> => (await result).item() as number;

function batcher(options = {}) {
  const sizes: number[] = [];
  const run = async (batch: Tensor): Promise<Tensor> => {
    sizes.push(batch.shape[0]);
    await new Promise(setImmediate);
    return batch.mul(10);
  };
  return { sizes, batcher: new Batcher(run, { largest: 4, wait: 1, queue: 6, ...options }) };
}

test('requests go in batches, and each gets its own result', async () => {
  const { sizes, batcher: it } = batcher();
  const results = [1, 2, 3, 4, 5].map((each) => value(it.submit(sample(each))));
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
  expect(sizes).toEqual([4, 1]);
});

test('one alone is answered when it has waited', async () => {
  const { sizes, batcher: it } = batcher();
  expect(await value(it.submit(sample(7)))).toBe(70);
  expect(sizes).toEqual([1]);
});

test('what does not fit into the queue is refused', async () => {
  const { batcher: it } = batcher({ largest: 1, queue: 2 });
  const results = [1, 2, 3, 4].map((each) => value(it.submit(sample(each))));
  const [first, second, third, fourth] = await Promise.allSettled(results);
  expect([first, second, third].map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect(fourth).toMatchObject({ status: 'rejected', reason: expect.any(Overloaded) });
});

test('close answers what waits, and takes nothing more', async () => {
  const { batcher: it } = batcher({ wait: 1_000_000 });
  const waiting = [1, 2].map((each) => value(it.submit(sample(each))));
  await it.close();
  expect(await Promise.all(waiting)).toEqual([10, 20]);
  await expect(it.submit(sample(3))).rejects.toThrow(Overloaded);
});

test('an error of the model is that of every request in the batch', async () => {
  const it = new Batcher(() => Promise.reject(new Error('no')), { largest: 2, wait: 1, queue: 4 });
  const results = await Promise.allSettled([it.submit(sample(1)), it.submit(sample(2))]);
  expect(results.map((result) => (result as PromiseRejectedResult).reason.message)).toEqual(['no', 'no']);
});
