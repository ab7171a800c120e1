// What a replay could not do is refused while it is recorded, with the line.
import torch, { nn, optim, type Tensor } from 'nodetorch';

const F = nn.functional;
const model = new nn.Linear(2, 2);
const sgd = new optim.SGD(model.parameters(), { lr: 0.1 });

const refused: [name: string, fn: (x: Tensor) => unknown, message: RegExp][] = [
  [
    'item',
    (x) => x.mul(x.sum().item() as number),
    /item\(\), or a conversion to a number, reads the numbers/,
  ],
  ['tolist', (x) => torch.tensor(x.tolist() as number[][]), /tolist\(\).* reads the numbers/],
  ['printing', (x) => [`${x}`], /reads the numbers/],
  ['nonzero', (x) => x.nonzero(), /shape of what aten::nonzero gives depends on numbers/],
  ['maskedSelect', (x) => x.maskedSelect(x.gt(0)), /shape of what aten::masked_select/],
  ['a mask as index', (x) => x.at(x.gt(0)), /shape of what a mask picks/],
  ['unique', (x) => torch.unique(x), /shape of what aten::\w*unique\w* gives/],
  ['one argument of where', (x) => torch.where(x.gt(0)), /shape of what aten::where gives/],
  ['oneHot without classes', (x) => F.oneHot(x.long()), /shape of what aten::one_hot gives/],
  ['equal', (x) => (torch.equal(x, x) ? x : x.add(1)), /aten::equal gives a number/],
  ['allclose', (x) => (torch.allclose(x, x) ? x : x.add(1)), /gives a number/],
  [
    'a tensor as a number',
    (x) => x.add(x, { alpha: torch.tensor(2) as unknown as number }),
    /takes a number/,
  ],
  ['Math.random', (x) => x.mul(Math.random()), /random\(\) gives another number/],
  ['Date.now', (x) => x.mul(Date.now()), /now\(\) gives another number/],
  ['manualSeed', (x) => (torch.manualSeed(0), x.bernoulli()), /manualSeed\(\)/],
  [
    'a hook of saved tensors',
    (x) =>
      torch.autograd.graph.savedTensorsHooks(
        (y) => y,
        (y) => y,
        () => model(x),
      ),
    /hooks on saved tensors/,
  ],
  ['func.jvp', (x) => torch.func.jvp((y: Tensor) => y.sum(), [x], [x]), /torch.func other than vmap/],
  [
    'a step in a transform',
    (x) => torch.func.vmap((y: Tensor) => (sgd.step(), y))(x),
    /inside of torch.func's transforms/,
  ],
  [
    'a closure that is called more than once',
    (x) => new optim.LBFGS(model.parameters()).step(() => model(x).sum()),
    /LBFGS.step\(\) with a tensor or a closure/,
  ],
  ['a promise', (x) => Promise.resolve(x), /returns a promise/],
  ['assigning data', (x) => ((model.bias as Tensor).data = x.sum(0)), /assigning to .data/],
];

test.each(refused)('%s', (_name, fn, message) => {
  const run = torch.capture(fn);
  const call = () => run(torch.tensor([[0.2, 0.7]]));
  expect(call).toThrow(message);
  expect(call).toThrow(/torch\.capture: .*refusals\.test\.ts:\d+/);
  expect(torch.isGradEnabled()).toBe(true);
  expect(typeof Math.random()).toBe('number');
  expect(torch.ones([]).item()).toBe(1);
});

test('what a function hides by a catch of its own is refused at its end', () => {
  const run = torch.capture((x: Tensor) => {
    try {
      return x.mul(x.sum().item() as number);
    } catch {
      return x;
    }
  });
  expect(() => run(torch.ones([2]))).toThrow('torch.capture: item()');
});

test('an error of the function comes out as itself', () => {
  const error = new Error('mine');
  const run = torch.capture((x: Tensor) => {
    x.add(1);
    throw error;
  });
  expect(() => run(torch.ones([2]))).toThrow(error);
  expect(run.recordings).toBe(0);
});

test('a number from outside that changes is noticed, and named', () => {
  let i = 0;
  const run = torch.capture((x: Tensor) => x.mul(i++));
  for (let k = 0; k < 4; k++) expect(run(torch.ones([1])).tolist()).toEqual([k]);
  expect(() => run(torch.ones([1]))).toThrow(
    /4 calls with arguments of one kind did different things.*aten::mul, was given 2\.0+ and then 3\.0+/,
  );
});

test('data from outside that changes is noticed', () => {
  let i = 0;
  const run = torch.capture((x: Tensor) => x.mul(torch.tensor([i++, 1])));
  for (let k = 0; k < 4; k++) run(torch.ones([2]));
  expect(() => run(torch.ones([2]))).toThrow('did different things');
});

test('oneHot with classes, and indices that are no mask, are replayed', () => {
  const run = torch.capture((x: Tensor) => F.oneHot(x, 3).at(x));
  // Row i is the class of element i; the indices are the elements themselves.
  for (let k = 0; k < 4; k++)
    expect(run(torch.tensor([1, 0, 2]).long()).tolist()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
});

test('wrong arguments', () => {
  expect(() => torch.capture(3 as never)).toThrow('fn');
  expect(() => torch.capture(() => 1, { maxRecordings: 0 })).toThrow('maxRecordings');
  expect(() => torch.capture(() => 1, { nope: 1 } as never)).toThrow('nope');
  expect(() => torch.capture(() => 1, { reads: 1 as never })).toThrow('reads');
  expect(() => torch.capture(() => 1, { freeze: true, graph: true })).toThrow('graph');
});

test('modes are put back when a replay fails', () => {
  const w = torch.ones([2], { requiresGrad: true });
  const run = torch.capture((x: Tensor) => torch.noGrad(() => w.mul(x).at(x.long())));
  for (let k = 0; k < 3; k++) run(torch.ones([2]));
  expect(run.replays).toBe(1);
  expect(() => run(torch.full([2], 7))).toThrow('node');
  expect(torch.isGradEnabled()).toBe(true);
});

test('without an accelerator there is no graph', () => {
  const run = torch.capture((x: Tensor) => x.add(1), { graph: true });
  run(torch.ones([2]));
  run(torch.ones([2]));
  expect(() => run(torch.ones([2]))).toThrow('graph: not all of its tensors are on one accelerator');
});

test('a step in a scope is replayed, but not by async()', async () => {
  const w = torch.ones([2], { requiresGrad: true });
  const optimizer = new torch.optim.SGD([w], { lr: 0.5 });
  const run = torch.capture((x: Tensor) => {
    w.mul(x).sum().backward();
    torch.noGrad(() => torch.autocast('cpu', () => (optimizer.step(), optimizer.zeroGrad())));
    return w.mul(1);
  });
  for (let k = 1; k <= 5; k++) {
    const y = run(torch.ones([2]));
    expect([y.tolist(), y.requiresGrad, torch.isGradEnabled()]).toEqual([[1 - k / 2, 1 - k / 2], true, true]);
  }
  expect(run.replays).toBe(3);
  await expect(run.async(torch.ones([2]))).rejects.toThrow('SGD.zeroGrad() inside of noGrad()');
});
