// A step in one native call has the bits of the same step, operator by operator.
import torch, { optim, type Tensor } from 'nodetorch';
import { native } from '../../lib/native';
import { bitsOf } from '../capture/support';

type Make = (params: Tensor[]) => optim.Optimizer;

const makers: Record<string, Make> = {
  Adam: (params) => new optim.Adam(params, { lr: 0.01, weightDecay: 0.1 }),
  'Adam, amsgrad, maximize': (params) => new optim.Adam(params, { amsgrad: true, maximize: true }),
  AdamW: (params) => new optim.AdamW(params),
  SGD: (params) => new optim.SGD(params, { lr: 0.1, weightDecay: 0.1 }),
  'SGD, Nesterov': (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
};

// Some without a gradient, one that gets its first later, one that is not dense in memory.
function train(make: Make, hasFastPaths: boolean): string[] {
  const before = native.fastPaths(hasFastPaths);
  try {
    torch.manualSeed(5);
    const params = [
      torch.randn([3, 4]),
      torch.randn([5], { dtype: 'float64' }),
      torch.randn([2]),
      torch.randn([2, 3], { dtype: 'complex64' }),
      torch.randn([4, 3]).t(),
    ].map((param) => param.requiresGrad_());
    const optimizer = make(params);
    for (let i = 0; i < 5; i++) {
      optimizer.zeroGrad();
      params.forEach((param, k) => {
        if (k !== 2 || i >= 3) param.grad = torch.randnLike(param);
      });
      optimizer.step();
    }
    const tensors = [...optimizer.state.values()].flatMap((state) => Object.values(state) as Tensor[]);
    const versions = [...params, ...tensors].map((tensor) => tensor.version);
    return [...[...params, ...params.map(({ grad }) => grad), ...tensors].map(bitsOf), String(versions)];
  } finally {
    native.fastPaths(before);
  }
}

test.each(Object.keys(makers))('%s', (name) => {
  expect(train(makers[name], true)).toEqual(train(makers[name], false));
});

test('what is not for one call goes the general way', () => {
  const w = torch.ones([3], { requiresGrad: true });
  w.grad = torch.sparseCooTensor(torch.tensor([[1]]), torch.ones([1]), [3]);
  const sgd = new optim.SGD([w], { lr: 0.5 });
  sgd.step();
  expect(w.tolist()).toEqual([1, 0.5, 1]);
  expect(() => new optim.Adam([w]).step()).toThrow('does not support sparse gradients');
  sgd.zeroGrad();
  expect(w.grad).toBeNull();
  sgd.step();
  expect(w.tolist()).toEqual([1, 0.5, 1]);
});

type Group = Record<string, unknown>;
type Broken = [break_: (group: Group, state: Group) => void, error: string | RegExp];
const broken: Record<string, [make: Make, ...Broken]> = {};
const steps = '`state_steps` argument must contain a list of singleton tensors';
const dtypes = 'Tensors of the same index must be on the same device and the same dtype';
for (const foreach of [false, true]) {
  const adam: Make = (params) => new optim.Adam(params, { foreach });
  const sgd: Make = (params) => new optim.SGD(params, { momentum: 0.9, foreach });
  const each = (name: string, make: Make, ...rest: Broken) =>
    void (broken[`${name}, foreach ${String(foreach)}`] = [make, ...rest]);
  each('amsgrad set late', adam, (group) => (group.amsgrad = true), "'max_exp_avg_sq'");
  each('no average', adam, (_, state) => delete state.exp_avg_sq, "'exp_avg_sq'");
  each('a number of steps', adam, (_, state) => (state.step = 3), steps);
  each('eps', adam, (group) => (group.eps = null), /eps|scalar|other/);
  each('momentum', sgd, (group) => (group.momentum = 'x'), /momentum|scalar|other/);
  each('dampening', sgd, (group) => (group.dampening = null), 'a hyperparameter must be a number');
  if (!foreach) continue;
  const half = (key: string) => (_: Group, state: Group) => (state[key] = (state[key] as Tensor).half());
  each('an average of another dtype', adam, half('exp_avg_sq'), dtypes);
  each('momentum of another dtype', sgd, half('momentum_buffer'), dtypes);
}

// Python's own errors where it has them: neither zero nor NaN takes the place of what is no number.
test.each(Object.entries(broken))('a group or state that cannot be: %s', (_, [make, break_, error]) => {
  const w = torch.ones([3], { requiresGrad: true });
  w.grad = torch.ones([3]);
  const optimizer = make([w]);
  optimizer.step();
  const state = optimizer.state.get(w)!;
  break_(optimizer.paramGroups[0] as never, state);
  const before = [w, state.exp_avg, state.step].map(String);
  expect(() => optimizer.step()).toThrow(error);
  if (typeof error === 'string' && !error.startsWith('a hyper'))
    expect([w, state.exp_avg, state.step].map(String)).toEqual(before);
});
