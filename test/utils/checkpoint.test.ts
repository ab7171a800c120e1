// torch.utils.checkpoint, against fixtures/checkpoint.json; and what it computes when.
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import fixture from '../fixtures/checkpoint.json';
import { live } from '../fixtures/live';

const { checkpoint, checkpointSequential, CheckpointError, setCheckpointEarlyStop } = torch.utils.checkpoint;
type Net = nn.Sequential;

const stored = (tensor: Tensor) => tensor.detach().double().flatten().tolist();
const again = { useReentrant: false };

function model(): Net {
  torch.manualSeed(5);
  return new nn.Sequential(
    new nn.Linear(4, 6),
    new nn.Tanh(),
    new nn.Dropout(0.5),
    new nn.Linear(6, 6),
    new nn.GELU(),
    new nn.Linear(6, 2),
  );
}

const cases: Record<string, (net: Net, x: Tensor) => Tensor> = {
  plain: (net, x) => net(x) as Tensor,
  reentrant: (net, x) => checkpoint((y: Tensor) => net(y) as Tensor, x, { useReentrant: true }),
  nonReentrant: (net, x) => checkpoint((y: Tensor) => net(y) as Tensor, x, again),
  forgetful: (net, x) =>
    checkpoint((y: Tensor) => net(y) as Tensor, x, { ...again, preserveRngState: false }),
  forgetfulReentrant: (net, x) =>
    checkpoint((y: Tensor) => net(y) as Tensor, x, { useReentrant: true, preserveRngState: false }),
  autocast: (net, x) =>
    torch.autocast('cpu', { dtype: 'bfloat16' }, () => checkpoint((y: Tensor) => net(y) as Tensor, x, again)),
  nested: (net, x) => {
    const [front, back] = [net.slice(0, 3), net.slice(3)].map((part) => (y: Tensor) => part(y) as Tensor);
    return checkpoint((y: Tensor) => checkpoint(back, checkpoint(front, y, again), again), x, again);
  },
  sequential: (net, x) => checkpointSequential(net, 3, x, again),
  sequentialReentrant: (net, x) => checkpointSequential(net, 2, x, { useReentrant: true }),
};

test('cases and fixtures have the same names', () => {
  expect(Object.keys(cases)).toEqual(Object.keys(fixture.cases));
});

describe.each([false, true])('inside of tidy: %s', (inTidy) => {
  test.each(Object.entries(fixture.cases))('%s', (name, expected) => {
    const net = model();
    const x = torch.randn([3, 4]).requiresGrad_();
    const step = () => {
      const out = cases[name](net, x);
      out.square().sum().backward();
      return out;
    };
    const out = inTidy ? torch.tidy(step) : step();
    const params = [...net.parameters()].map((param) => stored(param.grad!));
    const found = { out: stored(out), x: stored(x.grad!), params, after: stored(torch.rand([2])) };
    expect(found).toEqual(expected);
  });
});

describe('computing again', () => {
  const x = () => torch.tensor([1, 2], { requiresGrad: true });

  test('happens once a backward pass, and ends with the last tensor needed', () => {
    const calls: string[] = [];
    const body = (y: Tensor) => {
      calls.push('start');
      const z = y.sin().exp();
      calls.push('end');
      return z.add(1);
    };
    checkpoint(body, x(), again).sum().backward();
    expect(calls).toEqual(['start', 'end', 'start']);
    calls.length = 0;
    setCheckpointEarlyStop(false, () => checkpoint(body, x(), again))
      .sum()
      .backward();
    expect(calls).toEqual(['start', 'end', 'start', 'end']);
    calls.length = 0;
    torch.noGrad(() => checkpoint(body, x(), again));
    expect(calls).toEqual(['start', 'end']);
  });

  test('keeps less', () => {
    const weights = Array.from({ length: 20 }, () => torch.randn([64, 64], { requiresGrad: true }));
    const deep = (y: Tensor) => weights.reduce((value, weight) => value.mm(weight).tanh(), y);
    const kept = (forward: () => Tensor): number => {
      let count = 0;
      torch.autograd.graph.savedTensorsHooks(
        (tensor) => {
          count++;
          return tensor;
        },
        (tensor) => tensor,
        forward,
      );
      return count;
    };
    const input = torch.randn([64, 64], { requiresGrad: true });
    expect(kept(() => deep(input))).toBe(60);
    expect(kept(() => checkpoint(deep, input, again))).toBe(0);
  });

  test('works for grad() and for several passes with retainGraph', () => {
    const input = x();
    const out = checkpoint((y: Tensor) => y.pow(3), input, again).sum();
    const [first] = torch.autograd.grad(out, input, { retainGraph: true });
    const [second] = torch.autograd.grad(out, input);
    expect([first!.tolist(), second!.tolist()]).toEqual([
      [3, 12],
      [3, 12],
    ]);
  });

  test('that differs is an error', () => {
    let calls = 0;
    const other = (y: Tensor) => (calls++ === 0 ? y.exp() : y.unsqueeze(0).exp());
    expect(() => checkpoint(other, x(), again).sum().backward()).toThrow(CheckpointError);
    calls = 0;
    const fewer = (y: Tensor) => (calls++ === 0 ? y.exp().sin() : y.mul(2));
    expect(() => checkpoint(fewer, x(), again).sum().backward()).toThrow(
      /Number of tensors saved during forward: 2\nNumber of tensors saved during recomputation: 0/,
    );
  });

  test('passes errors of the function on', () => {
    let calls = 0;
    const fails = (y: Tensor) => {
      if (calls++ > 0) throw new Error('mine');
      return y.exp();
    };
    expect(() => checkpoint(fails, x(), again).sum().backward()).toThrow('mine');
    calls = 1;
    expect(() => checkpoint(fails, x(), again)).toThrow('mine');
    expect(torch.exp(x()).gradFn!.name).toBe('ExpBackward0');
  });

  test('leaves nothing behind', () => {
    const input = x();
    const run = () =>
      torch.tidy(() =>
        checkpoint((y: Tensor) => y.exp().sin(), input, again)
          .sum()
          .backward(),
      );
    for (let i = 0; i < 5; i++) run();
    const before = live().tensors;
    for (let i = 0; i < 500; i++) run();
    live(); // frees the frames; what they held goes next
    expect(live().tensors).toBeLessThan(before + 20);
  });
});

test('warns where the way is not chosen', () => {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  checkpoint((y: Tensor) => y.exp(), torch.ones([1], { requiresGrad: true }));
  expect(emit.mock.calls[0][0]).toContain('the use_reentrant parameter should be passed explicitly');
  emit.mockRestore();
});
