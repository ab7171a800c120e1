// In the place of lib/inductor/child.ts, by `--require`: it answers as FAKE says, and no machine code is loaded.
const fs = require('node:fs');
const Module = require('node:module');

const MEMORY = 4;
const fake = process.env.FAKE;
Module.runMain = () => {};
const size = (part) => part.shape.reduce((all, one) => all * one, 1) * Number(process.env.ITEM ?? 4);
const read = (at, count) => {
  const bytes = Buffer.alloc(count);
  fs.readSync(MEMORY, bytes, 0, count, at);
  return bytes;
};
const send = (reply) => process.send(reply);
const part = (changes) => ({ dtype: 'float32', shape: [2], stride: [1], device: 'cpu', ...changes });

if (fake === 'ends') {
  process.stderr.write('last words');
  process.kill(process.pid, 'SIGKILL');
}

const waiting = new Map();
process.on('disconnect', () => fake !== 'disconnects' && process.exit());
if (fake === 'disconnects') setInterval(() => {}, 1000);
process.on('message', ({ id, block, inputs }) => {
  if (fake === 'pid') return send({ id, error: { message: String(process.pid), kind: 'RuntimeError' } });
  if (fake === 'silent') return undefined;
  if (fake === 'disconnects') return process.disconnect();
  if (fake === 'shortened') fs.ftruncateSync(MEMORY, 0);
  if (fake === 'shortened') return send({ id, outputs: inputs });
  if (fake === 'noise') {
    fs.writeSync(MEMORY, Buffer.alloc(64, 0xff), 0, 64, block.at);
    return send({ id, outputs: [part({ dtype: 'bool', shape: [64] })] });
  }
  if (fake?.startsWith('{') || fake?.startsWith('[')) {
    const reply = JSON.parse(fake);
    return send(Array.isArray(reply) ? reply : { id, ...reply });
  }
  // Doubles the first dimension, so that it asks for room at times.
  if (inputs) {
    const bytes = read(block.at, size(inputs[0]));
    const [rows, ...rest] = inputs[0].shape;
    waiting.set(id, [Buffer.concat([bytes, bytes]), { ...inputs[0], shape: [2 * rows, ...rest] }]);
  }
  const [bytes, output] = waiting.get(id);
  if (bytes.length > block.size) return send({ id, outputs: [output], waits: true });
  fs.writeSync(MEMORY, bytes, 0, bytes.length, block.at);
  return send({ id, outputs: [output] });
});
