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
  const { grad, vmap } = torch.func;
  class Five extends Function {
    static override forward = (_: Context, x: Tensor) => x.mul(2);
    static override backward = (_: Context, g: Tensor) => g.mul(5);
  }
  const x = () => torch.tensor([1, 2]);

  // test/func/functions.test.ts has those with setupContext.
  test.each<[string, () => unknown]>([
    ['grad', () => grad((y: Tensor) => Five.apply(y).sum())(x())],
    ['vmap', () => vmap((y: Tensor) => Five.apply(y))(x())],
    ['a checkpoint in grad', () => {
      const twice = (z: Tensor) => torch.utils.checkpoint.checkpoint((a: Tensor) => a.sin(), z, { useReentrant: true });
      return grad((y: Tensor) => twice(y).sum())(x());
    }], // prettier-ignore
  ])('%s refuses a Function without setupContext', (_, run) => {
    expect(run).toThrow(
      'In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override ' +
        'the setup_context staticmethod.',
    );
  });
});

describe('with setupContext', () => {
  class Scaled extends Function {
    static override forward = (x: Tensor, factor: number) => [x.mul(factor), 'text'] as [Tensor, string];
    static override setupContext(ctx: Context, [x, factor]: [Tensor, number], [y]: [Tensor, string]) {
      ctx.factor = factor;
      ctx.saveForBackward(x, null, y);
      ctx.saveForForward(x, null);
    }
    static override backward(ctx: Context, g: Tensor, none: null) {
      const [x, missing, y] = ctx.savedTensors;
      expect([none, missing, y.tolist()]).toEqual([null, null, x.mul(ctx.factor as number).tolist()]);
      return [g.mul(ctx.factor as number), null];
    }
    static override jvp(ctx: Context, tangent: Tensor, none: null) {
      expect([none, ctx.savedTensors[1]]).toEqual([null, null]);
      return [tangent.mul(ctx.factor as number), null];
    }
  }

  test('backward gets null for an output that is no tensor', () => {
    const x = leaf(1, 2);
    const [y, text] = Scaled.apply(x, 3);
    y.sum().backward();
    expect([text, y.gradFn!.name, x.grad!.tolist()]).toEqual(['text', 'ScaledBackward', [3, 3]]);
  });

  test('jvp gives the tangents of dual numbers', () => {
    const { dualLevel, makeDual, unpackDual } = torch.autograd.forwardAd;
    dualLevel(() => {
      const [y] = Scaled.apply(makeDual(torch.tensor([1, 2]), torch.tensor([5, 7])), 3);
      expect(unpackDual(y).tangent!.tolist()).toEqual([15, 21]);
    });
  });

  test.each<[string, () => unknown, string]>([
    ['no jvp', () => {
      class NoJvp extends Function {
        static override forward = (x: Tensor) => x.mul(2);
        static override setupContext = () => undefined;
      }
      return torch.func.jvp((x: Tensor) => NoJvp.apply(x), [leaf(1).detach()], [torch.ones([1])]);
    }, 'You must implement the jvp function for custom autograd.Function to use it with forward mode AD.'],
    ['a jvp with another number of tangents', () => {
      class Short extends Function {
        static override forward = (x: Tensor) => [x.mul(2), x.mul(3)];
        static override setupContext = () => undefined;
        static override jvp = (_: Context, t: Tensor) => [t];
      }
      return torch.func.jvp((x: Tensor) => Short.apply(x)[0], [torch.ones([1])], [torch.ones([1])]);
    }, "Function's jvp returned an invalid number of forward gradients (expected 2 but got 1)"],
    ['backward and vjp', () => {
      class Both extends Function {
        static override forward = (x: Tensor) => x.mul(2);
        static override setupContext = () => undefined;
        static override backward = (_: Context, g: Tensor) => g;
        static override vjp = (_: Context, g: Tensor) => g;
      }
      Both.apply(leaf(1)).sum().backward();
    }, "Implementing both 'backward' and 'vjp' for a custom Function is not allowed."],
    ['a vmap rule twice', () => {
      class Twice extends Function {
        static override generateVmapRule = true;
        static override forward = (x: Tensor) => x.mul(2);
        static override setupContext = () => undefined;
        static override vmap = (_: unknown, __: unknown, x: Tensor): [Tensor, number] => [x, 0];
      }
      return torch.func.vmap((x: Tensor) => Twice.apply(x))(torch.ones([2]));
    }, 'You tried to vmap over Twice, but it has both generate_vmap_rule=True and an overridden vmap staticmethod.'],
    ['a vmap rule that returns no pair', () => {
      class One extends Function {
        static override forward = (x: Tensor) => x.mul(2);
        static override setupContext = () => undefined;
        static override vmap = (_: unknown, __: unknown, x: Tensor) => x as never;
      }
      return torch.func.vmap((x: Tensor) => One.apply(x))(torch.ones([2]));
    }, 'Expected the vmap staticmethod to have two returns, an output and out_dims'],
    ['what is saved and returned as it came', () => {
      class Same extends Function {
        static override forward = (x: Tensor) => x;
        static override setupContext = (ctx: Context, [x]: [Tensor]) => ctx.saveForBackward(x);
      }
      return Same.apply(leaf(1));
    }, 'input that has been returned as-is as output is being saved for backward.'],
    ['a second derivative of onceDifferentiable', () => {
      class Once extends Function {
        static override forward = (_: Context, x: Tensor) => x.mul(2);
        static override backward = torch.autograd.function.onceDifferentiable((_, g: Tensor) => g.mul(2));
      }
      const x = leaf(1);
      const [first] = grad(Once.apply(x).mul(x).sum(), x, { createGraph: true });
      first!.sum().backward();
    }, 'trying to differentiate twice a function that was marked with @once_differentiable'],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  }); // prettier-ignore

  test('a second derivative goes through the input itself where forward returns it', () => {
    class Same extends Function {
      static override forward(ctx: Context, x: Tensor) {
        ctx.saveForBackward(x);
        return x;
      }
      static override backward = (ctx: Context, g: Tensor) => g.mul(ctx.savedTensors[0]);
    }
    const x = leaf(3);
    const [first] = grad(Same.apply(x).sum(), x, { createGraph: true });
    first!.sum().backward();
    expect(x.grad!.tolist()).toEqual([1]); // torch 2.13 in Python
  });
});
