'use strict';
// Beside a program and its packages: `node main.js BACKEND [OUTPUT...]` writes what the program gives on it, as lists of numbers by name.
const tf = require('@tensorflow/tfjs-node');
const { writeFileSync } = require('node:fs');
const { run } = require('./program');

const [backend, ...names] = process.argv.slice(2);
if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm');
(async () => {
  const outputs = await run(tf, backend, names);
  if (tf.getBackend() !== backend) throw new Error(`ran on ${tf.getBackend()}`);
  writeFileSync(`${backend}.json`, JSON.stringify(Array.isArray(outputs) ? { outputs } : outputs));
})();
