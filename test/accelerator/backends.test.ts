// Switches of GPU kernels, and what the memory of tensors is.
import torch, { backends } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE } from './support';

// Python's torch 2.13: torch.backends.cudnn, .cuda.matmul, *_sdp_enabled().
test('switches have the defaults of Python, and are set', () => {
  const { cuda, cudnn } = backends;
  expect({ ...cudnn }).toEqual({
    enabled: true,
    benchmark: false,
    deterministic: false,
    allowTf32: true,
    fp32Precision: 'none',
  });
  expect([cuda.matmul.allowTf32, cuda.isBuilt()]).toEqual([false, false]);
  for (const name of ['enabled', 'benchmark', 'deterministic', 'allowTf32'] as const) {
    const before = cudnn[name];
    cudnn[name] = !before;
    expect(cudnn[name]).toBe(!before);
    cudnn[name] = before;
  }
  cuda.matmul.allowTf32 = true;
  expect([cuda.matmul.allowTf32, torch.getFloat32MatmulPrecision()]).toEqual([true, 'high']);
  cuda.matmul.allowTf32 = false;
  expect(classAndMessage(() => (cudnn.benchmark = 1 as never))).toContain(
    "TypeError: torch.backends.cudnn.benchmark(): argument 'enabled' must be a boolean",
  );
});

test.each([
  ['flashSdp', true],
  ['memEfficientSdp', true],
  ['mathSdp', true],
  ['cudnnSdp', true],
] as const)('%s is on, and is turned off', (name, on) => {
  const { cuda } = backends;
  const enable = cuda[`enable${name[0].toUpperCase()}${name.slice(1)}` as 'enableMathSdp'];
  const isEnabled = cuda[`${name}Enabled`];
  expect(isEnabled()).toBe(on);
  enable(false);
  expect(isEnabled()).toBe(false);
  enable(true);
  expect(() => enable('no' as never)).toThrow(TypeError);
});

test('the formula of attention adds halves in float32 unless it is told', () => {
  const { cuda } = backends;
  expect(cuda.fp16Bf16ReductionMathSdpAllowed()).toBe(false);
  cuda.allowFp16Bf16ReductionMathSdp(true);
  expect(cuda.fp16Bf16ReductionMathSdpAllowed()).toBe(true);
  cuda.allowFp16Bf16ReductionMathSdp(false);
});

test('the type of devices has its name once', () => {
  torch.utils.renamePrivateuse1Backend('pretend');
  expect(classAndMessage(() => torch.utils.renamePrivateuse1Backend('other'))).toContain(
    'RuntimeError: torch.register_privateuse1_backend() has already been set! Current backend: pretend',
  );
});

test('memory that other processes can have', () => {
  const x = torch.arange(4).float();
  const view = x.at('1:3');
  expect([x.isShared(), x.share_memory_() === x, view.isShared()]).toEqual([false, true, true]);
  view.fill_(7);
  expect(x.tolist()).toEqual([0, 7, 7, 3]);
  const viewed = torch.ones([2]);
  const array = viewed.viewTypedArray();
  expect(() => viewed.share_memory_()).toThrow('a typed array uses this memory');
  expect([...(array as Float32Array)]).toEqual([1, 1]);
  const there = torch.ones([2], { device: DEVICE });
  expect([there.share_memory_().isShared(), there.isNested, there.isQuantized, there.isMkldnn]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([there.nelement(), there.ndimension(), there.dimOrder()]).toEqual([2, 1, [0]]);
});
