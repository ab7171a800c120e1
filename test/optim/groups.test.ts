// Groups, errors and hooks, as in Python.
import torch, { nn, optim } from 'nodetorch';

const leaf = () => torch.ones([2], { requiresGrad: true });

it.each([
  [() => new optim.SGD([]), 'optimizer got an empty parameter list'],
  [
    () => new optim.SGD(leaf() as never),
    'should be an iterable of Tensors or dicts, but got torch.FloatTensor',
  ],
  [() => new optim.SGD([1 as never]), 'optimizer can only optimize Tensors, but one of the params is'],
  [() => new optim.SGD([leaf().mul(2)]), "can't optimize a non-leaf Tensor"],
  [() => new optim.SGD([leaf()], { lr: -1 }), 'Invalid learning rate: -1'],
  [
    () => new optim.SGD([leaf()], { nesterov: true }),
    'Nesterov momentum requires a momentum and zero dampening',
  ],
  [() => new optim.Adam([leaf()], { betas: [1, 0.9] }), 'Invalid beta parameter at index 0: 1'],
  [() => new optim.Adam([leaf()], { eps: NaN }), 'Invalid epsilon value: nan'],
  [
    () => new optim.AdamW([leaf()], { foreach: true, fused: true }),
    '`fused` and `foreach` cannot be `True` together.',
  ],
])('throws %#', (body, message) => expect(body).toThrow(message));

it('refuses a parameter of another group', () => {
  const x = leaf();
  expect(() => new optim.SGD([{ params: [x] }, { params: x }])).toThrow(
    'some parameters appear in more than one parameter group',
  );
});

it('spells options as Python does, and takes names', () => {
  const model = new nn.Linear(2, 1);
  const optimizer = new optim.AdamW(model.namedParameters(), { weightDecay: 0.5 });
  const { param_groups: groups } = optimizer.stateDict();
  expect(groups[0]).toMatchObject({ params: [0, 1], param_names: ['weight', 'bias'], weight_decay: 0.5 });
});

it('runs the closure with a graph and the hooks around the step', () => {
  const x = leaf();
  const optimizer = new optim.SGD([x], { lr: torch.tensor(0.5) });
  const calls: string[] = [];
  const pre = optimizer.registerStepPreHook(() => void calls.push('pre'));
  optimizer.registerStepPostHook(() => void calls.push('post'));
  const closure = () => {
    calls.push('closure');
    optimizer.zeroGrad();
    const loss = x.mul(x).sum();
    loss.backward();
    return loss;
  };
  expect(optimizer.step(closure).item()).toBe(2);
  pre.remove();
  optimizer.step();
  expect(calls).toEqual(['pre', 'closure', 'post', 'post']);
  expect(x.tolist()).toEqual([-1, -1]);
  optimizer.zeroGrad({ setToNone: false });
  expect(x.grad!.tolist()).toEqual([0, 0]);
});

it.each([false, { setToNone: false }])('zeroGrad(%j) leaves gradients of zero', (given) => {
  const param = torch.ones([2], { requiresGrad: true });
  param.grad = torch.ones([2]);
  const optimizer = new optim.SGD([param], 0.1);
  optimizer.zeroGrad(given);
  expect(param.grad.tolist()).toEqual([0, 0]);
  optimizer.zeroGrad(true);
  expect(param.grad).toBeNull();
});

it('leaves it to a custom optimizer what a string in a group means', () => {
  class Custom extends optim.Optimizer<optim.ParamGroup & { clip: unknown; layers: unknown }> {}
  const group = { params: [torch.ones([2], { requiresGrad: true })], clip: 'auto', layers: null };
  const optimizer = new Custom([group], { lr: 0.1, clip: 1, layers: ['a', 'b'] });
  expect(optimizer.paramGroups[0]).toMatchObject({ clip: 'auto', layers: null });
});
