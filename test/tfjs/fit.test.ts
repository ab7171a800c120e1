/** Models written against tfjs alone: the same losses on both backends. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import 'nodetorch/tfjs';

interface Program {
  model(): Sequential;
  loss: string;
  optimizer(): tf.Optimizer;
  data(): [tf.Tensor, tf.Tensor];
}

const seeded = (seed: number) => ({ kernelInitializer: initializers.glorotUniform({ seed }) });
const recurrent = (seed: number) => ({
  ...seeded(seed),
  recurrentInitializer: initializers.glorotUniform({ seed: seed + 1 }),
});
const labels = (count: number, classes: number): tf.Tensor =>
  tf.oneHot(
    tf.tensor1d(
      Array.from({ length: count }, (_, i) => (i * 7) % classes),
      'int32',
    ),
    classes,
  );

const programs: Record<string, Program> = {
  'a CNN': {
    model: () =>
      sequential({
        layers: [
          layers.conv2d({
            inputShape: [12, 12, 1],
            filters: 4,
            kernelSize: 3,
            activation: 'relu',
            ...seeded(1),
          }),
          layers.batchNormalization(),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same', ...seeded(2) }),
          layers.activation({ activation: 'relu' }),
          layers.flatten(),
          layers.dense({ units: 3, activation: 'softmax', ...seeded(3) }),
        ],
      }),
    loss: 'categoricalCrossentropy',
    optimizer: () => tf.train.adam(0.01),
    data: () => [tf.randomUniform([24, 12, 12, 1], 0, 1, 'float32', 5), labels(24, 3)],
  },
  'an LSTM': {
    model: () =>
      sequential({
        layers: [
          layers.embedding({
            inputDim: 11,
            outputDim: 5,
            inputLength: 6,
            embeddingsInitializer: initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed: 4 }),
          }),
          layers.lstm({ units: 7, ...recurrent(5) }),
          layers.dense({ units: 4, activation: 'softmax', ...seeded(7) }),
        ],
      }),
    loss: 'categoricalCrossentropy',
    optimizer: () => tf.train.rmsprop(0.01),
    data: () => [tf.randomUniform([20, 6], 0, 11, 'int32', 8), labels(20, 4)],
  },
  // Its loss limits by Number.MAX_VALUE.
  'a regression by percentages': {
    model: () => sequential({ layers: [layers.dense({ inputShape: [3], units: 1, ...seeded(21) })] }),
    loss: 'meanAbsolutePercentageError',
    optimizer: () => tf.train.sgd(0.001),
    data: () => [
      tf.randomUniform([24, 3], 0, 1, 'float32', 22),
      tf.randomUniform([24, 1], 1, 2, 'float32', 23),
    ],
  },
  'a regression by logarithms': {
    model: () =>
      sequential({
        layers: [layers.dense({ inputShape: [3], units: 1, activation: 'sigmoid', ...seeded(24) })],
      }),
    loss: 'meanSquaredLogarithmicError',
    optimizer: () => tf.train.adam(0.05),
    data: () => [
      tf.randomUniform([24, 3], 0, 1, 'float32', 25),
      tf.randomUniform([24, 1], 1, 2, 'float32', 26),
    ],
  },
  'an autoencoder': {
    model: () =>
      sequential({
        layers: [
          layers.conv2d({
            inputShape: [8, 8, 2],
            filters: 4,
            kernelSize: 3,
            strides: 2,
            padding: 'same',
            activation: 'relu',
            ...seeded(9),
          }),
          layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh', ...seeded(10) }),
          // The cpu backend's gradient of 'nearest' is wrong beyond the first image of a batch.
          layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
          layers.conv2dTranspose({
            filters: 2,
            kernelSize: 3,
            padding: 'same',
            activation: 'sigmoid',
            ...seeded(11),
          }),
        ],
      }),
    loss: 'meanSquaredError',
    optimizer: () => tf.train.momentum(0.1, 0.9),
    data: () => {
      const images = tf.randomUniform([16, 8, 8, 2], 0, 1, 'float32', 12);
      return [images, images];
    },
  },
};

async function train(backend: string, { model, loss, optimizer, data }: Program): Promise<unknown[]> {
  await tf.setBackend(backend);
  const net = model();
  const adjust = optimizer();
  net.compile({ loss, optimizer: adjust, metrics: ['mse'] });
  const [x, y] = data();
  const options = { epochs: 4, batchSize: 8, shuffle: false, validationSplit: 0.25, verbose: 0 };
  const { history } = await net.fit(x, y, options);
  const [evaluated] = net.evaluate(x, y, { verbose: 0 }) as tf.Scalar[];
  const values = [history.loss, history.val_loss, history.mse, [...evaluated.dataSync()]].flat();
  net.dispose();
  adjust.dispose();
  tf.dispose([x, y, evaluated]);
  return values;
}

test.each(Object.entries(programs))('%s', async (_, program) => {
  const losses: number[][] = [];
  const left: number[] = [];
  for (const backend of ['cpu', 'torch']) {
    const before = tf.memory().numTensors;
    losses.push((await train(backend, program)) as number[]);
    left.push(tf.memory().numTensors - before);
  }
  const [expected, actual] = losses;
  expect(expected[0]).toBeGreaterThan(expected[3]); // it learns
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
  expect(left[1]).toBe(left[0]); // tfjs's own optimizers and metrics keep a few scalars
});
