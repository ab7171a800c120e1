// What a program does wrong with a device is an error that says so, and the next call works.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import path from 'node:path';
import torch, { accelerator, type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE, OTHER, pretend } from './support';

const zeros = (count: number, device = DEVICE) => torch.zeros([count], { device });
const leaf = () => torch.ones([2], { device: DEVICE, requiresGrad: true });
const capturing = 'RuntimeError: operation not permitted when stream is capturing';
const promise = /^TypeError: .*the function returned a promise/;

afterEach(() => {
  expect(zeros(2).add(1).tolist()).toEqual([1, 1]);
  expect([accelerator.currentDeviceIndex(), String(accelerator.currentStream().device)]).toEqual([0, DEVICE]);
});

test('graphs', () => {
  const graph = new accelerator.Graph();
  expect(classAndMessage(() => graph.captureEnd())).toContain('without an active capture');
  graph.use(() => zeros(1));
  expect(classAndMessage(() => graph.use(() => zeros(1)))).toContain('captured already: reset() it first');
  graph.reset();
  graph.reset();
  expect(classAndMessage(() => graph.replay())).toContain('without a preceding successful capture');
  const again = graph.use(() => zeros(1).add(1));
  graph.replay();
  expect(again.tolist()).toEqual([1]);
  for (const body of [() => zeros(1).item(), () => accelerator.synchronize(), () => zeros(1).tolist()]) {
    expect(classAndMessage(() => new accelerator.Graph().use(body))).toBe(capturing);
  }
  expect(classAndMessage(() => new accelerator.Graph().use(() => Promise.resolve()))).toMatch(promise);
});

test('streams and events', () => {
  const [here, there] = [new torch.Stream(DEVICE), new torch.Stream(OTHER)];
  expect(there.use(() => zeros(2).add(1)).tolist()).toEqual([1, 1]);
  expect(classAndMessage(() => there.use(() => Promise.resolve()))).toMatch(promise);
  const event = here.recordEvent();
  expect(classAndMessage(() => event.record(there))).toBe(
    "RuntimeError: Event device index 0 does not match recording stream's device index 1.",
  );
  expect(classAndMessage(() => event.record(new torch.Stream('cpu')))).toContain(
    "does not match recording stream's device type CPU.",
  );
  there.waitEvent(event);
  there.synchronize();
  const unused = new torch.Event(DEVICE, { enableTiming: true });
  unused.wait();
  unused.synchronize();
  expect([unused.query(), classAndMessage(() => unused.elapsedTime(unused))]).toEqual([
    true,
    'ValueError: Both events must be recorded before calculating elapsed time.',
  ]);
  expect(classAndMessage(() => zeros(1).recordStream(new torch.Stream('cpu')))).toContain(
    'no stream of this device',
  );
  zeros(1).recordStream(there);
  expect(classAndMessage(() => torch.ones([1]).recordStream(here))).toMatch(/^NotImplementedError/);
});

test.each<[string, () => unknown]>([
  ['setDeviceIndex', () => accelerator.setDeviceIndex(9)],
  ['setDeviceIndex, far away', () => accelerator.setDeviceIndex(1e9)],
  ['memoryStats', () => accelerator.memoryStats(-2)],
  ['getMemoryInfo', () => accelerator.getMemoryInfo(300)],
  ['currentStream', () => accelerator.currentStream(9)],
  ['Stream', () => new torch.Stream('pretend:9')],
  ['rand', () => torch.rand([1], { device: 'pretend:9' })],
  ['a default device', () => torch.withDefaultDevice('pretend:9', () => torch.zeros([1]))],
  [
    'DataParallel',
    () => {
      const model = new torch.nn.Linear(2, 2).to(DEVICE);
      return new torch.nn.DataParallel(model, { deviceIds: [0, 7] })(torch.ones([2, 2], { device: DEVICE }));
    },
  ],
])('a device that is not there: %s', (_, call) => {
  expect(classAndMessage(call)).toMatch(/^RuntimeError: invalid device ordinal/);
});

test('a number that Python would cut to another device', () => {
  expect(classAndMessage(() => zeros(1, 'pretend:256'))).toBe(
    "RuntimeError: Could not parse device index '256' in device string 'pretend:256'",
  );
});

describe('in a backward pass', () => {
  const backward = (hook: (grad: Tensor) => Tensor | void): string => {
    const x = leaf();
    const y = x.exp();
    y.registerHook(hook);
    const error = classAndMessage(() => y.sum().backward());
    const next = leaf();
    next.mul(2).sum().backward();
    expect(next.grad!.tolist()).toEqual([2, 2]);
    return error;
  };

  test('an error at synchronise', () => {
    expect(backward(() => pretend.fail_synchronize('the bus'))).toBe('AcceleratorError: the bus');
  });
  test('a gradient of another device', () => {
    expect(backward((grad) => grad.cpu())).toContain("hook '0' has changed the type of value");
    expect(backward((grad) => grad.to(OTHER))).toMatch(/^RuntimeError/);
  });
  test('what may be done in a hook', () => {
    expect(backward((grad) => grad.dispose())).toBe('nothing');
    expect(backward((grad) => new torch.Stream(DEVICE).use(() => grad.mul(1)))).toBe('nothing');
    expect(backward((grad) => void new accelerator.Graph().use(() => grad.mul(1)))).toBe('nothing');
    expect(backward((grad) => void grad.sum().item())).toBe('nothing');
    expect(backward((grad) => accelerator.deviceIndex(1, () => grad.mul(1)))).toBe('nothing');
  });
});

describe('a process', () => {
  const root = path.join(__dirname, '../..');
  /** Runs a program with `x` in page-locked memory, `y` and `w` on the device, and `inWorker(text)`. */
  function run(program: string, env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
    const begin = `
      const { default: torch, accelerator } = require('./lib/index.ts');
      torch.ops.loadLibrary(${JSON.stringify(process.env.NODETORCH_PRETEND)});`;
    const made = env.NODETORCH_PRETEND_NONE
      ? ''
      : `
      const device = 'pretend:' + (require('node:worker_threads').isMainThread ? 0 : 1);
      const x = torch.ones([4096]).pinMemory();
      const y = torch.zeros([4096], { device });
      const w = torch.ones([2], { device, requiresGrad: true });`;
    const worker = `
      const inWorker = (text) => new (require('node:worker_threads').Worker)(
        'const post = (what) => require("node:worker_threads").parentPort.postMessage(what);' +
        ${JSON.stringify(`require('tsx/cjs');${begin}${made}`)} + text, { eval: true });`;
    return spawnSync(process.execPath, ['-r', 'tsx/cjs', '-e', `${begin}${made}${worker}${program}`], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 50_000,
    });
  }
  const said = ({ status, stdout }: SpawnSyncReturns<string>) => [status, stdout.trim()];

  test('ends in the middle of a backward pass', () => {
    expect(
      said(run('const z = w.exp(); z.registerHook(() => process.exit(8)); z.sum().backward();')),
    ).toEqual([8, '']);
  });

  test('ends while it waits for a device that never comes to an end', () => {
    const program = `
      torch.ops.pretend.hold(0);
      y.copy_(x, true);
      accelerator.synchronizeAsync(0).then(() => console.log('not reached'));
      setTimeout(() => process.exit(7), 20);`;
    expect(said(run(program))).toEqual([7, '']);
  });

  test('has workers on the device, and ends them', () => {
    const program = `
      const busy = inWorker(\`
        for (let i = 0; i < 100; i++) { const z = w.exp(); z.registerHook((grad) => grad.mul(2)); z.sum().backward(); }
        accelerator.setDeviceIndex(1);
        post([w.grad.tolist()[0] > 100, accelerator.currentDeviceIndex()]);\`);
      let here = 0;
      const also = setInterval(() => { const z = w.exp(); z.registerHook(() => { here++; }); z.sum().backward(); }, 1);
      busy.once('message', (what) => console.log(JSON.stringify(what), here > 0, accelerator.currentDeviceIndex()));
      busy.once('exit', () => {
        clearInterval(also);
        const endless = inWorker('post(1); for (;;) { const z = w.exp(); z.registerHook((grad) => grad.mul(2)); z.sum().backward(); }');
        endless.once('message', () => endless.terminate().then(() => {
          const held = inWorker(\`
            torch.ops.pretend.hold(1);
            accelerator.setDeviceIndex(1);
            y.copy_(x, true);
            accelerator.synchronizeAsync(1);
            post(1);\`);
          held.once('message', () => held.terminate().then(() => console.log('ended', w.add(1).tolist())));
        }));
      });`;
    const { status, stdout, stderr } = run(program);
    expect([status, stderr, stdout.trim().split('\n')]).toEqual([
      0,
      '',
      ['[true,1] true 0', 'ended [ 2, 2 ]'],
    ]);
  });

  test('finds a type of devices of which there is none', () => {
    const program = `
      const said = (call) => { try { return String(call()); } catch (error) { return error.message.slice(0, 60); } };
      console.log([
        accelerator.isAvailable(), accelerator.deviceCount(), accelerator.currentAccelerator(true),
        said(() => torch.zeros([1], { device: 'pretend' })), said(() => new torch.Stream()),
        said(() => accelerator.synchronize()), said(() => accelerator.getMemoryInfo()),
        said(() => torch.load(torch.save(torch.ones([1])), { mapLocation: 'pretend' })),
        torch.rand([2]).shape, torch.ones([1]).pinMemory().isPinned(),
      ].join('\\n'));`;
    const { status, stdout } = run(program, { NODETORCH_PRETEND_NONE: '1' });
    expect([status, stdout.trim().split('\n')]).toEqual([
      0,
      [
        ...[
          'false',
          '0',
          '',
          'invalid device ordinal 0: there are 0',
          'invalid device ordinal 0: there are 0',
        ],
        ...['invalid device ordinal 0', 'invalid device ordinal 0'],
        'Attempting to deserialize object on a PRETEND device but tor',
        ...['2', 'true'],
      ],
    ]);
  });
});
