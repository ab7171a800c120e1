// Wrong arguments give PyTorch's messages.
import torch, { nn, TorchError, type Tensor } from 'nodetorch';
import { Block } from './cases';
import { expectSameRows, fixture } from './fixture';

const F = nn.functional;

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

const zeros = (...shape: number[]): Tensor => torch.zeros(shape);
const ints = (...values: bigint[]): Tensor => torch.tensor(values);

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

const cases: Record<string, () => unknown> = {
  'Conv2d groups 0': () => new nn.Conv2d(2, 2, 1, { groups: 0 }),
  'Conv2d in_channels': () => new nn.Conv2d(3, 4, 1, { groups: 2 }),
  'Conv2d out_channels': () => new nn.Conv2d(4, 3, 1, { groups: 2 }),
  'Conv2d same strided': () => new nn.Conv2d(2, 2, 3, { stride: 2, padding: 'same' }),
  'Conv2d channels': () => new nn.Conv2d(3, 4, 3)(zeros(1, 2, 5, 5)),
  'Conv2d small': () => new nn.Conv2d(3, 4, 7)(zeros(1, 3, 5, 5)),
  'Linear shape': () => new nn.Linear(3, 4)(zeros(2, 5)),
  'BatchNorm1d dims': () => new nn.BatchNorm1d(3)(zeros(2, 3, 4, 5)),
  'BatchNorm2d dims': () => new nn.BatchNorm2d(3)(zeros(2, 3, 4)),
  'BatchNorm3d dims': () => new nn.BatchNorm3d(3)(zeros(2, 3)),
  'BatchNorm1d one value': () => new nn.BatchNorm1d(3)(zeros(1, 3)),
  'BatchNorm1d eps': () => new nn.BatchNorm1d(3, { eps: 0 })(zeros(2, 3)),
  'batch_norm eps': () => F.batchNorm(zeros(2, 3), zeros(3), zeros(3), { eps: -1 }),
  'BatchNorm1d channels': () => new nn.BatchNorm1d(3)(zeros(2, 4)),
  'LayerNorm shape': () => new nn.LayerNorm(3)(zeros(2, 4)),
  'Embedding padding': () => new nn.Embedding(5, 2, 5),
  'Embedding padding negative': () => new nn.Embedding(5, 2, -6),
  'Embedding weight': () => new nn.Embedding(5, 2, { _weight: zeros(4, 2) }),
  'Embedding pretrained': () => nn.Embedding.fromPretrained(zeros(4)),
  'Embedding range': () => new nn.Embedding(5, 2)(ints(5n)),
  'Dropout p': () => new nn.Dropout(1.5),
  'dropout p': () => F.dropout(zeros(2), -1),
  'Dropout1d dims': () => new nn.Dropout1d()(zeros(2)),
  'MaxPool2d padding': () => new nn.MaxPool2d(2, { padding: 2 })(zeros(1, 1, 4, 4)),
  'CrossEntropyLoss reduction': () =>
    new nn.CrossEntropyLoss({ reduction: 'average' as 'mean' })(zeros(2, 3), ints(0n, 1n)),
  'CrossEntropyLoss target': () => new nn.CrossEntropyLoss()(zeros(2, 3), ints(0n, 3n)),
  'MSELoss sizes': () => new nn.MSELoss()(zeros(2, 3), zeros(4)),
  'mse_loss weight': () => F.mseLoss(zeros(2, 3), zeros(2, 3), { weight: zeros(3) }),
  'BCEWithLogitsLoss sizes': () => new nn.BCEWithLogitsLoss()(zeros(2, 3), zeros(2)),
  'Unflatten size': () => new nn.Unflatten(1, [2, 4])(zeros(2, 9)),
  'forward missing': () => new nn.Module()(),
  'ModuleList forward': () => (new nn.ModuleList() as nn.Module)(),
  'ParameterList call': () => (new nn.ParameterList() as nn.Module)(),
  'ParameterDict call': () => (new nn.ParameterDict() as nn.Module)(0),
  'Sequential index': () => new nn.Sequential(new nn.ReLU()).at(1),
  'Sequential repeat': () => new nn.Sequential(new nn.ReLU()).repeat(0),
  'Sequential insert': () => new nn.Sequential(new nn.ReLU()).insert(3, new nn.ReLU()),
  'ModuleDict taken': () => new nn.ModuleDict({ training: new nn.ReLU() }),
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
    new nn.Sequential(new nn.Linear(2, 3)).loadStateDict(new nn.Sequential(new nn.Linear(2, 4)).stateDict()),
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
  'Parameter integer': () => new nn.Parameter(ints(1n)),
};

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), fixture.errors);
});

// PyTorch's own spelling in messages stays; what is a Python name or class is not the same here.
function translated(message: string): string {
  return message
    .replace("<class 'torch.nn.modules.container.Sequential'>", 'Sequential')
    .replace('`in_features`', '`inFeatures`');
}

test.each(Object.entries(fixture.errors))('%s', (name, message) => {
  let error: unknown;
  try {
    cases[name]();
  } catch (thrown) {
    error = thrown;
  }
  expect((error as Error | undefined)?.message).toBe(translated(message));
  const kinds = [TypeError, TorchError, RangeError];
  expect(kinds.some((kind) => error instanceof kind)).toBe(true);
});

test('what is not in the fixtures: names of options', () => {
  expect(() => new nn.Conv2d(1, 1, 1, { padding: 'full' as 'same' })).toThrow(
    "Invalid padding string 'full', should be one of {'same', 'valid'}",
  );
  expect(() => new nn.Conv2d(1, 1, 1, { paddingMode: 'mirror' as 'reflect' })).toThrow(
    "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='mirror'",
  );
});
