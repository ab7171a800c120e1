'use strict';
// The rows of `npm run gpu:check` in TypeScript's half: a line of JSON for each. program.py is the other half.
const { performance } = require('node:perf_hooks');
const torch = require('../..');
const { device, prepare } = require('./device');

const { nn, optim } = torch;
const F = nn.functional;
const isCuda = device === 'cuda';
prepare(torch);

const print = (row, what) => console.log(JSON.stringify({ row, ...what }));
function run(row, body) {
  try {
    print(row, { values: body() });
  } catch (error) {
    print(row, { error: `${error.kind ?? error.name}: ${error.message}` });
  }
}
const flat = (x) => Array.from(x.detach().double().cpu().flatten().tolist());
const wait = () => torch.accelerator.synchronize();

// Weights and data are drawn on the CPU, where both halves draw the same bits.
function network(kind) {
  torch.manualSeed(7);
  return kind === 'mlp'
    ? new nn.Sequential(new nn.Linear(64, 128), new nn.ReLU(), new nn.Linear(128, 10))
    : new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1 }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(8 * 8 * 8, 10),
      );
}
function data(kind) {
  torch.manualSeed(8);
  const x = kind === 'mlp' ? torch.randn([32, 64]) : torch.randn([32, 3, 16, 16]);
  return [x.to(device), torch.randint(0, 10, [32]).to(device)];
}
function train(
  kind,
  { amp = null, makeOptimizer = (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9 }) } = {},
) {
  const model = network(kind).to(device);
  const [x, y] = data(kind);
  const optimizer = makeOptimizer([...model.parameters()]);
  const scaler = new torch.amp.GradScaler({ device, enabled: amp === torch.float16, initScale: 1024 });
  const losses = [];
  for (let step = 0; step < 10; step++) {
    optimizer.zeroGrad();
    const forward = () => F.crossEntropy(model(x), y);
    const loss = amp ? torch.autocast(device, { dtype: amp }, forward) : forward();
    scaler.scale(loss).backward();
    scaler.step(optimizer);
    scaler.update();
    losses.push(loss.float().item());
  }
  return losses;
}

run('device', () => [torch.accelerator.deviceCount(), torch.accelerator.currentDeviceIndex()]);
if (isCuda) {
  run('properties', () => {
    const [major, minor] = torch.cuda.getDeviceCapability();
    const { totalMemory, multiProcessorCount } = torch.cuda.getDeviceProperties();
    return [major, minor, totalMemory, multiProcessorCount, Number(torch.cuda.isBf16Supported())];
  });
  run('memory names', () => [[...torch.cuda.memoryStats().keys()].join(' ')]);
}
run('random', () => {
  torch.manualSeed(3);
  return flat(torch.cat([torch.rand([8], { device }), torch.randn([8], { device })]));
});
run('matmul', () => {
  torch.manualSeed(4);
  const [a, b] = [torch.randn([64, 64]), torch.randn([64, 64])];
  return flat(a.to(device).matmul(b.to(device)).sum(0));
});
run('mlp', () => train('mlp'));
run('cnn', () => train('cnn'));
run('mlp, AdamW', () => train('mlp', { makeOptimizer: (p) => new optim.AdamW(p) }));
run('mlp, fused AdamW', () => train('mlp', { makeOptimizer: (p) => new optim.AdamW(p, { fused: true }) }));
run('mlp, bfloat16', () => train('mlp', { amp: torch.bfloat16 }));
run('mlp, float16 with a scaler', () => train('mlp', { amp: torch.float16 }));
run('cnn, bfloat16', () => train('cnn', { amp: torch.bfloat16 }));
run('graph', () => {
  const model = network('mlp').to(device).eval();
  const [x] = data('mlp');
  return torch.noGrad(() => {
    const side = new torch.Stream({ device });
    side.use(() => model(x));
    side.synchronize();
    const graph = new torch.accelerator.Graph();
    const y = side.use(() => graph.use(() => model(x)));
    x.mul_(2);
    graph.replay();
    wait();
    return flat(y.sum(0));
  });
});
run('streams', () => {
  const host = torch.ones([1 << 20]).pinMemory();
  const [stream, event] = [new torch.Stream({ device }), new torch.Event({ device })];
  const x = stream.use(() => {
    const moved = host.to(device, { nonBlocking: true }).mul(2);
    event.record();
    return moved;
  });
  event.synchronize();
  return [x.sum().item()];
});
run('hooks', () => {
  const x = torch.ones([4], { device, requiresGrad: true });
  x.registerHook((grad) => grad.mul(10));
  x.mul(3).sum().backward();
  return flat(x.grad);
});
run('out of memory', () => {
  try {
    torch.empty([2 ** 46], { device, dtype: torch.uint8 });
  } catch (error) {
    return [error.kind, flat(torch.ones([2], { device }))].flat();
  }
  return [];
});

// Milliseconds, medians of several rounds. Each does enough work to be timed from outside.
function time(row, count, body) {
  try {
    for (let i = 0; i < 3; i++) body();
    wait();
    const rounds = Array.from({ length: 5 }, () => {
      const start = performance.now();
      for (let i = 0; i < count; i++) body();
      wait();
      return (performance.now() - start) / count;
    });
    print(row, { ms: rounds.sort((a, b) => a - b)[2] });
  } catch (error) {
    print(row, { error: error.message });
  }
}
const few = isCuda ? 200 : 5;
const small = torch.ones([1], { device });
time('add, 1 element', few * 5, () => small.add(1));
const large = torch.ones([1 << 22], { device });
time('add, 4M elements', few, () => large.add(1));
const square = torch.ones(isCuda ? [2048, 2048] : [128, 128], { device });
time('matmul, large', few, () => square.matmul(square));
for (const kind of ['mlp', 'cnn']) {
  const model = network(kind).to(device);
  const [x, y] = data(kind);
  const optimizer = new optim.AdamW([...model.parameters()], { fused: true });
  time(`${kind}, a step`, few, () => {
    optimizer.zeroGrad();
    F.crossEntropy(model(x), y).backward();
    optimizer.step();
  });
}
