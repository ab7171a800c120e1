import * as aten from '../aten';
import type { Tensor } from '../tensor';
import { keywords } from './keywords';

/** One number for every dimension, or one for each. */
export type Size = number | readonly number[];
/** `'same'` keeps the size (stride 1 only), `'valid'` pads nothing. */
export type ConvPadding = 'valid' | 'same';

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

type Bias = Tensor | null | BiasedConvOptions;
type Stride = Size | ConvOptions;
type Padding = Size | ConvPadding | ConvOptions;
export type Convolution = (
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride?: Size,
  padding?: Size | ConvPadding,
  dilation?: Size,
  groups?: number,
) => Tensor;

/** By the overloads of `aten::conv*`, which take padding by number or by name. */
export function convolve(
  convolution: Convolution,
  input: Tensor,
  weight: Tensor,
  options: Required<BiasedConvOptions>,
): Tensor {
  const { bias, stride, padding, dilation, groups } = options;
  // A tenth of a small convolution goes into arguments.
  if (stride === 1 && padding === 0 && dilation === 1 && groups === 1)
    return convolution(input, weight, bias);
  return convolution(input, weight, bias, stride, padding, dilation, groups);
}

/**
 * Slides kernels along a sequence (a cross-correlation).
 *
 * Shapes: input `(N, Cin, L)` or `(Cin, L)`, weight `(Cout, Cin / groups, K)`, bias `(Cout)`.
 */
export function conv1d(
  input: Tensor,
  weight: Tensor,
  bias?: Bias,
  stride?: Stride,
  padding?: Padding,
  options?: ConvOptions,
): Tensor {
  const given = keywords<BiasedConvOptions>('conv1d', BIASED, { bias, stride, padding }, options);
  return convolve(aten.conv1d as Convolution, input, weight, given);
}

/**
 * Slides kernels over an image (a cross-correlation).
 *
 * Shapes: input `(N, Cin, H, W)` or `(Cin, H, W)`, weight `(Cout, Cin / groups, KH, KW)`, bias `(Cout)`.
 */
export function conv2d(
  input: Tensor,
  weight: Tensor,
  bias?: Bias,
  stride?: Stride,
  padding?: Padding,
  options?: ConvOptions,
): Tensor {
  const given = keywords<BiasedConvOptions>('conv2d', BIASED, { bias, stride, padding }, options);
  return convolve(aten.conv2d as Convolution, input, weight, given);
}

/**
 * Slides kernels over a volume (a cross-correlation).
 *
 * Shapes: input `(N, Cin, D, H, W)` or without `N`, weight `(Cout, Cin / groups, KD, KH, KW)`, bias `(Cout)`.
 */
export function conv3d(
  input: Tensor,
  weight: Tensor,
  bias?: Bias,
  stride?: Stride,
  padding?: Padding,
  options?: ConvOptions,
): Tensor {
  const given = keywords<BiasedConvOptions>('conv3d', BIASED, { bias, stride, padding }, options);
  return convolve(aten.conv3d as Convolution, input, weight, given);
}
