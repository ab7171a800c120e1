// Modules on a device: moved, lazy, in parallel on two.
import torch, { nn, type Tensor } from 'nodetorch';
import { DEVICE, expectSame, OTHER } from './support';

const F = nn.functional;

describe('a module', () => {
  test('moves in place, with its buffers and gradients', () => {
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
    const [weight] = [...model.parameters()];
    model(torch.ones([4, 3]))
      .sum()
      .backward();
    expect(model.to(DEVICE)).toBe(model);
    const all = [...model.parameters(), ...model.buffers(), [...model.parameters()][0].grad!];
    // As in Python: only tensors of devices that libtorch has itself take another's memory.
    expect([...model.parameters()][0].is(weight)).toBe(false);
    expect(all.map(({ device }) => String(device))).toEqual(all.map(() => DEVICE));
    expect([...model.to({ dtype: torch.float64 }).parameters()][0].dtype).toBe(torch.float64);
    expect(String([...model.cpu().parameters()][0].device)).toBe('cpu');
  });

  test('is made there', () => {
    const layer = new nn.Linear(3, 2, { device: DEVICE });
    expect(String(layer.weight.device)).toBe(DEVICE);
    expect(String(new nn.LSTM(2, 3, { device: OTHER }).weight_ih_l0.device)).toBe(OTHER);
    expect(String(layer.toEmpty({ device: OTHER }).weight.device)).toBe(OTHER);
  });

  test('that is lazy gets its parameters where its input is', () => {
    const lazy = new nn.LazyLinear(2, { device: DEVICE });
    expect(lazy(torch.ones([4, 3], { device: DEVICE })).shape).toEqual([4, 2]);
    expect(String(lazy.weight.device)).toBe(DEVICE);
    expect(lazy.weight.shape).toEqual([2, 3]);
  });

  test('that is lazy and moves before its first input has lost that it is lazy, as in Python', () => {
    const lazy = new nn.LazyLinear(2).to(DEVICE);
    expect(() => lazy(torch.ones([4, 3], { device: DEVICE }))).toThrow(
      'The in_features inferred from input: 3 is not equal to in_features from self.weight: 0',
    );
  });

  test('loads a state from another device, and stays where it is', () => {
    const [here, there] = [new nn.Linear(3, 2), new nn.Linear(3, 2, { device: DEVICE })];
    there.loadStateDict(here.stateDict());
    expect(String(there.weight.device)).toBe(DEVICE);
    expect(torch.equal(there.weight.cpu(), here.weight)).toBe(true);
    here.loadStateDict(there.stateDict(), { assign: true });
    expect(String(here.weight.device)).toBe(DEVICE);
  });

  test('and its input on different devices are an error that names both', () => {
    const layer = new nn.Linear(3, 2, { device: DEVICE });
    expect(() => layer(torch.ones([1, 3]))).toThrow(
      'Expected all tensors to be on the same device, but found at least two devices, pretend:0 and cpu!',
    );
    expect(() => layer(torch.ones([1, 3], { device: OTHER }))).toThrow('pretend:1');
  });

  test('prints where the parameters of a list are', () => {
    const list = new nn.ParameterList([torch.ones([2], { device: DEVICE })]);
    expect(String(list)).toContain('torch.float32 of size 2');
  });
});

describe('layers give what the CPU gives', () => {
  const gradients = (model: nn.Module): Tensor[] =>
    [...model.parameters()].map(({ grad }) => grad).filter((grad) => grad !== null);
  const run = (model: nn.Module<[Tensor], Tensor>, shape: number[]) => (device: string) => {
    const x = torch.randn(shape);
    torch.manualSeed(3);
    for (const one of model.parameters()) one.grad = null;
    const own = model.to(device);
    const y = own(x.to(device));
    y.square().sum().backward();
    return [y.detach(), ...gradients(own).map((one) => one.clone())];
  };
  test.each<[string, () => nn.Module<[Tensor], Tensor>, number[]]>([
    ['Linear', () => new nn.Linear(5, 3), [4, 5]],
    ['Conv2d', () => new nn.Conv2d(3, 4, 3, { padding: 1 }), [2, 3, 5, 5]],
    ['LayerNorm', () => new nn.LayerNorm(5), [4, 5]],
    ['GroupNorm', () => new nn.GroupNorm(2, 4), [2, 4, 3]],
    ['Dropout', () => new nn.Sequential(new nn.Linear(5, 5), new nn.Dropout(0.5)) as never, [4, 5]],
    ['pooling', () => new nn.Sequential(new nn.Conv1d(2, 2, 3), new nn.MaxPool1d(2)) as never, [2, 2, 9]],
    ['PReLU', () => new nn.PReLU(), [4, 5]],
  ])('%s', (_, make, shape) => expectSame(run(make(), shape))); // prettier-ignore

  test.each<[string, (device: string) => Tensor]>([
    ['crossEntropy', (d) => F.crossEntropy(torch.randn([4, 3]).to(d), torch.tensor([0n, 2n, 1n, 1n], { device: d }))],
    ['binaryCrossEntropyWithLogits', (d) => F.binaryCrossEntropyWithLogits(torch.randn([4]).to(d), torch.rand([4]).to(d))],
    ['ctcLoss', (d) => F.ctcLoss(torch.randn([9, 2, 4]).to(d).logSoftmax(2), torch.tensor([[1n, 2n], [3n, 1n]], { device: d }), [9, 8], [2, 1])],
    ['interpolate', (d) => F.interpolate(torch.randn([1, 2, 4, 4]).to(d), { scaleFactor: 2, mode: 'bilinear' })],
    ['gridSample', (d) => F.gridSample(torch.randn([1, 2, 4, 4]).to(d), torch.rand([1, 3, 3, 2]).to(d), { alignCorners: false })],
    ['oneHot', (d) => F.oneHot(torch.tensor([0n, 2n], { device: d }))],
    ['embeddingBag', (d) => F.embeddingBag(torch.tensor([[0n, 2n], [1n, 1n]], { device: d }), torch.randn([3, 4]).to(d))],
    ['pad', (d) => F.pad(torch.randn([2, 3]).to(d), [1, 1], { mode: 'constant', value: 2 })],
    ['normalize', (d) => F.normalize(torch.randn([2, 3]).to(d))],
  ])('%s', (_, body) => expectSame(body)); // prettier-ignore

  // The CPU has fused kernels for these.
  test.each<[string, () => unknown]>([
    ['LSTM', () => new nn.LSTM(4, 3, { numLayers: 2, bidirectional: true })],
    ['GRU', () => new nn.GRU(4, 3)],
    ['TransformerEncoderLayer', () => new nn.TransformerEncoderLayer(4, 2, { dropout: 0, batchFirst: true })],
  ])('%s, within rounding', (_, make) => {
    const [model, x] = [make() as nn.Module<[Tensor], unknown>, torch.randn([5, 2, 4])];
    const first = (y: unknown): Tensor => (Array.isArray(y) ? (y[0] as Tensor) : (y as Tensor));
    for (const training of [true, false]) {
      const cpu = first(model.cpu().train(training)(x));
      const own = first(model.to(DEVICE)(x.to(DEVICE)));
      expect(torch.allclose(own.cpu(), cpu, { atol: 1e-5 })).toBe(true);
    }
  });

  test('a packed sequence', () => {
    const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
    const x = torch.randn([3, 2, 4]);
    const packed = packPaddedSequence(x.to(DEVICE), [3, 2]);
    expect(String(packed.data.device)).toBe(DEVICE);
    const lstm = new nn.LSTM(4, 3);
    const [cpu] = lstm(packPaddedSequence(x, [3, 2])) as [nn.utils.rnn.PackedSequence, unknown];
    const [own] = lstm.to(DEVICE)(packed) as [nn.utils.rnn.PackedSequence, unknown];
    const [[a], [b]] = [padPackedSequence(cpu), padPackedSequence(own)];
    expect(torch.allclose(a, b.cpu(), { atol: 1e-5 })).toBe(true);
    expect(String(packed.to(OTHER).data.device)).toBe(OTHER);
  });
});

describe('nn.utils', () => {
  test('clip the gradients of two devices', () => {
    const clip = (devices: string[]): number[] => {
      const params = devices.map((device, i) => {
        const one = torch.full([2], 1, { device, requiresGrad: true });
        one.grad = torch.full([2], 3 * (i + 1), { device });
        return one;
      });
      const norm = nn.utils.clipGradNorm_(params, 1);
      return [norm.item() as number, ...params.flatMap(({ grad }) => grad!.tolist() as number[])];
    };
    expect(clip([DEVICE, OTHER])).toEqual(clip(['cpu', 'cpu']));
  });

  test('parametersToVector wants one device', () => {
    const [a, b] = [torch.ones([2], { device: DEVICE }), torch.ones([2], { device: OTHER })];
    expect(nn.utils.parametersToVector([a, a]).tolist()).toEqual([1, 1, 1, 1]);
    expect(() => nn.utils.parametersToVector([a, b])).toThrow('two devices');
  });
});

describe('DataParallel', () => {
  const Net = (): nn.Sequential => new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));

  test('splits the batch over both devices, and gathers results and gradients', () => {
    const model = Net().to(DEVICE);
    const alone = Net();
    alone.loadStateDict(model.stateDict());
    const parallel = new nn.DataParallel(model as nn.Module<[Tensor], Tensor>);
    expect([parallel.deviceIds, parallel.outputDevice]).toEqual([[0, 1], 0]);
    const x = torch.randn([5, 3]);
    const [y, z] = [parallel(x.to(DEVICE)), alone(x) as Tensor];
    expect([String(y.device), y.shape]).toEqual([DEVICE, [5, 2]]);
    expect(torch.allclose(y.cpu(), z)).toBe(true);
    y.sum().backward();
    z.sum().backward();
    [...model.parameters()].forEach(({ grad }, i) => {
      expect(String(grad!.device)).toBe(DEVICE);
      expect(torch.allclose(grad!.cpu(), [...alone.parameters()][i].grad!)).toBe(true);
    });
  });

  test('takes devices by number, name and object', () => {
    const model = Net().to(OTHER) as nn.Module<[Tensor], Tensor>;
    const parallel = new nn.DataParallel(model, { deviceIds: [OTHER], outputDevice: torch.device(OTHER) });
    expect([parallel.deviceIds, parallel.outputDevice]).toEqual([[1], 1]);
    expect(String(parallel(torch.ones([2, 3])).device)).toBe(OTHER);
  });

  test('wants the parameters on the first', () => {
    const parallel = new nn.DataParallel(Net().to(OTHER) as nn.Module<[Tensor], Tensor>, {
      deviceIds: [0, 1],
    });
    expect(() => parallel(torch.ones([2, 3], { device: DEVICE }))).toThrow(
      'module must have its parameters and buffers on device pretend:0 (device_ids[0]) but found one of them on device: pretend:1',
    );
  });
});
