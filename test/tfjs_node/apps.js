'use strict';
// `npm run test:tfjs-apps`: published packages that require @tensorflow/tfjs-node get ours from the tarball, under that name,
// and give what they give on tfjs's cpu backend. Of dist/ as it is. Needs the network and minutes, so it is
// not part of the tests. Leaves nothing behind.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const MOST = 2e-5; // relative to the largest number

/** Each program prints a list of numbers for each backend. */
const apps = {
  '@vladmandic/face-api': {
    packages: { '@vladmandic/face-api': '1.7.15', '@tensorflow/tfjs': '4.22.0' },
    program: `
const faceapi = require('@vladmandic/face-api');
const fs = require('node:fs');
const path = require('node:path');
const { tf, nets } = faceapi;
const folder = path.dirname(require.resolve('@vladmandic/face-api/package.json'));

exports.run = async (backend) => {
  await tf.setBackend(backend);
  const names = ['ssdMobilenetv1', 'faceLandmark68Net', 'faceExpressionNet', 'ageGenderNet', 'faceRecognitionNet'];
  for (const name of names) await nets[name].loadFromDisk(path.join(folder, 'model'));
  const image = tf.node.decodeImage(fs.readFileSync(path.join(folder, 'demo/sample1.jpg')), 3);
  const small = tf.image.resizeBilinear(image.toFloat(), [300, 400]);
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.2 });
  const found = await faceapi
    .detectAllFaces(small, options)
    .withFaceLandmarks()
    .withFaceExpressions()
    .withAgeAndGender()
    .withFaceDescriptors();
  return found.flatMap((face) => [
    face.detection.score,
    face.age,
    ...Object.values(face.expressions),
    ...face.landmarks.positions.flatMap(({ x, y }) => [x, y]),
    ...face.descriptor,
  ]);
};
`,
  },
  upscaler: {
    packages: { upscaler: '1.0.0', '@upscalerjs/default-model': '1.0.0', '@tensorflow/tfjs': '4.11.0' },
    program: `
const tf = require('@tensorflow/tfjs-node');
const Upscaler = require('upscaler/node');

exports.run = async (backend) => {
  await tf.setBackend(backend);
  const image = tf.tensor3d(Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * i) % 251), [24, 24, 3]);
  const result = await new Upscaler().upscale(image, { output: 'tensor' });
  return [...result.dataSync()];
};
`,
  },
};

const main = `
const { run } = require('./program');
(async () => {
  const results = {};
  for (const backend of ['tensorflow', 'cpu']) results[backend] = await run(backend);
  require('node:fs').writeFileSync('results.json', JSON.stringify(results));
})();
`;

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, NODETORCH_ADDON: path.join(root, 'build/Release/nodetorch.node') },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
}

function tarballs(scratch) {
  const out = path.join(scratch, 'tarballs');
  const only = ['--no-build', '--only', 'nodetorch,tfjs-node', '--out', out];
  run(process.execPath, [path.join(root, 'scripts/pack-all.js'), ...only], root);
  const files = fs.readdirSync(out).filter((name) => name.endsWith('.tgz'));
  return Object.fromEntries(files.map((name) => [name.replace(/-\d.*/, ''), `file:${path.join(out, name)}`]));
}

/** How far the two backends are apart. */
function check(name, { packages, program }, ours, scratch) {
  const made = path.join(scratch, name.replace('/', '-'));
  fs.mkdirSync(made);
  const manifest = {
    name: 'app',
    version: '1.0.0',
    private: true,
    dependencies: { ...packages, '@tensorflow/tfjs-node': ours['nodetorch-tfjs-node'], sharp: '*' },
    overrides: { nodetorch: ours.nodetorch },
  };
  const files = { 'package.json': JSON.stringify(manifest), 'program.js': program, 'main.js': main };
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(made, file), text);
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--legacy-peer-deps'],
    made,
  );
  run(process.execPath, ['main.js'], made);
  const { tensorflow, cpu } = JSON.parse(fs.readFileSync(path.join(made, 'results.json'), 'utf8'));
  if (cpu.length === 0 || cpu.length !== tensorflow.length)
    throw new Error(`${name}: ${tensorflow.length} numbers, and ${cpu.length} on the cpu backend`);
  const distinct = new Set(cpu).size;
  if (distinct < 10) throw new Error(`${name}: the outputs are only ${distinct} different numbers`);
  const largest = cpu.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const apart = cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - tensorflow[i])), 0) / largest;
  return { apart, distinct };
}

const wanted = process.argv.slice(2);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-apps-'));
let [passed, failed] = [0, 0];
try {
  const ours = tarballs(scratch);
  for (const [name, app] of Object.entries(apps)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      const { apart, distinct } = check(name, app, ours, scratch);
      const verdict = apart > MOST ? ', too far' : '';
      console.log(
        `${name}: ${apart.toExponential(1)} from the cpu backend, of ${distinct} different numbers${verdict}`,
      );
      if (apart > MOST) failed++;
      else passed++;
    } catch (error) {
      console.log(error.message);
      failed++;
    }
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
