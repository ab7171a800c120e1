// Max pooling over windows of random sizes (Graham, "Fractional Max-Pooling").
import { valueError, checkSize } from '../../core/errors';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import type { Size } from '../conv/conv';
import { size } from '../../core/kinds';
import { type Call, type Spelled, signature } from '../../core/signature';

/** Options of `F.fractionalMaxPool2d` and `F.fractionalMaxPool3d`. */
export interface FractionalMaxPoolOptions {
  /** Size of the output. It or `outputRatio` must be given. */
  outputSize?: Size | null;
  /** Size of the output as a part of the input's, between 0 and 1. */
  outputRatio?: Size | null;
  /** Whether to return where the maxima were, too. Default: `false`. */
  returnIndices?: boolean;
  /** Where the windows begin: `(N, C, 2)`, in 3-d `(N, C, 3)`, from 0 to 1. Default: random. */
  _randomSamples?: Tensor | null;
}
export const FRACTIONAL_MAX_POOL: Required<FractionalMaxPoolOptions> = {
  outputSize: null,
  outputRatio: null,
  returnIndices: false,
  _randomSamples: null,
};

const fractionalSignature = (name: string) =>
  signature(name, [tensor('input'), size('kernelSize')], FRACTIONAL_MAX_POOL, [
    'outputSize',
    'outputRatio',
    'returnIndices',
  ]);
type FractionalOptional = [outputSize: Size | null, outputRatio: Size | null, returnIndices: boolean];

interface FractionalMaxPool {
  /** The maxima, and where they were. */
  (
    input: Tensor,
    kernelSize: Size,
    options: FractionalMaxPoolOptions & { returnIndices: true },
  ): [Tensor, Tensor];
  /** The maximum of each window. */
  (
    ...args: Call<
      ReturnType<typeof fractionalSignature>,
      [input: Tensor, kernelSize: Size],
      FractionalOptional
    >
  ): Tensor;
}
interface WithIndices {
  (
    ...args: Call<
      ReturnType<typeof fractionalSignature>,
      [input: Tensor, kernelSize: Size],
      FractionalOptional
    >
  ): [values: Tensor, indices: Tensor];
}
type Operator = (input: Tensor, kernelSize: Size, outputSize: Size, samples: Tensor) => [Tensor, Tensor];

function sizeByRatio(name: string, n: number, input: Tensor, ratio: Size): number[] {
  if (n === 2 && typeof ratio !== 'number' && ratio.length > 2)
    throw valueError(`${name} requires output_ratio to either be a single Int or tuple of Ints.`);
  const spatial = input.shape.slice(-n);
  return spatial.map((size, d) => Math.trunc(size * (typeof ratio === 'number' ? ratio : ratio[d])));
}

function pool(
  name: string,
  n: number,
  operator: Operator,
  input: Tensor,
  kernelSize: Size,
  given: Required<FractionalMaxPoolOptions>,
): [Tensor, Tensor] {
  const { outputSize, outputRatio } = given;
  if (outputSize === null && outputRatio === null)
    throw valueError(`${name} requires specifying either an output_size or an output_ratio`);
  if (outputSize === null) checkSize(name, 'outputRatio', outputRatio);
  const size = outputSize ?? sizeByRatio(name, n, input, outputRatio as Size);
  const samples = given._randomSamples ?? randomSamples(n, input);
  return operator(input, kernelSize, size, samples);
}

function randomSamples(n: number, input: Tensor): Tensor {
  const { shape, dtype, device } = input;
  const batch = shape.length === n + 1 ? 1 : shape[0];
  return aten.rand([batch, shape[shape.length - n - 1], n], { dtype, device });
}

function fractional(n: number, operator: Operator): [FractionalMaxPool, WithIndices] {
  const pythonName = `fractional_max_pool${n}d`;
  const own = fractionalSignature(`fractionalMaxPool${n}d`);
  const ownWithIndices = fractionalSignature(`fractionalMaxPool${n}dWithIndices`);
  const values = (...args: unknown[]): Tensor | [Tensor, Tensor] => {
    const [input, kernelSize, given] = own.bind(args);
    const both = pool(pythonName, n, operator, input, kernelSize, given);
    return given.returnIndices ? both : both[0];
  };
  const withIndices = (...args: unknown[]): [Tensor, Tensor] =>
    pool(pythonName, n, operator, ...ownWithIndices.bind(args));
  return [values as FractionalMaxPool, withIndices];
}

const [pool2d, withIndices2d] = fractional(2, (...args) => aten.fractionalMaxPool2d(...args));
const [pool3d, withIndices3d] = fractional(3, (...args) => aten.fractionalMaxPool3d(...args));

/**
 * The maximum of windows of random sizes. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @throws ValueError when neither `outputSize` nor `outputRatio` is given.
 */
export const fractionalMaxPool2d: FractionalMaxPool = pool2d;

/**
 * The maximum of windows of random sizes. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`.
 *
 * @throws ValueError when neither `outputSize` nor `outputRatio` is given.
 */
export const fractionalMaxPool3d: FractionalMaxPool = pool3d;

/** As {@link fractionalMaxPool2d} with `returnIndices`. */
export const fractionalMaxPool2dWithIndices: Spelled<WithIndices> = withIndices2d;

/** As {@link fractionalMaxPool3d} with `returnIndices`. */
export const fractionalMaxPool3dWithIndices: Spelled<WithIndices> = withIndices3d;
