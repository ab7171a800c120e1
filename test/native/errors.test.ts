// What an operator says when it cannot be called, and when libtorch refuses.
import { ops, tensor, torch, TorchError } from './support/torch';

function thrownBy(call: () => unknown): Error & { kind?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('errors', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);

  test('a wrong argument names function, argument and what came, and lists the signatures', () => {
    const error = thrownBy(() => torch.add(x, 'a'));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain("torch.add(): argument 'other' (position 2) must be Tensor, not string");
    expect(error.message).toContain('got (Tensor, string)');
    expect(error.message).toContain(
      'Signatures:\n  add(input: Tensor, other: Tensor, { alpha: Scalar = 1 })',
    );
  });

  test.each([
    [() => torch.maxPool2d(x), "torch.maxPool2d(): missing argument 'kernelSize' (position 2)"],
    [() => torch.relu(x, 1), 'takes 1 positional arguments but 2 were given'],
    [() => torch.relu(x, { inplace: true }), "got an unexpected keyword 'inplace'"],
    [() => torch.relu(x, { input: x }), "got multiple values for argument 'input'"],
    // The nearest overload has a place for all that was given.
    [() => torch.sum(x, { dim: 'x' }), "torch.sum(): argument 'dim' must be int[1]?, not string"],
    [() => torch.sum(x, 'x'), "torch.sum(): argument 'dim' (position 2) must be int[1]?, not string"],
    [() => torch.sum(x, { dim: 0, foo: 1 }), "torch.sum(): got an unexpected keyword 'foo'"],
    [
      () => torch.mean(x, { dim: 0, keepdim: 'x' }),
      "torch.mean(): argument 'keepdim' must be boolean, not string",
    ],
    [() => torch.max(x, { dim: 'x' }), "torch.max(): argument 'dim' must be int, not string"],
    [() => torch.add(x, 1, { out: 'x' }), "torch.add(): argument 'out' must be Tensor, not string"],
    [
      () => torch.div(x, 2, { roundingMode: 1 }),
      "torch.div(): argument 'roundingMode' must be string?, not number",
    ],
    [() => torch.celu(x, { out: x }), "torch.celu(): got an unexpected keyword 'out'"],
    [() => torch.softmax(x, NaN), "argument 'dim' (position 2) must be int, not NaN"],
    [() => torch.softmax(x, 0.5), 'not fractional number'],
    [() => torch.cat([x, 1]), "argument 'tensors' (position 1) must be Tensor[], not array of Tensor"],
    [() => torch.zeros([2], { dtype: 'float33' }), "argument 'dtype' must be DType?, not string"],
    [() => torch.zeros([2], { requiresGrad: 1 }), "argument 'requiresGrad' must be boolean, not number"],
    [() => torch.max(x, 1, { out: [x] }), "argument 'out' must be an array of 2 Tensors"],
  ])('%s', (call, message) => {
    const error = thrownBy(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
  });

  test('a disposed tensor', () => {
    const y = tensor([1]);
    y.dispose();
    expect(() => y.add(1)).toThrow(/argument 'input' .*not a disposed Tensor/);
  });

  test("libtorch's errors are TorchErrors with its message and kind", () => {
    const sizes = thrownBy(() => x.matmul(tensor([1, 2, 3])));
    expect(sizes).toBeInstanceOf(TorchError);
    expect(sizes.message).toBe('size mismatch, got input (2), mat (2x2), vec (3)');
    const index = thrownBy(() => x.sum(5));
    expect(index.message).toBe('Dimension out of range (expected to be in range of [-2, 1], but got 5)');
    expect(index.kind).toBe('IndexError');
    expect(thrownBy(() => torch.linalg.inv(torch.zeros([2, 2]))).kind).toBe('LinAlgError');
    expect(Object.keys(sizes)).not.toContain('backtrace');
    expect((sizes as TorchError).backtrace).toBe('');
  });

  test('a library that is not there', () => {
    expect(() => ops.loadLibrary('/nowhere/ops.so')).toThrow(/loadLibrary\(\).*\/nowhere\/ops\.so/);
    expect(() => ops.loadLibrary(5 as never)).toThrow("argument 'path' must be a string");
  });
});
