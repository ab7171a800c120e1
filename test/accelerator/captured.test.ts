// torch.capture with { graph: true }: replays are one graph of the device.
import torch, { type Tensor, nn } from 'nodetorch';
import { DEVICE } from './support';

const F = nn.functional;
const there = (values: number[]) => torch.tensor(values, { device: DEVICE });

test('a replay has the bits of the function, also for weights that have changed', () => {
  torch.manualSeed(3);
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 2)).to(DEVICE).eval();
  let calls = 0;
  const body = (x: Tensor) => (calls++, torch.noGrad(() => model(x) as Tensor));
  const run = torch.capture(body, { graph: true, recheck: 0, watch: false });
  const kept: [got: Tensor, wanted: Tensor][] = [];
  for (let i = 0; i < 6; i++) {
    const x = torch.randn([3, 4]).to(DEVICE);
    kept.push([run(x), body(x)]);
    if (i === 4) torch.noGrad(() => (model[0] as nn.Linear).weight.mul_(2));
  }
  // The results of one replay are not those of the next.
  for (const [got, wanted] of kept) expect(got.cpu().tolist()).toEqual(wanted.cpu().tolist());
  expect([run.replays, calls]).toEqual([4, 2 + 6]);
});

test('weights at another place are captured anew', () => {
  const w = new nn.Parameter(there([1, 2]), false);
  const run = torch.capture((x: Tensor) => x.mul(w), { graph: true });
  for (let i = 0; i < 3; i++) expect(run(there([3, 3])).tolist()).toEqual([3, 6]);
  w.data = there([5, 7]);
  expect(run(there([3, 3])).tolist()).toEqual([15, 21]);
});

test.each<[string, (x: Tensor) => unknown, string]>([
  ['an argument that is changed', (x) => x.add_(1), 'changes an argument'],
  [
    'numbers of JavaScript',
    (x) => x.add(torch.tensor([1, 2]).to(DEVICE)),
    'makes tensors of data of JavaScript',
  ],
  ['gradients', (x) => F.mseLoss(there([1, 2]).requiresGrad_(), x).backward(), 'computes gradients'],
])('%s cannot be part of one', (_name, fn, message) => {
  const run = torch.capture(fn, { graph: true });
  run(there([1, 1]));
  run(there([1, 1]));
  expect(() => run(there([1, 1]))).toThrow(`torch.capture: graph: the function ${message}`);
});
