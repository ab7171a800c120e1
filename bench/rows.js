'use strict';
// What is measured here; rows.py has the same names in Python. A row makes its inputs and returns the
// function to time. Names: group/name.

const torch = require('..');

const { nn, optim } = torch;
const F = nn.functional;
const rows = {};

function group(name, made) {
  for (const [row, make] of Object.entries(made)) rows[`${name}/${row}`] = make;
}

// ---- operators on tiny tensors ----

const a = torch.ones([2, 3]);
const b = torch.ones([2, 3]);
const square = torch.ones([3, 3]);
const weight = torch.ones([4, 3]);
const bias = torch.ones([4]);
const image = torch.ones([1, 3, 8, 8]);
const kernel = torch.ones([4, 3, 3, 3]);
const mask = a.gt(0);
const index = torch.tensor([0n, 1n]);
const list = [a, b, a];
const leaf = torch.ones([2, 3]).requiresGrad_();

const operators = {
  neg: () => () => a.neg(),
  exp: () => () => a.exp(),
  relu: () => () => a.relu(),
  sigmoid: () => () => a.sigmoid(),
  add: () => () => a.add(b),
  mul: () => () => a.mul(b),
  div: () => () => a.div(b),
  gt: () => () => a.gt(b),
  where: () => () => torch.where(mask, a, b),
  mm: () => () => a.mm(square),
  matmul: () => () => a.matmul(square),
  linear: () => () => F.linear(a, weight, bias),
  conv2d: () => () => F.conv2d(image, kernel),
  layerNorm: () => () => F.layerNorm(a, [3]),
  'add scalar': () => () => a.add(1),
  'mul scalar': () => () => a.mul(2.5),
  'pow scalar': () => () => a.pow(2),
  'add with keyword': () => () => a.add(b, { alpha: 2 }),
  'add in place': () => () => a.add_(0),
  'mul in place': () => () => a.mul_(1),
  sum: () => () => a.sum(),
  mean: () => () => a.mean(),
  'sum of a dimension': () => () => a.sum(1),
  'sum with keywords': () => () => a.sum({ dim: 1, keepdim: true }),
  'max of a dimension': () => () => a.max(1),
  argmax: () => () => a.argmax(),
  softmax: () => () => F.softmax(a, { dim: 1 }),
  view: () => () => a.view(3, 2),
  reshape: () => () => a.reshape([6]),
  t: () => () => a.t(),
  permute: () => () => a.permute([1, 0]),
  unsqueeze: () => () => a.unsqueeze(0),
  select: () => () => a.select(0, 1),
  'index a row': () => () => a.at(1),
  'index a range': () => () => a.at(null, '1:'),
  indexSelect: () => () => a.indexSelect(0, index),
  'cat of a list': () => () => torch.cat(list),
  stack: () => () => torch.stack(list),
  clone: () => () => a.clone(),
  to: () => () => a.to(torch.float64),
  zeros: () => () => torch.zeros([2, 3]),
  'add with grad': () => () => leaf.add(b),
  'linear with grad': () => () => F.linear(leaf, weight, bias),
  'mul, sum, backward': () => () => leaf.mul(b).sum().backward(),
  shape: () => () => a.shape,
  item: () => {
    const one = torch.ones([]);
    return () => one.item();
  },
};
group('operators', operators);
const hundred = (f) => () => {
  for (let i = 0; i < 100; i++) f();
};
for (const name of ['neg', 'add', 'mul scalar', 'mm', 'linear', 'sum', 'view', 'cat of a list', 'conv2d']) {
  rows[`operators, 100 in a tidy/${name}`] = () => {
    const body = hundred(operators[name]());
    return () => torch.tidy(body);
  };
}

// ---- modules, data ----

group('modules', {
  Linear: () => {
    const layer = new nn.Linear(3, 4);
    return () => layer(a);
  },
  'Linear with a hook': () => {
    const layer = new nn.Linear(3, 4);
    layer.registerForwardHook(() => undefined);
    return () => layer(a);
  },
  'Sequential of 4': () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 3), new nn.Tanh());
    return () => net(a);
  },
});

group('data', {
  'tensor of 100 numbers': () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 0.5);
    return () => torch.tensor(values);
  },
  'tensor of a typed array of 10,000': () => {
    const values = new Float32Array(10_000);
    return () => torch.tensor(values);
  },
  'list of 100 numbers': () => {
    const x = torch.ones([100]);
    return () => x.tolist();
  },
  'typed array of 10,000': () => {
    const x = torch.ones([10_000]);
    return () => x.toTypedArray();
  },
});

// ---- models ----

class Tagger extends nn.Module {
  embed = new nn.Embedding(100, 32);
  lstm = new nn.LSTM(32, 64, { batchFirst: true });
  head = new nn.Linear(64, 10);
  forward(x) {
    return this.head(this.lstm(this.embed(x))[0]);
  }
}

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(64);
  qkv = new nn.Linear(64, 192);
  out = new nn.Linear(64, 64);
  norm2 = new nn.LayerNorm(64);
  up = new nn.Linear(64, 256);
  down = new nn.Linear(256, 64);
  forward(x) {
    const [batch, time] = x.shape;
    const split = (part) => part.view(batch, time, 4, 16).transpose(1, 2);
    const [q, k, v] = this.qkv(this.norm1(x)).chunk(3, 2).map(split);
    const mixed = torch.scaledDotProductAttention(q, k, v, null, 0, true);
    const y = x.add(this.out(mixed.transpose(1, 2).reshape([batch, time, 64])));
    return y.add(this.down(F.gelu(this.up(this.norm2(y)))));
  }
}

class Transformer extends nn.Module {
  embed = new nn.Embedding(100, 64);
  blocks = new nn.Sequential(new Block(), new Block());
  head = new nn.Linear(64, 100);
  forward(x) {
    return this.head(this.blocks(this.embed(x)));
  }
}

const models = {
  MLP: [
    () =>
      new nn.Sequential(
        new nn.Linear(64, 128),
        new nn.ReLU(),
        new nn.Linear(128, 128),
        new nn.ReLU(),
        new nn.Linear(128, 10),
      ),
    (size) => [torch.randn([size, 64]), torch.randint(0, 10, [size])],
    [8, 512],
  ],
  CNN: [
    () =>
      new nn.Sequential(
        new nn.Conv2d(3, 16, 3, { padding: 1 }),
        new nn.BatchNorm2d(16),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(16, 32, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(512, 10),
      ),
    (size) => [torch.randn([size, 3, 16, 16]), torch.randint(0, 10, [size])],
    [4, 128],
  ],
  LSTM: [
    () => new Tagger(),
    (size) => [torch.randint(0, 100, [size, 16]), torch.randint(0, 10, [size * 16])],
    [4, 64],
  ],
  transformer: [
    () => new Transformer(),
    (size) => [torch.randint(0, 100, [size, 32]), torch.randint(0, 100, [size * 32])],
    [2, 32],
  ],
};

for (const [name, [make, data, sizes]] of Object.entries(models)) {
  for (const size of sizes) {
    // `around`: what is made of the function of a step.
    const training = (around) => () => {
      const model = make();
      const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
      const [x, y] = data(size);
      const step = around((x, y) => {
        const out = model(x);
        const loss = F.crossEntropy(out.reshape([-1, out.shape.at(-1)]), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      });
      return () => step(x, y);
    };
    const inference = (around) => () => {
      const model = make().eval();
      const [x] = data(size);
      const run = around((x) => torch.inferenceMode(() => model(x)));
      return () => void run(x);
    };
    rows[`training step/${name}, batch ${size}`] = training((fn) => fn);
    rows[`training step, captured/${name}, batch ${size}`] = training(torch.capture);
    rows[`inference/${name}, batch ${size}`] = inference((fn) => fn);
    rows[`inference, captured/${name}, batch ${size}`] = inference(torch.capture);
  }
}

// ---- results made in a loop ----

for (const [name, bytes] of [
  ['4 kB', 4e3],
  ['40 kB', 4e4],
  ['400 kB', 4e5],
  ['4 MB', 4e6],
  ['40 MB', 4e7],
  ['400 MB', 4e8],
]) {
  rows[`results/${name}`] = () => {
    const x = torch.ones([bytes / 4]);
    return () => x.add(1);
  };
  rows[`results in a tidy/${name}`] = () => {
    const x = torch.ones([bytes / 4]);
    return () => torch.tidy(() => void x.add(1));
  };
}

// ---- an epoch of a loader ----

for (const size of [1, 64, 1024]) {
  rows[`epoch of a TensorDataset/10,000 rows of 32, batch ${size}`] = () => {
    const { DataLoader, TensorDataset } = torch.utils.data;
    const dataset = new TensorDataset(torch.ones([1e4, 32]), torch.ones([1e4]));
    const loader = new DataLoader(dataset, { batchSize: size, shuffle: true });
    return () => {
      for (const batch of loader) void batch;
    };
  };
}

// ---- weights in int8, beside the same layer in floats ----

const layers = {
  'Linear of 2,048': [() => new nn.Linear(2048, 2048), (size) => torch.randn([size, 2048])],
  'LSTM of 512, 16 steps': [() => new nn.LSTM(512, 512), (size) => torch.randn([16, size, 512])],
};
for (const [name, [make, data]] of Object.entries(layers)) {
  for (const size of [1, 32]) {
    const timed = (model) => {
      const x = data(size);
      return () => torch.inferenceMode(() => torch.tidy(() => void model(x)));
    };
    const model = () => new nn.Sequential(make()).eval();
    rows[`int8/${name}, batch ${size}, float32`] = () => timed(model());
    rows[`int8/${name}, batch ${size}, int8`] = () => timed(torch.ao.quantization.quantizeDynamic(model()));
    if (!name.startsWith('Linear')) continue;
    const { Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig, quantize_ } = torch.ao.quantization;
    const configs = {
      'rows in int8': () => new Int8DynamicActivationInt8WeightConfig(),
      'weight alone': () => new Int8WeightOnlyConfig(),
      'weight alone, bfloat16': () => new Int8WeightOnlyConfig({ activationDtype: torch.bfloat16 }),
    };
    for (const [kind, config] of Object.entries(configs)) {
      rows[`int8/${name}, batch ${size}, ${kind}`] = () => {
        const quantized = model();
        quantize_(quantized, config());
        return timed(quantized);
      };
    }
  }
}

module.exports = { models, rows, setThreads: (count) => torch.setNumThreads(count) };
