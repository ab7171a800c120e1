import * as F from '../../functional';
import type { FoldOptions, Size } from '../../functional';
import { FOLD } from '../../functional/fold';
import { size } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr } from '../../tensor/repr';

const FOLD_ORDER = ['dilation', 'padding', 'stride'] as const;
const UNFOLD = signature('Unfold', [size('kernelSize')], FOLD, FOLD_ORDER);
const FOLD_MODULE = signature('Fold', [size('outputSize'), size('kernelSize')], FOLD, FOLD_ORDER);
type FoldPlaces = [dilation: Size, padding: Size, stride: Size];

abstract class Folding extends Module<[Tensor], Tensor> {
  readonly kernelSize: Size;
  readonly dilation: Size;
  readonly padding: Size;
  readonly stride: Size;

  constructor(kernelSize: Size, given: Required<FoldOptions>) {
    super();
    this.kernelSize = kernelSize;
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
  constructor(...args: Call<typeof UNFOLD, [kernelSize: Size], FoldPlaces>) {
    super(...UNFOLD.bind(args));
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
  readonly outputSize: Size;

  constructor(...args: Call<typeof FOLD_MODULE, [outputSize: Size, kernelSize: Size], FoldPlaces>) {
    const [outputSize, ...rest] = FOLD_MODULE.bind(args);
    super(...rest);
    this.outputSize = outputSize;
  }
  override forward(input: Tensor): Tensor {
    const { dilation, padding, stride } = this;
    return F.fold(input, this.outputSize, this.kernelSize, { dilation, padding, stride });
  }
  override extraRepr(): string {
    return `output_size=${repr(this.outputSize)}, ${super.extraRepr()}`;
  }
}
