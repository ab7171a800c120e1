// Windows of an image as columns of a matrix, and back.
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import type { Size } from './conv/conv';
import { keywords } from '../core/keywords';

export interface FoldOptions {
  /** Distance between the window's elements. Default: 1. */
  dilation?: Size;
  /** Zeros added on both sides. Default: 0. */
  padding?: Size;
  /** Step of the window. Default: 1. */
  stride?: Size;
}
export const FOLD: Required<FoldOptions> = { dilation: 1, padding: 0, stride: 1 };

/** Each window as a column. Shape: `(N, C, H, W)` to `(N, C Π kernelSize, windows)`, or without `N`. */
export function unfold(
  input: Tensor,
  kernelSize: Size,
  dilation?: Size | FoldOptions,
  padding?: Size | FoldOptions,
  stride?: Size | FoldOptions,
): Tensor {
  const given = keywords<FoldOptions>('unfold', FOLD, { dilation, padding, stride });
  return aten.im2col(input, kernelSize, given.dilation, given.padding, given.stride);
}

/**
 * Columns back to windows of an image of `outputSize`; where they overlap, they are added.
 * Shape: `(N, C Π kernelSize, windows)` to `(N, C, ...outputSize)`, or without `N`.
 */
export function fold(
  input: Tensor,
  outputSize: Size,
  kernelSize: Size,
  dilation?: Size | FoldOptions,
  padding?: Size | FoldOptions,
  stride?: Size | FoldOptions,
): Tensor {
  const given = keywords<FoldOptions>('fold', FOLD, { dilation, padding, stride });
  return aten.col2im(input, outputSize, kernelSize, given.dilation, given.padding, given.stride);
}
