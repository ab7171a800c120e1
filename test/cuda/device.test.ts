// Tensors on a GPU: where they are, how they get there and back, and what they weigh.
import { collect } from '../../lib/native/collect';
import {
  cuda,
  device,
  dtypes,
  Generator,
  manualSeed,
  memory,
  type Tensor,
  tensor,
  tidy,
  torch,
  TorchError,
} from '../native/support/torch';
import { describeCuda } from './support';

describeCuda('placement', () => {
  test('operators make tensors there', () => {
    const x = torch.zeros([2, 3], { device: 'cuda' }) as Tensor;
    expect(String(x.device)).toBe('cuda:0');
    expect(x.isCuda).toBe(true);
    expect(String(tensor([1], { device: device('cuda', 0) }).device)).toBe('cuda:0');
    expect(String((torch.onesLike(x) as Tensor).device)).toBe('cuda:0');
    expect(String(x)).toContain("device='cuda:0'");
  });

  test('there and back', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const y = x.cuda();
    expect(y.to('cuda').is(y)).toBe(true);
    expect(y.cpu().tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(y.tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(y.sum().item()).toBe(10);
    expect(Array.from(y.T.toTypedArray() as Float32Array)).toEqual([1, 3, 2, 4]);
    expect(y.to({ device: 'cpu', dtype: dtypes.float64 }).dtype).toBe(dtypes.float64);
    expect(x.pinMemory().isPinned()).toBe(true);
    expect(x.pinMemory().to('cuda', { nonBlocking: true }).tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('a scalar on the CPU mixes, a tensor does not', () => {
    const y = tensor([1, 2]).cuda();
    expect(y.add(tensor(1)).tolist()).toEqual([2, 3]);
    expect(() => y.add(tensor([1, 2]))).toThrow(/same device/);
    expect(() => y.viewTypedArray()).toThrow(/only a CPU tensor can be viewed/);
  });

  test('a device that is not there', () => {
    expect(() => torch.zeros([1], { device: 'cuda:99' })).toThrow(TorchError);
    expect(() => torch.zeros([1], { device: 'cuda:99' })).toThrow(/device/);
    expect(() => cuda.synchronize('cuda:99')).toThrow(TorchError);
    expect(torch.zeros([1], { device: 'cuda' }).add(1).item()).toBe(1); // still works
  });

  test('random numbers', () => {
    const draw = () => (torch.randn([4], { device: 'cuda' }) as Tensor).tolist();
    manualSeed(7);
    const first = draw();
    manualSeed(7);
    expect(draw()).toEqual(first);
    const generator = new Generator('cuda').manualSeed(3);
    const own = torch.rand([4], { device: 'cuda', generator }).tolist();
    expect(
      torch.rand([4], { device: 'cuda', generator: new Generator('cuda').manualSeed(3) }).tolist(),
    ).toEqual(own);
    expect(() => torch.rand([4], { generator })).toThrow(/generator/i);
  });
});

describeCuda('memory', () => {
  const MiB = 2 ** 20;

  test('is counted by device, and seen in the allocator', () => {
    collect(true);
    cuda.synchronize();
    const allocated = cuda.memoryAllocated();
    const before = memory().devices['cuda:0']?.bytes ?? 0;
    const x = torch.empty([8 * MiB], { device: 'cuda', dtype: dtypes.uint8 }) as Tensor;
    expect(cuda.memoryAllocated() - allocated).toBe(8 * MiB);
    expect(memory().devices['cuda:0'].bytes - before).toBe(8 * MiB);
    x.dispose();
    expect(cuda.memoryAllocated()).toBe(allocated);
    expect(cuda.maxMemoryAllocated()).toBeGreaterThanOrEqual(allocated + 8 * MiB);
    cuda.resetPeakMemoryStats();
    expect(cuda.maxMemoryAllocated()).toBe(allocated);
    const reserved = cuda.memoryReserved();
    expect(cuda.maxMemoryReserved()).toBeGreaterThanOrEqual(reserved);
    cuda.emptyCache();
    expect(cuda.memoryReserved()).toBeLessThanOrEqual(reserved);
  });

  test('a loop without a scope stays flat', () => {
    const x = torch.ones([4 * MiB], { device: 'cuda' }) as Tensor;
    cuda.resetPeakMemoryStats();
    for (let i = 0; i < 2000; i++) x.add(1); // 32 GB in all
    expect(cuda.maxMemoryAllocated()).toBeLessThan(2 ** 30);
  });

  test('what does not fit raises an error, and the next allocation works', () => {
    expect(() => torch.empty([2 ** 50], { device: 'cuda', dtype: dtypes.uint8 })).toThrow(
      /out of memory|allocate/i,
    );
    tidy(() => expect(torch.ones([4], { device: 'cuda' }).sum().item()).toBe(4));
  });

  test('devices are counted and selected', () => {
    expect(cuda.deviceCount()).toBeGreaterThan(0);
    cuda.setDevice(0);
    expect(cuda.currentDevice()).toBe(0);
  });
});
