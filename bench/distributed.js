'use strict';
// `node bench/distributed.js [rounds]`: two ranks of Node and two of Python, in turns: collectives by their size, and a step
// of training under DistributedDataParallel. Rank 0's medians, and the median over the rounds of the ratio; then the same of
// the processor's time, which other programs of the machine change less.

const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { findPython } = require('../test/parity/python');

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Microseconds, of the clock and of the processor, by the names of the rows, as rank 0 has them. */
async function round(command) {
  const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort()) };
  const ranks = [0, 1].map((rank) => {
    const env = { ...process.env, OMP_NUM_THREADS: '1', ...place, RANK: String(rank) };
    const child = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (more) => (out += more));
    return new Promise((resolve, reject) =>
      child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`rank ${rank}: ${code}`)))),
    );
  });
  const [first] = await Promise.all(ranks);
  return JSON.parse(first);
}

async function main(rounds) {
  const ours = [process.execPath, path.join(__dirname, 'distributed_rank.js')];
  const python = [findPython(), path.join(__dirname, 'distributed_rank.py')];
  const found = [];
  for (let i = 0; i < rounds; i++) found.push([await round(ours), await round(python)]);
  for (const name of Object.keys(found[0][0])) {
    const columns = [0, 1].map((kind) => {
      const [mine, its] = [0, 1].map((side) => median(found.map((both) => both[side][name][kind])));
      const ratio = median(found.map((both) => both[0][name][kind] / both[1][name][kind]));
      return `${mine.toFixed(0).padStart(8)} us  Python ${its.toFixed(0).padStart(8)} us  ${ratio.toFixed(2)}`;
    });
    console.log(`${name.padEnd(28)} ${columns[0]}   processor ${columns[1]}`);
  }
}

main(Number(process.argv[2] ?? 5));
