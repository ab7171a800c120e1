// Parametrizations that are ready-made.
import torch, { nn, type Tensor } from 'nodetorch';
import { image, linear, moduleOf, of, rows, type UtilsCases } from '../compare';
import { recurrent, spectral } from './norms';

const { orthogonal, spectralNorm, weightNorm } = nn.utils.parametrizations;
type Options = nn.utils.parametrizations.OrthogonalOptions;
const layer = (): nn.Linear => new nn.Linear(3, 4);

function compatible(): unknown[] {
  const old = nn.utils.weightNorm(layer());
  const module = weightNorm(layer());
  return [String(module.loadStateDict(old.stateDict())), module.stateDict(), module.weight];
}

function assigned(module: nn.Module, shape: [number, number]): unknown[] {
  const assignable = module as unknown as { weight: Tensor };
  assignable.weight = nn.init.orthogonal_(torch.empty(shape));
  return [assignable.weight, module.stateDict()];
}

function unitary(orthogonalMap: Options['orthogonalMap']): unknown[] {
  class Complex extends nn.Module {
    weight = new nn.Parameter(torch.randn([2, 3, 2], { dtype: torch.complex64 }));
  }
  const module = orthogonal(new Complex(), { orthogonalMap });
  return [module.weight, moduleOf(module).parameters];
}

function maps(): UtilsCases['cases'] {
  const cases: UtilsCases['cases'] = {};
  for (const [n, k] of [
    [3, 3],
    [3, 5],
    [5, 3],
  ]) {
    for (const orthogonalMap of ['matrix_exp', 'cayley', 'householder'] as const) {
      for (const useTrivialization of [true, false]) {
        cases[`orthogonal/${n}x${k} ${orthogonalMap}${useTrivialization ? '' : ' plain'}`] = () =>
          of(orthogonal(new nn.Linear(n, k), { orthogonalMap, useTrivialization }), torch.randn([2, n]));
      }
    }
  }
  return cases;
}

export const parametrizations: UtilsCases = {
  cases: {
    'parametrizations.weightNorm': () => of(weightNorm(layer()), rows()),
    'parametrizations.weightNorm/dim': () => of(weightNorm(new nn.Conv2d(2, 3, 3), { dim: 1 }), image()),
    'parametrizations.weightNorm/none': () => of(weightNorm(layer(), 'weight', null), rows()),
    'parametrizations.weightNorm/compatible': compatible,
    'parametrizations.weightNorm/recurrent': () => recurrent(weightNorm),
    'parametrizations.spectralNorm/recurrent': () => recurrent(spectralNorm),
    'parametrizations.spectralNorm': () => spectral(spectralNorm(layer()), rows()),
    'parametrizations.spectralNorm/options': () =>
      spectral(spectralNorm(new nn.Conv2d(2, 3, 3), 'weight', 2, { dim: -3 }), image()),
    'parametrizations.spectralNorm/vector': () => spectral(spectralNorm(layer(), 'bias'), rows()),
    'parametrizations.spectralNorm/transposed': () => moduleOf(spectralNorm(new nn.ConvTranspose2d(2, 3, 3))),
    ...maps(),
    orthogonal: () => of(orthogonal(linear()), rows()),
    'orthogonal/tall': () => of(orthogonal(new nn.Linear(2, 4)), torch.randn([2, 2])),
    'orthogonal/assigned': () => assigned(orthogonal(layer()), [4, 3]),
    'orthogonal/assigned plain': () => assigned(orthogonal(layer(), { useTrivialization: false }), [4, 3]),
    'orthogonal/assigned square': () => assigned(orthogonal(linear()), [3, 3]),
    'orthogonal/complex': () => unitary(null),
    'orthogonal/complex cayley': () => unitary('cayley'),
  },
  errors: {
    'parametrizations.spectralNorm name': () => spectralNorm(linear(), 'foo'),
    'parametrizations.spectralNorm dim': () => spectralNorm(linear(), { dim: 2 }),
    'parametrizations.spectralNorm steps': () => spectralNorm(linear(), { nPowerIterations: 0 }),
    'orthogonal name': () => orthogonal(linear(), 'foo'),
    'orthogonal vector': () => orthogonal(linear(), 'bias'),
    'orthogonal map': () => orthogonal(linear(), { orthogonalMap: 'qr' as 'cayley' }),
    'orthogonal complex': () => unitary('householder'),
    'orthogonal shape': () => assigned(orthogonal(linear()), [2, 3]),
    'orthogonal assigned': () => assigned(orthogonal(linear(), { useTrivialization: false }), [3, 3]),
  },
};
