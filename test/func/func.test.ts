// torch.func, forward-mode AD and torch.autograd.functional, against fixtures/func.json.
import * as torch from 'nodetorch';
import { nn, Tensor, TorchError } from 'nodetorch';
import { native } from '../../lib/native';
import fixture from '../fixtures/func.json';

const { func } = torch;
const { functional, forwardAd } = torch.autograd;
const F = nn.functional;

function stored(value: unknown): unknown {
  if (value instanceof Tensor)
    return { shape: [...value.shape], data: value.detach().double().flatten().tolist() };
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stored(item)]));
}

const X = () => torch.linspace(-1, 1, 6).reshape([2, 3]);
const V = () => torch.tensor([0.5, -1, 2]);
const ones = () => torch.ones([2, 3]);
const first2 = () => V().at(':2');

// What f gives, and its gradient, under each transform: f is a function of a vector.
function transforms(f: (x: Tensor) => Tensor): unknown {
  const total = (x: Tensor) => f(x).sum();
  return [
    func.grad(total)(V()),
    func.vjp(f, V())[0],
    func.jvp(f, [V()], [V().add(1)]),
    func.jacrev(f)(V()),
    func.jacfwd(f)(V()),
    func.grad((x: Tensor) => func.grad(total)(x).sum())(V()),
    func.vmap(f)(X()),
    func.vmap(func.grad(total))(X()),
  ];
}

const cases: Record<string, () => unknown> = {
  vmap_dot: () => func.vmap((x: Tensor, y: Tensor) => x.dot(y))(X(), X().add(1)),
  vmap_in_dims: () =>
    func.vmap((x: Tensor, v: Tensor) => x.mul(v), { inDims: [1, null], outDims: 1 })(X(), first2()),
  vmap_nested: () => func.vmap(func.vmap((x: Tensor) => x.sin().mul(2)))(X()),
  vmap_tree: () =>
    func.vmap((d: { a: Tensor; b: Tensor }) => ({ sum: d.a.sum().add(d.b), a: d.a }), {
      inDims: [{ a: 0, b: null }],
    })({ a: X(), b: V().at(0) }),
  vmap_chunks: () => func.vmap((x: Tensor) => x.cumsum(0), { chunkSize: 2 })(X().t()),
  vmap_random_same: () => {
    torch.manualSeed(7);
    return func.vmap((x: Tensor) => x.add(torch.randn([3])), { randomness: 'same' })(X());
  },
  vmap_random_different: () => {
    torch.manualSeed(7);
    return func.vmap((x: Tensor) => x.add(torch.randn([3])), { randomness: 'different' })(X());
  },
  vmap_matmul: () =>
    func.vmap((x: Tensor) =>
      x
        .reshape([3, 1])
        .mm(x.reshape([1, 3]))
        .softmax(0),
    )(X()),
  vmap_unbatched_result: () => func.vmap(() => V())(...([X()] as unknown as [])),
  grad_sin: () => func.grad((x: Tensor) => x.sin().sum())(X()),
  grad_grad: () =>
    func.grad((x: Tensor) =>
      func
        .grad((y: Tensor) => y.pow(3).sum())(x)
        .sum(),
    )(X()),
  grad_argnums: () =>
    func.grad((x: Tensor, y: Tensor) => x.mul(y).sum(), { argnums: [0, 1] })(X(), X().add(2)),
  grad_aux: () => func.grad((x: Tensor) => [x.pow(2).sum(), x.add(1)], { hasAux: true })(V()),
  grad_and_value: () => func.gradAndValue((x: Tensor) => x.exp().sum())(V()),
  per_sample_gradients: () => {
    const loss = (w: Tensor, b: Tensor, x: Tensor, y: Tensor) => F.crossEntropy(x.matmul(w).add(b), y);
    const x = torch.linspace(0, 1, 12).reshape([4, 3]);
    const gradients = func.vmap(func.grad<[Tensor, Tensor, Tensor, Tensor]>(loss, { argnums: [0, 1] }), {
      inDims: [null, null, 0, 0],
    });
    return gradients(X().t().contiguous(), first2(), x, torch.tensor([0n, 1n, 1n, 0n]));
  },
  vjp: () => {
    const [out, pull] = func.vjp((x: Tensor, y: Tensor) => [x.mul(y), x.sin()], X(), X().add(1));
    return [out, pull([ones(), X()])];
  },
  jvp: () => func.jvp((x: Tensor, y: Tensor) => x.mul(y).tanh(), [X(), X().add(1)], [ones(), X()]),
  jvp_constant: () => func.jvp(() => torch.ones([2]), [V()], [V()]),
  jacrev: () => func.jacrev((x: Tensor) => x.sin().outer(x))(V()),
  jacrev_chunks: () =>
    [1, 2, 100].map((chunkSize) => func.jacrev((x: Tensor) => x.sin().outer(x), { chunkSize })(V())),
  jacrev_tree: () =>
    func.jacrev((x: Tensor, y: Tensor) => ({ a: x.mul(y.sum()), b: y.pow(2).sum() }), { argnums: [0, 1] })(
      V(),
      X(),
    ),
  jacfwd: () =>
    func.jacfwd((x: Tensor, y: Tensor) => [x.sin().outer(x), y.sum().mul(x)], { argnums: 1 })(V(), X()),
  jacfwd_aux: () => func.jacfwd((x: Tensor) => [x.sin(), x.mul(2)], { hasAux: true })(V()),
  hessian: () => func.hessian((x: Tensor) => x.sin().mul(x.roll(1)).sum())(V()),
  vmap_hessian: () => func.vmap(func.hessian((x: Tensor) => x.pow(3).prod()))(X()),
  inside_tensor: () => transforms((x) => x.pow(2).mul(torch.tensor([1, 2, 3]))),
  inside_tensor_in_place: () => transforms((x) => torch.tensor([1, 2, 3]).mul_(2).mul(x)),
  inside_as_tensor: () => transforms((x) => x.pow(2).mul(torch.asTensor(3)).add(torch.asTensor(x))),
  inside_new_tensor: () => transforms((x) => x.pow(2).mul(x.newTensor([1, 2, 3]))),
  inside_from_memory: () => transforms((x) => x.pow(2).mul(torch.fromBlob(new Float32Array([1, 2, 3])))),
  inside_index_list: () => transforms((x) => x.pow(2).at([0, 2])),
  inside_index_mask: () => transforms((x) => x.pow(2).at([true, false, true])),
  inside_index_tensor: () => transforms((x) => x.pow(2).at(torch.tensor([2n, 0n, 0n]))),
  inside_set_number: () => transforms((x) => x.pow(2).setAt(1, 5)),
  inside_set_list: () =>
    transforms((x) =>
      x
        .pow(2)
        .setAt([[0, 2]], torch.tensor([1, 2]))
        .mul(x),
    ),
  inside_set_value: () =>
    transforms((x) => {
      const y = x.pow(2);
      return y.setAt([[0, 1]], y.at(2).clone());
    }),
  inside_values: () => {
    const read: unknown[] = [];
    const f = (x: Tensor) => {
      read.push([x.mul(2).tolist(), x.detach().tolist(), x.at(1).item(), torch.tensor(x).tolist()]);
      return x.pow(2);
    };
    func.grad((x: Tensor) => f(x).sum())(V());
    func.jvp(f, [V()], [V()]);
    func.grad((x: Tensor) =>
      func
        .grad((y: Tensor) => f(y).sum())(x)
        .sum(),
    )(V());
    return read;
  },
  around_inference_mode: () =>
    torch.inferenceMode(() => {
      const made = V();
      const [out, pull] = func.vjp((x: Tensor) => x.pow(2), V());
      return [
        transforms((x) => x.pow(3).mul(made)),
        func.hessian((x: Tensor) => x.pow(3).sum())(V()),
        func.gradAndValue((x: Tensor) => x.pow(2).sum())(made),
        [out, pull(V())],
        func
          .grad((x: Tensor) => x.sin().sum())(V())
          .isInference(),
        func
          .vmap((x: Tensor) => x.mul(2))(V())
          .isInference(),
      ];
    }),
  vmap_scalars: () => [
    ...[
      (a: Tensor) => a.pow(2),
      (a: Tensor) => a.norm().pow(2),
      (a: Tensor) => torch.remainder(a, 2),
      (a: Tensor) => torch.xlogy(a, 2),
      (a: Tensor) => torch.where(a.gt(0), a, 2),
      (a: Tensor) => torch.floatPower(a, 2),
      (a: Tensor) => torch.special.xlog1py(a, 2),
      (a: Tensor) =>
        torch
          .fmod(a, 2)
          .add(a.clamp({ min: 0 }))
          .add(torch.sub(a, 1)),
    ].map((f) => func.vmap(f)(V())),
    func.grad((x: Tensor) =>
      func
        .vmap((a: Tensor) => a.pow(3))(x)
        .sum(),
    )(V()),
    func.vmap(func.vmap((a: Tensor) => a.pow(2)))(X()),
  ],
  af_vjp: () => functional.vjp((x, y) => [x.mul(y), y.sin()], [X(), X().add(1)], [ones(), X()]),
  af_jvp: () => functional.jvp((x) => x.exp().sum(1), X(), ones()),
  af_hvp: () => functional.hvp((x) => x.pow(3).sum(), V(), V().add(1)),
  af_vhp: () => functional.vhp((x, y) => x.pow(2).mul(y).sum(), [V(), V().sub(1)], [V(), V()]),
  af_jacobian: () => functional.jacobian((x, y) => [x.exp().mul(y), y.sum()], [V(), V().add(1)]),
  af_jacobian_vectorized: () =>
    functional.jacobian((x, y) => [x.exp().mul(y), y.sum()], [V(), V().add(1)], { vectorize: true }),
  af_jacobian_forward: () =>
    functional.jacobian((x) => x.exp().outer(x), V(), { vectorize: true, strategy: 'forward-mode' }),
  af_hessian: () => functional.hessian((x, y) => x.pow(2).mul(y.sin()).sum(), [V(), V().sub(1)]),
  af_hessian_vectorized: () => functional.hessian((x) => x.pow(3).sum(), V(), { vectorize: true }),
  af_hessian_forward: () =>
    functional.hessian((x) => x.pow(3).sum(), V(), {
      vectorize: true,
      outerJacobianStrategy: 'forward-mode',
    }),
  dual_numbers: () =>
    forwardAd.dualLevel(() => {
      const { primal, tangent } = forwardAd.unpackDual(forwardAd.makeDual(V(), V().add(1)).sin().mul(3));
      return [primal, tangent, forwardAd.unpackDual(V()).tangent];
    }),
  tangents_without_graphs: () =>
    forwardAd.dualLevel(() =>
      torch.noGrad(() => {
        const x = forwardAd.makeDual(X(), X().add(1));
        const weight = X().requiresGrad_();
        const results = [
          x.mul(3),
          torch.nn.functional.linear(x, weight),
          x.softmax(1),
          torch.cat([x, weight]),
        ];
        return results.map((y) => forwardAd.unpackDual(y).tangent);
      }),
    ),
};

afterEach(() => expect(native.transformDepth()).toBe(0));

test('cases and fixtures have the same names', () => {
  expect(Object.keys(cases)).toEqual(Object.keys(fixture.cases));
});

test.each(Object.entries(fixture.cases))('%s', (name, expected) => {
  expect(stored(cases[name]())).toEqual(expected);
});

const errors: Record<string, () => unknown> = {
  'vmap sizes': () => func.vmap((x: Tensor, y: Tensor) => x.add(y))(X(), V()),
  'vmap no inputs': () => func.vmap(() => V())(),
  'vmap dims': () => func.vmap((x: Tensor) => x, 5)(X()),
  'vmap nothing mapped': () => func.vmap((x: Tensor) => x, [null])(X()),
  'vmap randomness': () => func.vmap((x: Tensor) => x, { randomness: 'often' as 'same' })(X()),
  'vmap item': () => func.vmap((x: Tensor) => x.sum().item())(X()),
  'grad not scalar': () => func.grad((x: Tensor) => x.mul(2))(X()),
  'grad argnum': () => func.grad((x: Tensor) => x.sum(), { argnums: 1 })(X()),
  'vjp structure': () => func.vjp((x: Tensor) => [x, x], X())[1](X()),
  'vjp integers': () => func.vjp((x: Tensor) => x.int(), X()),
  'jvp strict': () => func.jvp(() => torch.ones([2]), [V()], [V()], { strict: true }),
  'jacrev chunk': () => func.jacrev((x: Tensor) => x, { chunkSize: 0 })(V()),
  'af vjp v': () => functional.vjp((x) => x.mul(2), V()),
  'af vjp size': () => functional.vjp((x) => x.mul(2), V(), torch.ones([2])),
  'af strict': () => functional.jacobian((x) => x.mul(2), [V(), V()], { strict: true }),
  'af hessian scalar': () => functional.hessian((x) => x.mul(2), V()),
  'dual level': () => forwardAd.makeDual(V(), V()),
};

describe("Python's errors", () => {
  // Names of structures and of anonymous functions are Python's own.
  const own = new Set(['vjp structure', 'vmap no inputs', 'vmap dims']);
  test.each(Object.entries(fixture.errors))('%s', (name, expected) => {
    if (own.has(name)) expect(errors[name]).toThrow(expected.slice(-60).replace(/.*(\*|\)>)/s, ''));
    else expect(errors[name]).toThrow(expected);
  });
});

test('values of a tensor that is mapped over are refused', () => {
  const read = (get: (x: Tensor) => unknown) => () => func.vmap((x: Tensor) => (get(x), x))(X());
  const message = 'vmap: the values of a tensor that is mapped over cannot be read';
  expect(read((x) => x.tolist())).toThrow(message);
  expect(read((x) => x.toTypedArray())).toThrow(message);
  expect(read((x) => x.at(0).item())).toThrow("vmap: It looks like you're calling .item() on a Tensor");
  expect(() => func.vmap(func.grad((x: Tensor) => (x.tolist(), x.sum())))(X())).toThrow(message);
  expect(() => func.grad((x: Tensor) => (x.viewTypedArray(), x.sum()))(V())).toThrow(TorchError);
});

test('a tensor of a transform does not become the data of one outside of it', () => {
  const lazy = new nn.LazyLinear(3);
  const message = 'initialize lazy modules, and assign to .data, outside of the transform';
  expect(() => func.vjp((x: Tensor) => lazy(x), X())).toThrow(message);
  const param = new nn.Parameter(V());
  expect(() => func.grad((x: Tensor) => ((param.data = x), x.sum()))(V())).toThrow(message);
  expect(() => func.vmap((x: Tensor) => ((param.data = x), x))(X())).toThrow(message);
  expect(param.tolist()).toEqual(V().tolist());
});

test('tensors print inside as in Python', () => {
  const lines: string[] = [];
  const note = (x: Tensor) => {
    lines.push(String(x), String(x.mul(2)));
    return x.sum();
  };
  func.vmap(note)(X());
  func.grad(note)(X());
  func.vmap(func.grad(note))(X());
  func.jvp(note, [X()], [X()]);
  expect(lines).toEqual(fixture.printed);
});

describe('levels', () => {
  test('end with an exception', () => {
    const fail = () => {
      throw new Error('mine');
    };
    expect(() => func.vmap(fail)(...([X()] as unknown as []))).toThrow('mine');
    expect(() =>
      func.grad(() => func.vmap(fail)(...([X()] as unknown as [])))(...([X()] as unknown as [])),
    ).toThrow('mine');
    expect(() => func.jvp(fail, [X()], [X()])).toThrow('mine');
    expect(() => forwardAd.dualLevel(fail)).toThrow('mine');
    expect(stored(cases.jvp())).toEqual(fixture.cases.jvp);
  });

  test('a tensor that escapes is an error, not a crash', () => {
    let escaped!: Tensor;
    func.vmap((x: Tensor) => (escaped = x))(X());
    expect(() => escaped.add(1)).toThrow(/escaped from inside a function being vmapped/);
    func.grad((x: Tensor) => (escaped = x).sum())(X());
    expect(escaped.add(1).shape).toEqual([2, 3]);
  });

  test('refuse saved-tensor hooks, as in Python', () => {
    const hooked = () =>
      torch.autograd.graph.savedTensorsHooks(
        (x) => x,
        (x) => x,
        () => func.grad((x: Tensor) => x.sum())(X()),
      );
    expect(hooked).toThrow("don't yet support saved tensor hooks");
  });
});
