import * as F from '../../functional';
import type { FoldOptions, Size } from '../../functional';
import { FOLD } from '../../functional/fold';
import { keywords } from '../../core/keywords';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr } from '../../tensor/repr';

type Given = Size | FoldOptions;

abstract class Folding extends Module<[Tensor], Tensor> {
  readonly dilation: Size;
  readonly padding: Size;
  readonly stride: Size;

  constructor(
    readonly kernelSize: Size,
    given: Required<FoldOptions>,
  ) {
    super();
    this.dilation = given.dilation;
    this.padding = given.padding;
    this.stride = given.stride;
  }
  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this;
    return (
      `kernel_size=${repr(kernelSize)}, dilation=${repr(dilation)}, padding=${repr(padding)}, ` +
      `stride=${repr(stride)}`
    );
  }
}

/** Each window as a column. Shape: `(N, C, H, W)` to `(N, C Π kernelSize, windows)`, or without `N`. */
export class Unfold extends Folding {
  constructor(kernelSize: Size, dilation?: Given, padding?: Given, stride?: Given) {
    super(kernelSize, keywords<FoldOptions>('Unfold', FOLD, { dilation, padding, stride }));
  }
  override forward(input: Tensor): Tensor {
    const { dilation, padding, stride } = this;
    return F.unfold(input, this.kernelSize, { dilation, padding, stride });
  }
}

/**
 * Columns back to windows of an image of `outputSize`; where they overlap, they are added.
 * Shape: `(N, C Π kernelSize, windows)` to `(N, C, ...outputSize)`, or without `N`.
 */
export class Fold extends Folding {
  constructor(
    readonly outputSize: Size,
    kernelSize: Size,
    dilation?: Given,
    padding?: Given,
    stride?: Given,
  ) {
    super(kernelSize, keywords<FoldOptions>('Fold', FOLD, { dilation, padding, stride }));
  }
  override forward(input: Tensor): Tensor {
    const { dilation, padding, stride } = this;
    return F.fold(input, this.outputSize, this.kernelSize, { dilation, padding, stride });
  }
  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}, ${super.extraRepr()}`;
  }
}
