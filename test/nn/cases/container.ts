// Rows of containers, under the names of their twins in test/fixtures/nn/container.py.
import torch, { nn } from 'nodetorch';
import type { Family } from './family';

export const container: Family = {
  modules: {
    Sequential: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 2, 3),
        new nn.BatchNorm2d(2),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.Dropout(0.25),
        new nn.Linear(18, 3),
      ),
    'Sequential/named': () => new nn.Sequential({ fc: new nn.Linear(4, 3), act: new nn.Tanh() }),
    'Sequential/empty': () => new nn.Sequential(),
    'Sequential/nested': () =>
      new nn.Sequential(
        new nn.Sequential(new nn.Linear(4, 4), new nn.GELU()),
        new nn.Sequential(new nn.Linear(4, 2)),
      ),
    ModuleList: () =>
      new nn.ModuleList([new nn.Linear(2, 3), new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1)]),
    'ModuleList/empty': () => new nn.ModuleList(),
    ModuleDict: () =>
      new nn.ModuleDict(
        new Map<string, nn.Module>([
          ['10', new nn.Linear(2, 1)],
          ['act', new nn.ReLU()],
          ['2', new nn.Linear(1, 2)],
        ]),
      ),
    ParameterList: () =>
      new nn.ParameterList([torch.ones([2, 3]), new nn.Parameter(torch.zeros([1])), 'text']),
    ParameterDict: () =>
      new nn.ParameterDict(
        new Map([
          ['9', torch.ones([2])],
          ['left', torch.zeros([1, 2])],
          ['3', torch.ones([1])],
        ]),
      ),
    Container: () => new nn.Container({ fc: new nn.Linear(2, 3), act: new nn.ReLU() }),
    'Container/empty': () => new nn.Container(),
    'Sequential/lazy': () =>
      new nn.Sequential(new nn.LazyConv1d(2, 2), new nn.ReLU(), new nn.Flatten(), new nn.LazyLinear(2)),
  },
  errors: {
    'ModuleList forward': () => (new nn.ModuleList() as nn.Module)(),
    'ParameterList call': () => (new nn.ParameterList() as nn.Module)(),
    'ParameterDict call': () => (new nn.ParameterDict() as nn.Module)(0),
    'Sequential index': () => new nn.Sequential(new nn.ReLU()).at(1),
    'Sequential repeat': () => new nn.Sequential(new nn.ReLU()).repeat(0),
    'Sequential insert': () => new nn.Sequential(new nn.ReLU()).insert(3, new nn.ReLU()),
    'ModuleDict taken': () => new nn.ModuleDict({ training: new nn.ReLU() }),
    'Container forward': () => new nn.Container()(torch.zeros([1])) as unknown,
    'Container module': () => new nn.Container({ 'a.b': new nn.ReLU() }),
  },
};
