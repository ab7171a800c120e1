// torch.accelerator on two devices: which is meant, streams, events, memory, graphs, generators.
import torch, { accelerator } from 'nodetorch';
import { classAndMessage } from '../errors';
import { live } from '../fixtures/live';
import { DEVICE, OTHER, pretend } from './support';

const zeros = (n: number, device = DEVICE) => torch.zeros([n], { device });
afterEach(() => {
  pretend.release();
  accelerator.setDeviceIndex(0);
});

describe('devices', () => {
  test('are counted, named and selected', () => {
    expect([accelerator.isAvailable(), accelerator.deviceCount()]).toEqual([true, 2]);
    expect(accelerator.currentAccelerator()).toBe(torch.device('pretend'));
    expect(accelerator.currentAccelerator(true)).toBe(torch.device('pretend'));
    expect(accelerator.currentDeviceIndex()).toBe(0);
    accelerator.setDeviceIndex(OTHER);
    expect([accelerator.currentDeviceIndex(), String(torch.ones([1], { device: 'pretend' }).device)]).toEqual(
      [1, OTHER],
    );
    accelerator.setDeviceIndex(-1);
    expect(accelerator.currentDeviceIndex()).toBe(1);
    expect(accelerator.getDeviceCapability().supportedDtypes.has(torch.bfloat16)).toBe(true);
  });

  test('change for a function, also where it throws', () => {
    expect(accelerator.deviceIndex(1, () => String(zeros(1, 'pretend').device))).toBe(OTHER);
    expect(accelerator.deviceIndex(null, () => accelerator.currentDeviceIndex())).toBe(0);
    expect(() => accelerator.deviceIndex(1, () => { throw new Error('mine'); })).toThrow('mine'); // prettier-ignore
    expect(accelerator.currentDeviceIndex()).toBe(0);
    expect(() => accelerator.deviceIndex(1, async () => Promise.resolve())).toThrow(TypeError);
  });

  test.each<[string, () => unknown, string]>([
    ['another type', () => accelerator.synchronize('cuda:0'), "ValueError: cuda doesn't match the current accelerator pretend."],
    ['no number', () => accelerator.setDeviceIndex('pretend'), 'ValueError: Expected a torch.device with a specified index or an integer, but got:pretend'],
    ['nothing', () => accelerator.setDeviceIndex(null), 'ValueError: Expected a torch.device with a specified index or an integer, but got:None'],
    ['a number that no device has', () => accelerator.memoryAllocated(5), 'RuntimeError: invalid device ordinal 5'],
    ['half a number', () => accelerator.synchronize(0.5), "TypeError: synchronize(): argument 'device' must be a device or its number, not number"],
  ])('%s is none', (_, call, message) => expect(classAndMessage(call)).toContain(message)); // prettier-ignore

  test('names other than the accelerator own are told by torch.cuda', () => {
    expect([torch.cuda.isAvailable(), torch.cuda.deviceCount()]).toEqual([false, 0]);
    expect(() => zeros(1, 'cuda')).toThrow('CUDA is not available');
  });
});

describe('streams', () => {
  test('are the default one at first, and change with a function', () => {
    const before = accelerator.currentStream();
    expect([before.streamId, String(before.device)]).toEqual([0, DEVICE]);
    const stream = new torch.Stream(DEVICE);
    expect(stream.use(() => accelerator.currentStream().equals(stream))).toBe(true);
    expect(accelerator.currentStream().equals(before)).toBe(true);
    const other = new torch.Stream({ device: OTHER });
    accelerator.setStream(other);
    expect([accelerator.currentDeviceIndex(), accelerator.currentStream().equals(other)]).toEqual([1, true]);
    accelerator.setStream(new torch.Stream({ streamId: 0, deviceIndex: 1, deviceType: other.deviceType }));
  });

  test('do work in their order, while this thread goes on', () => {
    const [host, x] = [torch.ones([4]).pinMemory(), zeros(4)];
    const stream = accelerator.currentStream();
    pretend.hold(0);
    x.copy_(host, true);
    expect(stream.query()).toBe(false);
    host.fill_(2); // too early, and seen
    pretend.release();
    stream.synchronize();
    expect([stream.query(), x.tolist()]).toEqual([true, [2, 2, 2, 2]]);
  });

  test('wait for what is not page-locked', () => {
    const [host, x] = [torch.ones([4]), zeros(4)];
    x.copy_(host, true);
    host.fill_(2);
    expect(x.tolist()).toEqual([1, 1, 1, 1]);
  });

  test('wait for events of others', () => {
    const [x, host] = [zeros(2), torch.ones([2]).pinMemory()];
    const [first, second] = [new torch.Stream(DEVICE), new torch.Stream(DEVICE)];
    const event = new torch.Event(DEVICE);
    first.use(() => {
      pretend.hold(0);
      x.copy_(host, true);
      event.record();
    });
    second.waitEvent(event);
    expect([event.query(), second.query()]).toEqual([false, false]);
    pretend.release();
    second.synchronize();
    expect([event.query(), x.tolist()]).toEqual([true, [1, 1]]);
  });

  test('measure time between events', () => {
    const [start, end] = [0, 1].map(() => new torch.Event(DEVICE, { enableTiming: true }));
    start.record();
    zeros(4).add(1);
    end.record();
    end.synchronize();
    expect(start.elapsedTime(end)).toBeGreaterThanOrEqual(0);
    const plain = new torch.Event(DEVICE);
    plain.record();
    expect(() => plain.elapsedTime(end)).toThrow('enable_timing=True');
  });

  test('keep memory that is freed while they use it', () => {
    const stream = new torch.Stream(DEVICE);
    const x = zeros(1 << 20);
    live(); // what tests before this one have left does not go meanwhile
    const before = accelerator.memoryStats(0).get('active_bytes.all.current')!;
    stream.use(() => pretend.hold(0));
    x.recordStream(stream);
    x.dispose();
    const stats = () => accelerator.memoryStats(0);
    expect(stats().get('active_bytes.all.current')).toBe(before);
    expect(stats().get('allocated_bytes.all.current')).toBe(before - (4 << 20));
    pretend.release();
    stream.synchronize();
    expect(stats().get('active_bytes.all.current')).toBe(before - (4 << 20));
  });

  test('are waited for off the thread', async () => {
    pretend.hold(0);
    let done = false;
    const waiting = accelerator.synchronizeAsync(0).then(() => (done = true));
    await new Promise(setImmediate);
    expect(done).toBe(false);
    pretend.release();
    await waiting;
    expect(done).toBe(true);
  });

  test('tell of errors where they are waited for', async () => {
    pretend.fail_synchronize('the device has fallen off the bus');
    expect(classAndMessage(() => accelerator.synchronize())).toBe(
      'AcceleratorError: the device has fallen off the bus',
    );
    pretend.fail_synchronize('again');
    await expect(accelerator.synchronizeAsync()).rejects.toMatchObject({
      kind: 'AcceleratorError',
      message: 'again',
    });
    pretend.fail_synchronize('in an operator');
    expect(() => zeros(2).add(1)).toThrow('in an operator');
    expect(zeros(2).add(1).tolist()).toEqual([1, 1]);
  });
});

describe('memory', () => {
  const page = 4096;

  test('is counted as PyTorch names it', () => {
    accelerator.emptyCache();
    accelerator.resetPeakMemoryStats(1);
    accelerator.resetAccumulatedMemoryStats(1);
    const [allocated, reserved] = [accelerator.memoryAllocated(1), accelerator.memoryReserved(1)];
    const x = torch.empty([3 * page], { device: OTHER, dtype: torch.uint8 });
    expect(accelerator.memoryAllocated(OTHER) - allocated).toBe(3 * page);
    x.dispose();
    expect([accelerator.memoryAllocated(1), accelerator.memoryReserved(1)]).toEqual([
      allocated,
      reserved + 3 * page,
    ]);
    expect(accelerator.maxMemoryAllocated(1)).toBe(allocated + 3 * page);
    const stats = accelerator.memoryStats(1);
    expect([...stats.keys()]).toEqual([...stats.keys()].sort());
    expect([stats.get('allocation.all.allocated'), stats.get('allocation.all.freed')]).toEqual([1, 1]);
    accelerator.emptyCache();
    expect(accelerator.memoryReserved(1)).toBe(reserved);
    accelerator.resetPeakMemoryStats(1);
    expect(accelerator.maxMemoryReserved(1)).toBe(reserved);
    const [free, total] = accelerator.getMemoryInfo(1);
    expect([total, total - free]).toEqual([2 ** 30, reserved]);
    accelerator.emptyHostCache();
  });
});

describe('random numbers', () => {
  test('of each device come from a generator of its own, with the seed of all', () => {
    torch.manualSeed(5);
    const [cpu, here, there] = ['cpu', DEVICE, OTHER].map((device) => torch.rand([4], { device }).tolist());
    expect([here, there]).toEqual([cpu, cpu]);
    expect(torch.rand([4], { device: DEVICE }).tolist()).not.toEqual(here);
  });

  test('of generators that are made', () => {
    const own = new torch.Generator(OTHER).manualSeed(3);
    const x = torch.rand([4], { device: OTHER, generator: own });
    expect([String(own.device), own.initialSeed()]).toEqual([OTHER, 3n]);
    own.setState(new torch.Generator(OTHER).manualSeed(3).getState());
    expect(torch.rand([4], { device: OTHER, generator: own }).tolist()).toEqual(x.tolist());
    expect(() => torch.rand([4], { generator: own })).toThrow(
      "Expected a 'cpu' device type for generator but found 'pretend'",
    );
    expect(() => torch.rand([4], { device: DEVICE, generator: new torch.Generator() })).toThrow(
      "but found 'cpu'",
    );
  });
});

describe('graphs', () => {
  test('do again what was captured, with what is in their memory then', () => {
    const [x, y] = [torch.ones([3], { device: DEVICE }), zeros(3)];
    const graph = new accelerator.Graph();
    const z = graph.use(() => {
      y.add_(x);
      return x.mul(10);
    });
    expect(y.tolist()).toEqual([0, 0, 0]);
    graph.replay();
    expect([y.tolist(), z.tolist()]).toEqual([[1, 1, 1], [10, 10, 10]]); // prettier-ignore
    x.fill_(2);
    graph.replay();
    expect([y.tolist(), z.tolist()]).toEqual([[3, 3, 3], [20, 20, 20]]); // prettier-ignore
  });

  test('are kept, reset, and share memory', () => {
    const graph = new accelerator.Graph(true);
    expect(() => graph.replay()).toThrow('without a preceding successful capture');
    graph.enableDebugMode();
    graph.captureBegin();
    expect(() => new accelerator.Graph().captureBegin()).toThrow('being captured already');
    graph.captureEnd();
    graph.instantiate();
    const pool = graph.pool();
    graph.reset();
    const other = new accelerator.Graph({ pool, captureErrorMode: 'relaxed' });
    other.use(() => zeros(1));
    expect(other.pool()).toEqual(pool);
    expect(() => new accelerator.Graph({ pool: 1 as never })).toThrow(TypeError);
    expect(() => new accelerator.Graph({ captureErrorMode: 'none' as never }).captureBegin()).toThrow(
      'one of default',
    );
  });

  test('end their capture where the function throws', () => {
    const graph = new accelerator.Graph();
    expect(() => graph.use(() => { throw new Error('mine'); })).toThrow('mine'); // prettier-ignore
    expect(zeros(2).add(1).tolist()).toEqual([1, 1]);
    expect(() => new accelerator.Graph().use(() => zeros(1).copy_(torch.ones([1])))).toThrow(
      'not permitted when stream is capturing',
    );
  });
});
