// The tarball of @nodetorch/tfjs-node in the place of @tensorflow/tfjs-node, with the oldest and the newest TensorFlow.js
// that it is for.
import fs from 'node:fs';
import path from 'node:path';
import { addon, project, removeAll, root, run } from './project';

afterAll(removeAll);

const program = `
const tf = require('@tensorflow/tfjs-node');
const own = require('@tensorflow/tfjs-node/package.json');
const assert = require('node:assert');

async function main() {
  console.log(own.name, tf.version['tfjs-core'], tf.getBackend(), await tf.setBackend('tensorflow'));
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ loss: 'meanAbsolutePercentageError', optimizer: tf.train.adam(0.1) });
  const x = tf.tensor2d([[1], [2], [3], [4]]);
  const { history } = await model.fit(x, tf.mul(x, 2), { epochs: 80, verbose: 0 });
  console.log(history.loss[79] < history.loss[0] / 3);
  await model.save('file://saved');
  const again = await tf.loadLayersModel('file://saved/model.json');
  assert.deepStrictEqual(again.predict(x).dataSync(), model.predict(x).dataSync());
  console.log(tf.string.stringSplit(['a b c'], ' ').values.shape); // by the cpu backend
  assert.throws(() => tf.node.decodeImage(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), /needs the package sharp: npm install sharp/);
}
main();
`;
// ES modules find the names of what is re-exported.
const modules = `
import * as tf from '@tensorflow/tfjs-node';
import { sequential, node } from '@tensorflow/tfjs-node';
console.log(typeof sequential, typeof node.decodeImage, tf.getBackend());
`;

let tarballs: Record<string, string>;
beforeAll(() => {
  const out = project('tarballs');
  const only = ['--no-build', '--only', 'nodetorch,tfjs-node,tfjs-node-gpu', '--out', out];
  const { code, text } = run([process.execPath, path.join(root, 'scripts/pack-all.js'), ...only], root);
  if (code !== 0) throw new Error(text);
  const files = fs.readdirSync(out).filter((name) => name.endsWith('.tgz'));
  tarballs = Object.fromEntries(
    files.map((name) => [name.replace(/-\d.*/, ''), `file:${path.join(out, name)}`]),
  );
}, 120_000);

test.each(['3.21.0', '4.22.0'])('TensorFlow.js %s', (version) => {
  const made = project(`tfjs-${version}`, {
    'package.json': JSON.stringify({
      name: 'project',
      version: '1.0.0',
      private: true,
      dependencies: {
        '@tensorflow/tfjs': version,
        '@tensorflow/tfjs-node': tarballs['nodetorch-tfjs-node'],
        '@tensorflow/tfjs-node-gpu': tarballs['nodetorch-tfjs-node-gpu'],
      },
      overrides: { nodetorch: tarballs.nodetorch, '@nodetorch/tfjs-node': tarballs['nodetorch-tfjs-node'] },
    }),
    'program.js': program,
    'modules.mjs': modules,
  });
  const install = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
    '--omit=optional',
  ];
  const { code, text } = run(['npm', ...install], made);
  expect([code, text]).toEqual([0, expect.any(String)]);
  const env = { NODETORCH_ADDON: addon };
  expect(run([process.execPath, 'program.js'], made, env)).toEqual({
    code: 0,
    text: [`@nodetorch/tfjs-node ${version} tensorflow true`, 'true', '[ 3 ]'].join('\n'),
  });
  expect(run([process.execPath, 'modules.mjs'], made, env)).toEqual({
    code: 0,
    text: 'function function tensorflow',
  });
  fs.writeFileSync(path.join(made, 'gpu.mjs'), modules.replaceAll('tfjs-node', 'tfjs-node-gpu'));
  expect(run([process.execPath, 'gpu.mjs'], made, env).text).toBe('function function tensorflow');
});
