/** Tensors of tfjs and of torch over the same memory. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import torch from 'nodetorch';
import { fromTorch, toTorch } from 'nodetorch/tfjs';
import { live } from '../fixtures/live';

beforeAll(() => tf.setBackend('torch'));

describe('toTorch', () => {
  test.each([
    ['float32', [1.5, -2, 3, NaN]],
    ['int32', [1, -2, 3, 2147483647]],
    ['bool', [true, false, false, true]],
  ] as const)('%s', (dtype, values) => {
    const tensor = toTorch(tf.tensor([...values] as number[], [2, 2], dtype));
    expect([tensor.dtype.name, tensor.shape]).toEqual([dtype, [2, 2]]);
    expect(tensor.flatten().tolist()).toEqual([...values]);
  });

  test('complex64', () => {
    const tensor = toTorch(tf.complex([1, 2], [3, 4]));
    expect(tensor.dtype).toBe(torch.complex64);
    expect([...torch.viewAsReal(tensor).toTypedArray()]).toEqual([1, 3, 2, 4]);
  });

  test('of a filter: a convolution sees what is written into it', () => {
    const before = live();
    const image = tf.ones([1, 4, 4, 2]) as tf.Tensor4D;
    const filter = tf.fill([3, 3, 2, 1], 0.5) as tf.Tensor4D;
    const depthwise = tf.fill([3, 3, 2, 1], 0.5) as tf.Tensor4D;
    const sums = () =>
      tf.tidy(() => [
        tf.conv2d(image, filter, 1, 'valid').dataSync()[0],
        tf.depthwiseConv2d(image, depthwise, 1, 'valid').dataSync()[0],
      ]);
    expect([sums(), sums(), sums()]).toEqual([
      [9, 4.5],
      [9, 4.5],
      [9, 4.5],
    ]);
    for (const each of [filter, depthwise]) torch.tidy(() => void toTorch(each).mul_(2));
    expect([sums(), sums(), sums()]).toEqual([
      [18, 9],
      [18, 9],
      [18, 9],
    ]);
    tf.dispose([image, filter, depthwise]);
    expect(live()).toEqual(before);
  });

  test('shares memory with the tensor and with its reshaped forms', () => {
    const x = tf.tensor2d([[1, 2, 3, 4]]);
    const square = tf.reshape(x, [2, 2]);
    toTorch(square).setAt([1, 0], 30);
    expect(toTorch(square).dataPtr()).toBe(toTorch(x).dataPtr());
    expect([...x.dataSync()]).toEqual([1, 2, 30, 4]);
  });

  test('outlives the tfjs tensor, which outlives it', () => {
    const x = tf.tensor([1, 2]);
    const [first, second] = [toTorch(x), toTorch(x)];
    first.dispose();
    expect([...x.dataSync()]).toEqual([1, 2]);
    x.dispose();
    expect(second.tolist()).toEqual([1, 2]);
  });

  test('moves a tensor of another backend', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor([1, 2, 3]);
    await tf.setBackend('torch');
    const tensor = toTorch(x);
    expect(tensor.tolist()).toEqual([1, 2, 3]);
    tensor.setAt([0], 10);
    expect([...x.dataSync()]).toEqual([10, 2, 3]);
    x.dispose();
  });

  test('ranks from 0 to 6, and no elements', () => {
    expect(toTorch(tf.scalar(7)).item()).toBe(7);
    expect(toTorch(tf.zeros([1, 2, 1, 2, 1, 2])).shape).toEqual([1, 2, 1, 2, 1, 2]);
    expect(toTorch(tf.zeros([3, 0])).shape).toEqual([3, 0]);
  });

  test('refuses strings, disposed tensors and what is no tensor', () => {
    const disposed = tf.tensor([1]);
    disposed.dispose();
    expect(() => toTorch(tf.tensor(['a']))).toThrow('toTorch(): strings have no torch dtype');
    expect(() => toTorch(disposed)).toThrow('toTorch(): the tensor is disposed');
    expect(() => toTorch([1] as never)).toThrow("toTorch(): argument 'tensor' must be a tf.Tensor");
  });
});

describe('fromTorch', () => {
  test.each(['float32', 'int32', 'bool', 'complex64'] as const)('%s shares memory', (dtype) => {
    const tensor = torch.ones([2, 3], { dtype });
    const x = fromTorch(tensor);
    expect([x.dtype, x.shape]).toEqual([dtype, [2, 3]]);
    expect(toTorch(x).dataPtr()).toBe(tensor.dataPtr());
    tensor.zero_();
    expect([...x.dataSync()].every((value) => value === 0)).toBe(true);
  });

  test.each([
    ['int64', 'int32'],
    ['uint8', 'int32'],
    ['int16', 'int32'],
    ['float64', 'float32'],
    ['float16', 'float32'],
    ['bfloat16', 'float32'],
    ['complex128', 'complex64'],
  ] as const)('%s becomes %s', (from, to) => {
    const tensor = torch.tensor([1, 2, 3], { dtype: from });
    const x = fromTorch(tensor);
    expect(x.dtype).toBe(to);
    expect([...x.dataSync()]).toEqual(to === 'complex64' ? [1, 0, 2, 0, 3, 0] : [1, 2, 3]);
    expect(tensor.dtype.name).toBe(from);
  });

  test('each is disposed by itself', () => {
    const tensor = torch.tensor([1, 2]);
    const x = fromTorch(tensor);
    const y = fromTorch(tensor);
    x.dispose();
    expect(tensor.tolist()).toEqual([1, 2]);
    tensor.dispose();
    expect([...y.dataSync()]).toEqual([1, 2]);
    y.dispose();
  });

  test('what autograd, a permutation or a conjugation made', () => {
    const leaf = torch.tensor([1, 2], { requiresGrad: true });
    expect([...fromTorch(leaf.mul(2)).dataSync()]).toEqual([2, 4]);
    expect([...fromTorch(leaf).dataSync()]).toEqual([1, 2]);
    const matrix = torch.arange(6).to('float32').view([2, 3]);
    const transposed = fromTorch(matrix.t());
    expect([transposed.shape, [...transposed.dataSync()]]).toEqual([
      [3, 2],
      [0, 3, 1, 4, 2, 5],
    ]);
    expect([...tf.reshape(transposed, [6]).dataSync()]).toEqual([0, 3, 1, 4, 2, 5]);
    const conjugate = torch.complex(torch.tensor([1]), torch.tensor([2])).conj();
    expect([...fromTorch(conjugate).dataSync()]).toEqual([1, -2]);
  });

  test('is a tensor to tfjs: its scopes, its counts, its other backends', async () => {
    const [before, { tensors }] = [tf.memory(), live()];
    const tensor = torch.tensor([1, 2, 3]);
    tf.tidy(() => {
      expect([...tf.add(fromTorch(tensor), 1).dataSync()]).toEqual([2, 3, 4]);
    });
    expect(tf.memory()).toEqual(before);
    torch.tidy(() => void fromTorch(tensor).dispose());
    expect(torch.memory().tensors).toBe(tensors + 1);
    await tf.setBackend('cpu');
    const x = fromTorch(tensor);
    tf.tidy(() => expect([...tf.add(x, 1).dataSync()]).toEqual([2, 3, 4]));
    x.dispose();
    await tf.setBackend('torch');
    expect(tf.memory()).toEqual(before);
    expect(tensor.tolist()).toEqual([1, 2, 3]);
  });

  test('survives a tidy of torch', () => {
    const x = torch.tidy(() => fromTorch(torch.tensor([1, 2])));
    expect([...x.dataSync()]).toEqual([1, 2]);
  });

  test('refuses what is no tensor', () => {
    expect(() => fromTorch([1] as never)).toThrow("fromTorch(): argument 'tensor' must be a torch.Tensor");
  });
});

test('torch.tfjs has them', () => {
  const x = torch.tfjs.fromTorch(torch.tensor([1, 2]));
  expect(torch.tfjs.toTorch(tf.square(x)).tolist()).toEqual([1, 4]);
});

describe('a few numbers, which kernels of JavaScript compute', () => {
  test('what torch writes into them is seen', () => {
    const x = tf.tensor1d([1, 2]);
    expect([...tf.add(x, x).dataSync()]).toEqual([2, 4]);
    toTorch(x).add_(1);
    expect([...x.dataSync()]).toEqual([2, 3]);
    expect([...tf.add(x, x).dataSync()]).toEqual([4, 6]);
    expect([...tf.cast(x, 'int32').dataSync()]).toEqual([2, 3]);

    const own = torch.tensor([1, 2]);
    const y = fromTorch(own);
    expect([...tf.add(y, y).dataSync()]).toEqual([2, 4]);
    own.add_(1);
    expect([...tf.add(y, y).dataSync()]).toEqual([4, 6]);
  });

  test('neither the array they came from nor one that was read is theirs', () => {
    const values = Float32Array.of(1, 2);
    const x = tf.tensor1d(values);
    values[0] = 7;
    x.dataSync()[1] = 7;
    expect([...x.dataSync()]).toEqual([1, 2]);
    expect(toTorch(x).tolist()).toEqual([1, 2]);
  });

  test('numbers of another dtype are as the cpu backend casts them', () => {
    const x = tf.tensor1d([NaN, -0, 2.7, -2.7, 3e9]);
    expect([...tf.cast(x, 'bool').dataSync()]).toEqual([1, 0, 1, 1, 1]);
    expect([...tf.cast(x, 'int32').dataSync()]).toEqual([0, 0, 2, -2, -1_294_967_296]);
    expect([...tf.cast(tf.cast(x, 'bool'), 'float32').dataSync()]).toEqual([1, 0, 1, 1, 1]);
  });

  test('results are torch tensors when they are asked for', () => {
    const x = tf.reshape(tf.mul(tf.tensor1d([1, 2, 3, 4]), tf.scalar(2)), [2, 2]);
    expect(toTorch(x).tolist()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    const [y, z] = tf.unstack(x);
    expect(toTorch(y as tf.Tensor).shape).toEqual([2]);
    expect([...tf.add(y, z).dataSync()]).toEqual([8, 12]);
  });
});
