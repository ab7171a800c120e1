// Clipping of gradients; parameters as vectors.
import torch, { nn, type Tensor } from 'nodetorch';
import type { UtilsCases } from '../compare';

const { utils } = nn;
type Dtype = 'float32' | 'float64';

function grown(...dtypes: Dtype[]): nn.Parameter[] {
  const params = dtypes.map((dtype, i) => new nn.Parameter(torch.randn([5, i + 2], { dtype })));
  for (const param of params) param.grad = torch.randnLike(param).mul(3);
  return [...params, new nn.Parameter(torch.ones([2]))];
}

const clip =
  (how: (params: nn.Parameter[]) => unknown, ...dtypes: Dtype[]) =>
  () => {
    const params = grown(...(dtypes.length > 0 ? dtypes : (['float32', 'float32'] as const)));
    return [how(params) ?? null, params.map((param) => param.grad)];
  };

function* each(params: Tensor[]): Generator<Tensor> {
  yield* params;
}

function vectored(): unknown {
  const module = new nn.Linear(2, 3);
  const vector = torch.arange(9).float();
  utils.vectorToParameters(vector, module.parameters());
  vector.add_(1);
  return module.stateDict();
}

const nonfinite = new nn.Parameter(torch.ones([2]));
nonfinite.grad = torch.tensor([NaN, 1]);
const errorIfNonfinite = true;

export const gradients: UtilsCases = {
  cases: {
    clipGradNorm_: clip((p) => utils.clipGradNorm_(p, 1.5)),
    'clipGradNorm_/one': clip((p) => utils.clipGradNorm_(p, 1.5, 1)),
    'clipGradNorm_/inf': clip((p) => utils.clipGradNorm_(p, 1.5, { normType: Infinity })),
    'clipGradNorm_/half': clip((p) => utils.clipGradNorm_(p, 1.5, { normType: 0.5 })),
    'clipGradNorm_/foreach': clip((p) => utils.clipGradNorm_(p, 1.5, 2, { foreach: true })),
    'clipGradNorm_/single': clip((p) => utils.clipGradNorm_(p, 1.5, { foreach: false, errorIfNonfinite })),
    'clipGradNorm_/large': clip((p) => utils.clipGradNorm_(each(p), 1e3, 2)),
    'clipGradNorm_/dtypes': clip((p) => utils.clipGradNorm_(p, 1.5), 'float32', 'float64', 'float32'),
    'clipGradNorm_/none': () => utils.clipGradNorm_([new nn.Parameter(torch.ones([2]))], 1),
    'clipGradNorm_/tensor': clip((p) => utils.clipGradNorm_(p[0], 1)),
    clipGradNorm: clip((p) => utils.clipGradNorm(p, 1.5)),
    clipGradValue_: clip((p) => utils.clipGradValue_(p, 0.75)),
    'clipGradValue_/foreach': clip((p) => utils.clipGradValue_(p, 0.75, { foreach: true })),
    'clipGradValue_/tensor': clip((p) => utils.clipGradValue_(p[1], 0.5)),
    getTotalNorm: () => [
      utils.getTotalNorm(grown('float32', 'float32')),
      utils.getTotalNorm([]),
      utils.getTotalNorm(torch.ones([3]), 3),
    ],
    clipGradsWithNorm_: clip((p) => utils.clipGradsWithNorm_(p, 2, torch.tensor(5))),
    'clipGradsWithNorm_/foreach': clip((p) =>
      utils.clipGradsWithNorm_(p, 2, torch.tensor(5), { foreach: true }),
    ),
    parametersToVector: () => utils.parametersToVector(new nn.Linear(2, 3).parameters()),
    vectorToParameters: vectored,
  },
  errors: {
    'clipGradNorm_ nonfinite': () => utils.clipGradNorm_(nonfinite, 1, { errorIfNonfinite }),
    'clipGradNorm_ nonfinite inf': () => utils.clipGradNorm_(nonfinite, 1, Infinity, { errorIfNonfinite }),
    'clipGradNorm_ nonfinite half': () => utils.clipGradNorm_(nonfinite, 1, 0.5, { errorIfNonfinite }),
    'getTotalNorm foreach': () =>
      utils.getTotalNorm([torch.ones([2], { device: 'meta' })], { foreach: true }),
    'vectorToParameters short': () =>
      utils.vectorToParameters(torch.ones([8]), new nn.Linear(2, 3).parameters()),
    'parametersToVector strides': () => utils.parametersToVector([torch.ones([2, 3]).t()]),
  },
};
