// torch.library and dispatch modes: PyTorch's database of custom operators in TypeScript, against library.json.
import * as torch from 'nodetorch';
import { Worker } from 'node:worker_threads';
import type { Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './library.json';

const { func, library } = torch;
type Context = torch.autograd.FunctionContext;
type Dim = number | null;
type Info = torch.autograd.VmapInfo;
const ops = torch.ops._torch_testing;
const named = (name: string) => `_torch_testing::numpy_${name}`;
const read = (x: Tensor) => x.detach().clone(); // as NumPy would: no view, no gradient

// ---- the operators of torch/testing/_internal/custom_op_db.py ----
library
  .customOp(named('mul'), (x: Tensor, y: Tensor) => read(x).mul(read(y)), {
    schema: '(Tensor x, Tensor y) -> Tensor',
  })
  .registerFake((x: Tensor, y: Tensor) => x.mul(y).contiguous())
  .registerAutograd(
    (ctx: Context, g: Tensor) => {
      const [x, y] = ctx.savedTensors;
      return [ctx.needsInputGrad[0] ? g.mul(y) : null, ctx.needsInputGrad[1] ? g.mul(x) : null];
    },
    { setupContext: (ctx, inputs: Tensor[]) => ctx.saveForBackward(...inputs) },
  )
  .registerVmap((_: Info, [dx, dy]: Dim[], x: Tensor, y: Tensor) => {
    const last = (t: Tensor, dim: Dim) => (dim === null ? t.unsqueeze(-1) : t.movedim(dim, -1));
    return [last(x, dx).mul(last(y, dy)).movedim(-1, 0), 0];
  });
library
  .customOp(named('cube'), (x: Tensor) => [read(x).pow(3), read(x).pow(2).mul(3)], {
    schema: '(Tensor x) -> (Tensor, Tensor)',
  })
  .registerFake((x: Tensor) => [x.clone(), x.clone()])
  .registerAutograd(
    (ctx: Context, g: Tensor, gd: Tensor) => {
      const [x, d] = ctx.savedTensors;
      return (ops.numpy_mul(g, d) as Tensor).add((ops.numpy_mul(gd, x) as Tensor).mul(6));
    },
    { setupContext: (ctx, [x]: Tensor[], [, d]: Tensor[]) => ctx.saveForBackward(x, d) },
  )
  .registerVmap((_: Info, [dim]: Dim[], x: Tensor) => [ops.numpy_cube(x), [dim, dim]]);
library
  .customOp(named('mul_scalar'), (x: Tensor, { scalar }: { scalar: number }) => read(x).mul(scalar), {
    schema: '(Tensor x, *, float scalar) -> Tensor',
  })
  .registerFake((x: Tensor, { scalar }: { scalar: number }) => x.mul(scalar).contiguous())
  .registerAutograd((ctx: Context, g: Tensor) => g.mul(ctx.scalar as number), {
    setupContext: (ctx, _, __, { scalar }: { scalar: number }) => void (ctx.scalar = scalar),
  })
  .registerVmap((_: Info, [dim]: Dim[], x: Tensor, { scalar }: { scalar: number }) => [
    x.movedim(dim!, -1).mul(scalar).movedim(-1, 0),
    0,
  ]);
library
  .customOp(
    named('take'),
    (x: Tensor, ind: Tensor, _: Tensor, dim: number) => torch.takeAlongDim(read(x), ind, { dim }),
    {
      schema: '(Tensor x, Tensor ind, Tensor ind_inv, int dim) -> Tensor',
    },
  )
  .registerFake((x: Tensor) => torch.emptyLike(x))
  .registerAutograd(
    (ctx: Context, g: Tensor) => {
      const [ind, inverse] = ctx.savedTensors;
      return [ops.numpy_take(g, inverse, ind, ctx.dim), null, null, null];
    },
    {
      setupContext: (ctx, [, ind, inverse, dim]: [Tensor, Tensor, Tensor, number]) => {
        ctx.dim = dim;
        ctx.saveForBackward(ind, inverse);
      },
    },
  );
library
  .customOp(
    named('sort'),
    (x: Tensor, dim: number) => {
      const ind = torch.argsort(x, { dim, stable: true });
      return [torch.takeAlongDim(x, ind, { dim }), ind, torch.argsort(ind, { dim })];
    },
    { schema: '(Tensor x, int dim) -> (Tensor, Tensor, Tensor)' },
  )
  .registerFake((x: Tensor) => {
    const index = () => torch.emptyLike(x, { dtype: torch.int64 });
    return [torch.emptyLike(x), index(), index()];
  })
  .registerAutograd(
    (ctx: Context, g: Tensor) => {
      const [ind, inverse] = ctx.savedTensors;
      return [ops.numpy_take(g, inverse, ind, ctx.dim), null];
    },
    {
      setupContext: (ctx, [, dim]: [Tensor, number], [, ind, inverse]: Tensor[]) => {
        ctx.dim = dim;
        ctx.saveForBackward(ind, inverse);
        ctx.markNonDifferentiable(ind, inverse);
      },
    },
  )
  .registerVmap((_: Info, [at]: Dim[], x: Tensor, dim: number) => {
    const wrapped = dim >= 0 ? dim : dim + x.dim() - 1;
    return [ops.numpy_sort(x.movedim(at!, 0), wrapped + 1), [0, 0, 0]];
  });
const refuseMapping = (): never => {
  throw new torch.TorchError('Operator is data-dependent and cannot be vmapped.', 'NotImplementedError');
};
library
  .customOp(named('nonzero'), (x: Tensor) => torch.nonzero(read(x)), { schema: '(Tensor x) -> Tensor' })
  .registerVmap(refuseMapping);
library
  .customOp(
    named('nms'),
    (boxes: Tensor, scores: Tensor, threshold: number) => {
      const all = boxes.tolist<number[][]>();
      let order = scores.argsort({ descending: true }).tolist<number[]>().map(Number);
      const area = ([a, b, c, d]: number[]) => Math.max(0, c - a + 1) * Math.max(0, d - b + 1);
      const keep: number[] = [];
      while (order.length > 0) {
        const [best, ...rest] = order;
        keep.push(best);
        order = rest.filter((other) => {
          const [p, q] = [all[best], all[other]];
          const inter = area([
            Math.max(p[0], q[0]),
            Math.max(p[1], q[1]),
            Math.min(p[2], q[2]),
            Math.min(p[3], q[3]),
          ]);
          return inter / (area(p) + area(q) - inter) <= threshold;
        });
      }
      return torch.tensor(keep.map(BigInt));
    },
    { schema: '(Tensor boxes, Tensor scores, Scalar iou_threshold) -> Tensor' },
  )
  .registerVmap(refuseMapping);
library
  .customOp(named('view_copy'), (x: Tensor, shape: number[]) => read(x).reshape(shape).clone(), {
    schema: '(Tensor x, SymInt[] shape) -> Tensor',
  })
  .registerFake((x: Tensor, shape: number[]) => x.clone().view(shape).clone())
  .registerAutograd((ctx: Context, g: Tensor) => [ops.numpy_view_copy(g, ctx.shape), null], {
    setupContext: (ctx, [x]: [Tensor]) => void (ctx.shape = x.shape),
  })
  .registerVmap((_: Info, [dim]: Dim[], x: Tensor, shape: number[]) => {
    const moved = x.movedim(dim!, 0);
    return [ops.numpy_view_copy(moved, [moved.shape[0], ...shape]), 0];
  });
const splits = (x: Tensor, at: number[], dim: number) =>
  (torch.tensorSplit(read(x), at, dim) as Tensor[]).map((part) => part.clone());
library
  .customOp(named('cat'), (xs: Tensor[], dim: number) => torch.cat(xs.map(read), dim), {
    schema: '(Tensor[] xs, int dim) -> Tensor',
  })
  .registerFake((xs: Tensor[], dim: number) => torch.cat(xs, dim))
  .registerAutograd(
    (ctx: Context, g: Tensor) => {
      let end = 0;
      const ends = (ctx.sizes as number[]).map((size) => (end += size));
      return [ops.numpy_split_copy(g, ends.slice(0, -1), ctx.dim), null];
    },
    {
      setupContext: (ctx, [xs, dim]: [Tensor[], number]) => {
        ctx.sizes = xs.map((x) => x.shape[dim]);
        ctx.dim = dim;
      },
    },
  );
library
  .customOp(named('split_copy'), splits, { schema: '(Tensor x, SymInt[] splits, int dim) -> Tensor[]' })
  .registerFake((x: Tensor, at: number[], dim: number) => splits(x, at, dim))
  .registerAutograd((ctx: Context, grads: Tensor[]) => [ops.numpy_cat(grads, ctx.dim), null, null], {
    setupContext: (ctx, inputs: [Tensor, number[], number]) => void (ctx.dim = inputs[2]),
  })
  .registerVmap((_: Info, [at]: Dim[], x: Tensor, where: number[], dim: number) => [
    ops.numpy_split_copy(x.movedim(at!, 0), where, dim + 1),
    0,
  ]);
library
  .customOp(
    named('split_copy_with_int'),
    (x: Tensor, at: number[], dim: number) => [splits(x, at, dim), at.length],
    { schema: '(Tensor x, SymInt[] splits, int dim) -> (Tensor[], int)' },
  )
  .registerFake((x: Tensor, at: number[], dim: number) => [splits(x, at, dim), at.length])
  .registerAutograd((ctx: Context, grads: Tensor[]) => [ops.numpy_cat(grads, ctx.dim), null, null], {
    setupContext: (ctx, inputs: [Tensor, number[], number]) => void (ctx.dim = inputs[2]),
  });

// ---- their table ----
function filled(...shape: number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return torch.arange(count).mul(5).remainder(13).div(8).add(0.5).reshape(shape);
}
const X = filled(3, 4);
const Y = filled(3, 4).flip([0]).add(0.25);
const IND = torch.argsort(X, { dim: 1 });
const INVERSE = torch.argsort(IND, { dim: 1 });
const CLASSES = torch.tensor([1n, 0n]);
const BOXES = torch.tensor([0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 30, 30, 0, 0, 9, 10]).view([4, 4]);

type Operation = (...xs: Tensor[]) => unknown;
const operators: Record<string, [f: Operation, args: Tensor[]]> = {
  cube: [(x) => ops.numpy_cube(x), [X]],
  mul: [(x, y) => ops.numpy_mul(x, y), [X, Y]],
  mulScalar: [(x) => ops.numpy_mul_scalar(x, { scalar: 3.5 }), [X]],
  sort: [(x) => ops.numpy_sort(x, 1), [X]],
  take: [(x) => ops.numpy_take(x, IND, INVERSE, 1), [X]],
  nonzero: [(x) => ops.numpy_nonzero(x), [X]],
  nms: [(x) => ops.numpy_nms(BOXES, x, 0.5), [torch.tensor([0.5, 0.75, 0.25, 1])]],
  viewCopy: [(x) => ops.numpy_view_copy(x, [2, 6]), [X]],
  cat: [(x, y) => ops.numpy_cat([x, y], 1), [X, Y]],
  splitCopy: [(x) => ops.numpy_split_copy(x, [1, 3], 1), [X]],
  splitCopyWithInt: [(x) => ops.numpy_split_copy_with_int(x, [1, 3], 1), [X]],
};

const leaves = (value: unknown): Tensor[] =>
  Array.isArray(value) ? value.flatMap(leaves) : value instanceof torch.Tensor ? [value] : [];
const stored = (value: unknown): unknown =>
  Array.isArray(value)
    ? Array.from(value, stored)
    : value instanceof torch.Tensor
      ? JSON.parse(JSON.stringify(value.tolist(), (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)))
      : value;
function attempt(f: () => unknown): unknown {
  try {
    return stored(f());
  } catch (error) {
    return `! ${(error as { kind?: string }).kind ?? (error as Error).name}`;
  }
}
function gradients(f: Operation, args: Tensor[]): unknown {
  const inputs = args.map((x) => x.clone().requiresGrad_());
  const needing = leaves(f(...inputs)).filter((leaf) => leaf.requiresGrad);
  const total = needing
    .map((leaf) => leaf.mul(leaf).sum())
    .reduce((sum, one) => sum.add(one), torch.zeros([]));
  return torch.autograd.grad(total, inputs);
}

describe.each(Object.entries(operators))('%s', (name, [f, args]) => {
  const of = (table: object) => (table as Record<string, unknown>)[name];
  test('outputs', () => expect(attempt(() => f(...args))).toEqual(of(fixture.outputs)));
  const expected = of(fixture.gradients);
  if (expected !== undefined) {
    test('gradients', () => expect(attempt(() => gradients(f, args))).toEqual(expected));
  }
  const mapped = of(fixture.vmapped);
  if (mapped !== undefined) {
    test('vmap', () => {
      expect(attempt(() => func.vmap(f)(...args.map((x) => torch.stack([x, x.mul(2)]))))).toEqual(mapped);
    });
  }
});

test('operators under grad, jacrev and vmap of grad', () => {
  const f = (x: Tensor) => (ops.numpy_mul(x, ops.numpy_mul(x, x)) as Tensor).sum();
  expect(func.grad(f)(X).tolist()).toEqual(X.mul(X).mul(3).tolist());
  expect(func.vmap(func.grad(f))(X).tolist()).toEqual(X.mul(X).mul(3).tolist());
  expect(
    func
      .jacrev((x: Tensor) => ops.numpy_mul(x, Y) as Tensor)(X)
      .sum([2, 3])
      .tolist(),
  ).toEqual(Y.tolist());
  expect(classAndMessage(() => func.jvp(f, [X], [X]))).toMatch(
    /^NotImplementedError: Trying to use forward AD with _torch_testing::numpy_mul/,
  );
});

test.each(['mul', 'cube', 'sort', 'take', 'view_copy', 'cat', 'split_copy', 'mul_scalar'])(
  'opcheck of %s',
  (name) => {
    const x = X.clone().requiresGrad_();
    const args: Record<string, unknown[]> = {
      ...{ mul: [x, Y], cube: [x], sort: [x, 1], take: [x, IND, INVERSE, 1], view_copy: [x, [2, 6]] },
      ...{ cat: [[x, Y], 1], split_copy: [x, [1, 3], 1], mul_scalar: [x] },
    };
    const kwargs = name === 'mul_scalar' ? { scalar: 2 } : null;
    expect(library.opcheck(named(name), args[name], { kwargs })).toEqual({
      test_schema: 'SUCCESS',
      test_autograd_registration: 'SUCCESS',
      test_faketensor: 'SUCCESS',
    });
  },
);

describe('Library', () => {
  const lib = new library.Library('ours', 'FRAGMENT');
  test('define, impl for keys, and the operator under torch.ops', () => {
    expect(lib.define('scaled(Tensor x, float factor=2.0, *, bool twice=False) -> Tensor')).toBe('scaled');
    lib.impl('scaled', (x: Tensor, factor: number, { twice }: { twice: boolean }) =>
      x.mul(twice ? 2 * factor : factor),
    );
    expect(torch.ops.ours.scaled(torch.ones([2])).tolist()).toEqual([2, 2]);
    expect(torch.ops.ours.scaled(torch.ones([2]), 3, { twice: true }).tolist()).toEqual([6, 6]);
    const x = torch.ones([2], { requiresGrad: true }); // composite: differentiated by itself
    torch.ops.ours.scaled(x, 5).sum().backward();
    expect(x.grad!.tolist()).toEqual([5, 5]);
  });

  test('functions by the operator’s whole name', () => {
    library.define('ours::halved', '(Tensor x) -> Tensor');
    library.impl('ours::halved', 'cpu', (x: Tensor) => x.div(2));
    library.registerFake('ours::halved', (x: Tensor) => torch.emptyLike(x));
    library.registerAutograd('ours::halved', (_, g: Tensor) => g.div(2));
    library.registerVmap('ours::halved', (_: Info, [dim]: Dim[], x: Tensor) => [
      torch.ops.ours.halved(x),
      dim,
    ]);
    const x = torch.ones([2], { requiresGrad: true });
    const y = torch.ops.ours.halved(x) as Tensor;
    y.sum().backward();
    expect([x.grad!.tolist(), y.gradFn!.name]).toEqual([
      [0.5, 0.5],
      'GeneratedBackwardFor_ours_halved_defaultBackward',
    ]);
    expect(torch.ops.ours.halved(torch.ones([3], { device: 'meta' })).shape).toEqual([3]);
    expect(
      func
        .vmap((z: Tensor) => torch.ops.ours.halved(z))(torch.ones([2, 1]))
        .tolist(),
    ).toEqual([[0.5], [0.5]]);
  });

  test('an operator that changes its argument', () => {
    lib.define('zero_first(Tensor(a!) x) -> ()');
    lib.impl('zero_first', (x: Tensor) => void x.select(0, 0).zero_(), 'CompositeExplicitAutograd');
    const x = torch.ones([2]);
    expect(torch.ops.ours.zero_first(x)).toBeUndefined();
    expect(x.tolist()).toEqual([0, 1]);
  });

  test('a kernel in the place of one of libtorch’s', () => {
    expect(torch.ones([1]).sinc().item()).toBeCloseTo(0);
    new library.Library('aten', 'IMPL', 'CPU').impl('sinc', (x: Tensor) => torch.fullLike(x, 7));
    expect(torch.sinc(torch.ones([2])).tolist()).toEqual([7, 7]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a name that is taken', () => lib.define('scaled(Tensor x) -> Tensor'), /^RuntimeError: Tried to register an operator/],
    ['a schema that is none', () => lib.define('scaled'), /./],
    ['a kernel twice', () => lib.impl('scaled', () => null), /there's already a kernel registered from JavaScript/],
    ['an operator that is not there', () => lib.impl('nothing', () => null), /could not find the operator/],
    ['a key that is not there', () => lib.impl('scaled', () => null, 'Nothing'), /could not parse dispatch key/],
    ['a namespace of libtorch', () => new library.Library('aten', 'DEF'), /^ValueError: aten is a reserved namespace/],
    ['no schema', () => library.customOp('ours::none', () => null), /^TypeError: /],
    ['no namespace', () => library.customOp('none', () => null, { schema: '() -> ()' }), /^TypeError: /],
    ['an output that is an input', () => {
      return library.customOp('ours::same', (x: Tensor) => x, { schema: '(Tensor x) -> Tensor' })(X);
    }, /must not also be an input to this custom operator/],
    ['a result of another type', () => {
      return library.customOp('ours::text', (_: Tensor) => 'text', { schema: '(Tensor x) -> Tensor' })(X);
    }, /^TypeError: ours::text: the function must return Tensor as result 1/],
    ['too few results', () => {
      return library.customOp('ours::two', (_: Tensor) => [X.clone()], { schema: '(Tensor x) -> (Tensor, Tensor)' })(X);
    }, /^TypeError: ours::two: the function must return a list of 2 results/],
    ['an error of the function', () => {
      const fails = (_: Tensor) => {
        throw new SyntaxError('mine');
      };
      return library.customOp('ours::fails', fails, { schema: '(Tensor x) -> Tensor' })(X);
    }, /SyntaxError: mine/],
    ['no backward', () => {
      const plain = library.customOp('ours::plain', (x: Tensor) => x.clone(), { schema: '(Tensor x) -> Tensor' });
      const y = plain(torch.ones([1], { requiresGrad: true }));
      y.backward();
    }, /Trying to backward through ours\.plain\.default but no autograd formula was registered/],
    ['no fake', () => torch.ops.ours.plain(torch.ones([1], { device: 'meta' })), /There was no fake impl registered/],
    ['a fake that lies', () => {
      library.customOp('ours::lies', (x: Tensor) => x.clone(), { schema: '(Tensor x) -> Tensor' })
        .registerFake((x: Tensor) => x.newEmpty([9]));
      library.opcheck('ours::lies', [X]);
    }, /^OpCheckError: ours::lies: output 0 has shape/],
    ['a change that the schema does not tell', () => {
      library.customOp('ours::changes', (x: Tensor) => x.add_(1).clone(), { schema: '(Tensor x) -> Tensor' });
      library.opcheck('ours::changes', [torch.ones([1])], { testUtils: 'test_schema' });
    }, /^OpCheckError: Argument x is not defined as mutable but was mutated/],
  ])('%s is refused', (_, run, message) => {
    expect(classAndMessage(run)).toMatch(message);
  }); // prettier-ignore
});

class Log extends torch.overrides.TorchDispatchMode {
  readonly seen: string[] = [];
  override torchDispatch(
    operator: torch.overrides.DispatchedOperator,
    args: unknown[],
    kwargs: Record<string, unknown>,
  ) {
    const text = (value: unknown): string => {
      if (value instanceof torch.Tensor) return 'T';
      if (Array.isArray(value)) return `[${value.join(', ')}]`;
      if (value === null) return 'None';
      if (typeof value === 'number') return value.toFixed(6);
      return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
    };
    this.seen.push(`${String(operator)}(${args.map(text).join(', ')})`);
    return operator(...args, kwargs) as unknown;
  }
}

describe('TorchDispatchMode', () => {
  const cases: Record<string, () => unknown> = {
    training: () => {
      const w = torch.ones([2, 2], { requiresGrad: true });
      const y = torch.nn.functional
        .linear(torch.ones([1, 2]), w)
        .add(1)
        .relu();
      torch.autograd.grad(y.sum(), w);
      y.detach();
    },
    norm: () => torch.nn.functional.layerNorm(filled(2, 4), [4]),
    attention: () => torch.nn.functional.crossEntropy(filled(2, 4), CLASSES),
    operator: () => ops.numpy_mul(X, Y),
    inference: () => X.flatten().softmax(0).topk(2),
    functionalized: () => func.functionalize((x: Tensor) => x.add(1).view([2]).mul_(2))(torch.ones([2])),
  };
  test.each(Object.keys(cases))('sees what Python’s does: %s', (name) => {
    const mode = new Log();
    mode.run(cases[name]);
    expect(mode.seen).toEqual((fixture.seen as Record<string, string[]>)[name]);
  });

  test('results of a mode are the operators’', () => {
    class Sevens extends torch.overrides.TorchDispatchMode {
      override torchDispatch(operator: torch.overrides.DispatchedOperator, args: unknown[], kwargs: object) {
        return String(operator) === 'aten.add.Tensor'
          ? torch.full([2], 7)
          : (operator(...args, kwargs) as unknown);
      }
    }
    const x = torch.ones([2], { requiresGrad: true });
    const y = new Sevens().run(() => x.add(1));
    y.sum().backward();
    expect([y.tolist(), y.gradFn!.name, x.grad!.tolist()]).toEqual([[7, 7], 'AddBackward0', [1, 1]]);
  });

  test('modes inside of each other, errors, and nothing that stays', () => {
    const [inner, outer] = [new Log(), new Log()];
    outer.run(() => inner.run(() => X.add(1)));
    expect([inner.seen, outer.seen]).toEqual([
      ['aten.add.Tensor(T, 1.000000)'],
      ['aten.add.Tensor(T, 1.000000)'],
    ]);
    class Fails extends torch.overrides.TorchDispatchMode {
      override torchDispatch(): unknown {
        throw new SyntaxError('mine');
      }
    }
    expect(() => new Fails().run(() => X.add(1))).toThrow('mine');
    expect(() => new torch.overrides.TorchDispatchMode().run(() => X.add(1))).toThrow(
      'must implement torchDispatch',
    );
    expect(() => new Log().run(() => Promise.resolve())).toThrow('returned a promise');
    expect(X.add(1).tolist()).toEqual(X.clone().add(1).tolist());
    expect(inner.seen).toHaveLength(1);
  });
});

test('another thread has its own functions, and an error without', async () => {
  const { file } = { file: require.resolve('../../dist') };
  const code = `
    const torch = require(${JSON.stringify(file)});
    const { parentPort } = require('node:worker_threads');
    let message = 'none';
    try { torch.ops.ours.scaled(torch.ones([1])); } catch (error) { message = error.message; }
    const lib = new torch.library.Library('ours', 'FRAGMENT');
    lib.define('scaled(Tensor x, float factor=2.0, *, bool twice=False) -> Tensor');
    lib.impl('scaled', (x) => x.mul(100));
    parentPort.postMessage([message, torch.ops.ours.scaled(torch.ones([1])).tolist()]);
  `;
  const worker = new Worker(code, { eval: true });
  const [message, value] = await new Promise<[string, number[]]>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  await worker.terminate();
  expect([message, value]).toEqual([
    'ours::scaled: its kernel is a JS function of another thread, or of one that has ended',
    [100],
  ]);
  expect(torch.ops.ours.scaled(torch.ones([1])).tolist()).toEqual([2]);
});
