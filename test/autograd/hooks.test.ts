// Hooks on tensors: what they see, replace and throw, in which order, and how they go.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import { live } from '../fixtures/live';

const typeError = expect.objectContaining({ name: 'TypeError' });
const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });

describe('registerHook', () => {
  test('sees the gradient, of a leaf and in between', () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    const seen: unknown[] = [];
    y.registerHook((g) => void seen.push(['y', g.tolist()]));
    x.registerHook((g) => void seen.push(['x', g.tolist()]));
    y.pow(2).sum().backward();
    expect(seen).toEqual([
      ['y', [6, 12]],
      ['x', [18, 36]],
    ]);
  });
  test('replaces it; several run in order', () => {
    const x = leaf(1);
    x.registerHook((g) => g.add(1));
    x.registerHook((g) => g.mul(10));
    x.registerHook(() => null);
    x.registerHook(() => undefined);
    x.mul(2).sum().backward();
    expect(x.grad!.tolist()).toEqual([30]);
  });
  test('removed, also twice and while others stay', () => {
    const x = leaf(1);
    const first = x.registerHook((g) => g.mul(2));
    x.registerHook((g) => g.mul(5));
    first.remove();
    first.remove();
    x.mul(1).sum().backward();
    expect(x.grad!.tolist()).toEqual([5]);
  });
  test('removes itself while it runs', () => {
    const x = leaf(1);
    let calls = 0;
    const handle = x.registerHook(() => {
      calls++;
      handle.remove();
    });
    for (let i = 0; i < 3; i++) x.mul(1).sum().backward();
    expect(calls).toBe(1);
  });
  test('runs before retainGrad keeps the gradient, when registered before', () => {
    const y = leaf(1).mul(2);
    y.retainGrad();
    y.registerHook((g) => g.mul(7));
    y.sum().backward();
    expect(y.grad!.tolist()).toEqual([7]);
  });
  test('an exception comes out as itself, and the next backward works', () => {
    const x = leaf(1);
    const error = new RangeError('mine');
    const handle = x.registerHook(() => {
      throw error;
    });
    expect(() => x.mul(2).sum().backward()).toThrow(error);
    handle.remove();
    x.mul(2).sum().backward();
    expect(x.grad!.tolist()).toEqual([2]);
    const odd = x.registerHook(() => {
      throw 'a string';
    });
    let caught: unknown;
    try {
      x.mul(2).sum().backward();
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe('a string');
    odd.remove();
  });
  test('must return a tensor or nothing, of the right shape', () => {
    const bad = leaf(1);
    bad.registerHook(() => 3 as never);
    expect(() => bad.sum().backward()).toThrow(typeError);
    const shape = leaf(1);
    shape.registerHook(() => torch.ones([2]));
    expect(() => shape.sum().backward()).toThrow('hook');
    expect(() => bad.registerHook('f' as never)).toThrow(typeError);
  });
  test('may call backward itself', () => {
    const x = leaf(1);
    const other = leaf(3);
    x.registerHook((g) => {
      torch.enableGrad(() => other.pow(2).sum()).backward();
      return g.mul(other.grad!);
    });
    x.sum().backward();
    expect([x.grad!.tolist(), other.grad!.tolist()]).toEqual([[6], [6]]);
  });
  test('runs in grad too, and in the second backward', () => {
    const x = leaf(2);
    let calls = 0;
    x.registerHook(() => void calls++);
    const [g] = torch.autograd.grad(x.pow(3).sum(), x, { createGraph: true });
    torch.autograd.grad(g!.sum(), x);
    expect(calls).toBe(2);
  });
});

describe('registerPostAccumulateGradHook', () => {
  test('gets the leaf after its gradient was accumulated', () => {
    const x = leaf(1);
    const seen: unknown[] = [];
    const see = (tag: string) => (tensor: Tensor) =>
      void seen.push([tag, tensor.is(x), tensor.grad!.tolist()]);
    const first = x.registerPostAccumulateGradHook(see('a'));
    x.registerPostAccumulateGradHook(see('b'));
    x.mul(2).sum().backward();
    first.remove();
    x.mul(2).sum().backward();
    expect(seen).toEqual([
      ['a', true, [2]],
      ['b', true, [2]],
      ['b', true, [4]],
    ]);
  });
  test('may step and free the gradient', () => {
    const x = leaf(1);
    x.registerPostAccumulateGradHook((p) => {
      torch.noGrad(() => p.sub_(p.grad!));
      p.grad = null;
    });
    x.mul(2).sum().backward();
    expect([x.tolist(), x.grad]).toEqual([[-1], null]);
  });
  test('an exception comes out as itself', () => {
    const x = leaf(1);
    const error = new Error('mine');
    x.registerPostAccumulateGradHook(() => {
      throw error;
    });
    expect(() => x.sum().backward()).toThrow(error);
    expect(() => x.registerPostAccumulateGradHook(3 as never)).toThrow(typeError);
  });
});

describe('memory', () => {
  test('a hook does not keep its tensor', async () => {
    const x = leaf(1);
    const run = () => {
      const y = x.mul(2);
      y.registerHook((g) => g.mul(2));
      const z = leaf(1);
      z.registerPostAccumulateGradHook((p) => void (p.grad = null));
      y.add(z).sum().backward();
    };
    run();
    live();
    await new Promise(setImmediate);
    const before = live().tensors;
    for (let i = 0; i < 200; i++) run();
    live();
    await new Promise(setImmediate);
    expect(live().tensors).toBeLessThan(before + 20);
  });
});
