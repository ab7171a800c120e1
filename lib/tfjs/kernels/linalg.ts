import { backend_util, broadcast_util, randomUniform, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import type { Device } from '../../core/device';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import type { Attributes, Kernels } from '../kernel';
import { activate, toInt32 } from './support';

function matMul(a: Tensor, b: Tensor, { transposeA, transposeB }: Attributes): Tensor {
  const [shapeA, shapeB, dtype] = [a.shape, b.shape, a.dtype];
  const innerA = shapeA.at(transposeA ? -2 : -1);
  const innerB = shapeB.at(transposeB ? -1 : -2);
  broadcast_util.assertAndGetBroadcastShape(shapeA.slice(0, -2), shapeB.slice(0, -2));
  util.assert(
    innerA === innerB,
    () =>
      `Error in matMul: inner shapes (${innerA}) and (${innerB}) of Tensors with shapes ${String(shapeA)} and ` +
      `${String(shapeB)} and transposeA=${String(transposeA)} and transposeB=${String(transposeB)} must match.`,
  );
  const [left, right] = [transposeA ? a.transpose(-2, -1) : a, transposeB ? b.transpose(-2, -1) : b];
  if (dtype === b.dtype && dtype.name !== 'bool' && (dtype.isFloatingPoint || !a.isCuda)) {
    return left.matmul(right);
  }
  const common = dtype.isFloatingPoint || b.isFloatingPoint() ? 'float32' : 'float64';
  const product = left.to({ dtype: common }).matmul(right.to({ dtype: common }));
  return common === 'float64' ? product.to({ dtype }) : product;
}

/**
 * What tfjs's own generator gives for a seed: numbers in [0, 1), which have 32 bits. Drawn as int32, since as float32
 * they would lose some.
 */
function draws(count: number, seed: number, device: Device): Tensor {
  const whole = randomUniform([count], -(2 ** 31), 2 ** 31, 'int32', seed);
  const values = whole.dataSync();
  whole.dispose();
  return tensor(values, { device })
    .to({ dtype: 'float64' })
    .div(2 ** 32)
    .add(0.5);
}

/** torch's, of one dtype: whole numbers in double precision, mixed ones in the wider dtype. */
function einsum(equation: string, tensors: Tensor[]): Tensor {
  const common = tensors.map((x) => x.dtype).reduce((a, b) => aten.promoteTypes(a, b));
  const isWhole = !common.isFloatingPoint && !common.isComplex;
  const dtype = isWhole ? 'float64' : common;
  const result = aten.einsum(
    equation,
    tensors.map((x) => x.to({ dtype })),
  );
  return isWhole ? toInt32(result) : result;
}

export const linalg: Kernels = {
  BatchMatMul: ({ a, b }, attributes) => matMul(a, b, attributes),
  Einsum(inputs, { equation }) {
    const list = Object.values(inputs);
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation as string, list.length);
    backend_util.checkEinsumDimSizes(
      allDims.length,
      idDims,
      list.map((x) => ({ shape: [...x.shape] })) as never,
    );
    return einsum((equation as string).replace(/\s/g, ''), list);
  },
  FFT: ({ input }) => (input.numel() > 0 ? aten.fftFft(input) : input),
  IFFT: ({ input }) => (input.numel() > 0 ? aten.fftIfft(input) : input),
  Multinomial({ logits }, { numSamples, seed, normalized }) {
    const { device, shape } = logits;
    const numbers = logits.to({ dtype: 'float32' });
    const probabilities = normalized ? numbers : aten.softmax(numbers, -1);
    // What none of the others took is the last event's, so the probabilities need not add up to 1.
    const bounds = probabilities.narrow(-1, 0, shape[1] - 1).cumsum(-1);
    const drawn = draws(numSamples as number, seed as number, device).expand([shape[0], -1]); // each row the same
    return aten.searchsorted(bounds.to({ dtype: 'float64' }), drawn.contiguous(), { right: true });
  },
  _FusedMatMul({ a, b, bias, preluActivationWeights }, attributes) {
    const product = matMul(a, b, attributes);
    const { activation, leakyreluAlpha } = attributes;
    const sum = bias ? product.add(bias) : product;
    return activate(sum, activation as string, preluActivationWeights, leakyreluAlpha as number);
  },
};
