// Options of a group of the wrong kind: refused where the group is added, as the constructor refuses them.
import torch, { optim } from 'nodetorch';
import { camel, makeOptimizer, makeParams, CASES } from './run';
import { classAndMessage } from '../errors';

type Options = Record<string, unknown>;
type Optimizer = optim.Optimizer<never, never>;
const WRONG = ['a', null, true, [], {}, 1n, Symbol('s')];

const names = Object.keys(CASES);
const dtypeOf = (name: string) => CASES[name as 'SGD'].dtypes[0];
const made = (name: string) => makeOptimizer(name, makeParams(name, dtypeOf(name)), { lr: 0.01 });
const numbersOf = (optimizer: optim.Optimizer) =>
  Object.entries(optimizer.defaults)
    .filter(([, value]) => typeof value === 'number')
    .map(([key]) => key);

describe.each(names)('%s', (name) => {
  const numbers = numbersOf(made(name));

  it('refuses what is no number where a number belongs', () => {
    expect(numbers).toContain('lr');
    for (const key of numbers) {
      for (const wrong of WRONG) {
        const group = { params: [torch.ones([2, 2], { requiresGrad: true })], [camel(key)]: wrong };
        const Class = optim[name as 'SGD'] as unknown as new (params: Options[]) => Optimizer;
        const message = `TypeError: ${name}(): argument '${camel(key)}' must be a number`;
        expect(classAndMessage(() => new Class([group]))).toContain(message);
        const optimizer = made(name);
        const count = optimizer.paramGroups.length;
        expect(classAndMessage(() => optimizer.addParamGroup(group))).toContain(message);
        expect(optimizer.paramGroups).toHaveLength(count);
      }
    }
  });

  it('takes a number, a tensor and nothing', () => {
    if (name === 'LBFGS') return;
    const optimizer = made(name);
    for (const lr of [0.5, torch.tensor(0.5), undefined]) {
      optimizer.addParamGroup({ params: torch.ones([2, 2], { requiresGrad: true }), lr } as never);
    }
    expect(optimizer.paramGroups.at(-1)!.lr).toBe(0.01);
  });
});
