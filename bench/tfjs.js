'use strict';
// The same tfjs program on the torch backend and on tfjs's own: the columns of the group tfjs.

const rows = [
  'add of 1 element',
  'matmul 512',
  'conv2d',
  'MLP training step',
  'CNN training step',
  'CNN predict',
];
// What each backend needs; the last is the one that is being replaced.
const backends = {
  torch: [],
  cpu: ['@tensorflow/tfjs-backend-cpu'],
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  tensorflow: ['@tensorflow/tfjs-node'],
};

function isInstalled(name) {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Measures and prints the rows that were asked for; a row is `{ group, name, ours, cpu, wasm?, tensorflow? }`. */
async function measureTfjs(wanted, { rounds, seconds, threads }, { start, median, shown }) {
  const chosen = rows.filter(
    (row) => wanted.length === 0 || wanted.some((part) => `tfjs/${row}`.includes(part)),
  );
  if (chosen.length === 0) return [];
  const needed = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'].filter((name) => !isInstalled(name));
  if (needed.length > 0) {
    console.log(`\ntfjs is not measured: ${needed.join(' and ')} missing.`);
    return [];
  }
  const [present, missing] = [true, false].map((is) =>
    Object.keys(backends).filter((name) => backends[name].every(isInstalled) === is),
  );
  const without =
    missing.length > 0 ? `; not installed: ${missing.flatMap((name) => backends[name]).join(', ')}` : '';
  console.log(`\nOne tfjs program, by backend; tensorflow is tfjs-node${without}.\n`);
  console.log(''.padEnd(48), ...present.map((name) => name.padStart(12)));
  const sides = [];
  for (const name of present) sides.push(await start(process.execPath, ['tfjs_side.js', name]));
  const measured = [];
  for (const name of chosen) {
    const found = sides.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, side] of sides.entries()) found[i].push((await side.ask({ name, seconds, threads })).us);
    }
    // wasm has no kernels for some gradients.
    const times = found.map((list) => (list.every(Number.isFinite) ? median(list) : null));
    const cells = times.map((us) => (us === null ? '-' : shown(us)).padStart(12));
    console.log(`tfjs: ${name}`.padEnd(48), ...cells);
    const [ours, ...others] = times;
    const rest = Object.fromEntries(others.map((us, i) => [present[i + 1], us]));
    measured.push({ group: 'tfjs', name, ours, ...rest });
  }
  for (const side of sides) side.end();
  return measured;
}

module.exports = { measureTfjs };
