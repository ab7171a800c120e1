// torch.autograd.Function: saved tensors, flags of the context, errors, and no leaks.
import * as torch from 'nodetorch';
import { collect } from '../../lib/native/collect';
import { classAndMessage } from '../errors';
import type { Tensor } from 'nodetorch';
import { live } from '../fixtures/live';

const { Function, grad, gradcheck } = torch.autograd;
type Context = torch.autograd.FunctionContext;
const typeError = expect.objectContaining({ name: 'TypeError' });
const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });

class Exp extends Function {
  static override forward(ctx: Context, x: Tensor) {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  }
  static override backward(ctx: Context, g: Tensor) {
    return g.mul(ctx.savedTensors[0]);
  }
}

class MulAdd extends Function {
  static override forward(ctx: Context, x: Tensor, y: Tensor, factor: number, z?: Tensor | null) {
    ctx.saveForBackward(x, y);
    ctx.factor = factor;
    const product = x.mul(y).mul(factor);
    return z ? product.add(z) : product;
  }
  static override backward(ctx: Context, g: Tensor) {
    const [x, y] = ctx.savedTensors;
    const factor = ctx.factor as number;
    const needs = ctx.needsInputGrad;
    return [
      needs[0] ? g.mul(y).mul(factor) : null,
      needs[1] ? g.mul(x).mul(factor) : null,
      null,
      needs[3] ? g : null,
    ];
  }
}

test('forward runs outside of the graph, backward is recorded', () => {
  const x = leaf(0, 1);
  const y = Exp.apply(x);
  expect([y.tolist(), y.requiresGrad, y.isLeaf, y.gradFn!.name]).toEqual([
    x.exp().tolist(),
    true,
    false,
    'ExpBackward',
  ]);
  y.sum().backward();
  expect(x.grad!.tolist()).toEqual(x.exp().tolist());
});

test('without a gradient to compute there is no graph', () => {
  const y = Exp.apply(torch.ones([2]));
  expect([y.requiresGrad, y.gradFn]).toEqual([false, null]);
  expect(torch.noGrad(() => Exp.apply(leaf(1))).requiresGrad).toBe(false);
});

test('several inputs, plain values, optional tensors and needsInputGrad', () => {
  const [x, y, z] = [leaf(2), torch.tensor([3]), leaf(5)];
  const out = MulAdd.apply(x, y, 10, z);
  expect(out.tolist()).toEqual([65]);
  out.sum().backward();
  expect([x.grad!.tolist(), y.grad, z.grad!.tolist()]).toEqual([[30], null, [1]]);
  const without = MulAdd.apply(x, y, 10);
  expect(grad(without.sum(), x)[0]!.tolist()).toEqual([30]);
});

test('double backward goes through backward', () => {
  const x = torch.tensor([0.5, 1.5], { dtype: 'float64', requiresGrad: true });
  expect(gradcheck((input) => Exp.apply(input), x)).toBe(true);
  const [first] = grad(Exp.apply(x).sum(), x, { createGraph: true });
  expect(gradcheck((input) => grad(Exp.apply(input).sum(), input, { createGraph: true })[0]!, x)).toBe(true);
  expect(grad(first!.sum(), x)[0]!.tolist()).toEqual(x.exp().tolist());
});

test('several outputs: what nothing depends on gets zeros, or null', () => {
  const seen: unknown[] = [];
  class Both extends Function {
    static override forward(ctx: Context, x: Tensor, materialize: boolean) {
      ctx.setMaterializeGrads(materialize);
      return [x.mul(2), x.mul(3)];
    }
    static override backward(_: Context, a: Tensor | null, b: Tensor | null) {
      seen.push([a?.tolist() ?? null, b?.tolist() ?? null]);
      return [a, null];
    }
  }
  const x = leaf(1, 1);
  Both.apply(x, true)[0].sum().backward();
  Both.apply(x, false)[0].sum().backward();
  expect(seen).toEqual([
    [
      [1, 1],
      [0, 0],
    ],
    [[1, 1], null],
  ]);
});

test('an output that is not differentiable', () => {
  class Sort extends Function {
    static override forward(ctx: Context, x: Tensor) {
      const [values, indices] = x.sort();
      ctx.markNonDifferentiable(indices);
      ctx.saveForBackward(indices);
      return [values, indices];
    }
    static override backward(ctx: Context, g: Tensor) {
      return torch.zerosLike(g).scatter_(0, ctx.savedTensors[0], g);
    }
  }
  const x = leaf(3, 1, 2);
  const [values, indices] = Sort.apply(x);
  expect([values.requiresGrad, indices.requiresGrad, indices.tolist()]).toEqual([true, false, [1, 2, 0]]);
  values
    .mul(torch.tensor([1, 10, 100]))
    .sum()
    .backward();
  expect(x.grad!.tolist()).toEqual([100, 1, 10]);
});

test('an input that is changed in place comes back as the same object', () => {
  class Double_ extends Function {
    static override forward(ctx: Context, x: Tensor) {
      ctx.markDirty(x);
      return x.mul_(2);
    }
    static override backward(_: Context, g: Tensor) {
      return g.mul(2);
    }
  }
  const x = leaf(1, 2);
  const y = x.mul(1);
  const out = Double_.apply(y);
  expect([out === y, y.tolist(), y.gradFn!.name, y.version]).toEqual([true, [2, 4], 'Double_Backward', 2]);
  out.sum().backward();
  expect(x.grad!.tolist()).toEqual([2, 2]);
  expect(() => Double_.apply(leaf(1))).toThrow(
    'a leaf Variable that requires grad has been used in an in-place operation.',
  );
});

test('an input that is returned as it is', () => {
  class Same extends Function {
    static override forward = (_: Context, x: Tensor) => x;
    static override backward = (_: Context, g: Tensor) => g.mul(5);
  }
  const x = leaf(1);
  const y = Same.apply(x);
  expect([y.is(x), y.requiresGrad]).toEqual([false, true]);
  y.sum().backward();
  expect(x.grad!.tolist()).toEqual([5]);
});

test('a missing gradient counts as none', () => {
  class None extends Function {
    static override forward = (_: Context, x: Tensor, y: Tensor) => x.add(y);
    static override backward = (_: Context, g: Tensor) => [g, null];
  }
  const [x, y] = [leaf(1), leaf(1)];
  None.apply(x, y).sum().backward();
  expect([x.grad!.tolist(), y.grad]).toEqual([[1], null]);
});

describe('errors', () => {
  test('thrown in backward come out as themselves', () => {
    const error = new SyntaxError('mine');
    class Throws extends Function {
      static override forward = (_: Context, x: Tensor) => x.mul(1);
      static override backward(): Tensor {
        throw error;
      }
    }
    expect(() => Throws.apply(leaf(1)).sum().backward()).toThrow(error);
  });
  test('thrown in forward leave the grad mode alone', () => {
    class Throws extends Function {
      static override forward(): Tensor {
        throw new Error('mine');
      }
    }
    expect(() => Throws.apply()).toThrow('mine');
    expect(torch.isGradEnabled()).toBe(true);
  });
  test('methods that are missing, results of the wrong kind', () => {
    class Nothing extends Function {}
    expect(classAndMessage(() => Nothing.apply(leaf(1)))).toMatch(/^NotImplementedError: /);
    class NoBackward extends Function {
      static override forward = (_: Context, x: Tensor) => x.mul(1);
    }
    expect(() => (NoBackward.apply(leaf(1)) as Tensor).sum().backward()).toThrow('backward');
    class Text extends Function {
      static override forward = (_: Context, x: Tensor) => x.mul(1);
      static override backward = () => 'gradient' as never;
    }
    expect(() => (Text.apply(leaf(1)) as Tensor).sum().backward()).toThrow(typeError);
  });
});

describe('memory', () => {
  test('a Function that saves its output does not leak under tidy', () => {
    const run = () =>
      torch.tidy(
        () =>
          void Exp.apply(leaf(1, 2, 3))
            .sum()
            .backward(),
      );
    run();
    const before = live();
    for (let i = 0; i < 200; i++) run();
    expect(live()).toEqual(before);
  });

  test.each([true, false])('contexts are collected without it (with backward: %s)', async (backward) => {
    const contexts: WeakRef<Context>[] = [];
    class Noted extends Function {
      static override forward(ctx: Context, x: Tensor) {
        contexts.push(new WeakRef(ctx));
        const y = x.mul(2);
        ctx.saveForBackward(x, y);
        return y;
      }
      static override backward = (_: Context, g: Tensor) => g.mul(2);
    }
    for (let i = 0; i < 50; i++) {
      const y = Noted.apply(leaf(i)).sum();
      if (backward) y.backward();
    }
    for (let i = 0; i < 4; i++) {
      await new Promise(setImmediate); // weak references hold until the job ends
      collect(true);
      torch.memory(); // empties the slots of tensors that have died
      torch.zeros([1]); // every operator first lets go of the functions of graphs that have died
    }
    expect(contexts.filter((context) => context.deref()).length).toBeLessThan(5);
  });

  test('a context outlives its graph without keeping it', () => {
    let kept: Context | undefined;
    class Keeps extends Function {
      static override forward(ctx: Context, x: Tensor) {
        kept = ctx;
        ctx.saveForBackward(x);
        return x.mul(2);
      }
      static override backward = (_: Context, g: Tensor) => g.mul(2);
    }
    Keeps.apply(leaf(1)).sum().backward();
    expect(() => kept!.savedTensors).toThrow('second time');
  });
});

describe('under transforms of torch.func', () => {
  const { grad, hessian, jacrev, vmap } = torch.func;
  // Its backward is no derivative of its forward, so that a gradient that goes around it shows.
  class Five extends Function {
    static override forward = (_: Context, x: Tensor) => x.mul(2);
    static override backward = (_: Context, g: Tensor) => g.mul(5);
  }
  const five = (x: Tensor) => Five.apply(x);
  const total = (x: Tensor) => five(x).sum();
  const x = () => torch.tensor([1, 2]);
  const needing = () => x().requiresGrad_();

  test.each<[string, () => Tensor, number[] | number[][]]>([
    ['grad', () => grad(total)(x()), [5, 5]],
    ['vmap', () => vmap(five)(x()), [2, 4]],
    ['vmap of grad', () => vmap(grad(five))(x()), [5, 5]],
    ['jacrev', () => jacrev(five)(x()), [[5, 0], [0, 5]]], // prettier-ignore
    ['vmap without a graph around', () => torch.noGrad(() => vmap(five)(needing())), [2, 4]],
    ['grad without a graph around', () => torch.noGrad(() => grad(total)(needing())), [5, 5]],
  ])('%s is right', (_, run, expected) => {
    expect(run().tolist()).toEqual(expected);
  });

  test.each<[string, () => unknown]>([
    ['vmap in a graph', () => vmap(five)(needing())],
    ['grad in a graph', () => grad(total)(needing())],
    ['grad with a parameter', () => {
      const p = needing();
      return grad((y: Tensor) => five(p).mul(y).sum())(x());
    }], // prettier-ignore
    ['grad of vmap', () => grad((y: Tensor) => vmap(five)(y).sum())(x())],
    ['grad of grad', () => grad((y: Tensor) => grad(total)(y).sum())(x())],
    ['grad of grad, the outer input', () => grad((y: Tensor) => grad((z: Tensor) => five(y).mul(z).sum())(x()).sum())(x())], // prettier-ignore
    ['hessian', () => hessian(total)(x())],
    ['a checkpoint in grad of grad', () => {
      const twice = (z: Tensor) => torch.utils.checkpoint.checkpoint((a: Tensor) => a.sin(), z, { useReentrant: true });
      return grad((y: Tensor) => grad((z: Tensor) => twice(z).sum())(y).sum())(x());
    }], // prettier-ignore
  ])('%s, which would lose a gradient, is refused', (_, run) => {
    expect(run).toThrow(
      /\.apply\(\): a Function gives a gradient to the innermost transform of torch\.func alone/,
    );
  });
});
