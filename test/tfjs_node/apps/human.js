'use strict';
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(path.dirname(require.resolve('@vladmandic/human')), '..');

const numbersOf = (value) => {
  if (typeof value === 'number') return [value];
  return value && typeof value === 'object' ? Object.values(value).flatMap(numbersOf) : [];
};

exports.run = async (tf, backend) => {
  // Its build for wasm is another one.
  const { Human } = require(
    backend === 'wasm' ? path.join(folder, 'dist/human.node-wasm.js') : '@vladmandic/human',
  );
  const human = new Human({
    backend,
    modelBasePath: `file://${path.join(folder, 'models')}/`,
    ...(backend === 'wasm' && {
      wasmPath: `${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`,
    }),
    debug: false,
    cacheSensitivity: 0,
    face: { antispoof: { enabled: true }, liveness: { enabled: true } },
    object: { enabled: true },
  });
  const image = tf.node.decodeImage(fs.readFileSync(path.join(folder, 'assets/samples.jpg')), 3);
  const found = await human.detect(tf.image.resizeBilinear(image.toFloat(), [900, 600]));
  if (found.error) throw new Error(found.error);
  const outputs = {};
  for (const kind of ['face', 'body', 'hand', 'object']) {
    if (found[kind].length === 0) throw new Error(`no ${kind} found`);
    for (const each of found[kind]) {
      for (const [key, value] of Object.entries(each)) {
        if (key !== 'id' && key !== 'tensor') (outputs[`${kind}.${key}`] ??= []).push(...numbersOf(value));
      }
    }
  }
  return outputs;
};
