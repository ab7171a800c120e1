'use strict';
const Upscaler = require('upscaler/node');

exports.run = async (tf, backend) => {
  await tf.setBackend(backend);
  const image = tf.tensor3d(
    Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * i) % 251),
    [24, 24, 3],
  );
  const result = await new Upscaler().upscale(image, { output: 'tensor' });
  return [...result.dataSync()];
};
