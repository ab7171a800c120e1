// What a TorchFunctionMode sees of functions, against overrides.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import fixture from './overrides.json';

const F = torch.nn.functional;
type Func = torch.overrides.TorchFunction;
type Keywords = Record<string, unknown>;
const X = torch.arange(6, { dtype: 'float32' }).reshape([2, 3]).add(1);
const W = torch.ones([4, 3]);
const leaf = X.clone().requiresGrad_();

class Names extends torch.overrides.TorchFunctionMode {
  constructor(
    readonly prefix = '',
    readonly seen: string[] = [],
  ) {
    super();
  }
  override torchFunction(func: Func, args: unknown[], kwargs: Keywords): unknown {
    this.seen.push(this.prefix + func.name);
    return func(...args, kwargs);
  }
}

class Ones extends torch.overrides.TorchFunctionMode {
  override torchFunction(func: Func, args: unknown[], kwargs: Keywords): unknown {
    if (func.name === 'ones') return torch.zeros(args[0] as number[], kwargs);
    const result: unknown = func(...args, kwargs);
    return func.name === 'add' ? (result as Tensor).mul(2) : result;
  }
}

const cases: Record<string, () => unknown> = {
  methods: () => X.add(1).mul(2).matmul(W.t()).softmax(-1),
  functions: () => torch.cat([torch.ones([2]), torch.full([2], 3)]).exp(),
  functionals: () => F.relu(F.linear(X, W)),
  softmax: () => F.softmax(F.gelu(X), -1),
  linalg: () => torch.linalg.inv(torch.eye(2)),
  fft: () => torch.fft.fft(torch.special.erf(X)),
  'in place': () => W.clone().add_(1, { alpha: 2 }),
  several: () => torch.where(X.gt(2), X.max(1)[0].unsqueeze(1), X),
  ops: () => torch.ops.aten.add(torch.ops.aten['add.Tensor'](X, X), 1) as unknown,
  out: () => torch.add(X, X, { out: torch.empty([0]) }),
  composite: () =>
    F.scaledDotProductAttention(X.view([1, 1, 2, 3]), X.view([1, 1, 2, 3]), X.view([1, 1, 2, 3])),
  tensor: () => torch.tensor([1, 2]).sin(),
  backward: () => leaf.sin().sum().backward(),
  grad: () => torch.autograd.grad(leaf.sin().sum(), leaf),
  autocast: () => torch.autocast('cpu', { dtype: torch.bfloat16 }, () => X.matmul(W.t())),
};

test.each(Object.keys(fixture.names))('%s', (name) => {
  const mode = new Names();
  mode.run(cases[name]);
  expect(mode.seen).toEqual((fixture.names as Record<string, string[]>)[name]);
});

test('modes in modes: each is off in itself', () => {
  const seen: string[] = [];
  new Names('outer ', seen).run(() => new Names('inner ', seen).run(() => X.add(1).mul(2)));
  expect(seen).toEqual(fixture.nested);
});

test('a mode gives results of its own, which are differentiated and mapped', () => {
  const found = [
    new Ones().run(() => torch.ones([2]).add(X.select(0, 0).narrow(0, 0, 2))),
    new Ones().run(() => torch.autograd.grad(torch.add(leaf, 1).sum(), leaf)[0]),
    new Ones().run(() => torch.func.vmap(torch.func.grad((y: Tensor) => y.add(y).sum()))(X)),
  ];
  expect(found.map((one) => one.tolist())).toEqual(fixture.results);
});

test('args and keywords come apart', () => {
  const calls: unknown[] = [];
  class Calls extends Names {
    override torchFunction(func: Func, args: unknown[], kwargs: Keywords): unknown {
      calls.push([func.name, args.length, kwargs]);
      return func(...args, kwargs);
    }
  }
  new Calls().run(() => X.add(1, { alpha: 2 }).view(3, 2).sum());
  expect(calls).toEqual([
    ['add', 2, { alpha: 2 }],
    ['view', 3, {}],
    ['sum', 1, {}],
  ]);
});

test('operators of torch.ops have a name of their own', () => {
  const texts: string[] = [];
  class Texts extends Names {
    override torchFunction(func: Func, args: unknown[], kwargs: Keywords): unknown {
      texts.push(String(func));
      return func(...args, kwargs);
    }
  }
  new Texts().run(cases.ops);
  expect(texts).toEqual(fixture.texts);
});

test('an error leaves the mode, and one that is caught inside goes on in it', () => {
  const mode = new Names();
  expect(() => mode.run(() => X.matmul(X))).toThrow('mat1 and mat2 shapes cannot be multiplied');
  X.add(1);
  expect(mode.seen).toEqual(['matmul']);
  mode.run(() => {
    expect(() => X.matmul(X)).toThrow();
    X.mul(1);
  });
  expect(mode.seen).toEqual(['matmul', 'matmul', 'mul']);
});

test('promises and missing methods are refused', () => {
  class Late extends torch.overrides.TorchFunctionMode {
    override torchFunction(func: Func, args: unknown[]): unknown {
      return Promise.resolve(func(...args));
    }
  }
  expect(() => new Late().run(() => X.neg())).toThrow('torchFunction(): the function returned a promise');
  expect(() => new Names().run(() => Promise.resolve(1))).toThrow(
    'TorchFunctionMode.run(): the function returned a promise',
  );
  class Nothing extends torch.overrides.TorchFunctionMode {}
  expect(() => new Nothing().run(() => X.neg())).toThrow('must implement torchFunction');
  expect(() => new Names().run(3 as never)).toThrow(TypeError);
  expect(X.neg().tolist()).toEqual([[-1, -2, -3], [-4, -5, -6]]); // prettier-ignore
});

test('a stack overflow leaves the mode', () => {
  const mode = new Names();
  const deep = (): unknown => mode.run(() => X.neg() && deep());
  expect(deep).toThrow(RangeError);
  const before = mode.seen.length;
  X.neg();
  expect(mode.seen.length).toBe(before);
});

test('a dispatch mode inside sees the parts of what a function mode sees whole', () => {
  const parts: string[] = [];
  class Parts extends torch.overrides.TorchDispatchMode {
    override torchDispatch(
      func: torch.overrides.DispatchedOperator,
      args: unknown[],
      kwargs: Keywords,
    ): unknown {
      parts.push(String(func));
      return func(...args, kwargs);
    }
  }
  const mode = new Names();
  mode.run(() => new Parts().run(() => F.linear(X, W)));
  expect(mode.seen).toEqual(['linear']);
  expect(parts).toEqual(['aten.t.default', 'aten.mm.default']);
});
