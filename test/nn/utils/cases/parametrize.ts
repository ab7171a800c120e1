// Parametrized tensors.
import torch, { nn, TorchError, type Tensor } from 'nodetorch';
import { linear, moduleOf, of, rows, type UtilsCases } from '../compare';

const {
  ParametrizationList,
  cached,
  isParametrized,
  registerParametrization: register,
  removeParametrizations,
  transferParametrizationsAndParams,
  typeBeforeParametrizations,
} = nn.utils.parametrize;

export class Symmetric extends nn.Module<[Tensor], Tensor> {
  override forward(x: Tensor): Tensor {
    return x.triu().add(x.triu(1).mT);
  }
}
class Invertible extends nn.Module<[Tensor], Tensor> {
  override forward(x: Tensor): Tensor {
    return x.mul(2).add(1);
  }
  rightInverse(x: Tensor): Tensor {
    return x.sub(1).div(2);
  }
}
class Summed extends nn.Module<[Tensor, Tensor], Tensor> {
  override forward(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
  rightInverse(x: Tensor): Tensor[] {
    return [x.div(4), x.mul(0.75)];
  }
}
class Wrong extends nn.Module<[Tensor], Tensor> {
  declare readonly rightInverse?: (x: Tensor) => Tensor;

  constructor(
    readonly f: (x: Tensor) => Tensor,
    inverse?: (x: Tensor) => Tensor,
  ) {
    super();
    if (inverse) this.rightInverse = inverse;
  }
  override forward(x: Tensor): Tensor {
    return this.f(x);
  }
}
class Unready extends nn.Module<[Tensor], Tensor> {
  override forward(x: Tensor): Tensor {
    return x.add(1);
  }
  rightInverse(): Tensor {
    throw new TorchError('not yet', 'NotImplementedError');
  }
}

const same = (x: Tensor): Tensor => x;
const double = (x: Tensor): Tensor => x.double();
const shorter = (x: Tensor): Tensor => x.at(':2');
export const once = (): nn.Linear => register(linear(), 'weight', new Symmetric());
const both = (): nn.Linear => register(once(), 'bias', new Invertible());
/** Parametrized tensors can be assigned to. */
type Assignable = { weight: Tensor; bias: Tensor };

function assigned(): unknown[] {
  const module = register(register(linear(), 'weight', new Invertible()), 'bias', new Summed());
  (module as Assignable).weight = torch.eye(3);
  (module as Assignable).bias = torch.ones([3]);
  return [module.weight, module.bias, module.stateDict()];
}

function moved(): unknown[] {
  const module = once().double();
  return [module.weight, module(torch.ones([1, 3]).double()), module.stateDict()];
}

function loaded(): unknown[] {
  const [a, b] = [1, 2].map(() => register(linear(), 'weight', new Summed()));
  return [String(b.loadStateDict(a.stateDict())), b.weight, b.stateDict()];
}

function removed(module: nn.Module, options?: { leaveParametrized?: boolean }): unknown[] {
  removeParametrizations(module, 'weight', options);
  return [module.constructor.name, isParametrized(module), ...of(module, rows())];
}

function asked(): unknown[] {
  const modules = [once(), linear()];
  return [
    modules.flatMap((module) => [null, 'weight', 'bias'].map((name) => isParametrized(module, name))),
    modules[0].constructor.name,
  ];
}

function transferred(name: string | null): unknown[] {
  const from = register(once(), 'bias', new Summed());
  const to = transferParametrizationsAndParams(from, linear(), name);
  return [moduleOf(to), to.weight, to.bias];
}

function counted(): unknown[] {
  let calls = 0;
  const count = (x: Tensor): Tensor => {
    calls++;
    return x.mul(1);
  };
  const module = register(linear(), 'weight', new Wrong(count), { unsafe: true });
  const equal = cached(() => {
    const result = [module.weight === module.weight];
    cached(() => module(rows()));
    module(rows());
    return result;
  });
  return [calls, equal, module.weight === module.weight, calls];
}

export const parametrize: UtilsCases = {
  cases: {
    registerParametrization: () => of(once(), rows()),
    'registerParametrization/two': () => of(register(once(), 'weight', new Invertible()), rows()),
    'registerParametrization/both': () => of(both(), rows()),
    'registerParametrization/inverse': () => of(register(linear(), 'weight', new Invertible()), rows()),
    'registerParametrization/several': () => of(register(linear(), 'weight', new Summed()), rows()),
    'registerParametrization/unready': () => of(register(linear(), 'weight', new Unready()), rows()),
    'registerParametrization/buffer': () =>
      moduleOf(register(new nn.BatchNorm1d(3), 'running_mean', new Invertible())),
    'registerParametrization/unsafe': () => [
      register(linear(), 'weight', new Wrong(shorter), { unsafe: true }).weight,
    ],
    'registerParametrization/nested': () => of(new nn.Sequential(once(), new nn.Tanh()), rows()),
    'parametrized/assigned': assigned,
    'parametrized/moved': moved,
    'parametrized/loaded': loaded,
    removeParametrizations: () => removed(once()),
    'removeParametrizations/leave': () => removed(once(), { leaveParametrized: false }),
    'removeParametrizations/several': () => removed(register(linear(), 'weight', new Summed())),
    'removeParametrizations/one': () => removed(both()),
    isParametrized: asked,
    typeBeforeParametrizations: () =>
      [once(), linear()].map((module) => typeBeforeParametrizations(module).name),
    transferParametrizationsAndParams: () => transferred(null),
    'transferParametrizationsAndParams/one': () => transferred('bias'),
    cached: counted,
  },
  errors: {
    'registerParametrization name': () => register(linear(), 'foo', new Symmetric()),
    'registerParametrization dtype': () => register(linear(), 'weight', new Wrong(double)),
    'registerParametrization shape': () => register(linear(), 'weight', new Wrong(shorter)),
    'registerParametrization second dtype': () => register(once(), 'weight', new Wrong(double)),
    'registerParametrization second shape': () => register(once(), 'weight', new Wrong(shorter)),
    'registerParametrization inverse dtype': () => register(linear(), 'weight', new Wrong(same, double)),
    'registerParametrization second inverse dtype': () => register(once(), 'weight', new Wrong(same, double)),
    'registerParametrization second inverse shape': () =>
      register(once(), 'weight', new Wrong(same, shorter)),
    'ParametrizationList empty': () => new ParametrizationList([], torch.ones([2])),
    'parametrized assigned': () => ((once() as Assignable).weight = torch.ones([3, 3])),
    removeParametrizations: () => removeParametrizations(linear(), 'weight'),
    'removeParametrizations several': () =>
      removed(register(linear(), 'weight', new Summed()), { leaveParametrized: false }),
  },
};
