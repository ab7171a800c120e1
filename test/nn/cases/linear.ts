// Rows of linear layers, under the names of their twins in test/fixtures/nn/linear.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

function loaded<M extends nn.Module>(lazy: M, module: nn.Module): M {
  lazy.loadStateDict(module.stateDict());
  return lazy;
}

function called<M extends nn.Module>(module: M, input: Tensor): M {
  module(input);
  return module;
}

const { RowWise, TensorWise } = F.ScalingType;
const eighth = (x: Tensor): Tensor => x.to(torch.float8_e4m3fn);

// The start of the message: the CPU has no such kernel.
function refused(call: () => Tensor): unknown {
  try {
    return call();
  } catch (error) {
    return (error as Error).message.split('.')[0];
  }
}

class Lazy extends nn.LazyModuleMixin(nn.Linear) {
  constructor() {
    super(1, 1, { bias: false });
    this.weight = new nn.UninitializedParameter();
  }
}
class Forgotten extends Lazy {
  override initializeParameters(): void {}
}

export const linear: Family = {
  modules: {
    Identity: () => new nn.Identity(54, { unused: true }),
    Linear: () => new nn.Linear(4, 3),
    'Linear/bias': () => new nn.Linear(4, 3, { bias: false }),
    'Linear/float64': () => new nn.Linear(4, 3, { dtype: torch.float64 }),
    'Linear/bfloat16': () => new nn.Linear(4, 3, { dtype: 'bfloat16' }),
    'Linear/unbatched': () => new nn.Linear(4, 3),
    'Linear/empty': () => new nn.Linear(4, 3),
    LazyLinear: () => new nn.LazyLinear(3),
    'LazyLinear/bias': () => new nn.LazyLinear(3, { bias: false }),
    'LazyLinear/nested': () => new nn.Sequential(new nn.LazyLinear(3), new nn.ReLU(), new nn.LazyLinear(2)),
    'LazyLinear/loaded': () => loaded(new nn.LazyLinear(3), new nn.Linear(4, 3)),
    Bilinear: () => new nn.Bilinear(3, 4, 2),
    'Bilinear/bias': () => new nn.Bilinear(3, 4, 2, { bias: false }),
    'Bilinear/unbatched': () => new nn.Bilinear(3, 4, 2),
  },
  functionals: {
    linear: (x, w, b) => F.linear(x, w, b),
    'linear/bias': (x, w) => F.linear(x, w),
    bilinear: (x, y, w, b) => F.bilinear(x, y, w, b),
    'bilinear/bias': (x, y, w) => F.bilinear(x, y, w),
    groupedMm: (x, y) => F.groupedMm(x, y),
    'groupedMm/offs': (x, y) => F.groupedMm(x, y, { offs: torch.tensor([3, 8], { dtype: torch.int32 }) }),
    scaledMm: (x, y, s) => F.scaledMm(eighth(x), eighth(y).t(), s, TensorWise, s.mul(2), TensorWise),
    'scaledMm/bias': (x, y, s, bias) =>
      F.scaledMm(eighth(x), eighth(y).t(), [s], [TensorWise], [s], [TensorWise], {
        bias,
        outputDtype: 'float32',
      }),
    scaledGroupedMm: (x, s) => refused(() => F.scaledGroupedMm(eighth(x), eighth(x), s, RowWise, s, RowWise)),
  },
  errors: {
    'Linear shape': () => new nn.Linear(3, 4)(zeros(2, 5)),
    'Linear dtype': () => new nn.Linear(3, 4)(torch.zeros([2, 3], { dtype: torch.float64 })),
    'Bilinear features': () => new nn.Bilinear(0, 3, 2),
    'Bilinear shapes': () => new nn.Bilinear(3, 4, 2)(zeros(2, 3), zeros(3, 4)),
    'Bilinear size': () => new nn.Bilinear(3, 4, 2)(zeros(2, 3), zeros(2, 5)),
    'bilinear bias': () => F.bilinear(zeros(2, 3), zeros(2, 4), zeros(2, 3, 4), zeros(3)),
    'LazyLinear shape': () => new nn.LazyLinear(3).weight.shape,
    'LazyLinear method': () => new nn.LazyLinear(3).weight.isContiguous(),
    'LazyLinear second size': () => called(new nn.LazyLinear(3), zeros(2, 4))(zeros(2, 5)),
    'LazyLinear loaded size': () => loaded(new nn.LazyLinear(3), new nn.Linear(4, 3))(zeros(2, 5)),
    'LazyLinear into Linear': () => new nn.Linear(4, 3).loadStateDict(new nn.LazyLinear(3).stateDict()),
    'UninitializedBuffer method': () => new nn.UninitializedBuffer().add_(1),
    'LazyModuleMixin abstract': () => new Lazy()(zeros(2)),
    'LazyModuleMixin forgotten': () => new Forgotten()(zeros(2)),
    'groupedMm dims': () => F.groupedMm(zeros(4).bfloat16(), zeros(2, 4, 4).bfloat16()),
    'groupedMm dtype': () =>
      F.groupedMm(zeros(1, 8, 8).bfloat16(), zeros(1, 8, 8).bfloat16(), { outDtype: 'float32' }),
    'scaledMm scale': () =>
      F.scaledMm(zeros(16, 16), zeros(16, 16), torch.ones([]), TensorWise, torch.ones([]), TensorWise),
  },
};
