// Tensors on a device: where they are, how they get there and back, and that nothing touches its memory by itself.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import torch, { type Tensor, TorchError } from 'nodetorch';
import { collect } from '../../lib/native/collect';
import { classAndMessage } from '../errors';
import { DEVICE, expectSame, OTHER, pretend } from './support';

const root = path.join(__dirname, '../..');

/** Runs a program with the device in a process of its own. */
function run(program: string) {
  const text = `
    const { default: torch } = require('./lib/index.ts');
    torch.ops.loadLibrary(${JSON.stringify(process.env.NODETORCH_PRETEND)});
    ${program}`;
  return spawnSync(process.execPath, ['-r', 'tsx/cjs', '-e', text], { cwd: root, encoding: 'utf8' });
}

describe('placement', () => {
  test('operators make tensors there', () => {
    const x = torch.zeros([2, 3], { device: 'pretend' });
    expect(String(x.device)).toBe(DEVICE);
    expect([x.isCuda, x.isMeta, x.isCpu]).toEqual([false, false, false]);
    expect(String(torch.tensor([1], { device: OTHER }).device)).toBe(OTHER);
    expect(String(torch.onesLike(x).device)).toBe(DEVICE);
    expect(String(x)).toContain("device='pretend:0'");
    expect(x.getDevice()).toBe(0);
    expect(torch.device('privateuseone:1')).toBe(torch.device(OTHER));
  });

  test('there and back', () => {
    const x = torch.tensor([[1, 2], [3, 4]]); // prettier-ignore
    const y = x.to(DEVICE);
    expect(y.to(DEVICE).is(y)).toBe(true);
    expect(y.tolist()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(y.to(OTHER).cpu().tolist()).toEqual(x.tolist());
    expect(Array.from(y.T.toTypedArray() as Float32Array)).toEqual([1, 3, 2, 4]);
    expect(y.to({ device: 'cpu', dtype: torch.float64 }).dtype).toBe(torch.float64);
    expect(y.sum().item()).toBe(10);
    y.setAt([0, 1], 7);
    expect(y.at(0).tolist()).toEqual([1, 7]);
    expect(torch.equal(y, y.clone())).toBe(true);
  });

  test('memory that is page-locked', () => {
    const x = torch.tensor([1, 2]).pinMemory();
    expect([x.isPinned(), torch.tensor([1]).isPinned()]).toEqual([true, false]);
    expect(x.to(DEVICE, { nonBlocking: true }).tolist()).toEqual([1, 2]);
    expect(() => torch.ones([1], { device: DEVICE }).pinMemory()).toThrow(
      'only dense CPU tensors can be pinned',
    );
  });

  test('a scalar on the CPU mixes, a tensor does not', () => {
    const y = torch.tensor([1, 2], { device: DEVICE });
    expect(y.add(torch.tensor(1)).tolist()).toEqual([2, 3]);
    expect(classAndMessage(() => y.add(torch.tensor([1, 2])))).toContain(
      'RuntimeError: Expected all tensors to be on the same device, but found at least two devices, pretend:0 and cpu!',
    );
    expect(() => y.add(y.to(OTHER))).toThrow('pretend:0 and pretend:1');
    expect(() => y.viewTypedArray()).toThrow('only a CPU tensor can be viewed; this one is on pretend:0');
  });

  test.each<[string, () => unknown]>([
    ['zeros', () => torch.zeros([1], { device: 'pretend:2' })],
    ['to', () => torch.ones([1]).to('pretend:9')],
    ['synchronize', () => torch.accelerator.synchronize('pretend:2')],
  ])('a device that is not there: %s', (_, call) => {
    expect(call).toThrow(TorchError);
    expect(call).toThrow('invalid device ordinal');
  });
});

describe('memory of the device', () => {
  test('is closed to the CPU: who touches it ends', () => {
    const { signal, stderr } = run("torch.ops.pretend.touch(torch.ones([4], { device: 'pretend' }))");
    expect([signal, stderr]).toEqual(['SIGSEGV', '']);
  });

  test('in use when the process ends does not keep it', () => {
    const { status, stderr } = run(`
      const x = torch.ones([4], { device: 'pretend' });
      torch.ops.pretend.hold(0);
      x.copy_(torch.ones([4]).pinMemory(), true);`);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('is counted, by device', () => {
    collect(true);
    const before = torch.memory().devices[OTHER]?.bytes ?? 0;
    const x = torch.empty([1000], { device: OTHER });
    expect(torch.memory().devices[OTHER].bytes - before).toBe(4000);
    x.dispose();
    expect(torch.memory().devices[OTHER]?.bytes ?? 0).toBe(before);
  });

  test('is freed in a loop without a scope', () => {
    const x = torch.ones([1 << 18], { device: DEVICE });
    torch.accelerator.resetPeakMemoryStats(0);
    for (let i = 0; i < 1000; i++) x.add(1); // 1 GiB in all
    expect(torch.accelerator.maxMemoryAllocated(0)).toBeLessThan(2 ** 28);
  });

  test('that runs out is collected for, and tried once more', () => {
    pretend.fail_allocation(1);
    expect(torch.ones([4], { device: DEVICE }).tolist()).toEqual([1, 1, 1, 1]);
    pretend.set_total_memory(torch.accelerator.memoryReserved(0) + (16 << 20));
    const x = torch.ones([1 << 20], { device: DEVICE });
    for (let i = 0; i < 50; i++) x.add(1); // 200 MiB in all
    pretend.set_total_memory(1 << 30);
    expect(x.add(1).at(0).item()).toBe(2);
  });

  test('that is too little is an error, and the next allocation works', () => {
    expect(classAndMessage(() => torch.empty([2 ** 31], { device: DEVICE }))).toBe(
      'OutOfMemoryError: pretend device out of memory. Tried to allocate 8589934592 bytes. ' +
        'Device 0 has 1073741824 bytes in all.',
    );
    expect(torch.ones([4], { device: DEVICE }).sum().item()).toBe(4);
  });
});

describe('operators give what the CPU gives', () => {
  const at = (device: string) => (shape: number[]) => torch.randn(shape).to(device);
  test.each<[string, (device: string) => Tensor | Tensor[]]>([
    ['arithmetic', (d) => at(d)([3, 4]).mul(2).add(at(d)([4])).div(3)],
    ['reductions', (d) => { const x = at(d)([3, 4]); return [x.sum(1), x.mean(), x.std(0), x.argmax(1), x.amax(0)]; }],
    ['matmul', (d) => at(d)([3, 4]).matmul(at(d)([4, 5]))],
    ['conv2d and pooling', (d) => torch.maxPool2d(torch.conv2d(at(d)([2, 3, 8, 8]), at(d)([4, 3, 3, 3]), at(d)([4])), 2)],
    ['views', (d) => { const x = at(d)([4, 6]); return [x.t(), x.view([2, 12]), x.at(':', 2).unsqueeze(0), x.flip(0)]; }],
    ['in place on a view', (d) => { const x = torch.zeros([3, 3], { device: d }); x.at(1).add_(5); x.diagonal().fill_(2); return x; }],
    ['indices', (d) => { const x = at(d)([5, 3]); return [x.at(torch.tensor([0n, 4n])), x.at(x.gt(0)), x.indexSelect(0, torch.tensor([1n], { device: d }))]; }],
    ['index_put', (d) => { const x = torch.zeros([4], { device: d }); x.setAt(torch.tensor([1n, 3n]), 5); return x; }],
    ['out=', (d) => { const out = torch.empty([0], { device: d }); torch.add(at(d)([2, 2]), 1, { out }); return out; }],
    ['resize', (d) => { const x = torch.ones([2], { device: d }); x.resize_([3, 3]).fill_(4); return x; }],
    ['sorting', (d) => [...at(d)([7]).sort(), at(d)([7]).topk(3).values]],
    ['random numbers', (d) => [torch.randn([5], { device: d }), torch.randperm(6, { device: d }), torch.bernoulli(torch.full([9], 0.5, { device: d }))]],
    ['random numbers without a generator', (d) => torch.dropout(torch.ones([20], { device: d }), 0.5, true)],
    ['cat, stack and where', (d) => { const x = at(d)([2, 3]); return [torch.cat([x, x]), torch.stack([x, x], 1), torch.where(x.gt(0), x, 0)]; }],
    ['complex', (d) => { const x = torch.complex(at(d)([3]), at(d)([3])); return [x.conj().real, torch.viewAsReal(x), x.abs()]; }],
    ['half types', (d) => [at(d)([4]).half().add(1), at(d)([4]).bfloat16().mul(3)]],
    ['linalg', (d) => { const x = at(d)([3, 3]); return [torch.linalg.inv(x), torch.linalg.det(x), ...torch.linalg.qr(x)]; }],
    ['fft', (d) => torch.viewAsReal(torch.fft.fft(at(d)([8])))],
    ['embedding', (d) => torch.nn.functional.embedding(torch.tensor([1n, 0n], { device: d }), at(d)([3, 4]))],
  ])('%s', (_, body) => expectSame(body)); // prettier-ignore

  // The CPU has a fused kernel for it, and the device none.
  test('attention, within rounding', () => {
    const q = torch.randn([1, 2, 4, 8]);
    const [cpu, own] = [q, q.to(DEVICE)].map((x) => torch.nn.functional.scaledDotProductAttention(x, x, x));
    expect(torch.allclose(own.cpu(), cpu, { atol: 1e-6 })).toBe(true);
  });
});
