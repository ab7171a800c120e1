// Rows of what every module can do, under the names of their twins in test/fixtures/nn/module.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { ints, zeros, type Family } from './family';

const F = nn.functional;

export class Block extends nn.Module<[Tensor], Tensor> {
  scale = new nn.Parameter(torch.ones([3]));
  declare count: Tensor;
  declare scratch: Tensor;
  first: nn.Linear;
  norm: nn.BatchNorm1d;
  tied: nn.Linear;

  constructor() {
    super();
    this.registerBuffer('count', torch.zeros([], { dtype: torch.int64 }));
    this.registerBuffer('scratch', torch.zeros([2]), { persistent: false });
    this.first = new nn.Linear(4, 3);
    this.norm = new nn.BatchNorm1d(3);
    this.tied = this.first;
  }
  override forward(x: Tensor): Tensor {
    this.count.add_(1);
    return this.norm(this.first(x)).mul(this.scale);
  }
  override _getName(): string {
    return 'Block';
  }
}

function registered(): nn.Module {
  const module = new nn.Module() as nn.Module & { weight: nn.Parameter; child: nn.Module };
  module.registerBuffer('there', zeros(1));
  module.weight = new nn.Parameter(zeros(1));
  module.child = new nn.Identity();
  return module;
}

type State = Map<string, Tensor>;
function state(module: nn.Module, changes: Record<string, Tensor | null>): State {
  const result: State = new Map(module.stateDict());
  for (const [key, tensor] of Object.entries(changes)) {
    if (tensor === null) result.delete(key);
    else result.set(key, tensor);
  }
  return result;
}

function renamed(module: nn.Module, keys: Record<string, string>): State {
  const result: State = new Map(module.stateDict());
  for (const [old, key] of Object.entries(keys)) {
    const tensor = result.get(old)!;
    result.delete(old);
    result.set(key, tensor);
  }
  return result;
}

export const base: Family = {
  modules: {
    Module: () => new Block(),
    // No GPU, wherever the tests run.
    DataParallel: () =>
      new nn.DataParallel(new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2)), { deviceIds: [] }),
  },
  functionals: {
    assertIntOrPair: (x) => {
      F.assertIntOrPair(2, 'size', '{} is wrong');
      F.assertIntOrPair([2, 3], 'size', '{} is wrong');
      return x.mul(2);
    },
  },
  errors: {
    'forward missing': () => new nn.Module()(),
    'register_buffer dot': () => registered().registerBuffer('a.b', null),
    'register_buffer empty': () => registered().registerBuffer('', null),
    'register_buffer taken': () => registered().registerBuffer('weight', null),
    'register_parameter dot': () => registered().registerParameter('a.b', null),
    'register_parameter empty': () => registered().registerParameter('', null),
    'register_parameter taken': () => registered().registerParameter('there', null),
    'register_parameter tensor': () => registered().registerParameter('x', zeros(1) as nn.Parameter),
    'add_module dot': () => registered().addModule('a.b', null),
    'add_module empty': () => registered().addModule('', null),
    'add_module taken': () => registered().addModule('weight', new nn.ReLU()),
    'get_submodule missing': () => new nn.Sequential(new nn.ReLU()).getSubmodule('0.x'),
    'get_submodule no module': () => new nn.Sequential(new nn.Linear(1, 1)).getSubmodule('0.weight'),
    'set_submodule empty': () => new nn.Sequential().setSubmodule('', new nn.ReLU()),
    'set_submodule strict': () => new nn.Sequential().setSubmodule('a', new nn.ReLU(), { strict: true }),
    'get_parameter missing': () => new nn.Linear(1, 1).getParameter('wait'),
    'get_parameter no parameter': () => new nn.Linear(1, 1).getParameter('inFeatures'),
    'get_buffer no buffer': () => new nn.Linear(1, 1).getBuffer('weight'),
    train: () => new nn.Linear(1, 1).train('yes' as never),
    'to int': () => new nn.Linear(1, 1).to(torch.int64),
    'meta to cpu': () => new nn.Linear(1, 1, { device: 'meta' }).to('cpu'),
    'load missing': () =>
      new nn.Linear(2, 3).loadStateDict(state(new nn.Linear(2, 3), { weight: null, bias: null })),
    'load unexpected': () =>
      new nn.Linear(2, 3, { bias: false }).loadStateDict(state(new nn.Linear(2, 3), { extra: zeros(1) })),
    'load renamed': () =>
      new Block().loadStateDict(renamed(new Block(), { 'first.weight': 'second.weight', scale: 'scales' })),
    'load size': () =>
      new nn.Sequential(new nn.Linear(2, 3)).loadStateDict(
        new nn.Sequential(new nn.Linear(2, 4)).stateDict(),
      ),
    'load size not strict': () =>
      new nn.Linear(2, 3).loadStateDict(state(new nn.Linear(2, 3), { bias: zeros(1, 1) }), { strict: false }),
    'load all': () =>
      new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3)).loadStateDict({
        '0.weight': zeros(3, 3),
        '2.bias': zeros(1),
        '1.running': zeros(1),
      }),
    'init fan': () => nn.init.kaimingUniform_(zeros(3)),
    'init mode': () => nn.init.kaimingNormal_(zeros(3, 2), { mode: 'fan' as 'fan_in' }),
    'init nonlinearity': () => nn.init.calculateGain('swish' as 'relu'),
    'init eye': () => nn.init.eye_(zeros(3)),
    'init dirac dims': () => nn.init.dirac_(zeros(3, 3)),
    'init dirac groups': () => nn.init.dirac_(zeros(3, 3, 3), 2),
    'init orthogonal': () => nn.init.orthogonal_(zeros(3)),
    'init sparse': () => nn.init.sparse_(zeros(3), 0.1),
    'factory_kwargs twice': () => nn.factoryKwargs({ dtype: 1, factoryKwargs: { dtype: 2 } }),
    'factory_kwargs unknown': () => nn.factoryKwargs({ dtype: 1, bias: true } as object),
    assert_int_or_pair: () => F.assertIntOrPair([1, 2, 3], 'size', '{} is wrong'),
    'Parameter integer': () => new nn.Parameter(ints(1n)),
  },
  spelled: { '`in_features`': '`inFeatures`' },
};
