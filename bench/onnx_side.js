'use strict';
// Run by onnx.js: `node onnx_side.js KIND FOLDER PEERS` times the models in FOLDER. KIND: 'program', 'frozen', 'captured'
// (the model of onnx_models.js by torch.capture, frozen), or 'onnxruntime', which is in PEERS. { name, seconds, threads } -> { us, cpu, outputs } or { error }.

const path = require('node:path');
const readline = require('node:readline');

const [kind, folder, peers] = process.argv.slice(2);
const shapes = {
  MLP: [8, 64],
  CNN: [1, 3, 128, 128],
  transformer: [1, 64, 256],
  ResNet: [1, 3, 128, 128],
  MobileNet: [1, 3, 128, 128],
};

/** The same numbers on each side, between -1.7 and 1.7. */
function numbersFor(shape) {
  let state = 1;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647 - 0.5) * Math.sqrt(12);
  });
}

async function onnxruntime(name, numbers, threads) {
  const ort = require(path.join(peers, 'node_modules', 'onnxruntime-node'));
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  };
  const session = await ort.InferenceSession.create(path.join(folder, `${name}.onnx`), options);
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', numbers, shapes[name]) };
  const run = () => session.run(feeds);
  return { run, outputs: [...(await run())[session.outputNames[0]].data] };
}

async function nodetorch(name, numbers, threads) {
  const torch = require('..');
  torch.setNumThreads(threads);
  const program = torch.export.load(path.join(folder, `${name}.pt2`));
  let module = program.module({ freeze: kind === 'frozen' });
  if (kind === 'captured') {
    const model = require('./onnx_models')[name]().eval();
    model.loadStateDict(module.stateDict());
    module = torch.capture(model, { freeze: true });
  }
  const x = torch.tensor(numbers).view(shapes[name]);
  const run = () => torch.inferenceMode(() => void module(x));
  for (let i = 0; i < 3; i++) run(); // the first call of a captured function is the plain one
  return { run, outputs: torch.inferenceMode(() => [...module(x).toTypedArray()]) };
}

/** Microseconds for a call, over about that many seconds, and of the processor's time. */
async function time(run, seconds) {
  for (let count = 1; ;) {
    const before = process.cpuUsage();
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      const pending = run();
      if (pending) await pending;
    }
    const took = Number(process.hrtime.bigint() - started) / 1e9;
    if (took >= seconds || count >= 1e8) {
      const { user, system } = process.cpuUsage(before);
      return { us: (took / count) * 1e6, cpu: (user + system) / count };
    }
    count = Math.ceil(count * Math.min(10, Math.max(1.5, (1.2 * seconds) / Math.max(took, 1e-6))));
  }
}

let current = { name: '' };

async function answer({ name, seconds, threads }) {
  if (current.name !== name) {
    const made = await (kind === 'onnxruntime' ? onnxruntime : nodetorch)(
      name,
      numbersFor(shapes[name]),
      threads,
    );
    current = { name, ...made };
    await time(current.run, seconds / 2);
  }
  return { ...(await time(current.run, seconds)), outputs: current.outputs };
}

console.log(JSON.stringify(Object.keys(shapes)));
(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line)).catch((error) => ({ error: String(error) }))));
  }
})();
