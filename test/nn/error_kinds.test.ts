// Which exception Python 2.13 raises there, and options that nobody knows.
import torch, { type Tensor, nn, optim, safetensors } from 'nodetorch';
import * as F from 'nodetorch/functional';

const kindOf = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return (error as { kind?: string }).kind ?? (error as Error).name;
  }
  return 'no error';
};
const parameter = () => new nn.Parameter(torch.ones([1]));
const scaler = (options = {}) => new torch.amp.GradScaler('cpu', options);
const begun = () => {
  const each = scaler();
  each.scale(torch.ones([1]));
  return each;
};

it.each<[string, () => unknown, string]>([
  ['batch norm of one row', () => new nn.BatchNorm1d(3)(torch.ones([1, 3])), 'ValueError'],
  ['its eps', () => F.batchNorm(torch.ones([2, 3]), null, null, { training: true, eps: 0 }), 'ValueError'],
  ['instance norm of one element', () => F.instanceNorm(torch.ones([1, 3, 1])), 'ValueError'],
  ['group norm of one value', () => F.groupNorm(torch.ones([1, 2]), 2), 'ValueError'],
  ['spectral norm of no parameter', () => nn.utils.spectralNorm(new nn.Linear(2, 2), 'foo'), 'KeyError'],
  ['unscale before scale', () => scaler().unscale_(new optim.SGD([parameter()])), 'AssertionError'],
  ['step before scale', () => scaler().step(new optim.SGD([parameter()])), 'AssertionError'],
  ['update before scale', () => scaler().update(), 'AssertionError'],
  ['update before step', () => begun().update(), 'AssertionError'],
  ['step without gradients', () => begun().step(new optim.SGD([parameter()])), 'AssertionError'],
  ['a scale of two', () => begun().update(torch.ones([2])), 'AssertionError'],
  ['growth', () => scaler({ growthFactor: 1 }), 'AssertionError'],
  ['backoff', () => scaler({ backoffFactor: 1 }), 'AssertionError'],
  ['no outputs', () => scaler().scale(5 as never as Tensor), 'ValueError'],
])('%s: %#', (_, body, kind) => expect(kindOf(body)).toBe(kind));

const layer = () => new nn.Linear(1, 1);
it.each<[string, () => unknown]>([
  ['Optimizer.zeroGrad', () => new optim.SGD([parameter()]).zeroGrad({ set_to_none: false } as never)],
  ['Module.zeroGrad', () => layer().zeroGrad({ set_to_none: false } as never)],
  ['loadStateDict', () => layer().loadStateDict(layer().stateDict(), { strct: false } as never)],
  ['stateDict', () => layer().stateDict({ keep_vars: true } as never)],
  ['saveFile', () => safetensors.saveFile(new Map(), '/nowhere/x', { meta: {} } as never)],
])('%s refuses what it does not know: %#', (name, body) => {
  const message = new RegExp(
    `^${name}\\(\\)(?: got an unexpected keyword argument|: the last argument must be)`,
  );
  expect(body).toThrow(message);
});
