// State dictionaries: their hooks, their layout, and parameters that take another's place.
import torch, { nn, optim } from 'nodetorch';

const leaf = () => torch.ones([2], { requiresGrad: true });
const moved = (optimizer: optim.Optimizer, ...params: torch.Tensor[]) => {
  for (const param of params) param.grad = torch.ones([2]);
  optimizer.step();
};

it('numbers parameters through, a repeated one once', () => {
  const [x, y] = [leaf(), leaf()];
  const optimizer = new optim.Adam([{ params: [x] }, { params: [y], lr: 0.5 }]);
  moved(optimizer as never, y, x);
  const { state, param_groups: groups } = optimizer.stateDict();
  expect([...state.keys()]).toEqual([0, 1]);
  expect(groups.map(({ params, lr }) => [params, lr])).toEqual([
    [[0], 1e-3],
    [[1], 0.5],
  ]);
});

it('runs the hooks around saving and loading', () => {
  const calls: string[] = [];
  const optimizer = new optim.SGD([leaf()], { lr: 0.25 });
  optimizer.registerStateDictPreHook(() => void calls.push('pre'));
  optimizer.registerStateDictPreHook(() => void calls.push('first'), { prepend: true });
  optimizer.registerStateDictPostHook((_, dict) => ({
    ...dict,
    param_groups: dict.param_groups.map((group) => ({ ...group, lr: 9 })),
  }));
  const saved = optimizer.stateDict();
  expect([calls, saved.param_groups[0].lr]).toEqual([['first', 'pre'], 9]);
  const handle = optimizer.registerLoadStateDictPreHook((_, dict) => {
    calls.push('load');
    return { ...dict, param_groups: dict.param_groups.map((group) => ({ ...group, lr: 5 })) };
  });
  optimizer.registerLoadStateDictPostHook((each) => void calls.push(`lr ${String(each.paramGroups[0].lr)}`));
  optimizer.loadStateDict(saved);
  handle.remove();
  optimizer.loadStateDict(new Map(Object.entries(saved)));
  expect(calls.slice(2)).toEqual(['load', 'lr 5', 'lr 9']);
});

it('makes tensors of counts that are numbers in older files', () => {
  const x = leaf();
  const optimizer = new optim.Adam([x], { lr: 0.1 });
  moved(optimizer as never, x);
  const saved = optimizer.stateDict();
  saved.state.get(0)!.step = 1;
  delete (saved.param_groups[0] as Record<string, unknown>).amsgrad;
  optimizer.loadStateDict(saved);
  expect(optimizer.state.get(x)!.step).toBeInstanceOf(torch.Tensor);
  expect(optimizer.paramGroups[0].amsgrad).toBe(false);
});

it('keeps tensors of state through scopes', () => {
  const train = (scope: (body: () => void) => void): unknown[] => {
    torch.manualSeed(1);
    const model = new nn.Linear(2, 2);
    const optimizer = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' });
    const closure = () => {
      optimizer.zeroGrad();
      const loss = model(torch.ones([2, 2]))
        .sub(1)
        .square()
        .sum();
      loss.backward();
      return loss;
    };
    for (let i = 0; i < 3; i++) scope(() => void optimizer.step(closure));
    const tensors = Object.values([...optimizer.state.values()][0])
      .flat()
      .filter((value): value is torch.Tensor => value instanceof torch.Tensor);
    return [...tensors, ...model.parameters()].map((tensor) => tensor.tolist());
  };
  const scoped = train((body) => torch.tidy(body));
  expect(scoped).toEqual(train((body) => body()));
  expect(scoped.length).toBeGreaterThan(4); // the state's own, besides weight and bias
});

it('gives a subclass with its own step the hooks', () => {
  class Descent extends optim.Optimizer {
    constructor(params: torch.Tensor[]) {
      super(params, { lr: 0.5 });
    }
    override step(): null {
      for (const { params, lr } of this.paramGroups) {
        torch.noGrad(() => params.forEach((param) => param.sub_(param.grad!, { alpha: lr as number })));
      }
      return null;
    }
  }
  const x = leaf();
  const optimizer = new Descent([x]);
  let calls = 0;
  optimizer.registerStepPostHook(() => void calls++);
  new optim.lrScheduler.StepLR(optimizer, 1);
  moved(optimizer, x);
  expect([x.tolist(), calls]).toEqual([[0.5, 0.5], 1]);
});

it('works on other parameters and state for a while', () => {
  const [x, y] = [leaf(), leaf()];
  const optimizer = new optim.SGD([x], { lr: 0.5, momentum: 0.9 });
  moved(optimizer as never, x);
  const state = { ...optimizer.stateDict(), state: new Map([[0, { momentum_buffer: torch.zeros([2]) }]]) };
  optim.swapInOptimizerParamsAndState(optimizer, { y }, state, () => moved(optimizer as never, y));
  expect([x.tolist(), y.tolist()]).toEqual([
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  expect(state.state.get(0)!.momentum_buffer.tolist()).toEqual([1, 1]);
  expect(optimizer.paramGroups[0].params[0]).toBe(x);
  expect(() => optim.swapInOptimizerParamsAndState(optimizer, {}, state, () => 0)).toThrow(
    'requires the explicit parameter state to match optimizer.param_groups ordering.',
  );
});
