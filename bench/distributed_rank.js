'use strict';
// A rank for distributed.js; distributed_rank.py is its twin.

const { performance } = require('node:perf_hooks');
const torch = require('..');

const { distributed: dist, nn, optim } = torch;
const sizes = { '1 kB': 256, '1 MB': 262_144, '64 MB': 16_777_216 };

/** Microseconds of the clock, the median, and of the processor, the mean. */
async function timed(count, work) {
  // V8 compiles what runs often: a program that trains calls each of them many times.
  for (let i = 0; i < 5 * count; i++) await work();
  await dist.barrier();
  const times = [];
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) * 1000);
  }
  const { user, system } = process.cpuUsage(before);
  return [times.sort((a, b) => a - b)[count >> 1], (user + system) / count];
}

async function main() {
  await dist.initProcessGroup('gloo');
  const found = {};
  for (const [name, count] of Object.entries(sizes)) {
    const x = torch.ones([count]);
    const times = count > 1e6 ? 8 : 200;
    found[`allReduce ${name}, awaited`] = await timed(times, () => dist.allReduce(x));
    found[`allReduce ${name}, waited for`] = await timed(times, () => dist.allReduce(x).wait());
  }
  torch.manualSeed(0);
  const net = new nn.Sequential(new nn.Linear(256, 1024), new nn.ReLU(), new nn.Linear(1024, 256));
  const model = new nn.parallel.DistributedDataParallel(net);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const x = torch.randn([64, 256]);
  found['step of DDP, MLP of 525,000'] = await timed(50, () => {
    optimizer.zeroGrad();
    model(x).pow(2).mean().backward();
    optimizer.step();
  });
  if (dist.getRank() === 0) console.log(JSON.stringify(found));
  dist.destroyProcessGroup();
}

main();
