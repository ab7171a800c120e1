'use strict';
// The parity programs, Python's and ours, on the device that NODETORCH_CHECK_DEVICE names: part of `npm run gpu:check`.
// `node programs.js PYTHON [name ...]`: a line of JSON for each, as it comes.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, run } = require('../parity/side_by_side');

const folder = path.join('test', 'parity', 'programs');
const parity = path.join(root, 'test', 'parity');
// cuBLAS gives the same bits each time only with this: the programs ask for deterministic kernels.
const env = { CUBLAS_WORKSPACE_CONFIG: ':4096:8', PYTHONPATH: parity };

/** The name of a line, the number where it has one, and all of its text. */
function parsed(line) {
  const [, name, number] = /^(\S+): [0-9a-f]{16} (\S+)$/.exec(line) ?? [];
  return { line, name: name ?? line.split(':', 1)[0], number: name === undefined ? null : Number(number) };
}

/** How far lines are from Python's: equal ones have the same bits. */
function compare(ours, python) {
  const lines = Math.max(ours.length, python.length);
  const pairs = Array.from({ length: lines }, (_, i) => [parsed(ours[i] ?? ''), parsed(python[i] ?? '')]);
  const apart = pairs.filter(([a, b]) => a.line !== b.line);
  if (apart.length === 0) return { result: 'equal', lines };
  const [a, b] = apart[0];
  const first = { first: b.name, ours: a.line, python: b.line };
  if (pairs.some(([a, b]) => a.name !== b.name)) return { result: 'different', lines, ...first };
  const numbers = apart.filter(([a]) => a.number !== null);
  const distance = ([{ number: x }, { number: y }]) =>
    Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y), 1e-6);
  const most = Math.max(0, ...numbers.map(distance));
  return { result: `${most.toExponential(1)} apart`, lines, apart: apart.length, ...first };
}

async function both(name, python) {
  const file = path.join(folder, name);
  try {
    // One after the other: some of the Python programs write the files that their twins read.
    const theirs = await run(python, ['-B', `${file}.py`], env);
    const ours = await run(process.execPath, [require.resolve('tsx/cli'), `${file}.ts`], env);
    return { ...compare(ours.lines, theirs.lines), seconds: [theirs.seconds, ours.seconds] };
  } catch (error) {
    return { error: error.message };
  }
}

async function main([python, ...chosen]) {
  const files = fs.readdirSync(path.join(root, folder)).filter((file) => file.endsWith('.ts'));
  const names = files
    .map((file) => file.slice(0, -3))
    .filter((name) => !chosen.length || chosen.includes(name));
  const next = async () => {
    for (let name = names.shift(); name; name = names.shift()) {
      console.log(JSON.stringify({ row: `program ${name}`, ...(await both(name, python)) }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, os.availableParallelism()) }, next));
}

main(process.argv.slice(2));
