import * as F from '../../../functional';
import type { ConvPadding, Size } from '../../../functional';
import { convolve } from '../../../functional/conv/conv';
import { number, size } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import type { With } from '../options';
import { CONV_ND, ConvNd, type ConvPlaces } from './conv_base';

const CONVOLUTION = signature(
  'Conv',
  [number('inChannels'), number('outChannels'), size('kernelSize')],
  CONV_ND,
);

// `F.pad` counts from the last dimension backwards.
function padArgument(
  kernelSize: readonly number[],
  padding: readonly number[] | ConvPadding,
  dilation: readonly number[],
): number[] {
  const sides = kernelSize.map((size, i): [number, number] => {
    if (typeof padding !== 'string') return [padding[i], padding[i]];
    const total = padding === 'same' ? dilation[i] * (size - 1) : 0;
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return sides.reverse().flat();
}

/* eslint-disable @typescript-eslint/no-explicit-any -- see BiasOf */
abstract class Convolution<Bias extends boolean = any> extends ConvNd<[Tensor], Bias> {
  constructor(
    ...args: Call<
      With<typeof CONVOLUTION, { bias: Bias }>,
      [inChannels: number, outChannels: number, kernelSize: Size],
      ConvPlaces<Bias>
    >
  ) {
    super(false, ...CONVOLUTION.bind(args, new.target.name));
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, kernelSize, stride, padding, dilation, groups, paddingMode } = this;
    if (paddingMode === 'zeros')
      return convolve(this._dimensions, input, weight, { bias, stride, padding, dilation, groups });
    const padded = F.pad(input, padArgument(kernelSize, padding, dilation), paddingMode);
    return convolve(this._dimensions, padded, weight, { bias, stride, padding: 0, dilation, groups });
  }
}

/**
 * Slides `outChannels` kernels along a sequence.
 *
 * Shapes: input `(N, inChannels, L)`, output `(N, outChannels, Lout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(inChannels / groups · kernelSize)`.
 */
export class Conv1d<Bias extends boolean = any> extends Convolution<Bias> {
  protected override get _dimensions(): number {
    return 1;
  }
}

/**
 * Slides `outChannels` kernels over an image.
 *
 * Shapes: input `(N, inChannels, H, W)`, output `(N, outChannels, Hout, Wout)`, or both without `N`.
 * Weight and bias start uniform in `±1/√(inChannels / groups · Π kernelSize)`.
 *
 * @example
 * const m = new nn.Conv2d(3, 16, 3, { padding: 1, bias: false });
 * m(torch.randn([1, 3, 32, 32])).shape; // [1, 16, 32, 32]
 */
export class Conv2d<Bias extends boolean = any> extends Convolution<Bias> {
  protected override get _dimensions(): number {
    return 2;
  }
}

/**
 * Slides `outChannels` kernels over a volume.
 *
 * Shapes: input `(N, inChannels, D, H, W)`, output `(N, outChannels, Dout, Hout, Wout)`, or both
 * without `N`. Weight and bias start uniform in `±1/√(inChannels / groups · Π kernelSize)`.
 */
export class Conv3d<Bias extends boolean = any> extends Convolution<Bias> {
  protected override get _dimensions(): number {
    return 3;
  }
}
