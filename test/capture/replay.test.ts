// A captured function does what the function does, to the last bit.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { type Program, bitsOf, traceOf } from './support';

const F = nn.functional;

const mlp = () =>
  new nn.Sequential(new nn.Linear(6, 8), new nn.ReLU(), new nn.Dropout(0.3), new nn.Linear(8, 3));
const stateOf = (model: nn.Module) => () => [
  ...[...model.parameters()].flatMap((p) => [p, p.grad]),
  ...model.buffers(),
];

function training(
  model: nn.Module,
  optimizer: optim.Optimizer,
  shape: number[] = [4, 6],
  after: (loss: Tensor) => void = (loss) => {
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  },
): Program {
  return {
    step: (x: Tensor, y: Tensor) => {
      const loss = F.crossEntropy(model(x) as Tensor, y);
      after(loss);
      return loss;
    },
    args: () => [torch.randn(shape), torch.randint(3, [shape[0]])],
    state: stateOf(model),
  };
}

const programs: Record<string, () => Program> = {
  'operators alone': () => ({
    step: (x: Tensor, y: Tensor) => [x.matmul(y).relu().sum(1), x.add(y.t(), { alpha: 2 }).softmax(-1)],
    args: () => [torch.randn([3, 4]), torch.randn([4, 3])],
    state: () => [],
  }),
  'random draws': () => ({
    step: (x: Tensor) => [F.dropout(x, 0.5, true), torch.randn([2]).add(x.sum()), x.bernoulli()],
    args: () => [torch.rand([5])],
    state: () => [],
  }),
  'lists, views and in-place changes': () => {
    const seen = torch.zeros([4]);
    return {
      step: (x: Tensor) => {
        const [a, b] = x.chunk(2, 1);
        seen.add_(1).mul_(a.sum());
        return [
          torch.cat([b, a], 1),
          x.at(0).narrow(0, 1, 2).mul(2),
          torch.stack([a, b]).max(0)[1],
          seen.view([2, 2]),
        ];
      },
      args: () => [torch.randn([2, 4])],
      state: () => [seen],
    };
  },
  'tensors of JavaScript data': () => ({
    step: (x: Tensor) => {
      const w = torch.tensor([1, 2, 3]);
      w.mul_(2);
      x.setAt([0], 5);
      return [x.mul(w), w];
    },
    args: () => [torch.randn([2, 3])],
    state: () => [],
  }),
  'modes inside': () => {
    const p = torch.randn([3], { requiresGrad: true });
    return {
      step: (x: Tensor) => {
        const a = torch.noGrad(() => p.mul(x));
        const b = p.mul(x);
        const c = torch.inferenceMode(() => x.add(1));
        const d = torch.autocast('cpu', { dtype: torch.bfloat16 }, () => x.outer(p).matmul(x.outer(p)));
        return [a, b, c.clone(), d];
      },
      args: () => [torch.randn([3])],
      state: () => [p.grad],
    };
  },
  'Adam with a schedule inside': () => {
    const model = mlp();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
    const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.9);
    return training(model, optimizer, [4, 6], (loss) => {
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      scheduler.step();
    });
  },
  'SGD with momentum and clipping': () => {
    const model = mlp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    return training(model, optimizer, [4, 6], (loss) => {
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 0.5);
      optimizer.step();
    });
  },
  'gradients that accumulate': () => {
    const model = mlp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    return training(model, optimizer, [4, 6], (loss) => {
      loss.backward();
      optimizer.step();
    });
  },
  'batch norm': () => {
    const model = new nn.Sequential(
      new nn.Conv2d(2, 3, 3),
      new nn.BatchNorm2d(3),
      new nn.Flatten(),
      new nn.Linear(12, 3),
    );
    return training(model, new optim.AdamW(model.parameters()), [4, 2, 4, 4]);
  },
  GradScaler: () => {
    const model = mlp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const scaler = new torch.GradScaler({ device: 'cpu', initScale: 2, growthInterval: 2 });
    return training(model, optimizer, [4, 6], (loss) => {
      optimizer.zeroGrad();
      scaler.scale(loss).backward();
      scaler.step(optimizer);
      scaler.update();
    });
  },
  'autograd.grad': () => {
    const p = torch.randn([3], { requiresGrad: true });
    return {
      step: (x: Tensor) => {
        const [g] = torch.autograd.grad(p.mul(x).pow(3).sum(), p, { createGraph: true });
        g.pow(2).sum().backward();
        return [g];
      },
      args: () => [torch.randn([3])],
      state: () => [p.grad],
    };
  },
  'gradients of each sample': () => {
    const model = mlp();
    const optimizer = new optim.Adam(model.parameters());
    const params = Object.fromEntries(model.namedParameters());
    const lossOf = (given: Record<string, Tensor>, x: Tensor, y: Tensor) =>
      F.crossEntropy(torch.func.functionalCall(model, given, [x.unsqueeze(0)]) as Tensor, y.unsqueeze(0));
    type Each = (given: Record<string, Tensor>, x: Tensor, y: Tensor) => [Record<string, Tensor>, Tensor];
    const each = torch.func.vmap(torch.func.gradAndValue(lossOf), {
      inDims: [null, 0, 0],
      randomness: 'different',
    }) as unknown as Each;
    return {
      step: (x: Tensor, y: Tensor) => {
        const detached = Object.entries(params).map(([name, param]) => [name, param.detach()]);
        const [grads, losses] = each(Object.fromEntries(detached) as Record<string, Tensor>, x, y);
        for (const [name, param] of Object.entries(params)) param.grad = grads[name].mean(0);
        optimizer.step();
        return [losses, ...Object.values(grads)];
      },
      args: () => [torch.randn([4, 6]), torch.randint(3, [4])],
      state: stateOf(model),
    };
  },
  'nested transforms, in inference mode too': () => ({
    step: (x: Tensor) => {
      const cube = (y: Tensor) => y.mul(y).mul(y).sum();
      const second = torch.func.grad((y: Tensor) => torch.func.grad(cube)(y).sum());
      return [
        torch.func.vmap(second)(x) as Tensor,
        torch.inferenceMode(() => torch.func.grad(cube)(x).mul(1)).clone(),
      ];
    },
    args: () => [torch.randn([2, 3])],
    state: () => [],
  }),
  LSTM: () => {
    const model = new nn.LSTM(3, 4, { batchFirst: true });
    return {
      step: (x: Tensor) => {
        const [y] = model(x);
        y.sum().backward();
        return y;
      },
      args: () => [torch.randn([2, 5, 3])],
      state: stateOf(model),
    };
  },
};

test.each(Object.keys(programs))('%s', (name) => {
  const plain = traceOf(programs[name], 8, false);
  const captured = traceOf(programs[name], 8, true);
  expect(captured.lines).toEqual(plain.lines);
  expect(captured.replays).toBeGreaterThanOrEqual(5);
});

test('a learning rate set between steps is seen', () => {
  const trace = (captured: boolean) => {
    torch.manualSeed(0);
    const model = mlp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const { step, args } = training(model, optimizer);
    const run = captured
      ? torch.capture(step as (...args: unknown[]) => unknown)
      : (step as (...args: unknown[]) => unknown);
    return Array.from({ length: 6 }, (_, i) => {
      optimizer.paramGroups[0].lr = 0.1 / (i + 1);
      run(...args(i));
      return [...model.parameters()].map(bitsOf);
    });
  };
  expect(trace(true)).toEqual(trace(false));
});

class ModuleWithExtra extends nn.Module {
  scale?: number = 2;
  shift?: number;
  layers = new nn.Sequential(new nn.Identity(), new nn.Dropout(0));
  override forward(x: Tensor): Tensor {
    return (this.layers(x) as Tensor).mul(this.scale ?? 1).add(this.shift ?? 0);
  }
}

test('shapes, dtypes, modes and training flags have recordings of their own', () => {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(0.5));
  const run = torch.capture((x: Tensor) => model(x) as Tensor, { maxRecordings: 4 });
  const twice = (x: Tensor) => [run(x), run(x), run(x)];
  const x = torch.ones([1, 2]);
  twice(x);
  expect([run.recordings, run.replays]).toEqual([1, 1]);
  twice(torch.ones([2, 2]));
  expect(run.recordings).toBe(2);
  torch.noGrad(() => expect(twice(x)[2].requiresGrad).toBe(false));
  expect(run.recordings).toBe(3);
  model.eval();
  const [first, , third] = twice(x);
  expect(bitsOf(third)).toBe(bitsOf(first));
  expect(run.recordings).toBe(4);
  expect(() => run(torch.ones([3, 2]))).toThrow('torch.capture: 4 recordings are there');
  model.train();
  run(x);
  expect(run.recordings).toBe(4);
  run.reset();
  expect(run.recordings).toBe(0);
});

test('a parameter that is replaced, and a hook that is added, are noticed', () => {
  const model = new nn.Linear(2, 2);
  const run = torch.capture((x: Tensor) => model(x) as Tensor);
  const x = torch.ones([1, 2]);
  for (let i = 0; i < 3; i++) run(x);
  (model as { weight: nn.Parameter }).weight = new nn.Parameter(torch.zeros([2, 2]));
  expect(bitsOf(run(x))).toBe(bitsOf(model(x)));
  for (let i = 0; i < 3; i++) run(x);
  model.registerForwardHook((_m, _a, out) => (out as Tensor).mul(2));
  expect(bitsOf(run(x))).toBe(bitsOf(model(x)));
});

test.each<[what: string, change: (model: ModuleWithExtra) => unknown]>([
  ['set', (model) => (model.scale = 3)],
  ['added', (model) => (model.shift = 1)],
  ['removed', (model) => delete model.scale],
  ['removed and added once more', (model) => (delete model.scale, (model.scale = 4))],
  ['set in a child of a list', (model) => Object.assign(model.layers.at(1), { p: 1 })],
  ['a child that is added to a list', (model) => model.layers.append(new nn.ReLU())],
])('a field of a module that is %s', (_, change) => {
  const model = new ModuleWithExtra();
  const run = torch.capture((x: Tensor) => model(x));
  const x = torch.tensor([[1, -2]]);
  for (let i = 0; i < 4; i++) run(x);
  change(model);
  expect(bitsOf(run(x))).toBe(bitsOf(model(x)));
});

test('a complex number is one value with another of its parts', () => {
  const step = torch.capture((x: Tensor, factor: torch.Complex) => x.mul(factor));
  for (let i = 0; i < 5; i++) {
    const result = step(torch.ones([1]).mul(i), new torch.Complex(1, 2));
    expect(result.tolist()).toEqual([new torch.Complex(i, 2 * i)]);
  }
  step(torch.ones([1]), new torch.Complex(1, -2));
  expect([step.recordings, step.replays]).toEqual([2, 3]);
});

test('an argument that the function knows from elsewhere, too', () => {
  const known = torch.ones([2]);
  const run = torch.capture((x: Tensor) => x.add(known));
  for (let i = 0; i < 3; i++) expect(run(known).tolist()).toEqual([2, 2]);
  for (let i = 1; i < 5; i++) expect(run(torch.full([2], 5 * i)).tolist()).toEqual([5 * i + 1, 5 * i + 1]);
});

test('what is returned as it was given, is', () => {
  const known = torch.ones([2]);
  const run = torch.capture((x: Tensor) => ({ x, known, sum: [x.add(1)], text: 'text' }));
  for (let i = 0; i < 4; i++) {
    const x = torch.ones([2]);
    const result = run(x);
    expect(result.x).toBe(x);
    expect(result.known).toBe(known);
    expect(result.text).toBe('text');
  }
  expect(run.replays).toBe(2);
});
