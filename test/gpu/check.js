'use strict';
// `npm run gpu:check -- --out DIR [--python PYTHON] [--no-build] [--device pretend]`: everything that a GPU can answer, in
// under ten minutes, for a machine that is lent. Builds against the CUDA torch that Python has, runs the CUDA tests, and
// program.js beside program.py; leaves report.md and report.json in DIR, also where a step fails. With --no-build an addon
// that was built elsewhere for the same version runs with that torch. With --device pretend it is rehearsed where there
// is no GPU.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..', '..');
const { values: given } = parseArgs({
  options: {
    out: { type: 'string' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    build: { type: 'boolean', default: true },
    device: { type: 'string', default: 'cuda' },
  },
  allowNegative: true,
});
if (!given.out || !['cuda', 'pretend'].includes(given.device)) {
  console.error('usage: npm run gpu:check -- --out DIR [--python PYTHON] [--no-build] [--device pretend]');
  process.exit(2);
}

const isPretend = given.device === 'pretend';
const deadline = Date.now() + 560_000;
const environment = {
  ...process.env,
  NODETORCH_CHECK_DEVICE: given.device,
  ...(isPretend ? {} : { LIBTORCH_USE_PYTORCH: '1', PYTHON: given.python }),
};
const steps = [];

/** Runs a command for `seconds` at most: what it printed. A step that fails stops nothing. */
function step(name, command, args, seconds) {
  const started = Date.now();
  const left = deadline - started;
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: Math.max(1000, Math.min(seconds * 1000, left)),
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
    steps.push({ name: 'tests', isOk: false, seconds: 0, end: 'jest is not installed here', tail: '' });
    return null;
  }
  const which = isPretend ? ['-c', 'test/accelerator/jest.config.js'] : ['--selectProjects', 'cuda'];
  const text = step('tests', process.execPath, [jest, ...which, '--json', '--ci', '--maxWorkers=1'], 200);
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

function report({ about, tests, rows }) {
  const shown = (what) => {
    if (!what) return '';
    if (what.ms !== undefined) return `${what.ms.toFixed(4)} ms`;
    return (what.error ?? JSON.stringify(what.values))
      .replaceAll('|', '/')
      .replaceAll('\n', ' ')
      .slice(0, 120);
  };
  const tail = ({ name, tail: text }) => (text ? [`\n## ${name}\n\n\`\`\`\n${text}\n\`\`\``] : []);
  return [
    `# gpu:check on ${given.device}\n`,
    `Node ${about.node}; Python and its torch: ${about.torch}\n\n\`\`\`\n${about.gpu}\n\`\`\`\n`,
    '| step | | seconds |\n|---|---|---|',
    ...steps.map(
      ({ name, isOk, seconds, end }) => `| ${name} | ${isOk ? 'ok' : end} | ${seconds.toFixed(0)} |`,
    ),
    `\nTests: ${tests ? `${tests.numPassedTests} passed, ${tests.numFailedTests} failed, ${tests.numPendingTests} skipped` : 'none'}\n`,
    '| row | | TypeScript | Python |\n|---|---|---|---|',
    ...rows.map(
      ({ row, result, ours, python }) => `| ${row} | ${result} | ${shown(ours)} | ${shown(python)} |`,
    ),
    ...steps.flatMap(tail),
    ...(tests?.failures ?? []).map((text) => `\n\`\`\`\n${text}\n\`\`\``),
  ].join('\n');
}

async function main() {
  fs.mkdirSync(given.out, { recursive: true });
  const about = facts();
  if (isPretend) environment.NODETORCH_PRETEND = await require('../accelerator/build').build();
  else if (given.build) step('build', process.execPath, [path.join(root, 'scripts/build-addon.js')], 330);
  const program = path.join(__dirname, 'program');
  const ours = rowsOf(step('TypeScript', process.execPath, [`${program}.js`], 120));
  const python = rowsOf(step('Python', given.python, [`${program}.py`], 120));
  const rows = table(ours, python);
  const tests = runTests();
  const text = report({ about, tests, rows });
  fs.writeFileSync(path.join(given.out, 'report.md'), `${text}\n`);
  fs.writeFileSync(
    path.join(given.out, 'report.json'),
    JSON.stringify({ about, steps, tests, rows }, null, 2),
  );
  const bad = rows.filter(({ result }) => ['missing', 'different', 'an error'].includes(result));
  const isOk = steps.every((one) => one.isOk) && bad.length === 0 && tests?.numFailedTests === 0;
  console.error(
    `gpu:check: ${isOk ? 'all well' : 'something is wrong'}; see ${path.join(given.out, 'report.md')}`,
  );
  return isOk ? 0 : 1;
}

main().then((code) => (process.exitCode = code));
