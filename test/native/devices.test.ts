// What a machine without a GPU says when it is asked for one, and what is no device at all.
import { cuda, device, type Tensor, tensor, torch, TorchError } from './support/torch';

const withoutCuda = cuda.isAvailable() ? test.skip : test;

describe('CUDA', () => {
  withoutCuda.each([
    ['torch.zeros', () => torch.zeros([2], { device: 'cuda' })],
    ['torch.zeros on another', () => torch.zeros([2], { device: 'cuda:99' })],
    ['torch.tensor', () => tensor([1], { device: 'cuda' })],
    ['to', () => tensor([1]).to('cuda')],
    ['cuda', () => tensor([1]).cuda(1)],
    ['torch.cuda.synchronize', () => cuda.synchronize()],
    ['torch.cuda.currentDevice', () => cuda.currentDevice()],
    ['torch.cuda.memoryAllocated', () => cuda.memoryAllocated('cuda:0')],
  ])('is asked for where there is none: %s', (_, call) => {
    expect(call).toThrow(TorchError);
    expect(call).toThrow('CUDA is not available: this libtorch has no CUDA, or finds no NVIDIA driver');
  });

  withoutCuda('is absent, and says so without an error', () => {
    expect(cuda.isAvailable()).toBe(false);
    expect(cuda.deviceCount()).toBe(0);
    cuda.emptyCache();
  });
});

describe('a device', () => {
  test('is one object for each name', () => {
    expect(device('cuda:1')).toBe(device('cuda', 1));
    expect(device('cuda:1').type).toBe('cuda');
    expect(device('cuda').index).toBe(null);
    expect(String(device('cuda:1'))).toBe('cuda:1');
    expect(tensor([1]).device).toBe(device('cpu'));
  });

  test.each(['gpu', 'cuda:x', 'cuda:-1', '', 'CPU', 'cuda:', ':0'])(
    "'%s' is none, for an operator",
    (name) => {
      expect(() => torch.zeros([1], { device: name })).toThrow(/device/i);
      expect(() => torch.zeros([1], { device: name })).not.toThrow(/Node-API/);
    },
  );

  test.each([[5], [null], [{}]])('%p is none, for torch.device', (name) => {
    expect(() => device(name as never)).toThrow(TypeError);
  });

  // Python raises a RuntimeError.
  const invalid = ['cuda:x', 'cuda:-1', 'cuda:', 'cuda:01', 'cpu:1:2'];
  const types =
    'cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, ' +
    'privateuseone';
  const unknown = ['foo', 'CPU', 'gpu:0'];
  test.each([
    ['', 'Device string must not be empty'],
    ...invalid.map((name) => [name, `Invalid device string: '${name}'`]),
    ...unknown.map((name) => [
      name,
      `Expected one of ${types} device type at start of device string: ${name}`,
    ]),
  ])('%p is no name of one, for torch.device', (name, message) => {
    expect(() => device(name)).toThrow(expect.objectContaining({ kind: 'RuntimeError', message }));
  });

  test('an index comes once', () => {
    expect(() => device('cuda:1', 1)).toThrow(
      'type (string) must not include an index because index was passed explicitly: cuda:1',
    );
  });

  test.each([[5], [{}], [Symbol('cpu')], [['cpu']]])(
    '%p is none, and the error names the argument',
    (value) => {
      expect(() => torch.zeros([1], { device: value })).toThrow("argument 'device' must be Device?");
    },
  );
});

describe("'meta'", () => {
  test('has shapes and no values', () => {
    const x = torch.ones([1000, 1000], { device: 'meta' }) as Tensor;
    expect(x.matmul(x).shape).toEqual([1000, 1000]);
    expect(x.isMeta).toBe(true);
    expect(() => x.sum().item()).toThrow(TorchError);
    expect(() => x.tolist()).toThrow(TorchError);
    expect(() => x.add(tensor([1]))).toThrow();
  });
});
