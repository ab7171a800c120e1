'use strict';
// The device of programs that `npm run gpu:check` and `npm run bench -- --device` start: NODETORCH_CHECK_DEVICE, which is
// `cuda` or `pretend`, the library of test/accelerator. device.py is the same in Python.

/** Null: the CPU, and nothing of this. */
const device = process.env.NODETORCH_CHECK_DEVICE || null;

/** Makes the device known to this copy of nodetorch: before its first backward pass. */
function prepare(torch) {
  if (device === 'pretend') torch.ops.loadLibrary(process.env.NODETORCH_PRETEND);
}

/** What a program needs in its environment. */
async function environment(name) {
  const pretend = name === 'pretend' && (await require('../accelerator/build').build());
  return { NODETORCH_CHECK_DEVICE: name, ...(pretend ? { NODETORCH_PRETEND: pretend } : {}) };
}

module.exports = { device, environment, prepare };
