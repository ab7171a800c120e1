// Optimizers on a device: what they make of the parameters is what they make on the CPU.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { DEVICE, expectSame, OTHER } from './support';

const F = nn.functional;

describe('optimizers follow the CPU', () => {
  type Make = (params: Tensor[]) => optim.Optimizer;
  const train = (device: string, make: Make): Tensor[] => {
    const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 2)).to(device);
    const [x, y] = [torch.randn([6, 4]).to(device), torch.randn([6, 2]).to(device)];
    const optimizer = make([...model.parameters()]);
    const closure = (): Tensor => {
      optimizer.zeroGrad();
      const loss = F.mseLoss(model(x) as Tensor, y);
      loss.backward();
      return loss;
    };
    for (let i = 0; i < 4; i++) optimizer.step(closure as never);
    return [...model.parameters()].map((one) => one.detach());
  };
  const all: Record<string, Make> = {
    'SGD with momentum': (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, foreach: false }),
    Adam: (p) => new optim.Adam(p, { amsgrad: true, foreach: false }),
    'Adam, fused': (p) => new optim.Adam(p, { fused: true }),
    AdamW: (p) => new optim.AdamW(p, { foreach: false }),
    RMSprop: (p) => new optim.RMSprop(p, { centered: true, foreach: false }),
    Adagrad: (p) => new optim.Adagrad(p, { foreach: false }),
    Adadelta: (p) => new optim.Adadelta(p, { foreach: false }),
    Rprop: (p) => new optim.Rprop(p, { foreach: false }),
    LBFGS: (p) => new optim.LBFGS(p, { maxIter: 3 }),
  };
  test.each(Object.entries(all))('%s', (_, make) => expectSame((device) => train(device, make)));

  test.each<[string, Make]>([
    ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 })],
    ['AdamW', (p) => new optim.AdamW(p)],
    ['Adam, capturable', (p) => new optim.Adam(p, { capturable: true })],
    ['NAdam', (p) => new optim.NAdam(p)],
    ['RAdam', (p) => new optim.RAdam(p)],
    ['Adamax', (p) => new optim.Adamax(p)],
    ['ASGD', (p) => new optim.ASGD(p)],
  ])('%s, whose default there is another implementation', (_, make) => {
    torch.manualSeed(7);
    const cpu = train('cpu', (p) => {
      const optimizer = make(p.map((one) => one)) as optim.Optimizer & {
        paramGroups: Record<string, unknown>[];
      };
      for (const group of optimizer.paramGroups) group.capturable = false;
      return optimizer;
    });
    torch.manualSeed(7);
    const own = train(DEVICE, make);
    own.forEach((one, i) => expect(torch.allclose(one.cpu(), cpu[i], { atol: 1e-6 })).toBe(true));
  });

  test('parameters of two devices, and a state that goes to another', () => {
    const params = [DEVICE, OTHER].map((device) => torch.ones([2], { device, requiresGrad: true }));
    const optimizer = new optim.Adam(params);
    for (const one of params) one.grad = torch.ones([2], { device: one.device });
    optimizer.step();
    expect(params.map((one) => one.tolist())).toEqual([params[0].tolist(), params[0].tolist()]);
    const cpu = new optim.Adam([
      torch.ones([2], { requiresGrad: true }),
      torch.ones([2], { requiresGrad: true }),
    ]);
    cpu.loadStateDict(optimizer.stateDict());
    const { exp_avg } = [...cpu.state.values()][0] as { exp_avg: Tensor };
    expect([String(exp_avg.device), exp_avg.tolist()]).toEqual([
      'cpu',
      [...optimizer.state.values()].map((s) => (s as { exp_avg: Tensor }).exp_avg.tolist())[0],
    ]);
  });
});
