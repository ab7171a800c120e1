// Backward on threads of the device: hooks and custom Functions are reached there, and served on the JS thread.
import torch, { autograd, type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE, expectSame, OTHER, pretend } from './support';

const leaf = (values: number[], device = DEVICE): Tensor =>
  torch.tensor(values, { device, requiresGrad: true });
type Context = InstanceType<typeof autograd.FunctionContext>;

class Square extends autograd.Function {
  static override forward(ctx: Context, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.mul(x);
  }
  static override backward(ctx: Context, grad: Tensor): Tensor {
    return grad.mul(ctx.savedTensors[0]).mul(2);
  }
}

describe('gradients are those of the CPU', () => {
  const start = (device: string, shape: number[]): Tensor => torch.randn(shape).to(device).requiresGrad_();
  test.each<[string, (device: string) => Tensor[]]>([
    ['of products', (d) => { const [x, y] = [start(d, [3, 4]), start(d, [4, 2])]; x.matmul(y).tanh().sum().backward(); return [x.grad!, y.grad!]; }],
    ['of a convolution', (d) => { const [x, w, b] = [start(d, [2, 3, 6, 6]), start(d, [4, 3, 3, 3]), start(d, [4])]; torch.conv2d(x, w, b).relu().sum().backward(); return [x.grad!, w.grad!, b.grad!]; }],
    ['of a transposed convolution', (d) => { const [x, w] = [start(d, [2, 3, 4, 4]), start(d, [3, 2, 3, 3])]; torch.convTranspose2d(x, w).sum().backward(); return [x.grad!, w.grad!]; }],
    ['of views and in-place operators', (d) => { const x = start(d, [4, 3]); const y = x.mul(2); y.at(1).mul_(3); y.sum().backward(); return [x.grad!]; }],
    ['of second order', (d) => { const x = start(d, [5]); const [g] = autograd.grad(x.pow(3).sum(), [x], { createGraph: true }); g!.sum().backward(); return [x.grad!]; }],
    ['that accumulate', (d) => { const x = start(d, [3]); for (let i = 0; i < 3; i++) x.mul(i).sum().backward(); return [x.grad!]; }],
    ['of a jacobian', (d) => [autograd.functional.jacobian((x: Tensor) => x.pow(2), torch.randn([3]).to(d)) as Tensor]],
    ['by forward mode', (d) => { const x = torch.randn([3]).to(d); const [, out] = autograd.functional.jvp((y: Tensor) => y.sin(), x, torch.onesLike(x)); return [out as Tensor]; }],
    ['under vmap', (d) => [torch.vmap((x: Tensor) => x.mul(2).sum())(torch.randn([3, 4]).to(d)) as Tensor]],
  ])('%s', (_, body) => expectSame(body)); // prettier-ignore

  test('across devices', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4], OTHER)];
    x.to(OTHER).mul(y).sum().backward();
    expect([x.grad!.tolist(), y.grad!.tolist()]).toEqual([[3, 4], [1, 2]]); // prettier-ignore
    expect([String(x.grad!.device), String(y.grad!.device)]).toEqual([DEVICE, OTHER]);
  });

  test('with the CPU', () => {
    const [x, y] = [leaf([1, 2]), torch.tensor([3, 4], { requiresGrad: true })];
    x.cpu().mul(y).sum().backward();
    expect([x.grad!.tolist(), y.grad!.tolist()]).toEqual([[3, 4], [1, 2]]); // prettier-ignore
  });
});

describe('hooks', () => {
  test('run on the JS thread, in order, and may replace the gradient', () => {
    const x = leaf([1, 2]);
    const here = pretend.thread();
    const order: string[] = [];
    x.registerHook((grad) => {
      order.push(pretend.thread() === here ? 'hook' : 'another thread');
      return grad.mul(10);
    });
    x.registerPostAccumulateGradHook(() => order.push('after'));
    x.mul(3).sum().backward();
    expect(order).toEqual(['hook', 'after']);
    expect(x.grad!.tolist()).toEqual([30, 30]);
    expect(String(x.grad!.device)).toBe(DEVICE);
  });

  test('of two devices at once', () => {
    const [x, y] = [leaf([1]), leaf([2], OTHER)];
    const seen = new Set<string>();
    for (const one of [x, y]) one.registerHook((grad) => void seen.add(String(grad.device)));
    x.mul(2).to(OTHER).add(y.mul(3)).sum().backward();
    expect([...seen].sort()).toEqual([DEVICE, OTHER]);
  });

  test('of several gradients', () => {
    const [x, y] = [leaf([1]), leaf([2], OTHER)];
    const seen: unknown[] = [];
    const handle = autograd.graph.registerMultiGradHook([x, y], (grads) =>
      seen.push(grads.map((g) => g?.tolist())),
    );
    x.mul(2).to(OTHER).add(y.mul(3)).sum().backward();
    handle.remove();
    expect(seen).toEqual([[[2], [3]]]);
  });

  test('throw what they throw, and the next pass works', () => {
    const mine = new Error('mine');
    const x = leaf([1]);
    const handle = x.registerHook(() => {
      throw mine;
    });
    expect(() => x.mul(2).sum().backward()).toThrow(mine);
    handle.remove();
    x.mul(2).sum().backward();
    expect(x.grad!.tolist()).toEqual([2]);
  });

  test('may run a backward pass of their own', () => {
    const [x, z] = [leaf([3]), leaf([2])];
    x.registerHook((grad) => {
      autograd.enableGrad(() => Square.apply(z).sum().backward());
      return grad.add(z.grad!);
    });
    Square.apply(x).sum().backward();
    expect(x.grad!.tolist()).toEqual([10]);
  });
});

describe('custom Functions', () => {
  test('are differentiated', () => {
    const x = leaf([3, -1]);
    Square.apply(x).sum().backward();
    expect(x.grad!.tolist()).toEqual([6, -2]);
  });

  test('throw what they throw', () => {
    const mine = new TypeError('mine');
    class Broken extends autograd.Function {
      static override forward(_: Context, x: Tensor): Tensor {
        return x.clone();
      }
      static override backward(): Tensor {
        throw mine;
      }
    }
    expect(() =>
      Broken.apply(leaf([1]))
        .sum()
        .backward(),
    ).toThrow(mine);
  });

  test('between devices', () => {
    class Move extends autograd.Function {
      static override forward(_: Context, x: Tensor): Tensor {
        return x.to(OTHER);
      }
      static override backward(_: Context, grad: Tensor): Tensor {
        return grad.to(DEVICE);
      }
    }
    const x = leaf([1, 2]);
    Move.apply(x).mul(3).sum().backward();
    expect(x.grad!.tolist()).toEqual([3, 3]);
  });
});

describe('what is saved for backward', () => {
  test('may wait on the CPU', () => {
    const x = leaf([1, 2, 3]);
    for (const pinMemory of [false, true]) {
      x.grad = null;
      const y = autograd.graph.saveOnCpu(() => x.mul(x), { pinMemory, deviceType: 'pretend' });
      y.sum().backward();
      expect(x.grad!.tolist()).toEqual([2, 4, 6]);
    }
  });

  test('goes through hooks on the JS thread', () => {
    const x = leaf([1, 2]);
    const packed: string[] = [];
    const y = autograd.graph.savedTensorsHooks(
      (tensor: Tensor) => (packed.push(String(tensor.device)), tensor.cpu()),
      (tensor: Tensor) => tensor.to(DEVICE),
      () => x.exp(),
    );
    y.sum().backward();
    expect(packed).toEqual([DEVICE]);
    expect(torch.equal(x.grad!, x.detach().exp())).toBe(true);
  });

  test('is computed again by a checkpoint, with the same random numbers', () => {
    const run = (isCheckpointed: boolean, wrap: (x: Tensor) => unknown): number[] => {
      torch.manualSeed(3);
      const x = leaf([1, 2, 3, 4, 5, 6]);
      const f = (y: unknown): Tensor =>
        torch.nn.functional.dropout((y as { x: Tensor }).x ?? (y as Tensor), 0.5).mul(x);
      const { checkpoint } = torch.utils.checkpoint;
      const out = isCheckpointed ? checkpoint(f, wrap(x), { useReentrant: false }) : f(wrap(x));
      torch.rand([3], { device: DEVICE }); // moves the generator on
      out.sum().backward();
      return x.grad!.tolist() as number[];
    };
    expect(run(true, (x) => x)).toEqual(run(false, (x) => x));
    expect(run(true, (x) => ({ x }))).toEqual(run(false, (x) => ({ x })));
  });
});

test('runs on a thread of the device, and what it throws there comes out', () => {
  const x = leaf([1, 2]);
  const here = pretend.thread();
  x.exp().backward(torch.ones([2], { device: DEVICE }));
  expect(pretend.kernel_thread()).not.toBe(here);
  const y = x.exp().mul(2);
  const handle = y.registerHook(() => void pretend.fail_allocation(1));
  expect(classAndMessage(() => y.sum().backward())).toMatch(
    /^OutOfMemoryError: pretend device out of memory/,
  );
  expect(pretend.kernel_thread()).not.toBe(here);
  handle.remove();
  x.mul(2).sum().backward();
});

test('anomaly mode names the operator', () => {
  const x = leaf([0]);
  autograd.detectAnomaly(() => {
    const y = x.sqrt().mul(0);
    expect(() => y.sum().backward()).toThrow(
      "Function 'SqrtBackward0' returned nan values in its 0th output.",
    );
  });
});
