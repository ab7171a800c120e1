// Loaders know what their batches are.
import type { Tensor, utils } from 'nodetorch';
import {
  DataLoader,
  Dataset,
  IterableDataset,
  StackDataset,
  TensorDataset,
  workerDataset,
} from 'nodetorch/data';
import { expectType } from './expect';

declare const x: Tensor;

class Images extends Dataset<{ pixels: Uint8Array; label: number; name: string }> {
  readonly length = 2;
  constructor(readonly folder: string) {
    super();
  }
  async get(index: number): Promise<{ pixels: Uint8Array; label: number; name: string }> {
    return { pixels: new Uint8Array(3), label: index, name: this.folder };
  }
}
class Lines extends IterableDataset<string> {
  override async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    yield 'a';
  }
}

for (const batch of new DataLoader(new TensorDataset(x, x), { batchSize: 4 }))
  expectType<[Tensor, Tensor]>()(batch);
for (const batch of new DataLoader(new Images('a'), 4, true)) {
  expectType<{ pixels: Tensor; label: Tensor; name: string[] }>()(batch);
}
for (const item of new DataLoader(new Images('a'), { batchSize: null })) {
  expectType<{ pixels: Tensor; label: number; name: string }>()(item);
}
const collateFn = (items: { label: number }[]) => items.length;
for (const batch of new DataLoader(new Images('a'), { collateFn })) expectType<number>()(batch);
for (const item of new DataLoader([1, 2], { batchSize: null, collateFn: (one) => String(one) })) {
  expectType<string>()(item);
}
for (const batch of new DataLoader([1n, 2n])) expectType<Tensor>()(batch);
for (const rows of new DataLoader(x, { batchSize: 2 })) expectType<Tensor>()(rows);
async function lines(): Promise<void> {
  for await (const batch of new DataLoader(new Lines(), { batchSize: 2 })) expectType<string[]>()(batch);
}
void lines();
const stacked = new StackDataset({ rows: new TensorDataset(x), name: ['a'] });
expectType<{ rows: [Tensor]; name: string }>()(stacked.get(0) as { rows: [Tensor]; name: string });
const remote = workerDataset('file:///images.js', Images, '/data');
expectType<Images>()(remote);
declare const typed: utils.data.DataLoader<string, Tensor>;
for (const batch of typed) expectType<Tensor>()(batch);

// @ts-expect-error -- the class takes a folder
workerDataset('file:///images.js', Images, 3);
// @ts-expect-error -- an item that a collateFn does not take
new DataLoader([1, 2], { collateFn: (items: string[]) => items });
// @ts-expect-error -- one by one, there are no batches to drop
new DataLoader([1, 2], { batchSize: null, dropLast: true });
// @ts-expect-error -- a misspelt option
new DataLoader([1, 2], { batch_size: 2 });
