// What a live call must not do, since a replay would silently do something else: it is refused, or found out in time.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import type { FunctionContext } from '../../lib/autograd/function';
import { Scaled } from './live_programs';
import { bitsOf } from './support';

const { checkpoint } = torch.utils.checkpoint;
const options = { useReentrant: false };
const weight = new nn.Parameter(torch.tensor([0.3, -1.2]));
const x = () => torch.randn([2]);

class Identity extends torch.autograd.Function {
  static override forward(_ctx: FunctionContext, y: Tensor): Tensor {
    return y.clone();
  }
  static override backward(_ctx: FunctionContext, grad: Tensor): Tensor {
    return grad;
  }
}

const stale =
  /uses a tensor that the captured function has made or was given.*give it to that function as an argument/;

const staleUses: Record<string, (y: Tensor) => Tensor> = {
  'a tensor of the function, in a checkpoint': (y) => {
    const z = y.mul(2);
    return checkpoint((a: Tensor) => a.mul(z), y, options);
  },
  'an argument of the function, in a checkpoint': (y) => checkpoint((a: Tensor) => a.mul(y), weight, options),
  'its shape': (y) => checkpoint((a: Tensor) => a.mul(y.shape[0]), weight, options),
  'a tensor of the function, in a hook': (y) => {
    const z = y.mul(weight);
    z.registerHook((grad) => grad.mul(y));
    z.sum().backward();
    return z;
  },
  'the tensor that has the hook': (y) => {
    const z = y.mul(weight);
    z.registerHook((grad) => grad.mul(z.detach()));
    z.sum().backward();
    return z;
  },
  'a tensor that a hook gives': (y) => {
    const z = y.mul(weight);
    z.registerHook(() => y);
    z.sum().backward();
    return z;
  },
  'in an array': (y) => checkpoint((_: Tensor) => torch.cat([y, y]), weight, options),
  'as an index': (y) => checkpoint((a: Tensor) => a.at(y.gt(0)), weight, options),
  'by item()': (y) => checkpoint((a: Tensor) => a.mul(y.sum().item() as number), weight, options),
  'behind a catch': (y) =>
    checkpoint(
      (a: Tensor) => {
        try {
          return a.mul(y);
        } catch {
          return a.mul(1);
        }
      },
      weight,
      options,
    ),
};

test.each(Object.keys(staleUses))('stale: %s', (name) => {
  weight.grad = null;
  const run = torch.capture(staleUses[name], { watch: false });
  expect(() => run(x())).toThrow(stale);
  expect(() => run(x())).toThrow(/torch\.capture: .*live_refusals\.test\.ts:\d+|torch\.capture/);
  expect(torch.ones([2]).mul(2).tolist()).toEqual([2, 2]);
});

// By the message, and how many calls come before it.
const different: [name: string, make: () => (y: Tensor) => unknown, message: RegExp, calls: number][] = [
  [
    'a tensor that leaves by a variable',
    () => (y) => {
      let side: Tensor = y;
      const z = checkpoint((a: Tensor) => ((side = a.mul(3)), a.mul(2)), y.mul(weight), options);
      return z.add(side);
    },
    /did different things.*: call \d+, aten::add, was given a tensor from outside and then another one/,
    4,
  ],
  [
    'a tensor that leaves as a result',
    () => (y) => {
      let side: Tensor = y;
      const z = checkpoint((a: Tensor) => ((side = a.mul(3)), a.mul(2)), y.mul(weight), options);
      return [z, side];
    },
    /returned another value/,
    4,
  ],
  [
    'a number that leaves by a variable',
    () => (y) => {
      let side = 0;
      const z = checkpoint((a: Tensor) => ((side = a.detach().sum().item() as number), a.mul(2)), y, options);
      return z.mul(side > -1e9 ? 2 : 3);
    },
    /checkpoint\(\) is given a function that is made anew each time, and the numbers of a tensor are read/,
    4,
  ],
  [
    'a variable that has changed since',
    () => (y) => {
      let factor = 1;
      const scale = (a: Tensor) => a.mul(factor);
      const z = checkpoint(scale, y.mul(weight), options);
      factor = 2;
      return checkpoint(scale, z, options);
    },
    /the first replay has done something else.*was given 1(\.0+)? and then 2/,
    2,
  ],
  [
    'a variable that has changed since, in a hook',
    () => (y) => {
      let factor = 1;
      const z = y.mul(weight);
      z.registerHook((grad) => grad.mul(factor));
      z.sum().backward();
      factor = 2;
      return z;
    },
    /the first replay has done something else.*was given 1(\.0+)? and then 2/,
    2,
  ],
  [
    'a count of its own',
    () => (y) => {
      let count = 0;
      return checkpoint((a: Tensor) => a.mul(++count), y, options);
    },
    /the first replay has done something else.*was given 1(\.0+)? and then 2/,
    2,
  ],
  [
    'a number that is another each time',
    () => {
      let count = 0;
      return (y) => Scaled.apply(y, weight, ++count);
    },
    /Scaled\.apply\(\) was called otherwise/,
    4,
  ],
  [
    'what a function reads from a variable',
    () => {
      let count = 0;
      const scale = (a: Tensor) => a.mul(++count);
      return (y) => checkpoint(scale, y, options);
    },
    /in a function of JavaScript that each replay calls anew .*aten::mul, was given/,
    4,
  ],
  [
    'an object that is no tensor',
    () => (y) => checkpoint((a: Tensor) => [a, new Date(0)] as never, y, options),
    /checkpoint\(\) has given another value that is no tensor/,
    4,
  ],
];

test.each(different)('different: %s', (_name, make, message, calls) => {
  weight.grad = null;
  const run = torch.capture(make(), { watch: false });
  for (let i = 0; i < calls; i++) run(x());
  expect(() => run(x())).toThrow(message);
});

test('a variable that changes later is found out by a look at the function', () => {
  let factor = 1;
  const run = torch.capture(
    (y: Tensor) => {
      const mine = factor;
      return checkpoint((a: Tensor) => a.mul(mine), y, options);
    },
    { watch: false, recheck: 4 },
  );
  for (let i = 0; i < 4; i++) run(x());
  factor = 2;
  run(x());
  expect(() => run(x())).toThrow('the function has changed what it does since it was recorded');
});

test('a variable that is looked at begins another recording', () => {
  let factor = 1;
  const run = torch.capture((y: Tensor) => {
    const mine = factor;
    return checkpoint((a: Tensor) => a.mul(mine), y, options);
  });
  for (let i = 0; i < 12; i++) {
    if (i === 5) factor = 3;
    expect(run(torch.ones([1])).tolist()).toEqual([factor]);
  }
  expect(run.recordings).toBe(2);
});

test('an error of such a call reaches the caller, and the next call works', () => {
  let fails = false;
  class Failing extends Identity {
    static override forward(ctx: FunctionContext, y: Tensor): Tensor {
      if (fails) throw new RangeError('mine');
      return super.forward(ctx, y);
    }
    static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
      if (y_fails) throw new RangeError('of the gradient');
      return super.backward(ctx, grad);
    }
  }
  let y_fails = false;
  const run = torch.capture(
    (y: Tensor) => {
      weight.grad = null;
      Failing.apply(y.mul(weight)).sum().backward();
      return weight.grad!.mul(1);
    },
    { watch: false },
  );
  for (let i = 0; i < 4; i++) expect(run(torch.full([2], i)).tolist()).toEqual([i, i]);
  fails = true;
  expect(() => run(torch.ones([2]))).toThrow(new RangeError('mine'));
  [fails, y_fails] = [false, true];
  expect(() => run(torch.ones([2]))).toThrow(new RangeError('of the gradient'));
  y_fails = false;
  expect(run(torch.full([2], 7)).tolist()).toEqual([7, 7]);
  expect(torch.isGradEnabled()).toBe(true);
});

test('an error while it is recorded reaches the caller', () => {
  const run = torch.capture((y: Tensor) =>
    checkpoint(
      (_: Tensor): Tensor => {
        throw new RangeError('mine');
      },
      y,
      options,
    ),
  );
  expect(() => run(x())).toThrow(new RangeError('mine'));
  expect(run.recordings).toBe(0);
  const other = torch.capture((y: Tensor) => y.add(1));
  for (let i = 0; i < 4; i++) expect(other(torch.ones([1])).tolist()).toEqual([2]);
});

test('results must have the dtypes and sizes that they had', () => {
  let dtype = torch.float32;
  let size = 2;
  const make = (y: Tensor) => y.detach().at(`:${size}`).to(dtype);
  const run = torch.capture((y: Tensor) => checkpoint(make, y, options).add(0), { watch: false });
  for (let i = 0; i < 4; i++) run(torch.ones([3]));
  dtype = torch.float64;
  expect(() => run(torch.ones([3]))).toThrow('other dtypes');
  dtype = torch.float32;
  size = 3;
  expect(() => run(torch.ones([3]))).toThrow('of sizes [3]');
  size = 2;
  expect(run(torch.ones([3])).tolist()).toEqual([1, 1]);
});

test('not by async, freeze, graph, or within transforms', async () => {
  const fn = (y: Tensor) => checkpoint((a: Tensor) => a.mul(2), y, options);
  const run = torch.capture(fn);
  await run.async(x());
  await run.async(x());
  await expect(run.async(x())).rejects.toThrow(
    'checkpoint() is JavaScript, which the thread of async() cannot run',
  );
  expect(run(torch.ones([2])).tolist()).toEqual([2, 2]);
  const hooked = new nn.Parameter(torch.ones([2]));
  hooked.registerHook((grad) => grad.mul(2));
  const ofHook = torch.capture((y: Tensor) => hooked.mul(y).sum().backward());
  await ofHook.async(x());
  await ofHook.async(x());
  await expect(ofHook.async(x())).rejects.toThrow('a hook of a tensor is JavaScript');
  for (const kind of [{ freeze: true }, { graph: true }]) {
    const other = torch.capture((y: Tensor) => Scaled.apply(y, weight.detach(), 2), kind);
    other(x());
    expect(() => other(x())).toThrow(
      /(freeze|graph): the function calls Scaled\.apply\(\), which is JavaScript/,
    );
  }
  const mapped = torch.capture((y: Tensor) =>
    torch.func.vmap((a: Tensor) => checkpoint((b: Tensor) => b.mul(2), a, options))(y),
  );
  expect(() => mapped(x())).toThrow(/transforms/);
});

test('checked replays put back what such calls have changed', () => {
  const make = () => {
    torch.manualSeed(4);
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.Dropout(0.4));
    const last = new nn.Linear(3, 2);
    const optimizer = new optim.Adam(last.parameters(), { lr: 0.1 });
    for (const param of model.parameters()) {
      const own = new optim.Adam([param], { lr: 0.1 });
      param.registerPostAccumulateGradHook(() => {
        own.step();
        own.zeroGrad();
      });
    }
    const step = (y: Tensor) => {
      optimizer.zeroGrad();
      const loss = last(checkpoint(model, y, options))
        .square()
        .mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    const state = () =>
      [...model.parameters(), ...model.buffers(), ...last.parameters(), torch.getRngState()].map(bitsOf);
    return { step, state };
  };
  const plain = make();
  const wanted = Array.from({ length: 7 }, () => [bitsOf(plain.step(torch.randn([4, 2]))), plain.state()]);
  const checked = make();
  const run = torch.capture(checked.step, { check: 3 });
  expect(Array.from({ length: 7 }, () => [bitsOf(run(torch.randn([4, 2]))), checked.state()])).toEqual(
    wanted,
  );
  expect(run.replays).toBeGreaterThan(3);
});
