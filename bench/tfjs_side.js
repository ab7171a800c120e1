'use strict';
// One backend of the group tfjs: `node tfjs_side.js BACKEND`. Speaks as side.js does.

const readline = require('node:readline');
const backend = process.argv[2];
const warn = console.warn;
console.warn = () => {}; // tfjs advertises its node backend
const tf = require('@tensorflow/tfjs-core');
if (backend === 'torch') require('../dist/tfjs');
else if (backend === 'tensorflow') require('@tensorflow/tfjs-node');
else require(`@tensorflow/tfjs-backend-${backend}`);
const layers = require('@tensorflow/tfjs-layers');
console.warn = warn;

/** Compiled, with data: `[model, x, y]`. */
function withData(model, shape, classes) {
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  const labels = tf.mod(tf.range(0, shape[0], 1, 'int32'), tf.scalar(classes, 'int32'));
  return [model, tf.randomNormal(shape), tf.cast(tf.oneHot(labels, classes), 'float32')];
}

const mlp = () =>
  withData(
    layers.sequential({
      layers: [
        layers.layers.dense({ units: 128, activation: 'relu', inputShape: [64] }),
        layers.layers.dense({ units: 128, activation: 'relu' }),
        layers.layers.dense({ units: 10, activation: 'softmax' }),
      ],
    }),
    [64, 64],
    10,
  );

const cnn = () =>
  withData(
    layers.sequential({
      layers: [
        layers.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
        layers.layers.maxPooling2d({ poolSize: 2 }),
        layers.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
        layers.layers.maxPooling2d({ poolSize: 2 }),
        layers.layers.flatten(),
        layers.layers.dense({ units: 10, activation: 'softmax' }),
      ],
    }),
    [32, 28, 28, 1],
    10,
  );

const trained = (make) => () => {
  const [model, x, y] = make();
  return () => model.trainOnBatch(x, y);
};

/** What it predicts for ones, read. */
function predicted(list, shape) {
  const [model, x] = [layers.sequential({ layers: list }), tf.ones(shape)];
  return () => {
    const y = model.predict(x);
    y.dataSync();
    y.dispose();
  };
}

const disposed = (f) => () => f().dispose();

const rows = {
  'add of 1 element'() {
    const x = tf.tensor1d([1]);
    return disposed(() => tf.add(x, x));
  },
  'matmul 512'() {
    const x = tf.randomNormal([512, 512]);
    return async () => {
      const y = tf.matMul(x, x);
      await y.data();
      y.dispose();
    };
  },
  conv2d() {
    const [x, filter] = [tf.randomNormal([8, 28, 28, 16]), tf.randomNormal([3, 3, 16, 32])];
    return async () => {
      const y = tf.conv2d(x, filter, 1, 'same');
      await y.data();
      y.dispose();
    };
  },
  'MLP training step': trained(mlp),
  'CNN training step': trained(cnn),
  'embedding predict, batch 1'() {
    const { embedding, globalAveragePooling1d, dense } = layers.layers;
    const ends = [globalAveragePooling1d(), dense({ units: 1, activation: 'sigmoid' })];
    return predicted([embedding({ inputDim: 1000, outputDim: 16, inputLength: 20 }), ...ends], [1, 20]);
  },
  'LSTM predict, batch 1'() {
    const { lstm, dense } = layers.layers;
    return predicted([lstm({ units: 16, inputShape: [20, 16] }), dense({ units: 1 })], [1, 20, 16]);
  },
  'words into buckets'() {
    const [table, texts] = [
      tf.randomNormal([1000, 16]),
      tf.tensor1d(['a b', 'hello world', 'x y z'], 'string'),
    ];
    return () => {
      tf.tidy(() => {
        const { values } = tf.string.stringSplit(texts, ' ');
        return tf.gather(table, tf.string.stringToHashBucketFast(values, 1000)).mean(0).dataSync();
      });
    };
  },
  'CNN predict'() {
    const [model, x] = cnn();
    return async () => {
      const y = model.predict(x);
      await y.data();
      y.dispose();
    };
  },
};

/** Microseconds for a call, over about that many seconds. */
async function time(run, seconds) {
  for (let count = 1; ;) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      const pending = run();
      if (pending) await pending;
    }
    const took = Number(process.hrtime.bigint() - started) / 1e9;
    if (took >= seconds || count >= 1e8) return (took / count) * 1e6;
    count = Math.ceil(count * Math.min(10, Math.max(1.5, (1.2 * seconds) / Math.max(took, 1e-6))));
  }
}

let current = { name: '', run: null };

async function answer({ name, seconds, threads }) {
  if (backend === 'torch') require('..').setNumThreads(threads);
  if (current.name !== name) {
    current = { name, run: rows[name]() };
    await current.run();
  }
  return { us: await time(current.run, seconds) };
}

void tf.setBackend(backend).then(async () => {
  await tf.ready();
  console.log(JSON.stringify(Object.keys(rows)));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const task = JSON.parse(line);
    console.log(JSON.stringify(await answer(task).catch((error) => ({ error: String(error) }))));
  }
});
