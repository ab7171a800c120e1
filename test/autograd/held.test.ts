// What functions that hang on tensors keep alive: their tensors' objects and graphs, and nothing else.
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import { collect } from '../../lib/native/collect';

const { Function } = torch.autograd;
type Context = torch.autograd.FunctionContext;
const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });

// Weak references hold until the job ends; and each round frees what the one before has made free to go.
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await new Promise(setImmediate);
    torch.memory();
    collect(true);
  }
}

class Scaled extends nn.Module<[Tensor], Tensor> {
  readonly weight = new nn.Parameter(torch.ones([2]));
  scale = 2;
  kept: unknown;
  override forward(x: Tensor) {
    return this.weight.mul(x);
  }
}
const train = (m: Scaled) =>
  m(torch.ones([2]))
    .sum()
    .backward();

class KeepsOutput extends Function {
  static override forward(ctx: Context, x: Tensor) {
    const y = x.mul(2);
    ctx.out = y;
    return y;
  }
  static override backward = (_: Context, g: Tensor) => g.mul(2);
}
class KeepsTwo extends Function {
  static override forward(ctx: Context, x: Tensor) {
    ctx.out = [x.mul(2), x.mul(3)];
    return [...(ctx.out as Tensor[]), x.detach()];
  }
  static override backward = (_: Context, a: Tensor, b: Tensor) => a.mul(2).add(b.mul(3));
}

describe('what refers to itself through a function is freed', () => {
  const MAKERS: [string, () => object][] = [
    ['a hook that refers to its module', () => {
      const m = new Scaled();
      m.weight.registerHook((g) => g.mul(m.scale));
      train(m);
      return m;
    }],
    ['a module that has the handle of such a hook', () => {
      const m = new Scaled();
      m.kept = m.weight.registerHook((g) => g.mul(m.scale));
      return m;
    }],
    ['a hook that refers to its leaf', () => {
      const x = leaf(1);
      x.registerHook((g) => g.mul(x.detach()));
      return x;
    }],
    ['several hooks, one of them taken away', () => {
      const x = leaf(1);
      const hooks = [1, 2, 3].map(() => x.registerHook((g) => g.mul(x.detach())));
      x.mul(2).sum().backward();
      hooks[1].remove();
      return x;
    }],
    ['a hook after an accumulated gradient', () => {
      const m = new Scaled();
      m.weight.registerPostAccumulateGradHook(() => void m.scale++);
      train(m);
      return m;
    }],
    ['a hook of several tensors', () => {
      const [x, y] = [leaf(1), leaf(2)];
      torch.autograd.graph.registerMultiGradHook([x, y], () => [x, y]);
      x.mul(y).sum().backward();
      return x;
    }],
    ['hooks of modules', () => {
      const m = new Scaled();
      m.registerForwardPreHook(() => void m.scale);
      m.registerForwardHook(() => void m.scale);
      m.registerFullBackwardPreHook(() => void m.scale);
      m.registerFullBackwardHook(() => void m.scale);
      train(m);
      return m;
    }],
    ['a hook of a tensor in between that refers to it', () => {
      const y = leaf(1).mul(2);
      y.registerHook((g) => g.mul(y.detach()));
      y.sum().backward();
      return y;
    }],
    ['a context that keeps the output', () => {
      const y = KeepsOutput.apply(leaf(1)) as Tensor;
      y.sum().backward();
      return y;
    }],
    ['a context that keeps two outputs', () => {
      const [a, b, c] = KeepsTwo.apply(leaf(1)) as Tensor[];
      a.add(b).add(c).sum().backward();
      return a;
    }],
    ['contexts in a row', () => {
      const y = KeepsOutput.apply(KeepsOutput.apply(leaf(1))) as Tensor;
      return y;
    }],
    ['saved tensors whose hooks refer to their leaf', () => {
      const x = leaf(1);
      const unpack = (saved: Tensor): Tensor => (x.detach(), saved);
      torch.autograd.graph.savedTensorsHooks((saved: Tensor) => saved, unpack, () => x.exp()).sum().backward();
      return x;
    }],
  ]; // prettier-ignore

  // All at once: a collection of everything that a test file loads takes longer than these.
  const made = new Map<string, WeakRef<object>[]>();
  beforeAll(async () => {
    for (const [name, make] of MAKERS)
      made.set(
        name,
        Array.from({ length: 20 }, () => new WeakRef(make())),
      );
    await settle();
  });

  test.each(MAKERS)('%s', (name) => {
    expect(made.get(name)!.filter((one) => one.deref()).length).toBeLessThan(3);
  });
});

describe('no function is lost while a graph leads to it', () => {
  test.each([
    ['a hook of a leaf', (x: Tensor, seen: () => void) => void x.registerHook((g) => (seen(), g)), (x: Tensor) => x.mul(3)],
    ['a hook after its gradient', (x: Tensor, seen: () => void) => void x.registerPostAccumulateGradHook(seen), (x: Tensor) => x.mul(3)],
    ['and both, of a view', (x: Tensor, seen: () => void) => void x.registerHook(() => seen()), (x: Tensor) => x.view([1])],
  ])('%s whose object is gone', async (_, register, use) => {
    let calls = 0;
    let object: WeakRef<Tensor> | undefined;
    const graph = () => {
      const x = leaf(1);
      object = new WeakRef(x);
      register(x, () => void calls++);
      return x;
    };
    const y = await (async () => {
      const x = graph();
      await settle(); // its reference is weak by now
      return use(x).sum();
    })();
    await settle();
    expect(object!.deref()).toBeUndefined();
    y.backward({ retainGraph: true });
    await settle();
    y.backward();
    expect(calls).toBe(2);
  }); // prettier-ignore

  test('of a tensor in between, changed in place since, and of both of its nodes', async () => {
    const seen: string[] = [];
    const x = leaf(1);
    const z = await (async () => {
      const y = x.mul(2);
      y.registerHook((g) => (seen.push('first'), g.mul(10)));
      await settle();
      y.mul_(5);
      y.registerHook((g) => (seen.push('second'), g.mul(100)));
      await settle();
      return y.sum();
    })();
    await settle();
    z.backward();
    expect([seen, x.grad!.tolist()]).toEqual([['second', 'first'], [10000]]);
  });

  test('a handle takes away the hook that it is of, after a change in place and without its tensor', async () => {
    const x = leaf(1);
    const [z, first, second] = await (async () => {
      const y = x.mul(2);
      const first = y.registerHook((g) => g.mul(10));
      y.mul_(5);
      const second = y.registerHook((g) => g.mul(100));
      return [y.sum(), first, second];
    })();
    await settle();
    first.remove();
    z.backward({ retainGraph: true });
    expect(x.grad!.tolist()).toEqual([1000]);
    second.remove();
    z.backward();
    expect(x.grad!.tolist()).toEqual([1010]);
  });

  test('backward of a Function whose outputs are gone, or of which one is', async () => {
    const x = leaf(1);
    const z = await (async () => {
      const [a, b] = KeepsTwo.apply(x) as Tensor[];
      await settle();
      return a.add(b).sum();
    })();
    await settle();
    z.backward();
    const one = await (async () => (KeepsTwo.apply(x) as Tensor[])[1])();
    await settle();
    one.sum().backward();
    expect(x.grad!.tolist()).toEqual([5 + 3]);
  });

  test('of a frozen tensor, which can hold nothing', async () => {
    const x = Object.freeze(leaf(1));
    x.registerHook((g) => g.mul(7));
    await settle();
    const y = KeepsFrozen.apply(x).sum();
    await settle();
    y.backward();
    expect(x.grad!.tolist()).toEqual([14]);
  });
});

class KeepsFrozen extends Function {
  static override forward = (_: Context, x: Tensor) => Object.freeze(x.mul(2));
  static override backward = (_: Context, g: Tensor) => g.mul(2);
}

test('apply() gives the objects that forward returned, as in Python', () => {
  const seen: unknown[] = [];
  class Noted extends Function {
    static override forward(_: Context, x: Tensor) {
      seen.push(x.mul(2), x.mul(3));
      return [seen[0], x, seen[1], seen[0]] as Tensor[];
    }
    static override backward = (_: Context, a: Tensor, b: Tensor, c: Tensor) => a.mul(2).add(b).add(c.mul(3));
  }
  const x = leaf(1);
  const [a, same, b, again] = Noted.apply(x) as Tensor[];
  expect([a === seen[0], same === x, b === seen[1], again === a]).toEqual([true, false, true, true]);
  expect(Object.keys(a)).toEqual(Object.keys(torch.zeros([1])));
});
