// torch.cuda on the pretend device: told that it is CUDA, its functions do there what they will do on a GPU.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { cuda } from 'nodetorch';
import { native } from '../../lib/native';
import { classAndMessage } from '../errors';
import { DEVICE, OTHER, pretend } from './support';

beforeAll(() => {
  const hasDevice = native.hasDevice.bind(native);
  jest.spyOn(native, 'hasDevice').mockImplementation((type) => type === 'cuda' || hasDevice(type));
});
afterAll(() => jest.restoreAllMocks());
afterEach(() => {
  pretend.release();
  cuda.setDevice(0);
});

test('devices', () => {
  expect([cuda.isAvailable(), cuda.isInitialized(), cuda.deviceCount(), cuda.currentDevice()]).toEqual([
    true,
    true,
    2,
    0,
  ]);
  cuda.init();
  cuda.setDevice('cuda:1');
  expect(cuda.currentDevice()).toBe(1);
  cuda.setDevice(-1);
  expect(cuda.currentDevice()).toBe(1);
  expect(cuda.device(0, () => cuda.currentDevice())).toBe(0);
  expect(cuda.deviceOf(torch.ones([1]), () => cuda.currentDevice())).toBe(1);
  expect(() => cuda.device(0, () => { throw new Error('mine'); })).toThrow('mine'); // prettier-ignore
  expect(cuda.currentDevice()).toBe(1);
  cuda.synchronize();
  expect(classAndMessage(() => cuda.synchronize('cpu'))).toBe(
    'ValueError: Expected a cuda device, but got: cpu',
  );
  expect(() => cuda.setDevice(7)).toThrow('invalid device ordinal 7');
});

test('streams and events', () => {
  const stream = new cuda.Stream(1);
  expect([stream instanceof torch.Stream, stream.deviceIndex]).toEqual([true, 1]);
  const inside = cuda.stream(stream, () => [cuda.currentDevice(), cuda.currentStream().equals(stream)]);
  expect([inside, cuda.currentDevice(), cuda.currentStream(1).streamId]).toEqual([[1, true], 0, 0]);
  expect(cuda.stream(null, () => cuda.currentDevice())).toBe(0);
  cuda.setStream(stream);
  expect([cuda.currentDevice(), cuda.currentStream().equals(stream)]).toEqual([1, true]);
  cuda.setStream(cuda.defaultStream());
  expect(cuda.currentStream().streamId).toBe(0);
  const [start, end] = [new cuda.Event(true), new cuda.Event({ enableTiming: true })];
  start.record();
  end.record();
  cuda.synchronize();
  expect([start.query(), start.elapsedTime(end) >= 0]).toEqual([true, true]);
  expect(() => cuda.stream('a' as never, () => 1)).toThrow("stream(): argument 'stream' must be a Stream");
});

test('memory', () => {
  const before = cuda.memoryAllocated(0);
  const x = torch.empty([4096], { device: DEVICE });
  expect(cuda.memoryAllocated() - before).toBe(16384);
  x.dispose();
  cuda.resetPeakMemoryStats();
  expect(cuda.maxMemoryAllocated()).toBe(before);
  const stats = cuda.memoryStats(0);
  const nested = cuda.memoryStatsAsNestedDict(0) as { allocated_bytes: { all: { current: number } } };
  expect(nested.allocated_bytes.all.current).toBe(stats.get('allocated_bytes.all.current'));
  expect([...stats.keys()]).toEqual([...stats.keys()].sort());
  cuda.emptyCache();
  expect(cuda.maxMemoryReserved()).toBeGreaterThanOrEqual(cuda.memoryReserved());
  const [free, total] = cuda.memGetInfo(0);
  expect([total, total - free]).toEqual([2 ** 30, cuda.memoryReserved(0)]);
  cuda.resetAccumulatedMemoryStats();
  cuda.resetPeakHostMemoryStats();
  cuda.resetAccumulatedHostMemoryStats();
  expect(cuda.hostMemoryStats().get('allocations.current')).toBe(0);
  expect(cuda.hostMemoryStatsAsNestedDict()).toHaveProperty('host_alloc_time.avg', 0);
});

// Python's own memory_summary, given these numbers: fixtures/summary.py.
test('a summary of the memory is the text of Python', () => {
  const { stats, texts } = JSON.parse(fs.readFileSync(path.join(__dirname, 'summary.json'), 'utf8')) as {
    stats: Record<string, number>;
    texts: [string, string];
  };
  const spy = jest.spyOn(native, 'deviceStats').mockReturnValue(stats);
  expect([cuda.memorySummary(1), cuda.memorySummary(1, true)]).toEqual(texts);
  spy.mockRestore();
  expect(cuda.memorySummary()).toContain('device ID 0');
});

test('random numbers', () => {
  cuda.manualSeedAll(5);
  expect(cuda.defaultGenerators().map((one) => one.initialSeed())).toEqual([5n, 5n]);
  const states = cuda.getRngStateAll();
  const [a, b] = [DEVICE, OTHER].map((device) => torch.rand([3], { device }).tolist());
  expect(a).toEqual(b);
  cuda.setRngStateAll(states);
  expect(torch.rand([3], { device: OTHER }).tolist()).toEqual(b);
  cuda.setRngState(states[0], 1);
  expect(torch.equal(cuda.getRngState(1), states[1])).toBe(true);
  cuda.manualSeed(7);
  expect([cuda.initialSeed(), cuda.defaultGenerators()[1].initialSeed()]).toEqual([7n, 5n]);
  cuda.seed();
  cuda.seedAll();
  expect(cuda.defaultGenerators()[1].initialSeed()).toBe(cuda.initialSeed());
  expect(() => cuda.setRngStateAll(3 as never)).toThrow('must be an iterable of Tensors');
});

test('graphs', () => {
  const [x, y] = [torch.ones([2], { device: DEVICE }), torch.zeros([2], { device: DEVICE })];
  const graph = new cuda.CUDAGraph();
  const z = cuda.graph(graph, () => {
    expect(cuda.isCurrentStreamCapturing()).toBe(true);
    y.add_(x);
    return x.mul(3);
  });
  expect([cuda.isCurrentStreamCapturing(), y.tolist()]).toEqual([false, [0, 0]]);
  x.fill_(2);
  graph.replay();
  expect([y.tolist(), z.tolist()]).toEqual([[2, 2], [6, 6]]); // prettier-ignore
  const other = new cuda.CUDAGraph();
  cuda.graph(other, () => x.add(1), { pool: graph.pool(), stream: new cuda.Stream() });
  expect(other.pool()).toEqual(graph.pool());
  expect(() => cuda.graph({} as never, () => 1)).toThrow('must be a CUDAGraph');
});

// A library that answers as NVIDIA's driver: support/driver.c.
test('what a GPU is', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-driver-'));
  const library = path.join(folder, 'libcuda.so.1');
  execFileSync(process.env.CC ?? 'cc', ['-shared', '-fPIC', path.join(__dirname, 'driver.c'), '-o', library]);
  const program = `
    const { default: torch } = require('./lib/index.ts');
    const { native } = require('./lib/native');
    torch.ops.loadLibrary(process.env.NODETORCH_PRETEND);
    native.hasDevice = () => true;
    const { cuda } = torch;
    let problem = '';
    try { cuda.canDeviceAccessPeer(0, 2); } catch (error) { problem = error.message; }
    console.log(JSON.stringify([cuda.getDeviceProperties(1), cuda.getDeviceName(), cuda.getDeviceCapability(),
      cuda.isBf16Supported(false), cuda.isTf32Supported(), cuda.canDeviceAccessPeer(0, 1), cuda.canDeviceAccessPeer(1, 1), problem]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-r', 'tsx/cjs', '-e', program], {
    cwd: path.join(__dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: folder },
  });
  fs.rmSync(folder, { recursive: true });
  expect(stderr).toBe('');
  const [properties, ...rest] = JSON.parse(stdout) as unknown[];
  expect(rest).toEqual(['Pretend 0', [9, 0], true, true, true, false, 'Invalid device id']);
  expect(properties).toMatchObject({
    name: 'Pretend 1',
    totalMemory: 2 ** 40,
    multiProcessorCount: 132,
    warpSize: 32,
    isIntegrated: false,
    uuid: '00010203-0405-0607-0809-0a0b0c0d0e0f',
  });
});

test('without a driver says so', () => {
  expect(() => cuda.getDeviceName()).toThrow("NVIDIA's driver is not here");
  expect(cuda.isBf16Supported()).toBe(true);
});
