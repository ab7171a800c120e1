'use strict';
// The parity programs, Python's and ours, on the device that NODETORCH_CHECK_DEVICE names: part of `npm run gpu:check`.
// `node programs.js PYTHON [--seconds N] [name ...]`: a line of JSON for each, as it comes; after N seconds it stops.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { root, run } = require('../parity/side_by_side');

const folder = path.join('test', 'parity', 'programs');
const parity = path.join(root, 'test', 'parity');
// cuBLAS gives the same bits each time only with this: the programs ask for deterministic kernels.
const env = { CUBLAS_WORKSPACE_CONFIG: ':4096:8', PYTHONPATH: parity };

const digest = /^[0-9a-f]{12,64}$/;

/** The name of a line, its numbers, the words that are neither numbers nor digests of bits, and all of its text. */
function parsed(line) {
  const words = line.split(/\s+/).filter((word) => !digest.test(word));
  const isNumber = (word) => /^-?(\d|inf|nan)/i.test(word) && !Number.isNaN(Number(word));
  return {
    line,
    name: line.split(':', 1)[0],
    numbers: words.filter(isNumber).map(Number),
    text: words.filter((word) => !isNumber(word)).join(' '),
  };
}

/** How far numbers are apart, for their size; null where something else differs than numbers. */
function distance([a, b]) {
  if (a.text !== b.text || a.numbers.length !== b.numbers.length || a.numbers.length === 0) return null;
  const apart = a.numbers.map((x, i) => {
    const y = b.numbers[i];
    return x === y ? 0 : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y), 1e-6);
  });
  return Math.max(...apart);
}

/** How far lines are from Python's: equal ones have the same bits. */
function compare(ours, python) {
  const lines = Math.max(ours.length, python.length);
  const pairs = Array.from({ length: lines }, (_, i) => [parsed(ours[i] ?? ''), parsed(python[i] ?? '')]);
  const apart = pairs.filter(([a, b]) => a.line !== b.line);
  if (apart.length === 0) return { result: 'equal', lines };
  const [a, b] = apart[0];
  const first = { first: b.name, ours: a.line, python: b.line };
  const distances = apart.map(distance);
  if (distances.includes(null)) return { result: 'different', lines, apart: apart.length, ...first };
  const most = Math.max(...distances);
  const result = most === 0 ? 'other bits' : `${most.toExponential(1)} apart`; // of numbers that are not printed
  return { result, lines, apart: apart.length, ...first };
}

// What a program prints less of on a device than on the CPU, where all of it costs minutes.
const smaller = { optimizers: 'defaults and all options', schedulers: 'of tensors' };

/** A program that made nothing on the device shows nothing of it. */
function onDevice(lines, file) {
  if (lines.at(-1) !== 'was on the device: true') throw new Error(`${file} made nothing on the device`);
  return lines.slice(0, -1);
}

async function both(name, python, signal) {
  const file = path.join(folder, name);
  try {
    // One after the other: some of the Python programs write the files that their twins read.
    const theirs = await run(python, ['-B', `${file}.py`], env, signal);
    // In this process's own child, which can be ended, and not in one of tsx's.
    const ours = await run(process.execPath, ['-r', 'tsx/cjs', `${file}.ts`], env, signal);
    const found = compare(onDevice(ours.lines, `${name}.ts`), onDevice(theirs.lines, `${name}.py`));
    return { ...found, seconds: [theirs.seconds, ours.seconds] };
  } catch (error) {
    return { error: error.message };
  }
}

/** The rows of programs, all or those that are chosen: the long ones last, where time may end. */
function rowsOf(chosen = []) {
  const files = fs.readdirSync(path.join(root, folder)).filter((file) => file.endsWith('.ts'));
  const long = ['schedulers', 'optimizers'];
  return files
    .map((file) => file.slice(0, -3))
    .filter((name) => !chosen.length || chosen.includes(name))
    .sort((a, b) => long.indexOf(a) - long.indexOf(b))
    .map((name) => ({ name, row: `program ${name}${smaller[name] ? `, ${smaller[name]}` : ''}` }));
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string' } },
    allowPositionals: true,
  });
  const [python, ...chosen] = positionals;
  const rows = rowsOf(chosen);
  const stop = new globalThis.AbortController();
  const timer = values.seconds && setTimeout(() => stop.abort(), Number(values.seconds) * 1000);
  const next = async () => {
    for (let one = rows.shift(); one && !stop.signal.aborted; one = rows.shift()) {
      const found = await both(one.name, python, stop.signal);
      if (!stop.signal.aborted) console.log(JSON.stringify({ row: one.row, ...found }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, os.availableParallelism()) }, next));
  clearTimeout(timer);
}

if (require.main === module) main();
module.exports = { rowsOf };
