import { valueError } from '../../../core/errors';
import * as F from '../../../functional';
import type { FractionalMaxPoolOptions, Size } from '../../../functional';
import { FRACTIONAL_MAX_POOL } from '../../../functional/pooling/fractional_pooling';
import { size } from '../../../core/kinds';
import { type Call, type Signature, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { ntuple } from '../options';
import type { Pooled } from './pooling';
import { repr } from '../../../tensor/repr';

type Options<R extends boolean> = FractionalMaxPoolOptions & { returnIndices?: R };
const FRACTIONAL = signature('FractionalMaxPool', [size('kernelSize')], FRACTIONAL_MAX_POOL, [
  'outputSize',
  'outputRatio',
  'returnIndices',
]);
type Fractional<R extends boolean> = Signature<(typeof FRACTIONAL)['required'], Required<Options<R>>>;

abstract class FractionalMaxPoolNd<R extends boolean> extends Module<[Tensor], Pooled<R>> {
  readonly kernelSize: readonly number[];
  readonly returnIndices: boolean;
  readonly outputSize: readonly number[] | null;
  readonly outputRatio: readonly number[] | null;
  readonly _random_samples!: Tensor | null;

  constructor(
    ...args: Call<
      Fractional<R>,
      [kernelSize: Size],
      [outputSize: Size | null, outputRatio: Size | null, returnIndices: R]
    >
  ) {
    super();
    const { name } = new.target;
    const [kernelSize, given] = FRACTIONAL.bind(args, name);
    this._checkKernel(kernelSize);
    this.kernelSize = this._each(kernelSize);
    this.returnIndices = given.returnIndices;
    this.registerBuffer('_random_samples', given._randomSamples);
    this.outputSize = given.outputSize === null ? null : this._each(given.outputSize);
    this.outputRatio = given.outputRatio === null ? null : this._each(given.outputRatio);
    this._checkOutput(name, given.outputRatio);
  }

  // One number for each dimension.
  protected abstract _each(size: Size): readonly number[];
  protected abstract get _pool(): typeof F.fractionalMaxPool2d;
  protected _checkKernel(_kernelSize: Size): void {}

  protected _checkOutput(name: string, given: Size | null): void {
    const { outputSize, outputRatio } = this;
    if (outputSize === null && outputRatio === null)
      throw valueError(`${name} requires specifying either an output size, or a pooling ratio`);
    if (outputSize !== null && outputRatio !== null)
      throw valueError('only one of output_size and output_ratio may be specified');
    if (outputRatio?.some((ratio) => !(ratio > 0 && ratio < 1)))
      throw valueError(`output_ratio must be between 0 and 1 (got ${repr(given)})`);
  }

  override forward(input: Tensor): Pooled<R> {
    const { outputSize, outputRatio, returnIndices, _random_samples: _randomSamples } = this;
    const options: FractionalMaxPoolOptions = { outputSize, outputRatio, returnIndices, _randomSamples };
    return this._pool(input, this.kernelSize, options) as unknown as Pooled<R>;
  }
}

/**
 * The maximum of windows of random sizes (Graham, "Fractional Max-Pooling").
 * Shape: `(N, C, H, W)` or `(C, H, W)`.
 *
 * @throws ValueError unless one of `outputSize` and `outputRatio` (between 0 and 1) is given.
 *
 * @example
 * new nn.FractionalMaxPool2d(3, { outputRatio: [0.5, 0.5] })(torch.randn([1, 3, 32, 32])).shape; // [1, 3, 16, 16]
 */
export class FractionalMaxPool2d<R extends boolean = false> extends FractionalMaxPoolNd<R> {
  protected override _each(size: Size): readonly number[] {
    return ntuple(2, size);
  }
  protected override get _pool(): typeof F.fractionalMaxPool2d {
    return F.fractionalMaxPool2d;
  }
}

/**
 * The maximum of windows of random sizes. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`.
 *
 * @throws ValueError unless one of `outputSize` and `outputRatio` (between 0 and 1) is given.
 */
export class FractionalMaxPool3d<R extends boolean = false> extends FractionalMaxPoolNd<R> {
  protected override _each(size: Size): readonly number[] {
    return ntuple(3, size);
  }
  protected override get _pool(): typeof F.fractionalMaxPool3d {
    return F.fractionalMaxPool3d;
  }
  protected override _checkKernel(kernelSize: Size): void {
    if (ntuple(1, kernelSize).some((size) => size <= 0))
      throw valueError(`kernel_size must be greater than 0, but got ${repr(kernelSize)}`);
  }
}
