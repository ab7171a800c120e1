'use strict';
// One side of the benchmark: reads rows to time from stdin, a line each, and answers with JSON.
// side.py is the other. { name, seconds, threads } -> { us, peak } or { error }.

const fs = require('node:fs');
const readline = require('node:readline');
const { rows, setThreads } = require('./program_rows');

const linux = process.platform === 'linux';

let current = { name: '', run: null };

/** The most memory that the process had resident, in bytes, since `forgetPeak()`. */
function peak() {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)[1]);
}

const forgetPeak = () => fs.writeFileSync('/proc/self/clear_refs', '5');

/** Microseconds for a call, over about that many seconds. */
function time(run, seconds) {
  let count = 1;
  for (;;) {
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i++) run();
    const took = Number(process.hrtime.bigint() - started) / 1e9;
    if (took >= seconds || count >= 1e8) return (took / count) * 1e6;
    count = Math.ceil(count * Math.min(10, Math.max(1.5, (1.2 * seconds) / Math.max(took, 1e-6))));
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { name, seconds, threads } = JSON.parse(line);
  try {
    setThreads(threads);
    if (current.name !== name) current = { name, run: rows[name]() };
    if (linux) forgetPeak();
    const us = time(current.run, seconds);
    console.log(JSON.stringify({ us, peak: linux ? peak() : null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
});
console.log(JSON.stringify(Object.keys(rows)));
