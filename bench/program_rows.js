'use strict';
// Exported programs, besides what rows.js has; program_rows.py has the same names in Python, and writes the programs.
// `programs/NAME, program` is a program of torch.export beside TorchScript, `programs/NAME, modules` our modules
// beside Python's.

const path = require('node:path');
const torch = require('..');
const { models, rows, setThreads } = require('./rows');

const { nn } = torch;
const F = nn.functional;

class Layer extends nn.Module {
  norm1 = new nn.LayerNorm(64);
  attention = new nn.MultiheadAttention(64, 4, { batchFirst: true });
  norm2 = new nn.LayerNorm(64);
  up = new nn.Linear(64, 256);
  down = new nn.Linear(256, 64);
  forward(x) {
    const y = this.norm1(x);
    const z = x.add(this.attention(y, y, y, { needWeights: false })[0]);
    return z.add(this.down(F.gelu(this.up(this.norm2(z)))));
  }
}

class ViT extends nn.Module {
  patches = new nn.Conv2d(3, 64, 4, { stride: 4 });
  places = new nn.Parameter(torch.randn([1, 64, 64]));
  layers = new nn.Sequential(new Layer(), new Layer());
  norm = new nn.LayerNorm(64);
  head = new nn.Linear(64, 10);
  forward(x) {
    const tokens = this.patches(x).flatten(2).transpose(1, 2).add(this.places);
    return this.head(this.norm(this.layers(tokens)).mean(1));
  }
}

const folder = process.env.NODETORCH_BENCH_PROGRAMS ?? '.';
const all = { ...models, ViT: [() => new ViT(), (size) => [torch.randn([size, 3, 32, 32])], [2]] };

for (const [name, [make, data, [size]]] of Object.entries(all)) {
  const timed = (model) => {
    const [x] = data(size);
    return () => torch.inferenceMode(() => void model(x));
  };
  rows[`programs/${name} ${size}, program`] = () =>
    timed(torch.export.load(path.join(folder, `${name}.pt2`)).module());
  rows[`programs/${name} ${size}, modules`] = () => timed(make().eval());
}

module.exports = { rows, setThreads };
