// Operators of TypeScript in a captured function: each replay calls their kernels.
import torch, { type Tensor } from 'nodetorch';

let calls = 0;
const total = torch.zeros([]);
const scaled = torch.library.customOp(
  'capture_test::scaled',
  (x: Tensor) => {
    calls++;
    total.add_(1);
    return x.mul(2).add(total);
  },
  { schema: '(Tensor x) -> Tensor' },
);

test('a kernel runs once in each replay, and what it calls is no part of the recording', () => {
  const run = torch.capture((x: Tensor) => scaled(x.add(1)).neg(), { recheck: 0 });
  const results = [1, 2, 3, 4, 5].map((i) => (run(torch.tensor(i)) as Tensor).item());
  expect(results).toEqual([1, 2, 3, 4, 5].map((i) => -((i + 1) * 2 + i)));
  expect([calls, total.item(), run.replays]).toEqual([5, 5, 3]);
});

test('on another thread such a kernel is an error', async () => {
  const run = torch.capture((x: Tensor) => scaled(x));
  const x = torch.ones([]);
  run(x);
  run(x);
  await expect(run.async(x)).rejects.toThrow('capture_test::scaled');
});

test('a kernel for autograd is called where no gradients are made, too', () => {
  const library = new torch.library.Library('capture_autograd', 'DEF');
  library.define('twice(Tensor x) -> Tensor');
  library.impl('twice', (x: Tensor) => x.mul(2), 'CPU');
  library.impl('twice', (x: Tensor) => x.mul(3), 'AutogradCPU');
  const { twice } = torch.ops.capture_autograd as unknown as Record<string, (x: Tensor) => Tensor>;
  const run = torch.capture((x: Tensor) => torch.noGrad(() => twice(x).add(1)), { recheck: 0 });
  expect([1, 2, 3, 4, 5].map((i) => run(torch.tensor(i)).item())).toEqual([4, 7, 10, 13, 16]);
  expect(run.replays).toBe(3);
});
