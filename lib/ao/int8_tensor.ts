// Weights in int8 with a scale for each block of numbers, as torchao's Int8Tensor has them.
import { type DType, bfloat16, float16, float32, int8 } from '../core/dtype';
import { DType as DTypeClass } from '../core/dtype';
import { TorchError } from '../core/errors';
import { isMap } from '../core/realm';
import { device } from '../core/device';
import { type ActivationGranularity, activationFromPython, activationToPython } from './activation';
import { strided } from '../core/layout';
import { noGrad } from '../autograd';
import { isTensor } from '../native/tensor_base';
import { PythonClass } from '../serialization/pickle/global';
import { PythonObject, tuple } from '../serialization/pickle/python_types';
import { wrapper } from '../serialization/pickle/tensors';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';

const INT8_TENSOR = 'torchao.quantization.Int8Tensor';
const EPS = 2 ** -23; // of float32, whatever the dtype of the weight
const HALF_RANGE = 127.5; // of the 256 numbers of int8
// What tells of activations whose scale is not found anew in each call.
const OF_STATIC_ACTIVATIONS = ['act_quant_scale', 'act_quant_zero_point', 'act_pre_scale'];

/** What an Int8Tensor consists of. */
export interface Int8Parts {
  readonly qdata: Tensor; // (out, in)
  readonly scale: Tensor; // (out / block, in / block)
  readonly zeroPoint: Tensor | null; // as scale
  readonly dtype: DType; // of the weight that it stands for
  /** How what comes in is put into int8, too; null where it is not. */
  readonly activation: ActivationGranularity | null;
}
type Shape = readonly number[];

export const blockSizeOf = ({ qdata, scale }: Int8Parts): number[] =>
  qdata.shape.map((size, dim) => (scale.shape[dim] === 0 ? size : size / scale.shape[dim]));

// Rows and columns cut into blocks: (blocks, rows of one, blocks, columns of one).
function inBlocks(x: Tensor, [rows, columns]: Shape): Tensor {
  const [out, inner] = x.shape;
  return x.reshape([out / rows, rows, inner / columns, columns]);
}
const perBlock = (x: Tensor): Tensor => x.unsqueeze(1).unsqueeze(3);

/** The weight, rounded to int8 symmetrically by the largest number of each block. */
export function quantizeInt8(
  weight: Tensor,
  blockSize: Shape,
  activation: ActivationGranularity | null = null,
): Int8Parts {
  const { dtype } = weight;
  // Python's words.
  if (![float32, float16, bfloat16].includes(dtype)) {
    throw new TorchError(`Unsupported input dtype: ${dtype}`, 'AssertionError');
  }
  return noGrad(() => {
    const blocks = inBlocks(weight.detach(), blockSize);
    const largest = blocks.amax({ dim: [1, 3] }).clamp({ min: 0 });
    const least = blocks.amin({ dim: [1, 3] }).clamp({ max: 0 });
    const scale = aten.maximum(largest, least.neg()).div(HALF_RANGE).clamp({ min: EPS }).to(float32);
    const rounded = blocks.mul(perBlock(scale.reciprocal())).round().clamp(-128, 127);
    const zeroPoint = aten.zeros(scale.shape, { dtype: int8, device: scale.device });
    return { qdata: rounded.reshape(weight.shape).to(int8), scale, zeroPoint, dtype, activation };
  });
}

/** The numbers that it stands for. */
export function dequantizeInt8(parts: Int8Parts): Tensor {
  const { qdata, scale, zeroPoint, dtype } = parts;
  let blocks = inBlocks(qdata, blockSizeOf(parts)).to(dtype);
  if (zeroPoint) blocks = blocks.sub(perBlock(zeroPoint).to(dtype));
  return blocks.mul(perBlock(scale)).reshape(qdata.shape).to(dtype);
}

/** As `torch.save` writes one. */
export function toPython(parts: Int8Parts): PythonObject {
  const { qdata, scale, zeroPoint, dtype, activation } = parts;
  const place = [dtype, tuple(...qdata.shape), tuple(...qdata.stride()), 0, strided, device(String(qdata.device)), false]; // prettier-ignore
  const state = new Map<string, unknown>([
    ['qdata', qdata],
    ['scale', scale],
    ['block_size', blockSizeOf(parts)],
    ['zero_point', zeroPoint],
    ['act_quant_kwargs', activation && activationToPython(activation)],
    ['act_quant_scale', null],
    ['act_quant_zero_point', null],
    ['act_pre_scale', null],
    ['reduce_range', false],
  ]);
  return wrapper(new PythonClass(INT8_TENSOR), tuple(...place), state);
}

export const isInt8Tensor = (value: unknown): value is PythonObject =>
  value instanceof PythonObject && value.type === INT8_TENSOR;

/** What a file says of one. @throws TorchError where it is none that this can be. */
export function fromPython(value: PythonObject, shape: Shape, key: string): Int8Parts {
  const state = value.state;
  if (!isMap(state)) throw new TorchError(`${key}: an Int8Tensor without parts`);
  const active = OF_STATIC_ACTIVATIONS.filter((name) => state.get(name) != null);
  if (active.length > 0 || state.get('reduce_range') === true) {
    throw new TorchError(
      `${key}: ${active.join(', ') || 'reduce_range'} is not supported: int8 weights are, alone (Int8WeightOnlyConfig) or with ` +
        'activations that are quantized in each call (Int8DynamicActivationInt8WeightConfig)',
      'NotImplementedError',
    );
  }
  const activation = activationFromPython(state.get('act_quant_kwargs') ?? null, key);
  const [dtype] = (Array.isArray(value.args) ? value.args : []) as unknown[];
  const [qdata, scale, zeroPoint] = ['qdata', 'scale', 'zero_point'].map((name) => state.get(name) ?? null);
  const parts = checkParts({ qdata, scale, zeroPoint, dtype, activation }, shape, key);
  const blockSize = state.get('block_size');
  if (String(blockSize) !== String(blockSizeOf(parts))) {
    throw new TorchError(
      `${key}: its block_size is ${String(blockSize)}, but its scale has ${blockSizeOf(parts).join(', ')}`,
    );
  }
  return parts;
}

/** @throws TorchError where the parts are no weight of that shape. */
export function checkParts(
  parts: { readonly [name in keyof Int8Parts]: unknown },
  shape: Shape,
  key: string,
): Int8Parts {
  const { qdata, scale, zeroPoint, dtype } = parts as Int8Parts;
  const isWeight = isTensor(qdata) && qdata.dtype === int8 && String(qdata.shape) === String(shape);
  if (!isWeight) {
    const found = isTensor(qdata) ? `${qdata.dtype} of shape (${qdata.shape.join(', ')})` : 'no tensor';
    throw new TorchError(`${key}: its qdata must be int8 of shape (${shape.join(', ')}), and is ${found}`);
  }
  const fits = (each: Tensor): boolean =>
    each.dim() === 2 && each.shape.every((size, dim) => size > 0 && shape[dim] % size === 0);
  if (!isTensor(scale) || !scale.isFloatingPoint() || !fits(scale)) {
    throw new TorchError(`${key}: its scale does not fit a weight of shape (${shape.join(', ')})`);
  }
  if (zeroPoint !== null && !(isTensor(zeroPoint) && String(zeroPoint.shape) === String(scale.shape))) {
    throw new TorchError(`${key}: its zero_point is no tensor of the shape of its scale`);
  }
  if (!(dtype instanceof DTypeClass && dtype.isFloatingPoint)) {
    throw new TorchError(`${key}: the dtype of its weight is none of floats`);
  }
  // Products with a scale for each row leave it out, in Python, too.
  if (zeroPoint && scale.shape[1] === 1 && !zeroPoint.isMeta && zeroPoint.any().item()) {
    throw new TorchError(`${key}: a zero_point other than 0 is not supported`, 'NotImplementedError');
  }
  return parts as Int8Parts;
}
