// Weight norm and spectral norm, by hooks.
import torch, { nn, type Tensor } from 'nodetorch';
import { image, learned, moduleOf, of, rows, type UtilsCases } from '../compare';

const { removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } = nn.utils;
const layer = (): nn.Linear => new nn.Linear(3, 4);

/** In training, and in evaluation after it. */
export function spectral(module: nn.Linear | nn.Conv2d, input: Tensor): unknown[] {
  const first = of(module, input);
  module.eval();
  return [first, module.weight, learned(module, input), module.weight];
}

function loaded(keys: string[], version: number | null): unknown[] {
  const module = spectralNorm(layer());
  module(rows());
  const all = new Map(module.stateDict()).set('weight', module.weight.detach());
  const state = new Map(keys.map((key) => [key, all.get(key)!]));
  if (version !== null) {
    const metadata = new Map([['', { version: 1, spectral_norm: { 'weight.version': version } }]]);
    Object.assign(state, { _metadata: metadata });
  }
  const other = spectralNorm(layer());
  return [String(other.loadStateDict(state, { strict: false })), other.stateDict()];
}

/** A recurrent module with a weight that is computed. */
export function recurrent(change: (module: nn.LSTM, name: string) => nn.LSTM): unknown[] {
  const module = change(new nn.LSTM(3, 2), 'weight_hh_l0');
  const [output] = module(torch.randn([2, 1, 3]));
  output.mul(output).sum().backward();
  return [moduleOf(module), output, Array.from(module.parameters(), (param) => param.grad)];
}

export const norms: UtilsCases = {
  cases: {
    weightNorm: () => of(weightNorm(layer()), rows()),
    'weightNorm/dim': () => of(weightNorm(new nn.Conv2d(2, 3, 3), 'weight', 1), image()),
    'weightNorm/none': () => of(weightNorm(layer(), { dim: null }), rows()),
    'weightNorm/recurrent': () => recurrent(weightNorm),
    removeWeightNorm: () => of(removeWeightNorm(weightNorm(layer())), rows()),
    spectralNorm: () => spectral(spectralNorm(layer()), rows()),
    'spectralNorm/options': () =>
      spectral(spectralNorm(new nn.Conv2d(2, 3, 3), { nPowerIterations: 3, eps: 1e-6, dim: 1 }), image()),
    'spectralNorm/transposed': () => moduleOf(spectralNorm(new nn.ConvTranspose2d(2, 3, 3))),
    'spectralNorm/metadata': () => {
      const versions = spectralNorm(layer()).stateDict()._metadata!.get('')!.spectral_norm as object;
      return Object.entries(versions).map(([key, version]) => `('${key}', ${version})`);
    },
    removeSpectralNorm: () => of(removeSpectralNorm(spectralNorm(layer())), rows()),
    'spectralNorm/load': () => loaded(['bias', 'weight_orig', 'weight_u', 'weight_v'], 1),
    'spectralNorm/loadOld': () => loaded(['bias', 'weight_orig', 'weight', 'weight_u'], null),
    'spectralNorm/loadPart': () => loaded(['bias', 'weight_orig', 'weight_u', 'weight_v'], null),
  },
  errors: {
    'weightNorm lazy': () => weightNorm(new nn.LazyLinear(3)),
    'spectralNorm lazy': () => spectralNorm(new nn.LazyLinear(3)),
    'weightNorm twice': () => weightNorm(weightNorm(layer())),
    removeWeightNorm: () => removeWeightNorm(layer()),
    'spectralNorm twice': () => spectralNorm(spectralNorm(layer())),
    'spectralNorm none': () => spectralNorm(layer(), { nPowerIterations: 0 }),
    removeSpectralNorm: () => removeSpectralNorm(layer()),
  },
};
