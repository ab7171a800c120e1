import { TorchTypeError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { number, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';
import { repr, typeName } from '../../tensor/repr';

/** Options of `nn.Flatten`. */
export interface FlattenOptions {
  /** First dimension of those that become one. Default: 1. */
  startDim?: number;
  /** The last one. Default: -1. */
  endDim?: number;
}
const FLATTEN_DEFAULTS: Required<FlattenOptions> = { startDim: 1, endDim: -1 };
const FLATTEN = signature('Flatten', [], FLATTEN_DEFAULTS);

/**
 * Makes one dimension of several.
 *
 * @example
 * new nn.Flatten()(torch.randn([32, 1, 5, 5])).shape; // [32, 25]
 */
export class Flatten extends Module<[Tensor], Tensor> {
  readonly startDim: number;
  readonly endDim: number;

  constructor(...args: Call<typeof FLATTEN, [], [startDim: number, endDim: number]>) {
    super();
    const [given] = FLATTEN.bind(args);
    this.startDim = given.startDim;
    this.endDim = given.endDim;
  }
  override forward(input: Tensor): Tensor {
    return aten.flatten(input, this.startDim, this.endDim);
  }
  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

const UNFLATTEN = signature('Unflatten', [number('dim'), value<readonly number[]>()('unflattenedSize')], {});

/**
 * Makes several dimensions of one.
 *
 * @throws TypeError when `unflattenedSize` is no array of whole numbers.
 *
 * @example
 * new nn.Unflatten(1, [2, 5, 5])(torch.randn([2, 50])).shape; // [2, 2, 5, 5]
 */
export class Unflatten extends Module<[Tensor], Tensor> {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];

  constructor(...args: Call<typeof UNFLATTEN, [dim: number, unflattenedSize: readonly number[]]>) {
    super();
    const [dim, unflattenedSize] = UNFLATTEN.bind(args);
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
    if (!Array.isArray(unflattenedSize)) {
      throw new TorchTypeError(
        `unflattened_size must be a tuple of ints, but found type ${typeName(unflattenedSize)}`,
      );
    }
    unflattenedSize.forEach((size: unknown, i) => {
      if (Number.isInteger(size)) return;
      throw new TorchTypeError(
        `unflattened_size must be tuple of ints, but found element of type ${typeName(size)} at pos ${i}`,
      );
    });
  }
  override forward(input: Tensor): Tensor {
    return aten.unflatten(input, this.dim, this.unflattenedSize);
  }
  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${repr(this.unflattenedSize)}`;
  }
}
