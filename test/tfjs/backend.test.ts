/** What the backend promises beside its kernels: how it is registered, what it holds, when memory comes back. */
import * as tf from '@tensorflow/tfjs-core';
import { memory } from 'nodetorch';
import { registerTorchBackend, toTorch } from 'nodetorch/tfjs';
import { onCpu } from '../../lib/tfjs/kernels';
import { live } from '../fixtures/live';

const bytes = (): number => memory().bytes;

test('is the first choice, above wasm, and there without waiting', () => {
  const priorityOfWasm = 2;
  tf.registerBackend('other', () => new tf.KernelBackend(), priorityOfWasm);
  expect(tf.backend()).toBe(tf.findBackend('torch'));
  expect(tf.getBackend()).toBe('torch');
  tf.removeBackend('other');
});

test('may be registered again', () => {
  const before = tf.backend();
  registerTorchBackend(tf);
  expect(tf.backend()).toBe(before);
});

test('loads the cpu backend for what runs there', () => {
  expect(tf.findBackendFactory('cpu')).toBeFalsy();
  expect(tf.string.stringToHashBucketFast(['a', 'b'], 1).dataSync()).toEqual(Int32Array.of(0, 0));
  expect(tf.findBackendFactory('cpu')).toBeTruthy();
  expect(tf.getBackend()).toBe('torch');
});

test('has every kernel of the cpu backend, few of them through it', () => {
  const names = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
  expect(names('cpu').length).toBeGreaterThanOrEqual(172);
  expect(names('torch')).toEqual(expect.arrayContaining(names('cpu')));
  expect(onCpu.length).toBeLessThanOrEqual(12);
});

test('memory() is reliable', () => {
  expect(tf.memory().unreliable).toBeFalsy();
});

describe('native memory comes back', () => {
  const SIZE = 1 << 20;
  beforeAll(() => void live()); // lest garbage of an earlier test file go in between

  test('at once from dispose', () => {
    const before = bytes();
    const x = tf.ones([SIZE]);
    x.dataSync();
    expect(bytes()).toBe(before + 4 * SIZE);
    x.dispose();
    expect(bytes()).toBe(before);
  });

  test('at once from tidy, but for what it returns', () => {
    const before = bytes();
    const sum = tf.tidy(() => tf.sum(tf.mul(tf.add(tf.ones([SIZE]), 1), 2)));
    expect([sum.dataSync()[0], bytes() - before]).toEqual([4 * SIZE, 4]);
    sum.dispose();
  });

  test('with the last of several that share it', () => {
    const before = bytes();
    const x = tf.ones([SIZE]);
    const [reshaped, same, wider] = [tf.reshape(x, [2, SIZE / 2]), tf.clone(x), tf.expandDims(x)];
    const [one, other] = [toTorch(x), toTorch(reshaped)];
    expect(one.dataPtr()).toBe(other.dataPtr());
    for (const tensor of [one, other]) tensor.dispose();
    expect(bytes()).toBe(before + 4 * SIZE);
    tf.dispose([x, reshaped, wider]);
    expect([bytes(), same.dataSync()[SIZE - 1]]).toEqual([before + 4 * SIZE, 1]);
    same.dispose();
    expect(bytes()).toBe(before);
  });

  test('from the collector where nobody disposes', () => {
    const before = live();
    for (let i = 0; i < 100; i++) tf.add(tf.ones([1000]), i);
    expect(memory().tensors).toBeGreaterThan(before.tensors + 100);
    expect(live()).toEqual(before);
  });

  test('in time where nobody disposes: it stays bounded without a pause of the program', () => {
    const before = bytes();
    let most = 0;
    for (let i = 0; i < 150; i++) {
      tf.add(tf.ones([1 << 18]), i); // 2 MB
      most = Math.max(most, bytes() - before);
    }
    expect(most).toBeLessThan(100e6); // of 300 MB
  });
});

test('has several names for what is one backend', async () => {
  registerTorchBackend(tf, { name: 'tensorflow' });
  const x = tf.tensor1d([1, 2]);
  expect(await tf.setBackend('tensorflow')).toBe(true);
  expect([tf.getBackend(), tf.backend() === tf.findBackend('torch')]).toEqual(['tensorflow', true]);
  expect(toTorch(tf.add(x, 1)).tolist()).toEqual([2, 3]);
  await tf.setBackend('torch');
  tf.removeBackend('tensorflow');
});

test('time and profile', async () => {
  const square = (): tf.Tensor => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]));
  expect(await tf.time(square)).toMatchObject({
    kernelMs: expect.any(Number) as number,
    wallMs: expect.any(Number) as number,
  });
  const { kernelNames, newBytes } = await tf.profile(square);
  expect(kernelNames).toContain('BatchMatMul');
  expect(newBytes).toBe(3 * 4 * 64 * 64);
});
