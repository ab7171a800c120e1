// torch.cuda.makeGraphedCallables: what is replayed has the bits of what is computed.
import torch, { type Tensor, cuda, nn } from 'nodetorch';
import { native } from '../../lib/native';
import { classAndMessage } from '../errors';
import { DEVICE } from './support';

const hasDevice = native.hasDevice;
beforeAll(() => void (native.hasDevice = () => true));
afterAll(() => void (native.hasDevice = hasDevice));

const there = (values: number[], requiresGrad = false) =>
  torch.tensor(values, { device: DEVICE, requiresGrad });
const network = () => {
  torch.manualSeed(3);
  return new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 2)).to(DEVICE);
};

test('a module trains as without graphs', () => {
  const train = (isGraphed: boolean) => {
    const model = network();
    const sample = torch.zeros([3, 4], { device: DEVICE });
    if (isGraphed) expect(cuda.makeGraphedCallables(model, [sample])).toBe(model);
    const optimizer = new torch.optim.SGD(model.parameters(), 0.1);
    const losses = [1, 2, 3].map((seed) => {
      torch.manualSeed(seed);
      const x = torch.randn([3, 4]).to(DEVICE);
      optimizer.zeroGrad();
      const loss = (model(x) as Tensor).pow(2).sum();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    const weights = [...model.parameters()].map((one) => one.cpu().tolist());
    model.eval();
    const evaluated = (model(torch.ones([3, 4], { device: DEVICE })) as Tensor).cpu().tolist();
    return { losses, weights, evaluated };
  };
  expect(train(true)).toEqual(train(false));
});

test('functions, several, with arguments and results in structures', () => {
  let count = 0;
  const product = ({ a, b }: { a: Tensor; b: Tensor }) => (count++, { c: a.mul(b), d: b.add(1) });
  const square = (x: Tensor) => x.mul(x);
  const [first, second] = cuda.makeGraphedCallables(
    [product, square],
    [[{ a: there([1, 1], true), b: there([1, 1]) }], [there([1, 1], true)]],
  ) as [typeof product, typeof square];
  expect(count).toBe(4); // three to warm up, and the capture
  const a = there([2, 3], true);
  const { c, d } = first({ a, b: there([5, 7]) });
  const e = second(c);
  expect([c.tolist(), d.tolist(), e.tolist(), d.requiresGrad]).toEqual([[10, 21], [6, 8], [100, 441], true]); // prettier-ignore
  e.sum().backward();
  expect([count, a.grad?.tolist()]).toEqual([4, [100, 294]]);
});

test('what has no part in the result', () => {
  const call = (x: Tensor, _: Tensor) => x.mul(2);
  const sample = [there([1], true), there([1], true)];
  expect(classAndMessage(() => cuda.makeGraphedCallables(call, sample))).toContain('RuntimeError');
  const graphed = cuda.makeGraphedCallables(call, sample, { allowUnusedInput: true, numWarmupIters: 1 });
  const [x, y] = [there([4], true), there([5], true)];
  graphed(x, y).backward();
  expect([x.grad?.tolist(), y.grad]).toEqual([[2], null]);
  const without = cuda.makeGraphedCallables((z: Tensor) => z.add(1), [there([1])]);
  expect([without(there([3])).tolist(), without(there([3])).requiresGrad]).toEqual([[4], false]);
});

test('what it refuses', () => {
  const call = (x: Tensor) => x;
  const said = (...args: unknown[]) =>
    classAndMessage(() => (cuda.makeGraphedCallables as (...args: unknown[]) => unknown)(...args));
  expect(said(call, [1])).toMatch(/^AssertionError: In the beta API, sample_args/);
  expect(said([call], [])).toMatch(/^ValueError/);
  expect(said(3, [])).toMatch(/^TypeError/);
  expect(said(call, 3)).toMatch(/^TypeError/);
  expect(said(() => 1, [there([1])])).toMatch(/^TypeError: makeGraphedCallables\(\): what is captured/);
  const hooked = network();
  hooked.registerForwardHook(() => undefined);
  expect(said(hooked, [there([1])])).toMatch(/^AssertionError: Modules must not have hooks/);
  torch.autocast('cuda', () => expect(said(call, [there([1])])).toMatch(/autocast caching/));
  const graphed = cuda.makeGraphedCallables((x: Tensor) => x.mul(2), [there([1])]);
  expect(classAndMessage(() => graphed(1 as never))).toMatch(
    /^ValueError: a graphed callable takes 1 tensors/,
  );
  const once = cuda.makeGraphedCallables((x: Tensor) => x.mul(x), [there([1], true)]);
  const x = there([3], true);
  const [grad] = torch.autograd.grad(once(x).sum(), [x], { createGraph: true });
  expect(grad.tolist()).toEqual([6]);
});
