'use strict';
const { load } = require('nsfwjs');

exports.run = async (tf, backend) => {
  await tf.setBackend(backend);
  const image = tf.tensor3d(
    Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * i) % 251),
    [224, 224, 3],
  );
  const outputs = {};
  for (const [name, endpoint] of [['MobileNetV2', 'out_relu'], ['MobileNetV2Mid']]) {
    const model = await load(name);
    const classes = await model.classify(image);
    classes.sort((a, b) => (a.className < b.className ? -1 : 1));
    outputs[name] = classes.map(({ probability }) => probability);
    outputs[`${name}.${endpoint}`] = [...model.infer(image, endpoint).dataSync()];
  }
  return outputs;
};
