// Sparse tensors with wrong indices. The sentences of the checks are compared with Python's in arguments.json.
import * as torch from 'nodetorch';
import { type SparseOptions, type Tensor } from 'nodetorch';

const int64 = (values: unknown) => torch.tensor(values as number[], { dtype: torch.int64 });
const two = () => torch.tensor([1, 2]);
const rows = int64([0, 1, 2]);
const far = int64([0, 2 ** 40]);

const WRONG: [string, (options?: SparseOptions) => Tensor][] = [
  ['coo, beyond the size', (o) => torch.sparseCooTensor(int64([[0, 7], [0, 1]]), two(), [3, 3], o)], // prettier-ignore
  ['coo, negative', (o) => torch.sparseCooTensor(int64([[0, -5], [0, 1]]), two(), [3, 3], o)], // prettier-ignore
  ['csr, a column', (o) => torch.sparseCsrTensor(rows, far, two(), [2, 2], o)],
  ['csr, a row', (o) => torch.sparseCsrTensor(int64([0, 2 ** 40, 2]), int64([0, 1]), two(), [2, 2], o)],
  ['csc', (o) => torch.sparseCscTensor(rows, far, two(), [2, 2], o)],
  ['bsr', (o) => torch.sparseBsrTensor(rows, far, torch.ones([2, 1, 1]), [2, 2], o)],
  ['bsc', (o) => torch.sparseBscTensor(rows, far, torch.ones([2, 1, 1]), [2, 2], o)],
  ['any', (o) => torch.sparseCompressedTensor(rows, far, two(), [2, 2], { layout: torch.sparseCsr, ...o })],
];
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test.each(WRONG)('%s: an error where it is made, unless the caller vouches for them', (_, make) => {
  const message = messageOf(() => make());
  expect(message).toMatch(/index|indices|satisfied/);
  expect(messageOf(() => make({ checkInvariants: null }))).toBe(message);
  expect(messageOf(() => make({ checkInvariants: true }))).toBe(message);
  expect(make({ checkInvariants: false }).values === undefined).toBe(false);
});

test('right ones pass, of every kind: empty, hybrid, on meta, in a graph and in a transform', () => {
  const indices = int64([[0, 1], [1, 0]]); // prettier-ignore
  expect(torch.sparseCooTensor(indices, two()).toDense().tolist()).toEqual([[0, 1], [2, 0]]); // prettier-ignore
  expect(torch.sparseCooTensor(int64([[1]]), torch.ones([1, 2]), [2, 2]).toDense().tolist()).toEqual([[0, 0], [1, 1]]); // prettier-ignore
  expect(torch.sparseCooTensor(torch.zeros([2, 0], { dtype: torch.int64 }), torch.zeros([0]), [3, 3]).shape).toEqual([3, 3]); // prettier-ignore
  expect(torch.sparseCooTensor([2, 3]).shape).toEqual([2, 3]);
  const meta = { device: 'meta' } as const;
  expect(torch.sparseCooTensor(indices.to(meta), two().to(meta), [2, 2]).isMeta).toBe(true);
  const square = (values: Tensor) => torch.sparseCooTensor(indices, values, [2, 2]).toDense().pow(2).sum();
  const values = two().requiresGrad_();
  square(values).backward();
  expect(values.grad!.tolist()).toEqual([2, 4]);
  expect(torch.func.grad(square)(two()).tolist()).toEqual([2, 4]);
});
