'use strict';
// `npm run bench -- [--quick] [--json FILE] [--threads N] [--rounds N] [--device NAME] [--python PYTHON] [part of a row's name ...]`:
// nodetorch beside Python's torch of the same version, in turns, one process each, medians of several rounds. On a device,
// `cuda` or the `pretend` one of tests, those rows whose tensors are there.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { parseArgs } = require('node:util');
const { Unavailable, findPython, versions } = require('../test/parity/python');
const { environment } = require('../test/gpu/device');
const floors = require('./floor');
const { measureOnnx } = require('./onnx');
const { measureTfjs } = require('./tfjs');

const here = __dirname;
const programs = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-bench-'));
process.once('exit', () => fs.rmSync(programs, { recursive: true, force: true }));
const env = { ...process.env, OMP_WAIT_POLICY: 'passive', NODETORCH_BENCH_PROGRAMS: programs };

const options = {
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  threads: { type: 'string' },
  rounds: { type: 'string' },
  device: { type: 'string' },
  python: { type: 'string' }, // of any version
};
// What the others make while the clock runs is made on the CPU.
const onDevice = /^(operators|modules|training step|inference|results)\b(?!.*(zeros|,? captured))/;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A process that times rows: `names`, and `ask(task)`. */
async function start(command, args) {
  const child = spawn(command, args, { cwd: here, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ${args.join(' ')} has ended`);
    return JSON.parse(value);
  };
  const names = await next();
  return {
    names,
    ask(task) {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}

async function measure(name, sides, floor, { rounds, seconds, threads }) {
  const found = sides.map(() => []);
  const floorTimes = [];
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) found[i].push(await side.ask({ name, seconds, threads }));
    if (floor && threads === 1) floorTimes.push(await floor.ask(name, seconds));
  }
  const failed = found.flat().find(({ error }) => error);
  const [group, row] = name.split('/');
  if (failed) return { group, name: row, error: failed.error };
  const [ours, python] = found.map((results) => median(results.map(({ us }) => us)));
  const [cpuOurs, cpuPython] = found.map((results) => median(results.map(({ cpu }) => cpu)));
  const [peakOurs, peakPython] = found.map((results) => Math.max(...results.map(({ peak }) => peak ?? NaN)));
  const measured = {
    group,
    name: row,
    ours,
    python,
    ratio: ours / python,
    cpuRatio: cpuOurs / cpuPython,
    cpuOurs,
    cpuPython,
    peakOurs,
    peakPython,
  };
  return floorTimes.some(Number.isFinite) ? { ...measured, floor: median(floorTimes) } : measured;
}

/** Milliseconds to load each library in a process of its own. */
function importTime(python, rounds) {
  const commands = [
    [process.execPath, ['-e', `require(${JSON.stringify(path.join(here, '..'))})`]],
    [python, ['-c', 'import torch']],
  ];
  const found = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    commands.forEach(([command, args], i) => {
      const started = process.hrtime.bigint();
      spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      found[i].push(Number(process.hrtime.bigint() - started) / 1e3);
    });
  }
  const [ours, pythons] = found.map(median);
  return { group: 'process', name: 'import', ours, python: pythons, ratio: ours / pythons };
}

const shown = (us) => (us >= 1e4 ? `${(us / 1e3).toPrecision(4)} ms` : `${us.toPrecision(3)} us`);
const mega = (bytes) => (Number.isFinite(bytes) ? `${Math.round(bytes / 1e6)}` : '');

function print(row) {
  const name = `${row.group}: ${row.name}`.padEnd(48);
  if (row.error) return console.log(`${name} ${row.error}`);
  const floor = row.floor === undefined ? '' : shown(row.floor);
  const cpu = row.cpuRatio === undefined ? '' : row.cpuRatio.toFixed(2);
  const cells = [shown(row.ours), shown(row.python), row.ratio.toFixed(2), cpu, floor];
  const times = cells.map((text) => text.padStart(10));
  console.log(name, ...times, `${mega(row.peakOurs)} / ${mega(row.peakPython)}`.padStart(14));
}

function summary(rows) {
  const groups = [...new Set(rows.map(({ group }) => group))];
  for (const group of groups) {
    const ratios = rows.filter((row) => row.group === group && row.ratio).map(({ ratio }) => ratio);
    if (ratios.length === 0) continue;
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    console.log(
      `${group.padEnd(30)} geometric mean ${mean.toFixed(2)}, worst ${Math.max(...ratios).toFixed(2)}`,
    );
  }
}

/** Makes the images, and sees to it that Python can read them. */
function prepareImages(python) {
  const stdio = ['ignore', 2, 2];
  const { status } = spawnSync(process.execPath, ['make_images.js', path.join(programs, 'images')], {
    cwd: here,
    stdio,
  });
  if (status !== 0) throw new Error('the images cannot be made');
  if (spawnSync(python, ['-c', 'import PIL']).status === 0) return;
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', 'pillow'], { stdio });
}

async function main() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.device) Object.assign(env, await environment(values.device));
  const python = values.python ?? findPython();
  const plan = {
    rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
    seconds: values.quick ? 0.05 : 0.2,
    threads: Number(values.threads ?? 1),
  };
  console.log(
    `Node ${process.version} beside Python's torch ${versions(python)}; ${plan.threads} thread(s), ` +
      `medians of ${plan.rounds} rounds.`,
  );
  const floor = values.device ? null : await floors.start(env);
  if (!floor && !values.device)
    console.log('The floor in C++ is not measured: it needs Linux and a compiler.');
  console.log(
    `\n${''.padEnd(48)}`,
    ...['ours', 'Python', 'ratio', 'CPU', 'C++'].map((text) => text.padStart(10)),
    'peak, MB'.padStart(14),
  );
  const sides = [await start(process.execPath, ['side.js']), await start(python, ['-B', 'side.py'])];
  const [ours, theirs] = sides.map(({ names }) => names);
  if (ours.join() !== theirs.join()) throw new Error('rows.js and rows.py differ in their names');
  const chosen = ours
    .filter((name) => !values.device || onDevice.test(name))
    .filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
  if (chosen.some((name) => name.startsWith('programs/'))) {
    const { status } = spawnSync(python, ['-B', 'program_rows.py', programs], {
      cwd: here,
      env,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error('Python cannot export the programs');
  }
  if (chosen.some((name) => name.startsWith('epoch of an image folder/'))) prepareImages(python);
  const rows = [];
  const save = () => values.json && fs.writeFileSync(values.json, `${JSON.stringify({ rows }, null, 1)}\n`);
  for (const name of chosen) {
    const row = await measure(name, sides, floor, plan);
    print(row);
    rows.push(row);
    save(); // whoever ends this early has these
  }
  for (const side of sides) side.end();
  floor?.end();
  if (!values.device && (positionals.length === 0 || positionals.includes('import'))) {
    const row = importTime(python, plan.rounds);
    print(row);
    rows.push(row);
  }
  console.log();
  summary(rows);
  if (!values.device) {
    rows.push(...(await measureTfjs(positionals, plan, { start, median, shown })));
    rows.push(...(await measureOnnx(positionals, plan, programs, python, { start, median, shown })));
  }
  save();
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exit(error instanceof Unavailable ? 0 : 1); // the sides may still be waiting for work
});
