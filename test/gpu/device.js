'use strict';
// The device of programs that `npm run gpu:check` and `npm run bench -- --device` start: NODETORCH_CHECK_DEVICE, which is
// `cuda` or `pretend`, the library of test/accelerator. device.py is the same in Python.

/** Null: the CPU, and nothing of this. */
const device = process.env.NODETORCH_CHECK_DEVICE || null;

/** Makes the device known to this copy of nodetorch: before its first backward pass. */
function prepare(torch) {
  if (device === 'pretend') torch.ops.loadLibrary(process.env.NODETORCH_PRETEND);
}

let hasBegun = false;

/** For programs of test/parity: what they make is there, where they do not say where; at the end a line says whether it was. */
function begin(torch) {
  if (device === null || hasBegun) return;
  hasBegun = true;
  prepare(torch);
  torch.useDeterministicAlgorithms(true, { warnOnly: true });
  torch.setDefaultDevice(device);
  process.once('exit', () => {
    const made = torch.accelerator.memoryStats().get('allocation.all.allocated') ?? 0;
    console.log(`was on the device: ${made > 0}`);
  });
}

/** What a program needs in its environment. */
async function environment(name) {
  const pretend = name === 'pretend' && (await require('../accelerator/build').build());
  return { NODETORCH_CHECK_DEVICE: name, ...(pretend ? { NODETORCH_PRETEND: pretend } : {}) };
}

module.exports = { begin, device, environment, prepare };
