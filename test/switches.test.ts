// Switches, streams and events, as Python has them. On the CPU: a GPU's are not tested here.
import torch, { type DType, type Float32MatmulPrecision, Event, Stream } from 'nodetorch';
import { results } from './switches.json';
import { classAndMessage } from './errors';
import { native } from '../lib/native';

const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

/** What a call says: a result, an error, or a warning. */
function said(call: () => unknown): unknown {
  warn.mockClear();
  let value: unknown;
  const error = classAndMessage(() => void (value = call()));
  if (error !== 'nothing') return error;
  const [first] = warn.mock.calls;
  if (first) return `UserWarning: ${String(first[0])}`;
  return value === undefined
    ? null
    : typeof value === 'object' && !Array.isArray(value)
      ? text(value)
      : value;
}
const text = (value: object | null): string | null => (value === null ? null : String(value));
// The typings refuse it, JavaScript does not.
const wrong = 1 as never;
// Python names its own types in messages.
const inOurs = (all: readonly unknown[]): unknown[] =>
  all.map((one) => (typeof one === 'string' ? one.replace('but got int', 'but got number') : one));

test('the precision of products', () => {
  const set = (word: string) => {
    torch.setFloat32MatmulPrecision(word as Float32MatmulPrecision);
    return torch.getFloat32MatmulPrecision();
  };
  const found = ['high', 'medium', 'highest', 'HIGH', 'x', wrong].map((word) => said(() => set(word)));
  // As they were: they hold for the process.
  for (const { matmul } of [torch.backends.cuda, torch.backends.mkldnn]) matmul.fp32Precision = 'none';
  expect(found).toEqual(inOurs(results.precision));
});

test('denormal numbers', () => {
  const flushed = (flush: boolean) => {
    const can = torch.setFlushDenormal(flush);
    const value = torch.tensor([1e-310], { dtype: torch.float64 }).mul(1);
    torch.setFlushDenormal(false);
    return [can, value.item()];
  };
  expect([true, false, wrong].map((flush) => said(() => flushed(flush)))).toEqual(inOurs(results.flush));
});

test('warnings that come once', () => {
  const always = (value: boolean) => {
    torch.setWarnAlways(value);
    return torch.isWarnAlwaysEnabled();
  };
  expect([true, false, wrong].map((value) => said(() => always(value)))).toEqual(inOurs(results.always));
});

test('threads of backward passes', () => {
  const { setMultithreadingEnabled } = torch.autograd;
  const is = () => native.backwardThreads();
  const set = (mode: boolean) => {
    setMultithreadingEnabled(mode);
    return is();
  };
  expect([false, true].map((mode) => said(() => set(mode)))).toEqual(results.multithreading);
  expect(setMultithreadingEnabled(false, is)).toBe(false);
  const throws = () => {
    throw new Error('mine');
  };
  expect(() => setMultithreadingEnabled(false, throws)).toThrow('mine');
  expect(is()).toBe(true);
});

test('the layout of gradients', () => {
  const stridesOfGrad = (enable: boolean) => {
    const p = torch.empty([2, 3, 4]).permute([2, 0, 1]).requiresGrad_();
    torch.autograd.enforceGradLayoutPolicy(enable, () =>
      p
        .mul(torch.ones([4, 2, 3]))
        .sum()
        .backward(),
    );
    return p.grad?.stride();
  };
  expect([true, false].map((enable) => said(() => stridesOfGrad(enable)))).toEqual(results.grad_layout);
});

test('the dtype of a gradient', () => {
  const x = torch.ones([2], { requiresGrad: true });
  const product = x.mul(2);
  const set = (dtype: DType | null) => ((x.gradDtype = dtype), x.gradDtype);
  const dtypeOfGrad = () => text(x.grad && x.grad.dtype);
  const assign = (grad: torch.Tensor | null) => ((x.grad = grad), dtypeOfGrad());
  const backward = () => (x.mul(2).sum().backward(), dtypeOfGrad());
  const found = [
    () => x.gradDtype,
    () => product.gradDtype,
    () => (product.gradDtype = null),
    () => set(torch.float64),
    backward,
    () => set(torch.float32),
    () => assign(torch.ones([2])),
    () => set(null),
    () => assign(torch.ones([2])),
    () => assign(null),
    () => set(torch.float16),
    backward,
  ];
  expect(found.map(said)).toEqual(results.grad_dtype);
});

test('streams', () => {
  const cpu = new Stream('cpu');
  const numbered = () => new Stream({ streamId: 0, deviceIndex: 0, deviceType: 0 });
  const found = [
    () => new Stream(),
    () => new Stream('cpu', { priority: 1 }),
    numbered,
    () => new Stream('xpu'),
    () => [cpu.streamId, cpu.deviceIndex, cpu.deviceType, cpu.query(), cpu.synchronize() ?? null],
    () => cpu.device,
    () => [cpu.equals(new Stream('cpu')), cpu.equals(numbered())],
    () => cpu.recordEvent(),
    () => cpu.waitEvent(new Event('cpu')),
    () => cpu.waitStream(new Stream('cpu')),
  ];
  expect(found.map(said)).toEqual(results.streams);
  expect(cpu.use(() => torch.ones([2]).sum().item())).toBe(2);
  expect(() => cpu.use(() => Promise.resolve(1))).toThrow('the function returned a promise');
});

test('events', () => {
  const [cpu, event] = [new Stream('cpu'), new Event('cpu')];
  const timed = () => new Event('cpu', { enableTiming: true });
  const found = [
    () => new Event(),
    timed,
    () => new Event('xpu'),
    () => [
      event.query(),
      event.eventId,
      ...[event.synchronize(), event.wait(), event.wait(cpu)].map((one) => one ?? null),
    ],
    () => event.device,
    () => event.record(),
    () => event.record(cpu),
    () => timed().elapsedTime(event),
    () => timed().elapsedTime(timed()),
  ];
  expect(found.map(said)).toEqual(results.events);
  expect(classAndMessage(() => event.wait(event as never))).toMatch(/^TypeError: .*stream.*a Stream/);
});
