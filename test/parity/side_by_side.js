'use strict';
// Programs that are to print the same lines.

const { spawn } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');

/** Runs a program: its lines, and how long it took. `signal`, of an AbortController, ends it. */
function run(command, args, env, signal) {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      // Threads that wait give way: beside other programs a spinning one slows all the rest down.
      env: { OMP_WAIT_POLICY: 'passive', ...process.env, ...env },
      stdio: ['ignore', 'pipe', 2],
      signal,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code !== 0) reject(new Error(`${args.at(-1)} ended with ${signal ?? code}`));
      else resolve({ lines: text.trimEnd().split(/\r?\n/), seconds: (Date.now() - started) / 1000 });
    });
  });
}

// The first lines that differ, with their numbers.
function differences(left, right, most = 10) {
  const found = [];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    if (found.length < most)
      found.push(`  line ${i + 1}\n    Python      ${left[i]}\n    TypeScript  ${right[i]}`);
    else return [...found, '  and more'];
  }
  return found;
}

module.exports = { differences, root, run };
