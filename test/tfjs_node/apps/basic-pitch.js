'use strict';
const { BasicPitch } = require('@spotify/basic-pitch');
const path = require('node:path');

const folder = path.join(path.dirname(require.resolve('@spotify/basic-pitch')), '../model');

// Two tones in loud noise: the model takes the logarithm of each band, so that in a silent one it would hear
// the rounding of each backend's sums.
let state = 1;
const noise = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
const tone = (i, hertz) => Math.sin((2 * Math.PI * hertz * i) / 22050);
const audio = Float32Array.from(
  { length: 22050 },
  (_, i) => tone(i, 440) / 2 + tone(i, 523.25) / 4 + noise() / 2,
);

exports.run = async (tf, backend) => {
  await tf.setBackend(backend);
  const model = new BasicPitch(tf.loadGraphModel(`file://${folder}/model.json`));
  const outputs = { frames: [], onsets: [], contours: [] };
  const hear = (...parts) => Object.values(outputs).forEach((list, i) => list.push(...parts[i].flat()));
  await model.evaluateModel(audio, hear, () => {});
  return outputs;
};
