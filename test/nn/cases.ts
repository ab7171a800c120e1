// One row for each module, under the name of its twin in test/fixtures/nn.py.
import torch, { nn, type Tensor } from 'nodetorch';

export class Block extends nn.Module<[Tensor], Tensor> {
  scale = new nn.Parameter(torch.ones([3]));
  declare count: Tensor;
  declare scratch: Tensor;
  first: nn.Linear;
  norm: nn.BatchNorm1d;
  tied: nn.Linear;

  constructor() {
    super();
    this.registerBuffer('count', torch.zeros([], { dtype: torch.int64 }));
    this.registerBuffer('scratch', torch.zeros([2]), { persistent: false });
    this.first = new nn.Linear(4, 3);
    this.norm = new nn.BatchNorm1d(3);
    this.tied = this.first;
  }
  override forward(x: Tensor): Tensor {
    this.count.add_(1);
    return this.norm(this.first(x)).mul(this.scale);
  }
  override _getName(): string {
    return 'Block';
  }
}

const { float64, bfloat16 } = torch;
const classWeights = (): Tensor => torch.tensor([1, 2, 0.5]);

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const cases: Record<string, () => nn.Module<any[], any>> = {
  Module: () => new Block(),
  Identity: () => new nn.Identity(54, { unused: true }),
  Linear: () => new nn.Linear(4, 3),
  'Linear/bias': () => new nn.Linear(4, 3, { bias: false }),
  'Linear/float64': () => new nn.Linear(4, 3, { dtype: float64 }),
  'Linear/bfloat16': () => new nn.Linear(4, 3, { dtype: 'bfloat16' }),
  'Linear/unbatched': () => new nn.Linear(4, 3),
  'Linear/empty': () => new nn.Linear(4, 3),
  Conv1d: () => new nn.Conv1d(4, 6, 3),
  'Conv1d/circular': () => new nn.Conv1d(2, 3, 3, { padding: 2, paddingMode: 'circular' }),
  'Conv1d/unbatched': () => new nn.Conv1d(2, 3, 3),
  Conv2d: () => new nn.Conv2d(3, 4, 3),
  'Conv2d/options': () =>
    new nn.Conv2d(4, 6, [3, 2], {
      stride: [2, 1],
      padding: [1, 0],
      dilation: [1, 2],
      groups: 2,
      bias: false,
    }),
  'Conv2d/positional': () => new nn.Conv2d(2, 3, 3, 2, 1),
  'Conv2d/same': () => new nn.Conv2d(2, 3, [4, 3], { padding: 'same' }),
  'Conv2d/valid': () => new nn.Conv2d(2, 3, 3, { padding: 'valid' }),
  'Conv2d/reflect': () => new nn.Conv2d(2, 3, 3, { padding: 1, paddingMode: 'reflect' }),
  'Conv2d/replicate': () =>
    new nn.Conv2d(2, 3, [2, 4], { padding: 'same', dilation: 2, paddingMode: 'replicate' }),
  'Conv2d/depthwise': () => new nn.Conv2d(4, 8, 3, { groups: 4 }),
  'Conv2d/channelsLast': () => new nn.Conv2d(3, 4, 3),
  'Conv2d/float64': () => new nn.Conv2d(3, 4, 3, { dtype: float64 }),
  Conv3d: () => new nn.Conv3d(2, 3, [2, 3, 2], { padding: 1 }),
  'Conv3d/same': () => new nn.Conv3d(2, 2, 3, { padding: 'same', bias: false }),
  BatchNorm1d: () => new nn.BatchNorm1d(3),
  'BatchNorm1d/momentum': () => new nn.BatchNorm1d(3, { eps: 1e-3, momentum: null }),
  BatchNorm2d: () => new nn.BatchNorm2d(3),
  'BatchNorm2d/affine': () => new nn.BatchNorm2d(3, { affine: false, momentum: 0.3 }),
  'BatchNorm2d/bias': () => new nn.BatchNorm2d(3, { bias: false }),
  'BatchNorm2d/stats': () => new nn.BatchNorm2d(3, { trackRunningStats: false }),
  'BatchNorm2d/bfloat16': () => new nn.BatchNorm2d(3, { dtype: bfloat16 }),
  BatchNorm3d: () => new nn.BatchNorm3d(2),
  LayerNorm: () => new nn.LayerNorm(5),
  'LayerNorm/shape': () => new nn.LayerNorm([4, 5], 1e-6),
  'LayerNorm/affine': () => new nn.LayerNorm(5, { elementwiseAffine: false }),
  'LayerNorm/bias': () => new nn.LayerNorm(5, { bias: false }),
  Embedding: () => new nn.Embedding(7, 3),
  'Embedding/padding': () => new nn.Embedding(7, 3, -2),
  'Embedding/maxNorm': () => new nn.Embedding(7, 3, { maxNorm: 0.75, normType: 1.5, scaleGradByFreq: true }),
  'Embedding/sparse': () => new nn.Embedding(7, 3, { sparse: true }),
  'Embedding/pretrained': () =>
    nn.Embedding.fromPretrained(
      torch.tensor([
        [0, 1],
        [2, 3],
        [4, 5],
      ]),
    ),
  Dropout: () => new nn.Dropout(),
  'Dropout/p': () => new nn.Dropout(0.2),
  Dropout1d: () => new nn.Dropout1d(0.4),
  'Dropout1d/unbatched': () => new nn.Dropout1d({ p: 0.4 }),
  Dropout2d: () => new nn.Dropout2d(0.4),
  Dropout3d: () => new nn.Dropout3d(0.4),
  ReLU: () => new nn.ReLU(),
  'ReLU/inplace': () => new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU({ inplace: true })),
  GELU: () => new nn.GELU(),
  'GELU/tanh': () => new nn.GELU('tanh'),
  Sigmoid: () => new nn.Sigmoid(),
  Tanh: () => new nn.Tanh(),
  Softmax: () => new nn.Softmax(1),
  'Softmax/implicit': () => new nn.Softmax(),
  Softmin: () => new nn.Softmin({ dim: 0 }),
  LogSoftmax: () => new nn.LogSoftmax({ dim: -1 }),
  MaxPool1d: () => new nn.MaxPool1d(2),
  MaxPool2d: () => new nn.MaxPool2d(2),
  'MaxPool2d/options': () => new nn.MaxPool2d([3, 2], 2, [1, 0], { dilation: [1, 2], ceilMode: true }),
  'MaxPool2d/indices': () => new nn.MaxPool2d(2, { stride: [2, 1], returnIndices: true }),
  'MaxPool2d/channelsLast': () => new nn.MaxPool2d(2),
  MaxPool3d: () => new nn.MaxPool3d(2, 1),
  AvgPool1d: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
  AvgPool2d: () => new nn.AvgPool2d(2),
  'AvgPool2d/options': () =>
    new nn.AvgPool2d([3, 2], [2, 1], 1, { ceilMode: true, countIncludePad: false, divisorOverride: 5 }),
  AvgPool3d: () => new nn.AvgPool3d(2, 1),
  Flatten: () => new nn.Flatten(),
  'Flatten/dims': () => new nn.Flatten(0, 1),
  'Flatten/noncontiguous': () => new nn.Flatten(),
  Unflatten: () => new nn.Unflatten(1, [2, 5]),
  CrossEntropyLoss: () => new nn.CrossEntropyLoss(),
  'CrossEntropyLoss/options': () =>
    new nn.CrossEntropyLoss(classWeights(), { ignoreIndex: 1, reduction: 'sum', labelSmoothing: 0.1 }),
  'CrossEntropyLoss/none': () => new nn.CrossEntropyLoss({ reduction: 'none' }),
  'CrossEntropyLoss/probabilities': () => new nn.CrossEntropyLoss(),
  NLLLoss: () => new nn.NLLLoss({ ignoreIndex: 2 }),
  'NLLLoss/weight': () => new nn.NLLLoss(classWeights()),
  MSELoss: () => new nn.MSELoss(),
  'MSELoss/sum': () => new nn.MSELoss({ reduction: 'sum' }),
  'MSELoss/broadcast': () => new nn.MSELoss({ reduction: 'none' }),
  L1Loss: () => new nn.L1Loss(),
  BCEWithLogitsLoss: () => new nn.BCEWithLogitsLoss(),
  'BCEWithLogitsLoss/weight': () =>
    new nn.BCEWithLogitsLoss({
      weight: torch.tensor([1, 2, 0.5, 3]),
      reduction: 'none',
      posWeight: torch.tensor([2, 1, 1, 0.5]),
    }),
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
  ParameterList: () => new nn.ParameterList([torch.ones([2, 3]), new nn.Parameter(torch.zeros([1])), 'text']),
  ParameterDict: () =>
    new nn.ParameterDict(
      new Map([
        ['9', torch.ones([2])],
        ['left', torch.zeros([1, 2])],
        ['3', torch.ones([1])],
      ]),
    ),
};
