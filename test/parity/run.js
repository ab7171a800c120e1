'use strict';
// Compares with a real PyTorch: `npm run test:parity -- [--all] [name ...]`. Runs each pair of programs, Python and
// TypeScript, side by side and fails where a line of their output differs. With --all every row of test/fixtures/nn is
// exported as a program, and not one in twenty.
// A new pair is two files of one name in programs/, or in ported/, whose TypeScript is compiled as strictly as can be;
// examples that have a twin in Python are pairs, too.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cacheRoot, version } = require('../../scripts/libtorch/pinned');
const processor = require('../processor');
const { installPeers } = require('../../bench/onnx');
const { compareDistributed } = require('./distributed/mixtures');
const { Unavailable, findPython, versions } = require('./python');
const { differences, root, run } = require('./side_by_side');

const folders = ['programs', 'ported'].map((name) => path.join('test', 'parity', name));

function pairs() {
  return [...folders, 'examples'].flatMap((folder) => {
    const files = fs.readdirSync(path.join(root, folder));
    const names = files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3));
    const twins = names.filter((name) => folder !== 'examples' || files.includes(`${name}.py`));
    return twins.map((name) => path.join(folder, name));
  });
}

async function compare(file, python) {
  const text = fs.readFileSync(path.join(root, `${file}.ts`), 'utf8');
  let equal = await compareOnce(file, python, '', {});
  if (!text.includes("from '../captured'")) return equal;
  for (const threads of ['1', '2']) {
    const env = { OMP_NUM_THREADS: threads };
    const own = { NODETORCH_PARITY_CAPTURE: '1' };
    equal = (await compareOnce(file, python, `, captured, threads: ${threads}`, env, own)) && equal;
  }
  return equal;
}

async function compareOnce(file, python, name, env, own = {}) {
  // One after the other: some of the Python programs write the files that their twins read.
  const left = await run(python, ['-B', `${file}.py`], { PYTHONPATH: __dirname, ...env });
  const right = await run(process.execPath, [require.resolve('tsx/cli'), `${file}.ts`], { ...env, ...own });
  const found = differences(left.lines, right.lines);
  const times = `Python ${left.seconds.toFixed(1)} s, TypeScript ${right.seconds.toFixed(1)} s`;
  const outcome = found.length ? 'DIFFERENT' : 'equal';
  console.log(`parity: ${file}${name}: ${outcome} (${left.lines.length} lines; ${times})`);
  if (found.length) console.log(found.join('\n'));
  return found.length === 0;
}

async function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-parity-'));
  try {
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Runs a program of this folder that says itself what differs. */
function passes(name, ...args) {
  const file = path.join(__dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, [require.resolve('tsx/cli'), file, ...args], {
    cwd: root,
    stdio: ['ignore', 1, 2],
  });
  return status === 0;
}

// NAME.py records what it does with PyTorch's own table of operators, NAME.ts replays it.
const compareRecorded = (name, python) =>
  inFolder(async (folder) => {
    await run(python, ['-B', path.join(__dirname, `${name}.py`), folder]);
    const equal = passes(name, folder);
    return name === 'opinfo' ? passes('replayed', folder) && equal : equal;
  });

// error_inputs.py asks Python what wrong calls raise, error_inputs.ts makes the same calls.
const compareErrors = (python) =>
  inFolder(async (folder) => {
    const { lines } = await run(python, ['-B', path.join(__dirname, 'error_inputs.py')]);
    const file = path.join(folder, 'errors.jsonl');
    fs.writeFileSync(file, lines.join('\n'));
    return passes('error_inputs', file);
  });

// exported.py exports the rows of test/fixtures/nn and trains the programs, exported.ts does what it did.
const compareExported = (python, isWhole) =>
  inFolder(async (folder) => {
    await run(python, ['-B', path.join(__dirname, 'exported.py'), folder, isWhole ? '1' : '20']);
    return passes('exported', folder);
  });

// jit.ts saves modules of TorchScript, jit.py loads and runs them.
const compareScripts = (python) =>
  inFolder((folder) => {
    if (!passes('jit', folder)) return false;
    const args = ['-B', path.join(__dirname, 'jit.py'), folder];
    return spawnSync(python, args, { cwd: root, stdio: ['ignore', 1, 2] }).status === 0;
  });

// int8.py saves states of int8 models, int8.ts runs them and saves them again, for int8.py to run.
const compareInt8 = (python) =>
  inFolder((folder) => {
    const half = (task) =>
      spawnSync(python, ['-B', path.join(__dirname, 'int8.py'), task, folder], {
        cwd: root,
        stdio: ['ignore', 1, 2],
      }).status === 0;
    return half('write') && passes('int8', folder) && half('read');
  });

/** Has programs of programs/ export what they have trained into a folder: see trained.ts. */
async function exportTrained(folder, names) {
  for (const name of names) {
    const file = path.join('test', 'parity', 'programs', `${name}.ts`);
    await run(process.execPath, [require.resolve('tsx/cli'), file], { NODETORCH_PARITY_EXPORT: folder });
  }
}

// written.ts exports the rows of test/fixtures/nn, written.py loads and trains the programs, and those of exportTrained.
const compareWritten = (python) =>
  inFolder(async (folder) => {
    if (!passes('written', folder)) return false;
    await exportTrained(folder, ['mlp', 'cnn', 'gpt', 'lstm', 'digits', 'dqn']);
    if (!passes('control', folder)) return false;
    const args = ['-B', path.join(__dirname, 'written.py'), folder];
    return spawnSync(python, args, { cwd: root, stdio: ['ignore', 1, 2] }).status === 0;
  });

// The same of three, and of two that branch, by torch.compile and AOTInductor.
const compareCompiled = (python) =>
  inFolder(async (folder) => {
    await exportTrained(folder, ['mlp', 'cnn', 'gpt']);
    if (!passes('control', folder, 'branches of any batch', 'nested')) return false;
    const args = ['-B', path.join(__dirname, 'written.py'), folder, 'compiled'];
    return spawnSync(python, args, { cwd: root, stdio: ['ignore', 1, 2] }).status === 0;
  });

// The same in onnxruntime-node, by Python's exporter.
const compareOnnx = (python) =>
  inFolder(async (folder) => {
    const peers = installPeers(python);
    await exportTrained(folder, ['mlp', 'cnn', 'gpt']);
    await run(python, ['-B', path.join(__dirname, 'onnx_export.py'), folder], {
      PYTHONPATH: path.join(peers, 'python'),
    });
    return passes('onnx_run', folder, peers);
  });

// Packages of AOTInductor, which Python compiles once into its environment's folder: minutes, and a C++ compiler.
function compareInductor(python) {
  const folder =
    process.env.NODETORCH_INDUCTOR_PACKAGES ?? path.join(cacheRoot(), `parity-${version}`, 'inductor');
  const env = { ...process.env, ...processor, NODETORCH_INDUCTOR_PACKAGES: folder };
  const made = spawnSync(python, ['-B', 'test/inductor/packages.py', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 2, 'pipe'],
    env,
  });
  if (made.status !== 0) {
    console.log(
      `parity: inductor: skipped: no package can be compiled here: ${made.stderr.trim().split('\n').at(-1)}`,
    );
    return true;
  }
  const { status } = spawnSync(process.execPath, [require.resolve('jest/bin/jest'), 'test/inductor'], {
    cwd: root,
    stdio: ['ignore', 1, 2],
    env,
  });
  console.log(`parity: inductor: ${status === 0 ? 'equal' : 'DIFFERENT'}`);
  return status === 0;
}

// The rows of test/fixtures/nn, computed again.
function compareFixtures(python) {
  const { status, stdout } = spawnSync(python, ['-B', 'test/fixtures/nn/all.py', '--check'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    env: { ...process.env, ...processor },
  });
  console.log(`parity: test/fixtures/nn: ${status === 0 ? 'equal' : `DIFFERENT\n${stdout.trimEnd()}`}`);
  return status === 0;
}

async function main(args) {
  const names = args.filter((arg) => arg !== '--all');
  const isWanted = (name) => names.length === 0 || names.includes(name);
  const python = findPython();
  console.log(`parity: with torch ${versions(python)}`);
  let equal = true;
  const chosen = pairs().filter((file) => names.length === 0 || names.some((name) => file.endsWith(name)));
  for (const file of chosen) equal = (await compare(file, python)) && equal;
  if (isWanted('fixtures')) equal = compareFixtures(python) && equal;
  if (isWanted('exported')) equal = (await compareExported(python, args.includes('--all'))) && equal;
  if (isWanted('written')) equal = (await compareWritten(python)) && equal;
  for (const name of ['opinfo', 'levels'])
    if (isWanted(name)) equal = (await compareRecorded(name, python)) && equal;
  equal = (await compareDistributed(python, names)) && equal;
  if (isWanted('int8')) equal = (await compareInt8(python)) && equal;
  if (isWanted('jit')) equal = (await compareScripts(python)) && equal;
  // Only where they are named: a C++ compiler works for minutes.
  if (names.includes('inductor')) equal = compareInductor(python) && equal;
  if (names.includes('onnx')) equal = (await compareOnnx(python)) && equal;
  if (names.includes('compiled')) equal = (await compareCompiled(python)) && equal;
  if (isWanted('errors')) equal = (await compareErrors(python)) && equal;
  // Files of torch.save, both ways, and training that goes on from them.
  if (isWanted('pt')) equal = passes('pt', python) && equal;
  if (!equal) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  if (error instanceof Unavailable) return console.log(`parity: skipped: ${error.message}`);
  console.error(`parity: ${error.message}`);
  process.exitCode = 1;
});
