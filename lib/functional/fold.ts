// Windows of an image as columns of a matrix, and back.
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import type { Size } from './conv/conv';
import { size } from '../core/kinds';
import { type Call, signature } from '../core/signature';

/** Options of `F.fold`. */
export interface FoldOptions {
  /** Distance between the window's elements. Default: 1. */
  dilation?: Size;
  /** Zeros added on both sides. Default: 0. */
  padding?: Size;
  /** Step of the window. Default: 1. */
  stride?: Size;
}
export const FOLD: Required<FoldOptions> = { dilation: 1, padding: 0, stride: 1 };
type FoldPlaces = [dilation: Size, padding: Size, stride: Size];
const UNFOLD = signature('unfold', [tensor('input'), size('kernelSize')], FOLD);
const FOLD_CALL = signature('fold', [tensor('input'), size('outputSize'), size('kernelSize')], FOLD);

/** Each window as a column. Shape: `(N, C, H, W)` to `(N, C Π kernelSize, windows)`, or without `N`. */
export function unfold(...args: Call<typeof UNFOLD, [input: Tensor, kernelSize: Size], FoldPlaces>): Tensor {
  const [input, kernelSize, { dilation, padding, stride }] = UNFOLD.bind(args);
  return aten.im2col(input, kernelSize, dilation, padding, stride);
}

/**
 * Columns back to windows of an image of `outputSize`; where they overlap, they are added.
 * Shape: `(N, C Π kernelSize, windows)` to `(N, C, ...outputSize)`, or without `N`.
 */
export function fold(
  ...args: Call<typeof FOLD_CALL, [input: Tensor, outputSize: Size, kernelSize: Size], FoldPlaces>
): Tensor {
  const [input, outputSize, kernelSize, { dilation, padding, stride }] = FOLD_CALL.bind(args);
  return aten.col2im(input, outputSize, kernelSize, dilation, padding, stride);
}
