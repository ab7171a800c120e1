// `torch.capture(model, { freeze: true })`: programs for inference, near the function's own numbers.
import torch, { nn, type Tensor } from 'nodetorch';

const F = nn.functional;

class Attention extends nn.Module<[Tensor], Tensor> {
  norm = new nn.LayerNorm(16);
  qkv = new nn.Linear(16, 48);
  out = new nn.Linear(16, 16);
  override forward(x: Tensor): Tensor {
    const [batch, time] = x.shape;
    const [q, k, v] = this.qkv(this.norm(x))
      .chunk(3, 2)
      .map((part) => part.view([batch, time, 2, 8]).transpose(1, 2));
    const mixed = torch.scaledDotProductAttention(q, k, v);
    const y = x.add(this.out(mixed.transpose(1, 2).reshape([batch, time, 16])));
    return y.at(':', 0, '...').mul(torch.tensor([2, 0.5]).repeatInterleave(8));
  }
}

const models: Record<string, [make: () => nn.Module, shape: number[]]> = {
  mlp: [
    () => new nn.Sequential(new nn.Linear(12, 32), new nn.ReLU(), new nn.Dropout(), new nn.Linear(32, 5)),
    [8, 12],
  ],
  cnn: [
    () =>
      new nn.Sequential(
        new nn.Conv2d(3, 16, 3, { padding: 1 }),
        new nn.BatchNorm2d(16),
        new nn.ReLU(),
        new nn.Conv2d(16, 16, 3, { padding: 1, bias: false }),
        new nn.BatchNorm2d(16),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(16 * 64, 4),
      ),
    [2, 3, 16, 16],
  ],
  attention: [() => new Attention(), [3, 6, 16]],
  encoder: [
    () => new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 32, batchFirst: true, normFirst: true }),
    [2, 5, 16],
  ],
  lstm: [() => new nn.LSTM(6, 8, { batchFirst: true }), [2, 5, 6]],
};

const first = (result: unknown): Tensor =>
  Array.isArray(result) ? (result as Tensor[])[0] : (result as Tensor);

function made(name: string) {
  torch.manualSeed(1);
  const [make, shape] = models[name];
  const model = make().eval() as nn.Module<[Tensor], unknown>;
  for (const [key, buffer] of model.namedBuffers()) if (key.endsWith('running_var')) buffer.uniform_(0.5, 2);
  const plain = (x: Tensor) => torch.noGrad(() => first(model(x)));
  const draw = () => torch.randn(shape);
  return { model, plain, draw, frozen: torch.capture(model, { freeze: true }) };
}

const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().div(b.abs().max()).item();

describe.each(Object.keys(models))('%s', (name) => {
  test('replays are near the model, have no gradients, and follow weights that change', async () => {
    const { model, plain, draw, frozen } = made(name);
    for (let i = 0; i < 5; i++) {
      const x = draw();
      const y = first(frozen(x));
      expect([y.shape, y.requiresGrad]).toEqual([plain(x).shape, false]);
      expect(distance(y, plain(x))).toBeLessThan(1e-5);
    }
    expect(frozen.replays).toBe(3);
    const x = draw();
    const before = first(frozen(x));
    torch.noGrad(() => {
      for (const p of model.parameters()) p.mul_(1.5);
    });
    expect(distance(before, plain(x))).toBeGreaterThan(0.01);
    expect(distance(first(frozen(x)), plain(x))).toBeLessThan(1e-5);
    expect(distance(first(await frozen.async(x)), plain(x))).toBeLessThan(1e-5);
  });

  test('without freeze the bits are the same', () => {
    const { model, draw } = made(name);
    const captured = torch.capture(model);
    for (let i = 0; i < 4; i++) {
      const x = draw();
      expect(torch.equal(first(captured(x)), first(model(x)))).toBe(true);
    }
    expect(captured.replays).toBe(2);
  });
});

test('what is not for inference is refused', () => {
  const call = (fn: (x: Tensor) => unknown, x = torch.randn([4, 12])) => {
    const frozen = torch.capture(fn, { freeze: true });
    for (let i = 0; i < 3; i++) frozen(x);
  };
  const { model } = made('mlp');
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
  const forward = model as (x: Tensor) => Tensor;
  const steps = () => call((x) => (optimizer.zeroGrad(), forward(x)));
  for (const run of [steps, () => torch.noGrad(steps)]) {
    expect(run).toThrow(
      'torch.capture: freeze is for inference alone, and the function calls SGD.zeroGrad()',
    );
  }
  expect(() => call((x) => forward(x).sum().backward())).toThrow('does not require grad');
  const total = torch.zeros([4, 12]);
  expect(() => call((x) => total.add_(x))).toThrow('changes its state');
  expect(() => call((x) => F.dropout(x, { p: 0.5 }))).toThrow('training mode');
  expect(() => call((x) => torch.autocast('cpu', () => forward(x)))).toThrow('autocast, is no operator');
  expect(() => call(forward, torch.randn([4, 12], { requiresGrad: true }))).toThrow(
    'freeze: no gradients are computed',
  );
  expect(() => torch.capture(forward, { freeze: true, check: 1 })).toThrow('check');
});
