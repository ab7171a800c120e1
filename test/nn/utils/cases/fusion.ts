// Fusion, modules without initial values, memory formats.
import torch, { nn, type Tensor } from 'nodetorch';
import { moduleOf, type UtilsCases } from '../compare';

const { utils } = nn;
type Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d;

function fuse(layer: nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d, bn: Norm, ...shape: number[]): unknown[] {
  const net = new nn.Sequential(layer, bn);
  for (let i = 0; i < 2; i++) net(torch.randn(shape).add(1));
  net.eval();
  const made: nn.Module =
    layer instanceof nn.Linear ? utils.fuseLinearBnEval(layer, bn) : utils.fuseConvBnEval(layer, bn);
  const x = torch.randn(shape);
  const trained = Array.from(made.parameters(), (param) => param.requiresGrad);
  return [moduleOf(made), made(x), trained, layer.stateDict()];
}

const fraction = (): Tensor => torch.rand([2]).add(0.5);
function fusedWeights(transpose: boolean): unknown {
  const w = torch.randn([2, 2, 3]);
  const [mean, variance, weight, bias] = [fraction(), fraction(), fraction(), fraction()];
  return utils.fuseConvBnWeights(w, null, mean, variance, 1e-5, weight, bias, transpose);
}

function skipped(): unknown[] {
  const module = utils.skipInit(nn.Linear, 2, 3, { bias: false });
  return [String(module), [String(module.weight.device), [...module.weight.shape]], torch.randn([2])];
}

function formatted(
  convert: typeof utils.convertConv2dWeightMemoryFormat,
  layer: nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d,
  memoryFormat: torch.MemoryFormat,
): unknown[] {
  const last = new nn.Conv1d(1, 1, 1);
  convert(new nn.Sequential(layer, last), memoryFormat);
  const { weight } = layer;
  return [weight.stride(), weight, weight.isContiguous({ memoryFormat }), last.weight.stride()];
}

export const fusion: UtilsCases = {
  cases: {
    fuseConvBnEval: () => fuse(new nn.Conv2d(2, 3, 3, { padding: 1 }), new nn.BatchNorm2d(3), 2, 2, 4, 4),
    'fuseConvBnEval/plain': () =>
      fuse(new nn.Conv1d(2, 3, 3, 2, { bias: false }), new nn.BatchNorm1d(3, { affine: false }), 2, 2, 6),
    'fuseConvBnEval/3d': () =>
      fuse(
        new nn.Conv3d(1, 2, 2, { paddingMode: 'circular', padding: 1 }),
        new nn.BatchNorm3d(2, 0.1),
        ...[2, 1, 2, 2, 2],
      ),
    'fuseConvBnEval/half': () =>
      Array.from(
        utils
          .fuseConvBnEval(new nn.Conv1d(2, 3, 3).bfloat16().eval(), new nn.BatchNorm1d(3).eval())
          .parameters(),
        (param) => param.dtype === torch.bfloat16,
      ),
    fuseConvBnWeights: () => fusedWeights(false),
    'fuseConvBnWeights/transpose': () => fusedWeights(true),
    fuseLinearBnEval: () => fuse(new nn.Linear(3, 4), new nn.BatchNorm1d(4), 5, 3),
    'fuseLinearBnEval/plain': () => fuse(new nn.Linear(3, 4, { bias: false }), new nn.BatchNorm1d(4), 5, 3),
    fuseLinearBnWeights: () => {
      const w = torch.randn([3, 2]);
      const [mean, variance] = [torch.rand([3]).add(0.5), torch.rand([3]).add(0.5)];
      return utils.fuseLinearBnWeights(w, null, mean, variance, 1e-5, torch.rand([3]), torch.rand([3]));
    },
    skipInit: skipped,
    'skipInit/device': () => String(utils.skipInit(nn.Linear, 2, 3, { device: 'meta' }).weight.device),
    convertConv2dWeightMemoryFormat: () =>
      formatted(utils.convertConv2dWeightMemoryFormat, new nn.Conv2d(2, 3, 2), torch.channelsLast),
    'convertConv2dWeightMemoryFormat/transposed': () =>
      formatted(utils.convertConv2dWeightMemoryFormat, new nn.ConvTranspose2d(2, 3, 2), torch.channelsLast),
    convertConv3dWeightMemoryFormat: () =>
      formatted(utils.convertConv3dWeightMemoryFormat, new nn.Conv3d(2, 3, 2), torch.channelsLast3d),
    'convertConv3dWeightMemoryFormat/2d': () =>
      formatted(utils.convertConv3dWeightMemoryFormat, new nn.Conv2d(2, 3, 2), torch.channelsLast),
  },
  errors: {
    'fuseConvBnEval training': () => utils.fuseConvBnEval(new nn.Conv1d(2, 3, 3), new nn.BatchNorm1d(3)),
    'fuseConvBnEval statistics': () =>
      utils.fuseConvBnEval(
        new nn.Conv1d(2, 3, 3).eval(),
        new nn.BatchNorm1d(3, { trackRunningStats: false }).eval(),
      ),
    'fuseLinearBnEval training': () =>
      utils.fuseLinearBnEval(new nn.Linear(2, 3), new nn.BatchNorm1d(3).eval()),
    'fuseLinearBnEval features': () =>
      utils.fuseLinearBnEval(new nn.Linear(2, 3).eval(), new nn.BatchNorm1d(4).eval()),
    'skipInit device': () => utils.skipInit(nn.ReLU),
  },
};
