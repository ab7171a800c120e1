'use strict';
// `npm run gpu:check -- --out DIR [--python PYTHON] [--no-build] [--device pretend] [--short]`: everything that a GPU can
// answer, in under ten minutes, for a machine that is lent. Builds against the CUDA torch that Python has (numpy and
// safetensors beside it), runs program.js beside program.py, the CUDA tests, the parity programs and the benchmark, in this
// order: what matters most comes first. Leaves report.md and report.json in DIR, also where a step fails; what there is no
// time left for is named there as left out. With --no-build an addon that was built elsewhere for the same version runs
// with that torch. With --device pretend it is rehearsed where there is no GPU, with --short in a minute: two programs, two
// rows of the benchmark, no tests. --seconds says how long all of it may take.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { environment: environmentOf } = require('./device');
const { rowsOf: rowsOfPrograms } = require('./programs');
const { report, verdict } = require('./report');

const root = path.join(__dirname, '..', '..');
const { values: given } = parseArgs({
  options: {
    out: { type: 'string' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    build: { type: 'boolean', default: true },
    device: { type: 'string', default: 'cuda' },
    short: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '560' },
  },
  allowNegative: true,
});
if (!given.out || !['cuda', 'pretend'].includes(given.device)) {
  console.error(
    'usage: npm run gpu:check -- --out DIR [--python PYTHON] [--no-build] [--device pretend] [--short] [--seconds N]',
  );
  process.exit(2);
}

const isPretend = given.device === 'pretend';
const deadline = Date.now() + Number(given.seconds) * 1000;
const environment = {
  ...process.env,
  ...(isPretend ? {} : { LIBTORCH_USE_PYTORCH: '1', PYTHON: given.python }),
};
const steps = [];

/** Processor time of all that has run so far, in seconds; NaN where the system does not tell. */
function processorTime() {
  if (process.platform !== 'linux') return NaN;
  const fields = fs.readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100; // of children, in ticks
}

const secondsLeft = () => (deadline - Date.now()) / 1000;

/**
 * Runs a command for `most` seconds: what it printed. A step that fails stops nothing; one that has less than `least`
 * seconds left is left out.
 */
function step(name, command, args, most, least = 5) {
  const started = Date.now();
  const processor = processorTime();
  const left = secondsLeft();
  if (left < least) {
    steps.push({ name, isOk: true, isLeftOut: true, seconds: 0, processor: 0, end: 'left out', tail: '' });
    console.error(`LEFT OUT ${name}: ${left.toFixed(0)} s are left, and it wants ${least}`);
    return '';
  }
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: Math.min(most, left) * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 27,
  });
  const took = (Date.now() - started) / 1000;
  const isOk = result.status === 0;
  const end = result.error?.message ?? result.signal ?? `code ${result.status}`;
  steps.push({
    name,
    isOk,
    seconds: took,
    processor: processorTime() - processor,
    end,
    tail: isOk ? '' : `${result.stdout}${result.stderr}`.slice(-4000),
  });
  console.error(`${isOk ? 'done  ' : 'FAILED'} ${name} (${took.toFixed(0)} s)`);
  return result.stdout ?? '';
}

const rowsOf = (text) =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('{"row"'))
      .map((line) => JSON.parse(line))
      .map(({ row, ...what }) => [row, what]),
  );

/** 'equal' in every bit, how far apart they are, or what is wrong. */
function compare(ours, python) {
  if (!ours || !python) return 'missing';
  if (ours.error || python.error) return ours.error === python.error ? 'the same error' : 'an error';
  if (ours.ms !== undefined) return `${(ours.ms / python.ms).toFixed(2)} of Python's time`;
  const [a, b] = [ours.values, python.values];
  if (JSON.stringify(a) === JSON.stringify(b)) return 'equal';
  if (a.length !== b.length || [...a, ...b].some((one) => typeof one !== 'number')) return 'different';
  const scale = Math.max(...b.map(Math.abs), 1e-30);
  return `${(Math.max(...a.map((one, i) => Math.abs(one - b[i]))) / scale).toExponential(1)} apart`;
}

function facts() {
  const torch = step(
    'what torch Python has',
    given.python,
    [
      '-c',
      'import torch, sys; print(sys.version.split()[0], torch.__version__, torch.version.cuda, torch.cuda.is_available())',
    ],
    60,
  );
  const gpu = isPretend ? 'a pretend one' : step('what the GPU is', 'nvidia-smi', [], 30);
  return { torch: torch.trim(), gpu: gpu.trim(), node: process.version };
}

function runTests() {
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  if (!fs.existsSync(jest)) {
    const end = 'jest is not installed here';
    steps.push({ name: 'tests', isOk: false, seconds: 0, processor: 0, end, tail: '' });
    return null;
  }
  const which = isPretend ? ['-c', 'test/accelerator/jest.config.js'] : ['--selectProjects', 'cuda'];
  const text = step('tests', process.execPath, [jest, ...which, '--json', '--ci', '--maxWorkers=1'], 240, 30);
  const start = text.indexOf('{');
  if (start < 0) return null;
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(text.slice(start));
  const failures = testResults.map(({ message }) => message).filter(Boolean);
  return { numPassedTests, numFailedTests, numPendingTests, failures };
}

function table(ours, python) {
  const names = [...new Set([...ours.keys(), ...python.keys()])];
  return names.map((row) => ({
    row,
    result: compare(ours.get(row), python.get(row)),
    ours: ours.get(row),
    python: python.get(row),
  }));
}

/** Pairs of test/parity/programs; those that had no time are named. */
function runPrograms() {
  const names = given.short ? ['mlp', 'autocast'] : [];
  const most = Math.min(300, secondsLeft() - 10);
  const args = [path.join(__dirname, 'programs.js'), '--seconds', `${most}`, given.python, ...names];
  const found = rowsOf(step('parity programs', process.execPath, args, most + 5, 30));
  return rowsOfPrograms(names).map(({ row }) => ({ row, ...(found.get(row) ?? { result: 'left out' }) }));
}

/** Rows of bench/run.js. */
function runBench() {
  const json = path.join(path.resolve(given.out), 'bench.json');
  const names = given.short ? ['operators/add scalar', 'training step/MLP, batch 8'] : [];
  const bench = path.join(root, 'bench', 'run.js');
  const args = [
    bench,
    '--quick',
    '--rounds',
    given.short ? '1' : '3',
    '--device',
    given.device,
    '--python',
    given.python,
    '--json',
    json,
    ...names,
  ];
  fs.rmSync(json, { force: true });
  step('benchmark', process.execPath, args, 150, given.short ? 5 : 60);
  return fs.existsSync(json) ? JSON.parse(fs.readFileSync(json, 'utf8')).rows : [];
}

const isLeftOut = ({ result }) => result === 'left out';
const isBad = ({ result, error }) => Boolean(error) || ['missing', 'different', 'an error'].includes(result);

async function main() {
  fs.mkdirSync(given.out, { recursive: true });
  Object.assign(environment, await environmentOf(given.device));
  const about = facts();
  if (!isPretend && given.build)
    step('build', process.execPath, [path.join(root, 'scripts/build-addon.js')], 330);
  const program = path.join(__dirname, 'program');
  const ours = rowsOf(step('TypeScript', process.execPath, [`${program}.js`], 60));
  const python = rowsOf(step('Python', given.python, ['-B', `${program}.py`], 60));
  const found = {
    device: given.device,
    about,
    steps,
    rows: table(ours, python),
    tests: given.short ? null : runTests(),
    programs: runPrograms(),
    bench: runBench(),
  };
  found.leftOut = [...steps.filter((one) => one.isLeftOut), ...found.programs.filter(isLeftOut)].map(
    ({ name, row }) => name ?? row,
  );
  found.isWell =
    steps.every((one) => one.isOk) &&
    ![...found.rows, ...found.programs, ...found.bench].some(isBad) &&
    (given.short ||
      steps.some(({ name, isLeftOut }) => name === 'tests' && isLeftOut) ||
      found.tests?.numFailedTests === 0);
  const file = path.join(given.out, 'report.md');
  fs.writeFileSync(file, report(found));
  fs.writeFileSync(path.join(given.out, 'report.json'), JSON.stringify(found, null, 2));
  console.error(`gpu:check: ${verdict(found)}; see ${file}`);
  return found.isWell && found.leftOut.length === 0 ? 0 : 1;
}

main().then((code) => (process.exitCode = code));
