'use strict';
// One side of the benchmark: reads rows to time from stdin, a line each, and answers with JSON.
// side.py is the other. { name, seconds, threads } -> { us, cpu, peak } or { error }. On a device (see
// ../test/gpu/device.js) tensors of rows are there, and the clock waits for it.

const fs = require('node:fs');
const readline = require('node:readline');
const torch = require('..');
const { device, prepare } = require('../test/gpu/device');

prepare(torch);
const there = (make) => (device === null ? make() : torch.withDefaultDevice(device, make));
const wait = () => device !== null && torch.accelerator.synchronize();
const { rows, setThreads } = there(() => require('./image_rows'));

const linux = process.platform === 'linux';

let current = { name: '', run: null };

/** The most memory that the process had resident, in bytes, since `forgetPeak()`. */
function peak() {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)[1]);
}

const forgetPeak = () => fs.writeFileSync('/proc/self/clear_refs', '5');

const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return user + system; // of all threads
};
const AsyncFunction = (async () => {}).constructor;

/** Microseconds for a call, over about that many seconds, and of the processor's time. */
async function time(run, seconds) {
  const isAsync = run instanceof AsyncFunction;
  let count = 1;
  for (;;) {
    wait();
    const cpu = cpuTime();
    const started = process.hrtime.bigint();
    if (isAsync) for (let i = 0; i < count; i++) await run();
    else for (let i = 0; i < count; i++) run();
    wait();
    const took = Number(process.hrtime.bigint() - started) / 1e9;
    if (took >= seconds || count >= 1e8) {
      return { us: (took / count) * 1e6, cpu: (cpuTime() - cpu) / count };
    }
    count = Math.ceil(count * Math.min(10, Math.max(1.5, (1.2 * seconds) / Math.max(took, 1e-6))));
  }
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { name, seconds, threads } = JSON.parse(line);
  try {
    setThreads(threads);
    if (current.name !== name) current = { name, run: there(rows[name]) };
    if (linux) forgetPeak();
    const times = await time(current.run, seconds);
    console.log(JSON.stringify({ ...times, peak: linux ? peak() : null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
});
console.log(JSON.stringify(Object.keys(rows)));
