/** Kernels of which tfjs-core's suite asks little: the cpu backend's values. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import 'nodetorch/tfjs';

type Compute = () => tf.Tensor | tf.Tensor[];

/** Of each result, on one backend: shape, dtype and values. */
async function resultsOf(backend: string, compute: Compute): Promise<unknown[]> {
  await tf.setBackend(backend);
  const results = [tf.tidy(compute)].flat();
  const described = results.map((x) => [x.shape, x.dtype, [...x.dataSync()]]);
  tf.dispose(results);
  return described;
}

async function expectSame(compute: Compute): Promise<void> {
  expect(await resultsOf('torch', compute)).toEqual(await resultsOf('cpu', compute));
}

const x = () => tf.tensor1d([-1, -1e-10, 0, 0.5, 3e38, Infinity, NaN]);
const HUGE = 1e39;

describe('numbers beyond float32', () => {
  test.each<[string, Compute]>([
    ['clipByValue, above', () => tf.clipByValue(x(), 0, Number.MAX_VALUE)],
    ['clipByValue, below', () => tf.clipByValue(x(), -HUGE, -0.5)],
    ['clipByValue, all of it', () => tf.clipByValue(x(), HUGE, 2 * HUGE)],
    ['clipByValue of int32', () => tf.clipByValue(tf.tensor1d([-5, 7], 'int32'), 0, Number.MAX_VALUE)],
    ['pad', () => tf.pad(x(), [[1, 2]], HUGE)],
    ['pad of int32', () => tf.pad(tf.tensor1d([1, 2], 'int32'), [[1, 0]], 3e9)],
    ['pad of int32, a fraction', () => tf.pad(tf.tensor1d([1, 2], 'int32'), [[1, 0]], 1.5)],
    ['leakyRelu', () => tf.leakyRelu(x(), HUGE)],
    ['leakyRelu of int32', () => tf.leakyRelu(tf.tensor1d([-2, 3], 'int32'), HUGE)],
    ['oneHot', () => tf.oneHot(tf.tensor1d([1, 0], 'int32'), 2, HUGE, -HUGE)],
    ['fill', () => tf.fill([2], -HUGE)],
    ['step', () => tf.step(x(), HUGE)],
    ['linspace', () => tf.linspace(0, HUGE, 3)],
    ['reLU with a maximum', () => layers.reLU({ maxValue: HUGE }).apply(x()) as tf.Tensor],
    [
      'cropAndResize',
      () => tf.image.cropAndResize(tf.ones([1, 2, 2, 1]), [[0, 0, 2, 2]], [0], [2, 2], 'bilinear', HUGE),
    ],
    [
      'localResponseNormalization',
      () => tf.localResponseNormalization(tf.ones([1, 1, 1, 3]) as tf.Tensor4D, 1, HUGE, 1, 0.5),
    ],
  ])('%s', (_, compute) => expectSame(compute));

  test('of a fused activation', () =>
    expectSame(() =>
      tf.fused.matMul({
        a: tf.tensor2d([[1e-20, -1e-20]]),
        b: tf.eye(2) as tf.Tensor2D,
        activation: 'leakyrelu',
        leakyreluAlpha: HUGE,
      }),
    ));
});

test.each([1, 42, 0.25, -7])('multinomial draws what the cpu backend does, of seed %d', (seed) =>
  expectSame(() => [
    tf.multinomial(
      tf.tensor2d([
        [0.1, 2, -1, 0.5],
        [3, 0, 0, 1],
      ]),
      50,
      seed,
    ),
    tf.multinomial(tf.tensor2d([[0.25, 0.25, 0.5]]), 50, seed, true),
  ]),
);

describe('nonMaxSuppression', () => {
  const boxes = () => {
    const corners = tf.randomUniform([60, 2], 0, 1, 'float32', 3);
    return tf.concat(
      [corners, tf.add(corners, tf.randomUniform([60, 2], 0.1, 0.5, 'float32', 4))],
      1,
    ) as tf.Tensor2D;
  };
  const scores = () => tf.randomUniform([60], 0, 1, 'float32', 5) as tf.Tensor1D;

  test('of indices', () => expectSame(() => tf.image.nonMaxSuppression(boxes(), scores(), 20, 0.4, 0.2)));
  test('padded', () =>
    expectSame(() => {
      const found = tf.image.nonMaxSuppressionPadded(boxes(), scores(), 50, 0.3, 0.5, true);
      return [found.selectedIndices, found.validOutputs];
    }));
  test('with scores', () =>
    expectSame(() => {
      const found = tf.image.nonMaxSuppressionWithScore(boxes(), scores(), 30, 0.6, 0.1, 0.5);
      return [found.selectedIndices, found.selectedScores];
    }));
});

describe('unique', () => {
  const both =
    (make: () => tf.Tensor, axis?: number): Compute =>
    () => {
      const { values, indices } = tf.unique(make(), axis);
      return [values, indices];
    };
  test.each<[string, Compute]>([
    ['of numbers', both(() => tf.tensor1d([3, 1, 3, -2, 1, 0.5]))],
    ['of NaN and both zeros', both(() => tf.tensor1d([NaN, -0, 0, NaN, Infinity, 0]))],
    ['of int32', both(() => tf.tensor1d([5, -1, 5, 2 ** 31 - 1], 'int32'))],
    ['of bools', both(() => tf.tensor1d([true, false, true], 'bool'))],
    [
      'of rows',
      both(
        () =>
          tf.tensor2d([
            [1, 2],
            [3, 4],
            [1, 2],
            [0, 9],
            [3, 4],
          ]),
        0,
      ),
    ],
    [
      'of columns',
      both(
        () =>
          tf.tensor2d([
            [1, 2, 1, 2],
            [3, 4, 3, 5],
          ]),
        1,
      ),
    ],
    [
      'of planes',
      both(
        () =>
          tf.tensor3d([
            [[1], [2]],
            [[1], [2]],
            [[0], [2]],
          ]),
        0,
      ),
    ],
    ['of nothing', both(() => tf.tensor1d([]))],
  ])('%s', (_, compute) => expectSame(compute));
});

describe('rotateWithOffset', () => {
  const image = (channels: number) =>
    tf.randomUniform([2, 5, 7, channels], 0, 255, 'float32', 8) as tf.Tensor4D;
  test.each<[string, number, number, number | [number, number, number], number | [number, number]]>([
    ['by a quarter', 1, Math.PI / 2, 0, 0.5],
    ['by little, about a corner', 3, 0.3, 7.5, [0, 0]],
    ['a colour around it', 3, -1.1, [10, 20, 30], [0.25, 0.75]],
    ['a colour and an alpha', 4, 2.5, [10, 20, 30], 0.5],
    ['a number beyond float32', 1, 1, HUGE, 0.5],
  ])('%s', (_, channels, radians, fill, center) =>
    expectSame(() => tf.image.rotateWithOffset(image(channels), radians, fill, center)),
  );
});
