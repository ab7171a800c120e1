// `check` runs replays beside the function; `async` runs them on another thread.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { bitsOf, randomState } from './support';

const F = nn.functional;

function trainer() {
  torch.manualSeed(3);
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Dropout(0.5), new nn.Linear(8, 3));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const scheduler = new optim.lrScheduler.StepLR(optimizer, 2);
  const step = (x: Tensor, y: Tensor) => {
    const loss = F.crossEntropy(model(x) as Tensor, y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    scheduler.step();
    return loss;
  };
  const state = () => [[...model.parameters()].map(bitsOf), randomState(), optimizer.paramGroups[0].lr];
  return { step, state };
}
const batch = (): [Tensor, Tensor] => [torch.randn([5, 4]), torch.randint(3, [5])];

test('checked replays leave the state of one step each', () => {
  const plain = trainer();
  const wanted = Array.from({ length: 7 }, () => [bitsOf(plain.step(...batch())), plain.state()]);
  const checked = trainer();
  const run = torch.capture(checked.step, { check: 3 });
  expect(Array.from({ length: 7 }, () => [bitsOf(run(...batch())), checked.state()])).toEqual(wanted);
  expect(run.replays).toBe(5);
});

test('a function whose numbers change later is told of, by the output that differs', () => {
  let calls = 0;
  const run = torch.capture((x: Tensor) => [x.add(1), x.mul(calls++ < 2 ? 2 : 3)], {
    check: 1,
    watch: false,
  });
  run(torch.ones([2]));
  run(torch.ones([2]));
  expect(() => run(torch.ones([2]))).toThrow('torch.capture: check: output 1 differs');
});

test('a change of JavaScript that steers an optimizer later is told of', () => {
  const p = torch.ones([2], { requiresGrad: true });
  let calls = 0;
  const run = torch.capture(
    () => {
      p.grad = torch.full([2], ++calls > 2 ? 7 : 1);
      torch.noGrad(() => p.sub_(p.grad!));
    },
    { check: 1, watch: false },
  );
  run();
  run();
  expect(() => run()).toThrow(/check: (tensor 0 that the function knows|gradient 0)/);
});

// With numbers that change after `calls` calls: how many calls end well, and what the one after them throws.
function changing(calls: number, options: { recheck?: number }): [number, string] {
  let count = 0;
  const run = torch.capture((x: Tensor) => x.mul(count < calls ? 2 : 3), { ...options, watch: false });
  for (; count < 300; count++) {
    try {
      run(torch.ones([2]));
    } catch (error) {
      return [count, (error as Error).message];
    }
  }
  return [count, ''];
}

test.each([
  [3, {}, 9, 8],
  [12, {}, 17, 16],
  [100, {}, 129, 128],
  [200, {}, 257, 256],
  [3, { recheck: 4 }, 5, 4],
  [3, { recheck: 1 }, 3, 2],
] as const)('a number that changes after %d calls is found out with %p', (calls, options, ended, replays) => {
  const [count, message] = changing(calls, options);
  expect(count).toBe(ended);
  expect(message).toContain(
    `the function has changed what it does since it was recorded, and some of the ${replays} calls since then may have`,
  );
  expect(message).toContain('call 1, aten::mul, was given 2');
});

test('without rechecks it is not, and a function that has changed stays an error until reset()', () => {
  expect(changing(3, { recheck: 0 })).toEqual([300, '']);
  let factor = 2;
  const run = torch.capture((x: Tensor) => x.mul(factor), { recheck: 2, watch: false });
  for (let i = 0; i < 3; i++) run(torch.ones([1]));
  factor = 3;
  expect(() => run(torch.ones([1]))).toThrow('changed what it does');
  expect(() => run(torch.ones([1]))).toThrow('changed what it does');
  run.reset();
  expect(run(torch.ones([1])).item()).toBe(3);
  expect(() => torch.capture(() => 1, { recheck: -1 })).toThrow('recheck');
});

test('what it is told that the function reads is seen at once', () => {
  let [factor, mask] = [2, torch.tensor([1, 0])];
  const run = torch.capture((x: Tensor) => x.mul(factor).mul(mask), { reads: () => ({ factor, mask }) });
  for (let i = 0; i < 12; i++) {
    factor = i < 6 ? 2 : 3;
    mask = torch.tensor([i, 1]);
    expect(run(torch.ones([2])).tolist()).toEqual([i * factor, factor]);
  }
  expect([run.recordings, run.replays]).toEqual([2, 8]);
});

test('an argument with a graph of its own cannot be checked', () => {
  const run = torch.capture((x: Tensor) => x.sum().backward(), { check: 1 });
  const argument = () => torch.ones([2], { requiresGrad: true }).mul(2);
  run(argument());
  run(argument());
  expect(() => run(argument())).toThrow('check: an argument has a graph of its own');
});

test('awaited steps have the bits of plain ones, in their order', async () => {
  const plain = trainer();
  const wanted = Array.from({ length: 8 }, () => bitsOf(plain.step(...batch())));
  const end = plain.state();
  const other = trainer();
  const run = torch.capture(other.step);
  const got: string[] = [];
  for (let i = 0; i < 8; i++) got.push(bitsOf(await run.async(...batch())));
  expect(got).toEqual(wanted);
  expect(other.state()).toEqual(end);
  expect(run.replays).toBe(6);
});

test('awaited calls run one after the other, and a plain one waits for nobody', async () => {
  const total = torch.zeros([]);
  const add = torch.capture((x: Tensor) => total.mul_(2).add_(x).clone());
  const double = torch.capture(() => total.mul_(3).clone());
  const all = [1, 2, 3, 4].flatMap((i) => [add.async(torch.tensor(i)), double.async()]);
  expect(() => add(torch.tensor(1))).toThrow('a call of async() has not ended yet');
  const numbers = (await Promise.all(all)).map((each) => each.item() as number);
  let sum = 0;
  const wanted = [1, 2, 3, 4].flatMap((i) => [(sum = sum * 2 + i), (sum *= 3)]);
  expect(numbers).toEqual(wanted);
  expect(add(torch.tensor(1)).item()).toBe(sum * 2 + 1);
});

describe('while an awaited step runs', () => {
  const changes = 'torch.capture: an awaited call of a captured function changes this tensor';
  const reads = 'torch.capture: an awaited call of a captured function reads this tensor';
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8), new nn.Linear(8, 3));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const weight = (model.at(0) as nn.Linear).weight;
  const data = torch.randn([20, 4]);
  const run = torch.capture(
    (index: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(data.at(index)) as Tensor, y);
      loss.backward();
      optimizer.step();
      return loss;
    },
    { recheck: 0 },
  );
  const index = torch.randint(20, [6]);
  const y = torch.randint(3, [6]);
  beforeAll(() => {
    for (let i = 0; i < 3; i++) run(index, y);
  });

  test.each<[string, () => unknown, string]>([
    ['an operator reads a parameter', () => weight.mul(2), changes],
    ['an operator changes a parameter', () => torch.noGrad(() => weight.mul_(1)), changes],
    ['a view is read', () => weight.detach().t().sum(), changes],
    ['a buffer is read', () => model.getBuffer('1.running_mean').sum(), changes],
    ['item()', () => model.getBuffer('1.num_batches_tracked').item(), changes],
    ['tolist()', () => weight.tolist(), changes],
    ['an index', () => weight.at([0]), changes],
    ['setAt()', () => weight.detach().setAt(0, 1), changes],
    ['a gradient', () => weight.grad, changes],
    ['a step of the optimizer', () => optimizer.step(), changes],
    ['the model', () => model(torch.ones([2, 4])), changes],
    ['data is changed', () => data.mul_(1), reads],
    ['an argument is changed', () => index.mul_(1), reads],
    ['an argument is assigned to', () => y.setAt(0, 1), reads],
  ])('%s: refused', async (_, use, message) => {
    const running = run.async(index, y);
    expect(use).toThrow(message);
    await running;
    expect(use).not.toThrow();
  });

  test('data may be read, sizes asked for, and everything used inside of a fence', async () => {
    const running = run.async(index, y);
    expect(data.sum().isfinite().item()).toBe(true);
    expect([weight.shape, index.shape]).toEqual([[8, 4], [6]]);
    const order: string[] = [];
    const fenced = run.fence(() => {
      order.push('fence');
      return weight.detach().clone();
    });
    const after = run.async(index, y).then(() => order.push('after'));
    const seen = await fenced;
    await Promise.all([running, after]);
    expect(order).toEqual(['fence', 'after']);
    expect(torch.equal(seen, weight)).toBe(false); // the step after it has changed them
    await expect(run.fence(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(await run.fence(() => run(index, y).dim())).toBe(0);
  });
});

test('async refuses a scope around it, and rejects with what failed', async () => {
  const run = torch.capture((x: Tensor) => x.at(x.long()));
  await expect(torch.noGrad(() => ({ promise: run.async(torch.ones([2])) })).promise).rejects.toThrow(
    'inside of noGrad()',
  );
  for (let i = 0; i < 3; i++) await run.async(torch.ones([2]));
  await expect(run.async(torch.full([2], 9))).rejects.toThrow(/index 9 is out of bounds/);
  expect((await run.async(torch.ones([2]))).tolist()).toEqual([1, 1]);
});
