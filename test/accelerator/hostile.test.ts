// What a program may get wrong with a device where it is easily told something wrong, or nothing at all.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { accelerator, amp, nn, optim, safetensors, type Tensor, utils } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE, OTHER, pretend } from './support';

const ones = (device = DEVICE, count = 2) => torch.ones([count], { device });

describe('a file that is good is not called damaged', () => {
  const file = torch.save([ones(), ones(OTHER)]);

  test('where mapLocation throws', () => {
    const mine = new RangeError('mine');
    const mapLocation = () => {
      throw mine;
    };
    expect(() => torch.load(file, { mapLocation })).toThrow(mine);
  });
  test.each<[string, unknown]>([
    ['a promise', async (storage: Tensor) => Promise.resolve(storage)],
    ['a name', () => 'cpu'],
    ['another size', () => torch.ones([3])],
    ['a storage that was made smaller', (storage: Tensor) => (storage.resize_([0]), storage)],
  ])('where mapLocation gives %s', (_, mapLocation) => {
    expect(classAndMessage(() => torch.load(file, { mapLocation: mapLocation as never }))).toBe(
      'TypeError: torch.load(): mapLocation must return a contiguous tensor of 8 bytes, or null',
    );
  });
  test('where there is too little memory', () => {
    accelerator.emptyCache();
    pretend.set_total_memory(1);
    const large = torch.save(torch.ones([1 << 20]));
    const error = classAndMessage(() => torch.load(large, { mapLocation: DEVICE }));
    pretend.set_total_memory(1 << 30);
    expect(error).toMatch(/^OutOfMemoryError: pretend device out of memory/);
  });
});

describe('with a default device', () => {
  beforeEach(() => torch.setDefaultDevice(OTHER));
  afterEach(() => torch.setDefaultDevice('cpu'));

  test('files of safetensors are read on the CPU, and to a device', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-'));
    const file = path.join(folder, 'model.safetensors');
    safetensors.saveFile({ x: torch.arange(6).reshape([2, 3]), none: torch.ones([0, 2]) }, file);
    for (const backend of ['mmap', 'pread'] as const) {
      for (const device of ['cpu', DEVICE]) {
        const read = safetensors.loadFile(file, { backend, device });
        expect([...read.values()].map((one) => String(one.device))).toEqual([device, device]);
        expect(read.get('x')!.tolist()).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
      }
    }
    const bytes = safetensors.load(fs.readFileSync(file));
    expect([String(bytes.get('x')!.device), bytes.get('x')!.sum().item()]).toEqual(['cpu', 15]);
    fs.rmSync(folder, { recursive: true });
  });
  test('files of torch.save go back to where they were', () => {
    const read = torch.load<Tensor[]>(torch.save([torch.ones([2]), ones('cpu'), ones(DEVICE)]));
    expect(read.map((one) => String(one.device))).toEqual([OTHER, 'cpu', DEVICE]);
  });
});

test.each([[false], [true]])('a DataLoader gives rows of a device, shuffled: %p', (shuffle) => {
  const dataset = new utils.data.TensorDataset(torch.arange(6, { device: OTHER }));
  const batches = [...new utils.data.DataLoader(dataset, { batchSize: 4, shuffle })].map(([rows]) => rows);
  expect(batches.map((rows) => [String(rows.device), rows.shape])).toEqual([
    [OTHER, [4]],
    [OTHER, [2]],
  ]);
  expect(torch.cat(batches).sort().values.tolist()).toEqual([0, 1, 2, 3, 4, 5]);
});

describe('GradScaler', () => {
  test.each<[string, object, string]>([
    ['a name is missing', { scale: 2 }, "KeyError: 'growth_factor'"],
    [
      'a text',
      { scale: 'a', growth_factor: 2, backoff_factor: 0.5, growth_interval: 1, _growth_tracker: 0 },
      "TypeError: GradScaler.loadStateDict(): argument 'stateDict.scale' must be a number",
    ],
  ])('refuses a state where %s, and keeps its own', (_, state, message) => {
    const scaler = new amp.GradScaler({ device: 'pretend', initScale: 4 });
    expect(classAndMessage(() => scaler.loadStateDict(state as never))).toContain(message);
    expect([scaler.getScale(), scaler.scale(ones()).tolist()]).toEqual([4, [4, 4]]);
  });
  test('goes on from its state in a file', () => {
    const scaler = new amp.GradScaler({ device: 'pretend', initScale: 4 });
    scaler.scale(ones());
    const next = new amp.GradScaler({ device: 'pretend' });
    next.loadStateDict(torch.load(torch.save(scaler.stateDict())));
    expect(next.scale(ones(OTHER)).tolist()).toEqual([4, 4]);
  });
  test('says what was done out of order', () => {
    const x = torch.ones([2], { device: DEVICE, requiresGrad: true });
    const [scaler, optimizer] = [new amp.GradScaler({ device: 'pretend' }), new optim.SGD([x])];
    expect(classAndMessage(() => scaler.update())).toContain('Attempted update but _scale is None.');
    scaler.scale(x.sum());
    expect(classAndMessage(() => scaler.step(optimizer))).toContain('No inf checks were recorded');
    scaler.scale(x.sum()).backward();
    expect(classAndMessage(() => scaler.unscale_(optimizer))).toContain('unscale_() has already been called');
  });
});

describe('DataParallel', () => {
  class Gives extends nn.Module<[Tensor], unknown> {
    constructor(readonly body: (x: Tensor) => unknown) {
      super();
    }
    override forward(x: Tensor): unknown {
      return this.body(x);
    }
  }
  const run = (body: (x: Tensor) => unknown, options = {}) =>
    new nn.DataParallel(new Gives(body), options)(ones(DEVICE, 4));

  test.each<[string, (x: Tensor) => unknown, string]>([
    [
      'promises',
      (x) => Promise.resolve(x),
      'TypeError: DataParallel: the results of all GPUs must be tensors',
    ],
    [
      'numbers',
      (x) => ({ x, n: 3 }),
      'TypeError: DataParallel: the results of all GPUs must be tensors, not 3',
    ],
    [
      'other structures',
      (x) => (String(x.device) === OTHER ? [x] : [x, x]),
      'ValueError: DataParallel: the results of all GPUs must have the same structure',
    ],
  ])('refuses to gather %s', (_, body, message) => {
    expect(classAndMessage(() => run(body))).toContain(message);
  });
  test('gathers on any device of the accelerator, and on the CPU by its number', () => {
    for (const [outputDevice, device] of [
      [1, OTHER],
      [OTHER, OTHER],
      [-1, 'cpu'],
    ] as const) {
      // prettier-ignore
      const found = run((x) => ({ x, none: null }), { outputDevice }) as { x: Tensor; none: null };
      expect([String(found.x.device), found.x.tolist(), found.none]).toEqual([device, [1, 1, 1, 1], null]);
    }
    expect(classAndMessage(() => run((x) => x, { outputDevice: 'cpu' }))).toBe(
      'ValueError: Expected a pretend device, but got: cpu',
    );
  });
});

describe('generators', () => {
  test('of a device that is not there are refused', () => {
    expect(classAndMessage(() => new torch.Generator('pretend:2'))).toBe(
      'RuntimeError: invalid device ordinal 2',
    );
  });
  test('are cloned where they are', () => {
    const one = new torch.Generator(OTHER).manualSeed(5);
    torch.rand([3], { device: OTHER, generator: one });
    const two = one.cloneState();
    const drawn = [one, two].map((generator) => torch.rand([3], { device: OTHER, generator }).tolist());
    expect([String(two.device), drawn[0]]).toEqual([OTHER, drawn[1]]);
  });
  test.each<[string, () => unknown]>([
    ['of the CPU', () => torch.rand([1], { device: DEVICE, generator: new torch.Generator() })],
    ['of the CPU, in place', () => ones().normal_(0, 1, { generator: new torch.Generator() })],
    ['of the device, for the CPU', () => torch.rand([1], { generator: new torch.Generator(DEVICE) })],
    ['of the device, for a sampler', () => [...new utils.data.RandomSampler([1, 2], { generator: new torch.Generator(DEVICE) })]],
  ])('%s are refused', (_, draw) => {
    expect(classAndMessage(draw)).toMatch(
      /^RuntimeError: Expected a '(pretend|cpu)' device type for generator but found '(cpu|pretend)'/,
    );
  }); // prettier-ignore
});

test('memory that a copy still reads or writes is not given away', () => {
  const [x, y] = [torch.ones([4096]).pinMemory(), torch.zeros([4096]).pinMemory()];
  const there = ones(DEVICE, 4096).mul(5);
  pretend.hold(0);
  const moved = x.to(DEVICE, { nonBlocking: true });
  y.copy_(there, true);
  for (const one of [x, y, there]) one.dispose();
  const next = torch.zeros([4096]).pinMemory();
  pretend.release();
  accelerator.synchronize();
  expect([next.sum().item(), moved.sum().item()]).toEqual([0, 4096]);
});

test('a stream says whether a graph records it', () => {
  const stream = accelerator.currentStream();
  expect(stream.isCapturing()).toBe(false);
  new accelerator.Graph().use(() => expect(accelerator.currentStream().isCapturing()).toBe(true));
  expect([stream.isCapturing(), new torch.Stream('cpu').isCapturing()]).toEqual([false, false]);
});
