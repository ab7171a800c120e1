// Autocast and GradScaler on the CPU, against fixtures/amp.json.
import * as torch from 'nodetorch';
import { nn, optim, type Tensor, TorchError } from 'nodetorch';
import fixture from '../fixtures/amp.json';

const F = nn.functional;
// As amp.py: gradients of LayerNorm are summed for each thread, and another test file may have set their number.
torch.setNumThreads(1);

const calls: Record<string, (x: Tensor) => Tensor> = {
  mm: (x) => x.mm(x),
  linear: (x) => F.linear(x, x),
  conv2d: (x) => F.conv2d(x.reshape([1, 1, 4, 4]), x.at(':2', ':2').reshape([1, 1, 2, 2])),
  baddbmm: (x) => torch.baddbmm(x.at(null), x.at(null), x.at(null)),
  attention: (x) => torch.scaledDotProductAttention(x.at(null), x.at(null), x.at(null)),
  add: (x) => x.add(x),
  exp: (x) => x.bfloat16().exp(),
  softmax: (x) => x.mm(x).softmax(1),
  mse: (x) => F.mseLoss(x.mm(x), x),
  sum: (x) => x.mm(x).sum(),
  cat: (x) => torch.cat([x.mm(x), x]),
  stack: (x) => torch.stack([x.mm(x), x]),
  double: (x) => x.double().mm(x.double()),
  layerNorm: (x) => F.layerNorm(x.mm(x), [4]),
  matmulVector: (x) => x.matmul(x.at(0)),
  interpolate: (x) => F.avgPool2d(x.mm(x).at(null, null), 2),
};

const digest = (tensor: Tensor): number[] =>
  Array.from(tensor.detach().double().flatten().tolist() as number[]);

describe.each(['bfloat16', 'float16'] as const)('autocast to %s', (dtype) => {
  test.each(Object.entries(fixture[dtype]))('%s', (name, expected) => {
    torch.manualSeed(1);
    const x = torch.randn([4, 4]);
    const result = torch.autocast('cpu', { dtype }, () => calls[name](x));
    expect([result.dtype.name, digest(result)]).toEqual([expected.dtype, expected.data]);
  });
});

test('every call has its twin', () => {
  expect(Object.keys(calls)).toEqual(Object.keys(fixture.bfloat16));
});

test('training under autocast is bit-equal', () => {
  torch.manualSeed(2);
  const model = new nn.Sequential(
    new nn.Linear(6, 8),
    new nn.LayerNorm(8),
    new nn.GELU(),
    new nn.Linear(8, 3),
  );
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const losses = Array.from({ length: 20 }, () => {
    const x = torch.randn([5, 6]);
    const y = torch.randint(0, 3, [5]);
    const loss = torch.autocast('cpu', { dtype: torch.bfloat16 }, () => F.crossEntropy(model(x), y));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item();
  });
  expect(losses).toEqual(fixture.training.losses);
  expect([...model.parameters()].map(digest)).toEqual(fixture.training.parameters);
});

test('nests, and ends with the call', () => {
  const x = torch.ones([2, 2]);
  const product = () => x.mm(x).dtype.name;
  const seen = torch.autocast('cpu', { dtype: 'bfloat16' }, () => [
    torch.isAutocastEnabled('cpu'),
    product(),
    torch.autocast('cpu', { enabled: false }, product),
    torch.autocast('cpu', { dtype: 'float16' }, product),
    product(),
  ]);
  expect(seen).toEqual([true, 'bfloat16', 'float32', 'float16', 'bfloat16']);
  expect(() =>
    torch.autocast('cpu', () => {
      throw new Error('mine');
    }),
  ).toThrow('mine');
  expect([torch.isAutocastEnabled('cpu'), product()]).toEqual([false, 'float32']);
  expect(torch.getAutocastDtype('cpu')).toBe(torch.bfloat16);
});

test('a weight is cast once, unless the cache is off', () => {
  const products = (cacheEnabled: boolean) => {
    const weight = new nn.Parameter(torch.ones([2, 2]));
    return torch.autocast('cpu', { cacheEnabled }, () => {
      const product = () => torch.ones([2, 2]).mm(weight).sum().item();
      const before = product();
      torch.noGrad(() => weight.add_(1)); // the cast one does not see it
      const after = product();
      torch.clearAutocastCache();
      return [before, after, product()];
    });
  };
  expect([products(true), products(false)]).toEqual([
    [8, 8, 16],
    [8, 16, 16],
  ]);
});

// Modules whose weights are first used without gradients, in the region that then trains them.
const firstUsed: Record<string, () => nn.Module> = {
  Linear: () => new nn.Linear(4, 3),
  Conv2d: () => new nn.Sequential(new nn.Unflatten(1, [1, 2, 2]), new nn.Conv2d(1, 3, 2)),
  ConvTranspose1d: () => new nn.Sequential(new nn.Unflatten(1, [2, 2]), new nn.ConvTranspose1d(2, 3, 2)),
  GRU: () => new nn.GRU(4, 3),
  TransformerEncoderLayer: () => new nn.TransformerEncoderLayer(4, 2, 8, { dropout: 0 }),
  MLP: () => new nn.Sequential(new nn.Linear(4, 5), new nn.Tanh(), new nn.LayerNorm(5), new nn.Linear(5, 2)),
};
const firstUse: Record<string, (module: nn.Module, x: Tensor) => void> = {
  noGrad: (module, x) => void torch.noGrad(() => module(x)),
  setGradEnabled: (module, x) => {
    torch.setGradEnabled(false);
    module(x);
    torch.setGradEnabled(true);
  },
  ops: (module) =>
    torch.noGrad(() => {
      for (const param of module.parameters())
        if (param.dim() === 2) torch.ops.aten.mm(torch.ones([2, param.shape[1]]), param.t());
    }),
};

describe.each(Object.entries(firstUse))('weights first used without gradients, by %s', (how, use) => {
  test.each(Object.entries(firstUsed))('%s has its gradients', (name, make) => {
    torch.manualSeed(4);
    const module = make();
    const x = torch.randn([3, 4]);
    torch.autocast('cpu', { dtype: 'bfloat16' }, () => {
      use(module, x);
      const y = [module(x) as Tensor | Tensor[]].flat()[0];
      y.float().square().sum().backward();
    });
    const grads = [...module.parameters()].map((param) => param.grad && digest(param.grad));
    expect(grads).toEqual(fixture.firstUsed[how as 'ops'][name as 'MLP']);
  });
});

test('what is refused', () => {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expect(torch.autocast('cpu', { dtype: 'float64' }, () => torch.isAutocastEnabled('cpu'))).toBe(false);
  expect(emit.mock.calls[0][0]).toBe(
    'In CPU autocast, but the target dtype is not supported. Disabling autocast.\n' +
      'CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.',
  );
  emit.mockRestore();
  expect(() => torch.autocast('vulkan', () => 1)).toThrow(
    new TorchError("User specified an unsupported autocast device_type 'vulkan'"),
  );
  expect(() => torch.autocast('cpu', {}, 5 as never)).toThrow(TypeError);
  expect(() => torch.autocast('cpu', async () => 1)).toThrow(/returned a promise/);
});

test('custom functions run in the state that their forward had', () => {
  const seen: unknown[] = [];
  class Product extends torch.autograd.Function {
    static override forward = torch.amp.customFwd(
      (ctx: torch.autograd.FunctionContext, x: Tensor) => {
        seen.push(x.dtype.name, torch.isAutocastEnabled('cpu'));
        ctx.saveForBackward(x);
        return x.mm(x);
      },
      { deviceType: 'cpu', castInputs: torch.float32 },
    );
    static override backward = torch.amp.customBwd(
      (ctx: torch.autograd.FunctionContext, grad: Tensor) => {
        seen.push(torch.isAutocastEnabled('cpu'));
        return grad.mm(ctx.savedTensors[0].t());
      },
      { deviceType: 'cpu' },
    );
  }
  const x = torch.ones([2, 2], { dtype: torch.bfloat16 }).requiresGrad_();
  torch
    .autocast('cpu', () => Product.apply(x))
    .sum()
    .backward();
  expect(seen).toEqual(['float32', false, false]);
});

describe('GradScaler', () => {
  test.each([
    ['after the step', fixture.scaling, {}],
    ['inside a fused step', fixture.scalingFused, { fused: true }],
  ] as const)('checks %s', (_, expected, options) => {
    torch.manualSeed(3);
    const model = new nn.Linear(3, 2);
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.1, ...options });
    const scaler = new torch.amp.GradScaler('cpu', { initScale: 8, growthInterval: 2 });
    expected.forEach(([state, weight], step) => {
      const x = torch.randn([4, 3]);
      const loss = model(x)
        .square()
        .sum()
        .mul(step === 2 || step === 5 ? Infinity : 1);
      optimizer.zeroGrad();
      scaler.scale(loss).backward();
      if (step % 3 === 1) scaler.unscale_(optimizer);
      scaler.step(optimizer);
      scaler.update();
      expect(scaler.stateDict()).toEqual(state);
      expect(digest(model.weight)).toEqual(weight);
    });
    const other = new torch.amp.GradScaler('cpu');
    other.loadStateDict(scaler.stateDict());
    expect(other.stateDict()).toEqual(scaler.stateDict());
  });

  test('scales nested lists, and says what was forgotten', () => {
    const scaler = new torch.amp.GradScaler('cpu', { initScale: 4 });
    const optimizer = new optim.SGD([new nn.Parameter(torch.ones([1]))], { lr: 1 });
    expect(() => scaler.step(optimizer)).toThrow(/Attempted step but _scale is None/);
    const [a, [b]] = scaler.scale([torch.ones([1]), [torch.ones([2])]]) as [Tensor, [Tensor]];
    expect([a.tolist(), b.tolist()]).toEqual([[4], [4, 4]]);
    expect(() => scaler.update()).toThrow('No inf checks were recorded prior to update.');
    scaler.unscale_(optimizer);
    expect(() => scaler.unscale_(optimizer)).toThrow('unscale_() has already been called');
    expect(() => new torch.amp.GradScaler('cpu', { growthFactor: 1 })).toThrow(
      'The growth factor must be > 1.0.',
    );
  });

  test('disabled, it lets everything through', () => {
    const scaler = new torch.amp.GradScaler('cpu', { enabled: false });
    const loss = torch.ones([]);
    expect([scaler.scale(loss) === loss, scaler.getScale(), scaler.stateDict()]).toEqual([true, 1, {}]);
  });
});
