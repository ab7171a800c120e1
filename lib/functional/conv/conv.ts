import { type Call, type Spelled, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';

/** One number for every dimension, or one for each. */
export type Size = number | readonly number[];
/** `'same'` keeps the size (stride 1 only), `'valid'` pads nothing. */
export type ConvPadding = 'valid' | 'same';

/** Options of `F.conv1d`, `F.conv2d` and `F.conv3d`. */
export interface ConvOptions {
  /** Step of the window. Default: 1. */
  stride?: Size;
  /** Zeros added on both sides. Default: 0. */
  padding?: Size | ConvPadding;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
  /** Number of groups that share no weights. Default: 1. */
  groups?: number;
}
export const CONV: Required<ConvOptions> = { stride: 1, padding: 0, dilation: 1, groups: 1 };

export interface BiasedConvOptions extends ConvOptions {
  /** Added to each channel. Default: none. */
  bias?: Tensor | null;
}
const BIASED: Required<BiasedConvOptions> = { bias: null, ...CONV };

const convSignature = (name: string) => signature(name, [tensor('input'), tensor('weight')], BIASED);
interface Conv {
  (
    ...args: Call<
      ReturnType<typeof convSignature>,
      [input: Tensor, weight: Tensor],
      [bias: Tensor | null, stride: Size, padding: Size | ConvPadding, dilation: Size, groups: number]
    >
  ): Tensor;
}
type Convolution = (
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride?: Size,
  padding?: Size | ConvPadding,
  dilation?: Size,
  groups?: number,
) => Tensor;

// Their overloads take padding by number or by name.
const kernels = { 1: aten.conv1d, 2: aten.conv2d, 3: aten.conv3d } as Record<number, Convolution>;

/** A convolution over so many dimensions, 1 to 3, whose options are complete. */
export function convolve(
  dimensions: number,
  input: Tensor,
  weight: Tensor,
  options: Required<BiasedConvOptions>,
): Tensor {
  const { bias, stride, padding, dilation, groups } = options;
  const kernel = kernels[dimensions];
  // Converting these four arguments takes a tenth of the time of a small convolution.
  if (stride === 1 && padding === 0 && dilation === 1 && groups === 1) return kernel(input, weight, bias);
  return kernel(input, weight, bias, stride, padding, dilation, groups);
}

function conv(name: string, dimensions: number): Conv {
  const own = convSignature(name);
  return (...args: unknown[]) => convolve(dimensions, ...own.bind(args));
}

/**
 * Slides kernels along a sequence (a cross-correlation).
 *
 * Shapes: input `(N, Cin, L)` or `(Cin, L)`, weight `(Cout, Cin / groups, K)`, bias `(Cout)`.
 */
export const conv1d: Spelled<Conv> = conv('conv1d', 1);

/**
 * Slides kernels over an image (a cross-correlation).
 *
 * Shapes: input `(N, Cin, H, W)` or `(Cin, H, W)`, weight `(Cout, Cin / groups, KH, KW)`, bias `(Cout)`.
 */
export const conv2d: Spelled<Conv> = conv('conv2d', 2);

/**
 * Slides kernels over a volume (a cross-correlation).
 *
 * Shapes: input `(N, Cin, D, H, W)` or without `N`, weight `(Cout, Cin / groups, KD, KH, KW)`, bias `(Cout)`.
 */
export const conv3d: Spelled<Conv> = conv('conv3d', 3);
