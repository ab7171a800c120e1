// The inverse of max pooling: zeros where no maximum was.
import { argumentError, valueError, checkSize } from '../../core/errors';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import type { Size } from '../conv/conv';
import { size } from '../../core/kinds';
import { type Call, type Spelled, signature } from '../../core/signature';

/** Options of `F.maxUnpool1d`, `F.maxUnpool2d` and `F.maxUnpool3d`. */
export interface MaxUnpoolOptions {
  /** Step of the window that pooled. Default: the window's size. */
  stride?: Size | null;
  /** Padding of the pooling. Default: 0. */
  padding?: Size;
  /** Size of the output, of its spatial dimensions or of all. Default: what the window implies. */
  outputSize?: readonly number[] | null;
}
const MAX_UNPOOL: Required<MaxUnpoolOptions> = { stride: null, padding: 0, outputSize: null };

const maxUnpoolSignature = (name: string) =>
  signature(name, [tensor('input'), tensor('indices'), size('kernelSize')], MAX_UNPOOL);
interface MaxUnpool {
  (
    ...args: Call<
      ReturnType<typeof maxUnpoolSignature>,
      [input: Tensor, indices: Tensor, kernelSize: Size],
      [stride: Size | null, padding: Size, outputSize: readonly number[] | null]
    >
  ): Tensor;
}
type Operator = (
  input: Tensor,
  indices: Tensor,
  outputSize: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
) => Tensor;

const each = (n: number, size: Size): readonly number[] =>
  typeof size === 'number' ? new Array<number>(n).fill(size) : size;

const list = (sizes: readonly number[]): string => `[${sizes.join(', ')}]`;

function checkedSize(
  given: readonly number[],
  implied: readonly number[],
  stride: readonly number[],
): readonly number[] {
  const n = implied.length;
  const sizes = given.length === n + 2 ? given.slice(2) : given;
  if (sizes.length !== n) {
    throw valueError(
      `output_size should be a sequence containing ${n} or ${n + 2} elements, but it has a length of ` +
        `'${sizes.length}'`,
    );
  }
  sizes.forEach((size, d) => {
    const [least, most] = [implied[d] - stride[d], implied[d] + stride[d]];
    if (least < size && size < most) return;
    throw valueError(`invalid output_size "${list(sizes)}" (dim ${d} must be between ${least} and ${most})`);
  });
  return sizes;
}

function maxUnpool(name: string, n: number, operator: Operator): MaxUnpool {
  const own = maxUnpoolSignature(name);
  return (...args: unknown[]) => {
    const [input, indices, kernelSize, given] = own.bind(args);
    if (given.stride !== null) checkSize(name, 'stride', given.stride);
    checkSize(name, 'padding', given.padding);
    if (given.outputSize !== null && !Array.isArray(given.outputSize))
      throw argumentError(name, 'outputSize', 'an array of numbers', given.outputSize);
    const kernel = each(n, kernelSize);
    const steps = each(n, given.stride ?? kernel);
    const pads = each(n, given.padding);
    const spatial = input.shape.slice(-n);
    const implied = kernel.map((size, d) => (spatial[d] - 1) * steps[d] + size - 2 * pads[d]);
    const sizes = given.outputSize === null ? implied : checkedSize(given.outputSize, implied, steps);
    const negative = sizes.findIndex((size) => size < 0);
    if (negative >= 0) {
      throw valueError(
        'max_unpooling: output_size must contain non-negative spatial dimensions, but got ' +
          `output_size[${negative}]=${sizes[negative]}`,
      );
    }
    return operator(input, indices, sizes, steps, pads);
  };
}

/**
 * Puts the maxima of {@link maxPool1d} back where they were. Shape: `(N, C, L)` or `(C, L)`.
 *
 * @throws ValueError for an `outputSize` that the window does not allow.
 */
export const maxUnpool1d: Spelled<MaxUnpool> = maxUnpool('maxUnpool1d', 1, (input, indices, outputSize) => {
  const [values, places] = [aten.unsqueeze(input, -1), aten.unsqueeze(indices, -1)];
  return aten.squeeze(aten.maxUnpool2d(values, places, [...outputSize, 1]), -1);
});

/**
 * Puts the maxima of {@link maxPool2d} back where they were. Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @throws ValueError for an `outputSize` that the window does not allow.
 */
export const maxUnpool2d: Spelled<MaxUnpool> = maxUnpool('maxUnpool2d', 2, (input, indices, outputSize) =>
  aten.maxUnpool2d(input, indices, outputSize),
);

/**
 * Puts the maxima of {@link maxPool3d} back where they were. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`.
 *
 * @throws ValueError for an `outputSize` that the window does not allow.
 */
export const maxUnpool3d: Spelled<MaxUnpool> = maxUnpool('maxUnpool3d', 3, (...args) =>
  aten.maxUnpool3d(...args),
);
