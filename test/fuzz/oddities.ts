/** Values that JSON has not, by names: what a function of the TypeScript layer never expects, and functions that some want. */
import * as torch from '../../lib';

type Tensor = torch.Tensor;

/** None of them fits anywhere. */
export const oddities: Record<string, unknown> = {
  undefined,
  empty: {},
  list: [[]],
  nan: NaN,
  fraction: 1.5,
  large: 1e300,
  symbol: Symbol('odd'),
  date: new Date(0),
  function: () => undefined,
  sparse: new Array<number>(3),
  map: new Map([[1, 2]]),
};

/** What transforms transform, and modules that functions take. Each call makes another. */
export const functions: Record<string, () => unknown> = {
  sum: () => (x: Tensor) => torch.sum(torch.sin(x)),
  pair: () => (x: Tensor, y: Tensor) => torch.mul(x, y),
  both: () => (x: Tensor) => [torch.sum(x), { aux: x }],
  nothing: () => () => undefined,
  fails: () => () => {
    throw new torch.TorchError('mine');
  },
  linear: () => new torch.nn.Linear(3, 2),
  batchNorm: () => new torch.nn.BatchNorm1d(3),
  adam: () => new torch.optim.Adam(new torch.nn.Linear(3, 2).parameters()),
  sgd: () => new torch.optim.SGD([torch.ones([2], { requiresGrad: true })], { lr: 0.1 }),
};
