/** Weights of tfjs's layers in the equivalent modules: both give the same outputs. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers';
import torch, { nn, type Tensor } from 'nodetorch';
import * as tfjs from 'nodetorch/tfjs';
import { fromTorch, loadStateDictInto, stateDictOf, toTorch } from 'nodetorch/tfjs';

beforeAll(() => tf.setBackend('torch'));

type Layer = Parameters<typeof layers.timeDistributed>[0]['layer'];
type Run = (module: nn.Module, x: Tensor) => Tensor;

interface Row {
  layer(inputShape: number[]): Layer;
  module(): nn.Module;
  inputShape: number[];
  run?: Run;
}

const random = (seed: number) => initializers.randomUniform({ minval: -1, maxval: 1, seed });
const positive = initializers.randomUniform({ minval: 0.5, maxval: 2, seed: 9 });
const inits = {
  kernelInitializer: random(1),
  biasInitializer: random(2),
  depthwiseInitializer: random(3),
  pointwiseInitializer: random(4),
  recurrentInitializer: random(5),
  gammaInitializer: random(6),
  betaInitializer: random(7),
  movingMeanInitializer: random(8),
  movingVarianceInitializer: positive,
};
const { kernelInitializer: _, ...separable } = inits;
const gates = { ...inits, recurrentActivation: 'sigmoid' as const, returnSequences: true };

const call = (module: nn.Module, x: Tensor): Tensor => (module as nn.Module<[Tensor], Tensor>)(x);
// tfjs has the channels last.
const channelsFirst: Run = (module, x) => call(module, x.movedim(-1, 1)).movedim(1, -1);
const recurrently: Run = (module, x) => (module as nn.LSTM)(x)[0];

const inFrames: Run = (module, x) => (module as tfjs.RNN)(x.movedim(-1, 2))[0].movedim(2, -1);
const stacked = (inputShape: number[], units: number[], options: object): Layer =>
  layers.rnn({
    cell: units.map((each) => layers.lstmCell({ units: each, ...options } as never)),
    returnSequences: true,
    inputShape,
  }) as Layer;
const convLstm = (options: object): Layer =>
  layers.convLstm2d({ ...inits, returnSequences: true, ...options } as never) as Layer;

const batchFirst = { batchFirst: true };
const eps = 1e-3;

const rows: Record<string, Row> = {
  dense: {
    layer: (inputShape) => layers.dense({ units: 3, inputShape, ...inits }),
    module: () => new nn.Linear(4, 3),
    inputShape: [2, 4],
  },
  'dense without a bias': {
    layer: (inputShape) => layers.dense({ units: 3, inputShape, ...inits, useBias: false }),
    module: () => new nn.Linear(4, 3, { bias: false }),
    inputShape: [4],
  },
  conv1d: {
    layer: (inputShape) => layers.conv1d({ filters: 5, kernelSize: 3, strides: 2, inputShape, ...inits }),
    module: () => new nn.Conv1d(2, 5, 3, { stride: 2 }),
    inputShape: [9, 2],
    run: channelsFirst,
  },
  conv2d: {
    layer: (inputShape) => layers.conv2d({ filters: 5, kernelSize: [3, 2], inputShape, ...inits }),
    module: () => new nn.Conv2d(2, 5, [3, 2]),
    inputShape: [7, 6, 2],
    run: channelsFirst,
  },
  'conv2d, same, dilated': {
    layer: (inputShape) =>
      layers.conv2d({ filters: 3, kernelSize: 4, padding: 'same', dilationRate: 2, inputShape, ...inits }),
    module: () => new nn.Conv2d(2, 3, 4, { padding: 'same', dilation: 2 }),
    inputShape: [7, 6, 2],
    run: channelsFirst,
  },
  conv3d: {
    layer: (inputShape) => layers.conv3d({ filters: 4, kernelSize: [1, 2, 3], inputShape, ...inits }),
    module: () => new nn.Conv3d(2, 4, [1, 2, 3]),
    inputShape: [4, 5, 6, 2],
    run: channelsFirst,
  },
  conv2dTranspose: {
    layer: (inputShape) =>
      layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], strides: 2, inputShape, ...inits }),
    module: () => new nn.ConvTranspose2d(2, 3, [3, 2], { stride: 2 }),
    inputShape: [4, 5, 2],
    run: channelsFirst,
  },
  depthwiseConv2d: {
    layer: (inputShape) =>
      layers.depthwiseConv2d({ depthMultiplier: 2, kernelSize: 3, inputShape, ...inits }),
    module: () => new nn.Conv2d(3, 6, 3, { groups: 3 }),
    inputShape: [5, 6, 3],
    run: channelsFirst,
  },
  separableConv2d: {
    layer: (inputShape) =>
      layers.separableConv2d({ filters: 4, depthMultiplier: 2, kernelSize: 3, inputShape, ...separable }),
    module: () =>
      new nn.Sequential(
        new Map<string, nn.Module>([
          ['depthwise', new nn.Conv2d(3, 6, 3, { groups: 3, bias: false })],
          ['pointwise', new nn.Conv2d(6, 4, 1)],
        ]),
      ),
    inputShape: [5, 6, 3],
    run: channelsFirst,
  },
  batchNormalization: {
    layer: (inputShape) => layers.batchNormalization({ inputShape, ...inits }),
    module: () => new nn.BatchNorm2d(3, { eps }).eval(),
    inputShape: [4, 5, 3],
    run: channelsFirst,
  },
  'batchNormalization without a scale': {
    layer: (inputShape) => layers.batchNormalization({ inputShape, ...inits, scale: false }),
    module: () => new nn.BatchNorm1d(3, { eps }).eval(),
    inputShape: [3],
  },
  layerNormalization: {
    layer: (inputShape) => layers.layerNormalization({ inputShape, ...inits }),
    module: () => new nn.LayerNorm(5, { eps }),
    inputShape: [4, 5],
  },
  prelu: {
    layer: (inputShape) => layers.prelu({ sharedAxes: [1, 2], alphaInitializer: random(1), inputShape }),
    module: () => new nn.PReLU({ numParameters: 3 }),
    inputShape: [4, 5, 3],
    run: channelsFirst,
  },
  simpleRNN: {
    layer: (inputShape) => layers.simpleRNN({ units: 4, inputShape, ...gates }),
    module: () => new nn.RNN(3, 4, batchFirst),
    inputShape: [5, 3],
    run: recurrently,
  },
  lstm: {
    layer: (inputShape) => layers.lstm({ units: 4, inputShape, ...gates }),
    module: () => new nn.LSTM(3, 4, batchFirst),
    inputShape: [5, 3],
    run: recurrently,
  },
  'lstm without a bias': {
    layer: (inputShape) => layers.lstm({ units: 4, inputShape, ...gates, useBias: false }),
    module: () => new nn.LSTM(3, 4, { ...batchFirst, bias: false }),
    inputShape: [5, 3],
    run: recurrently,
  },
  'rnn of an lstmCell': {
    layer: (inputShape) =>
      layers.rnn({
        cell: layers.lstmCell({ units: 4, ...gates }),
        returnSequences: true,
        inputShape,
      }) as Layer,
    module: () => new nn.LSTM(3, 4, batchFirst),
    inputShape: [5, 3],
    run: recurrently,
  },
  'bidirectional lstm': {
    layer: (inputShape) =>
      layers.bidirectional({
        layer: layers.lstm({ units: 4, ...gates }) as never,
        mergeMode: 'concat',
        inputShape,
      }),
    module: () => new nn.LSTM(3, 4, { ...batchFirst, bidirectional: true }),
    inputShape: [5, 3],
    run: recurrently,
  },
  'stacked cells, alike': {
    layer: (inputShape) => stacked(inputShape, [4, 4], gates),
    module: () => new nn.LSTM(3, 4, { ...batchFirst, numLayers: 2 }),
    inputShape: [5, 3],
    run: recurrently,
  },
  'stacked cells of two sizes': {
    layer: (inputShape) => stacked(inputShape, [4, 2], { ...inits, returnSequences: true }),
    module: () => new tfjs.RNN([new tfjs.LSTMCell(3, 4), new tfjs.LSTMCell(4, 2)]),
    inputShape: [5, 3],
    run: recurrently,
  },
  'lstm by hardSigmoid, the default': {
    layer: (inputShape) => layers.lstm({ units: 4, inputShape, ...inits, returnSequences: true }),
    module: () => new tfjs.RNN(new tfjs.LSTMCell(3, 4)),
    inputShape: [5, 3],
    run: recurrently,
  },
  'lstm of other activations': {
    layer: (inputShape) =>
      layers.lstm({ units: 4, inputShape, ...gates, activation: 'softsign', useBias: false }),
    module: () =>
      new tfjs.RNN(
        new tfjs.LSTMCell(3, 4, { activation: 'softsign', recurrentActivation: 'sigmoid', bias: false }),
      ),
    inputShape: [5, 3],
    run: recurrently,
  },
  gru: {
    layer: (inputShape) => layers.gru({ units: 4, inputShape, ...inits, returnSequences: true }),
    module: () => new tfjs.RNN(new tfjs.GRUCell(3, 4)),
    inputShape: [5, 3],
    run: recurrently,
  },
  'simpleRNN of another activation': {
    layer: (inputShape) => layers.simpleRNN({ units: 4, inputShape, ...gates, activation: 'elu' }),
    module: () => new tfjs.RNN(new tfjs.SimpleRNNCell(3, 4, { activation: 'elu' })),
    inputShape: [5, 3],
    run: recurrently,
  },
  'bidirectional gru': {
    layer: (inputShape) =>
      layers.bidirectional({
        layer: layers.gru({ units: 4, ...inits, returnSequences: true }) as never,
        mergeMode: 'concat',
        inputShape,
      }),
    module: () =>
      new nn.ModuleDict({
        forwardLayer: new tfjs.RNN(new tfjs.GRUCell(3, 4)),
        backwardLayer: new tfjs.RNN(new tfjs.GRUCell(3, 4)),
      }),
    inputShape: [5, 3],
    run: (module, x) => {
      const { forwardLayer, backwardLayer } = module as unknown as Record<string, tfjs.RNN>;
      return torch.cat([forwardLayer(x)[0], backwardLayer(x.flip([1]))[0].flip([1])], -1);
    },
  },
  convLstm2d: {
    layer: (inputShape) => convLstm({ inputShape, filters: 2, kernelSize: 3 }),
    module: () => new tfjs.RNN(new tfjs.ConvLSTM2DCell(3, 2, 3)),
    inputShape: [3, 6, 5, 3],
    run: inFrames,
  },
  'convLstm2d, same, with strides': {
    layer: (inputShape) =>
      convLstm({ inputShape, filters: 2, kernelSize: [2, 3], strides: [2, 1], padding: 'same' }),
    module: () => new tfjs.RNN(new tfjs.ConvLSTM2DCell(3, 2, [2, 3], { stride: [2, 1], padding: 'same' })),
    inputShape: [3, 5, 4, 3],
    run: inFrames,
  },
  'timeDistributed dense': {
    layer: (inputShape) =>
      layers.timeDistributed({ layer: layers.dense({ units: 2, ...inits }), inputShape }),
    module: () => new nn.Linear(3, 2),
    inputShape: [5, 3],
  },
};

/** The layer as a model, and the state dict without the layer's name. */
function modelOf({ layer, inputShape }: Row): { model: LayersModel; names: Record<string, string> } {
  const made = layer(inputShape);
  return { model: sequential({ layers: [made] }), names: { [made.name]: '' } };
}

function expectSame(row: Row, model: LayersModel, module: nn.Module): void {
  const x = torch.randn([2, ...row.inputShape]);
  const output = torch.noGrad(() => (row.run ?? call)(module, x));
  const expected = toTorch(model.predict(fromTorch(x)) as tf.Tensor);
  expect(output.shape).toEqual(expected.shape);
  expect(torch.allclose(output, expected, { atol: 1e-5 })).toBe(true);
}

describe.each(Object.entries(rows))('%s', (_, row) => {
  test('gives in torch what it gives in tfjs', () => {
    const { model, names } = modelOf(row);
    const module = row.module();
    module.loadStateDict(stateDictOf(model, { names }));
    expectSame(row, model, module);
  });

  test('gives in tfjs what it gives in torch', () => {
    const { model, names } = modelOf(row);
    const module = row.module();
    loadStateDictInto(model, module.stateDict(), { names });
    expectSame(row, model, module);
  });
});

test('embedding', () => {
  const layer = layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 4 });
  const model = sequential({ layers: [layer] });
  const module = new nn.Embedding(7, 3);
  module.loadStateDict(stateDictOf(model, { names: { [layer.name]: '' } }));
  const indices = torch.tensor([[0, 6, 3, 3]], { dtype: 'int64' });
  const expected = toTorch(model.predict(fromTorch(indices)) as tf.Tensor);
  expect(module(indices).equal(expected)).toBe(true);
});

describe('a model', () => {
  const make = () =>
    sequential({
      layers: [
        layers.dense({ units: 4, inputShape: [3], name: 'first', activation: 'relu' }),
        sequential({
          layers: [layers.dense({ units: 2, inputShape: [4], name: 'last' })],
          name: 'head',
        }) as never,
      ],
    });

  test('names its keys by its layers, or as it is told', () => {
    const model = make();
    expect([...stateDictOf(model).keys()]).toEqual([
      'first.weight',
      'first.bias',
      'head.last.weight',
      'head.last.bias',
    ]);
    const keys = [...stateDictOf(model, { names: { first: '0', head: '', last: '2' } }).keys()];
    expect(keys).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
  });

  test('is not changed through its state dict', () => {
    const model = make();
    const before = [...model.getWeights()[0].dataSync()];
    stateDictOf(model).get('first.weight')!.zero_();
    expect([...model.getWeights()[0].dataSync()]).toEqual(before);
  });

  test('leaves no tensors of tfjs behind', () => {
    const model = make();
    const state = stateDictOf(model);
    const before = tf.memory();
    loadStateDictInto(model, stateDictOf(model));
    expect(tf.memory()).toEqual(before);
    for (const [key, value] of stateDictOf(model)) expect(value.equal(state.get(key)!)).toBe(true);
  });

  test('says what does not fit, and stays as it is', () => {
    const model = make();
    const state = stateDictOf(model);
    const kept = stateDictOf(model);
    state.get('first.weight')!.zero_();
    state.set('head.last.weight', torch.zeros([4, 2]));
    state.set('more', torch.zeros([1]));
    state.delete('first.bias');
    expect(() => loadStateDictInto(model, state)).toThrow(
      'loadStateDictInto():\n\tMissing key(s) in state_dict: "first.bias".\n\t' +
        'Unexpected key(s) in state_dict: "more".\n\t' +
        "size mismatch for head.last.weight: the shape is [4,2], the layer's is [2,4].",
    );
    for (const [key, value] of stateDictOf(model)) expect(value.equal(kept.get(key)!)).toBe(true);
    state.delete('head.last.weight');
    loadStateDictInto(model, Object.fromEntries(state), { strict: false });
    expect(stateDictOf(model).get('first.weight')!.abs().max().item()).toBe(0);
  });

  test('of the cpu backend', async () => {
    await tf.setBackend('cpu');
    const model = make();
    const x = tf.ones([1, 3]);
    const before = [...(model.predict(x) as tf.Tensor).dataSync()];
    const state = stateDictOf(model);
    loadStateDictInto(model, state);
    (model.predict(x) as tf.Tensor).dataSync().forEach((value, i) => expect(value).toBeCloseTo(before[i], 6));
    await tf.setBackend('torch');
  });
});

describe('what has no counterpart', () => {
  const refusal = (layer: Layer): string => {
    try {
      stateDictOf(sequential({ layers: [layer] }));
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };
  test('is named', () => {
    expect(refusal(layers.prelu({ inputShape: [4, 3], name: 'p' }))).toBe(
      'stateDictOf(): p (PReLU) has a slope for each position, nn.PReLU for each channel: use sharedAxes',
    );
  });

  test('is not taken for the other', () => {
    const lstm = layers.lstm({ units: 2, ...inits, inputShape: [4, 3], name: 'l' });
    const state = stateDictOf(sequential({ layers: [lstm] }));
    expect([...state.keys()]).toEqual(['l.cells.0.weight_ih', 'l.cells.0.weight_hh', 'l.cells.0.bias']);
  });

  test('is taken where that is wanted', () => {
    const gru = layers.gru({ units: 2, ...inits, inputShape: [4, 3] });
    const model = sequential({ layers: [gru] });
    const options = { names: { [gru.name]: '' }, approximate: true };
    const state = stateDictOf(model, options);
    const module = new nn.GRU(3, 2, batchFirst);
    expect(String(module.loadStateDict(state))).toBe('<All keys matched successfully>');
    loadStateDictInto(model, module.stateDict(), options);
    for (const [key, value] of stateDictOf(model, options)) expect(value.equal(state.get(key)!)).toBe(true);
  });
});
