// What the recurrent modules share: weights, their names, and checks of what is given.
import { checkTensor } from '../../../native/tensor_base';
import { isAutocastEnabled } from '../../../amp/autocast';
import * as aten from '../../../tensor/aten';
import { noGrad } from '../../../autograd';
import { TorchError, valueError, argumentError, TorchRangeError } from '../../../core/errors';
import { value } from '../../../core/kinds';
import { checkMethods } from '../../../core/calls';
import { type Call, signature } from '../../../core/signature';
import { repr } from '../../../tensor/repr';
import type { Tensor } from '../../../tensor';
import { getField, hasField } from '../../module/fields';
import * as init from '../../init';
import { Module } from '../../module/module';
import type { FactoryOptions } from '../options';
import { Parameter } from '../../parameter';
import {
  RNN_BASE,
  RNN_BASE_ORDER,
  SIZES,
  checkOptions,
  cudnnModes,
  gatesOf,
  type HiddenCall,
  type RNNBasePlaces,
  type RNNMode,
} from './options';
import type { PackedSequence } from '../../utils/packed_sequence';

// Of each module; not a field, since what is in an array is no state.
const flatWeights = new WeakMap<object, Tensor[]>();

const underAutocast = ({ isCuda }: Tensor): boolean =>
  isAutocastEnabled('cpu') || (isCuda && isAutocastEnabled('cuda'));

const BASE = signature('RNNBase', [value<RNNMode>()('mode'), ...SIZES], RNN_BASE, RNN_BASE_ORDER);

export interface RNNBase<Hidden = Tensor> {
  (...args: HiddenCall<Tensor, Hidden>): [output: Tensor, hidden: Hidden];
  (...args: HiddenCall<PackedSequence, Hidden>): [output: PackedSequence, hidden: Hidden];
}

/**
 * Base of `RNN`, `LSTM` and `GRU`. Weights are fields named `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
 * `bias_hh_l0`, `weight_hr_l0`, of other layers by their number, of the way back with `_reverse`.
 */
export class RNNBase<Hidden = Tensor> extends Module<HiddenCall<Tensor | PackedSequence, Hidden>, unknown> {
  readonly [weight: `weight_${'ih' | 'hh' | 'hr'}_l${number}`]: Parameter;
  readonly [reverse: `weight_${'ih' | 'hh' | 'hr'}_l${number}_reverse`]: Parameter;
  readonly [bias: `bias_${'ih' | 'hh'}_l${number}`]: Parameter;
  readonly [biasReverse: `bias_${'ih' | 'hh'}_l${number}_reverse`]: Parameter;
  readonly mode: RNNMode;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;
  private readonly _names: string[][] = [];

  constructor(
    ...args: Call<typeof BASE, [mode: RNNMode, inputSize: number, hiddenSize: number], RNNBasePlaces>
  ) {
    super();
    const [mode, inputSize, hiddenSize, given] = BASE.bind(args);
    checkOptions(inputSize, hiddenSize, given);
    if (!Object.hasOwn(gatesOf, mode)) throw valueError(`Unrecognized RNN mode: ${String(mode)}`);
    this.mode = mode;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = given.numLayers;
    this.bias = given.bias;
    this.batchFirst = given.batchFirst;
    this.dropout = given.dropout;
    this.bidirectional = given.bidirectional;
    this.projSize = given.projSize;
    const factory = { device: given.device, dtype: given.dtype };
    for (let layer = 0; layer < this.numLayers; layer++) {
      this._addLayer(layer, '', factory);
      if (this.bidirectional) this._addLayer(layer, '_reverse', factory);
    }
    this._readWeights();
    this.resetParameters();
  }

  private _addLayer(layer: number, suffix: string, factory: Required<FactoryOptions>): void {
    const gates = gatesOf[this.mode] * this.hiddenSize;
    const outputSize = this.projSize || this.hiddenSize;
    const inputSize = layer === 0 ? this.inputSize : outputSize * this._directions;
    const shapes: Record<string, number[]> = {
      weight_ih: [gates, inputSize],
      weight_hh: [gates, outputSize],
    };
    if (this.bias) Object.assign(shapes, { bias_ih: [gates], bias_hh: [gates] });
    if (this.projSize > 0) shapes.weight_hr = [this.projSize, this.hiddenSize];
    const params = Object.entries(shapes).map(([kind, shape]): [string, Parameter] => [
      `${kind}_l${layer}${suffix}`,
      new Parameter(aten.empty(shape, factory)),
    ]);
    Object.assign(this, Object.fromEntries(params));
    this._names.push(params.map(([name]) => name));
  }

  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const param of this.parameters()) init.uniform_(param, -bound, bound);
  }

  /** The weights of each layer and direction. */
  get allWeights(): Parameter[][] {
    return this._names.map((names) => names.map((name) => getField(this, name) as Parameter));
  }
  protected get _flatWeights(): Tensor[] {
    return flatWeights.get(this) ?? this._readWeights();
  }
  private _readWeights(): Tensor[] {
    const weights = this._names.flat().map((name) => this._weight(name));
    flatWeights.set(this, weights);
    this.flattenParameters();
    return weights;
  }
  // Looks twice, as Python's `hasattr` and `getattr` do.
  private _weight(name: string): Tensor {
    return (hasField(this, name) ? getField(this, name) : null) as Tensor;
  }
  /**
   * Before each call: weights may have been replaced, or be computed. A parametrization that counts its
   * uses, as spectral norm does in training, sees as many as in PyTorch.
   */
  protected _updateFlatWeights(): void {
    const known = flatWeights.get(this);
    if (!known) return void this._readWeights();
    let i = 0;
    for (const names of this._names) {
      for (const name of names) if (this._weight(name) !== known[i++]) return void this._readWeights();
    }
  }
  /** What every kernel takes behind the input and the state. */
  protected _kernelArguments(): [Tensor[], boolean, number, number, boolean, boolean] {
    const { bias, numLayers, dropout, training, bidirectional } = this;
    return [this._flatWeights, bias, numLayers, dropout, training, bidirectional];
  }
  protected get _directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Puts the weights into one piece of memory for cuDNN; does nothing elsewhere. */
  flattenParameters(): void {
    const weights = this._flatWeights;
    const { dtype } = weights[0];
    if (!weights.every((weight) => weight.dtype === dtype && weight.isCuda && aten.cudnnIsAcceptable(weight)))
      return;
    const places = new Set(weights.map((weight) => weight.dataPtr()));
    if (places.size !== weights.length || !aten._useCudnnRnnFlattenWeight()) return;
    const { inputSize, hiddenSize, projSize, numLayers, batchFirst, bidirectional } = this;
    const each = this._names[0].length;
    const mode = cudnnModes[this.mode];
    noGrad(() =>
      aten._cudnnRnnFlattenWeight(
        weights,
        each,
        inputSize,
        mode,
        hiddenSize,
        projSize,
        numLayers,
        batchFirst,
        bidirectional,
      ),
    );
  }
  override _apply(fn: (tensor: Tensor) => Tensor, options: { recurse?: boolean } = {}): this {
    super._apply(fn, options);
    this._readWeights();
    return this;
  }

  checkInput(input: Tensor, batchSizes: Tensor | null): void {
    const { dtype } = this._flatWeights[0];
    if (input.dtype !== dtype && !underAutocast(input)) {
      throw valueError(
        `RNN input dtype (${input.dtype}) does not match weight dtype (${dtype}). Convert input: ` +
          `input.to(${dtype}), or convert model: model.to(${input.dtype})`,
      );
    }
    const ndim = batchSizes === null ? 3 : 2;
    if (input.dim() !== ndim) throw new TorchError(`input must have ${ndim} dimensions, got ${input.dim()}`);
    if (input.size(-1) === this.inputSize) return;
    throw new TorchError(
      `input.size(-1) must be equal to input_size. Expected ${this.inputSize}, got ${input.size(-1)}`,
    );
  }
  protected _batchSize(input: Tensor, batchSizes: Tensor | null): number {
    if (batchSizes !== null) return batchSizes.at(0).item();
    return input.size(this.batchFirst ? 0 : 1);
  }
  /** (numLayers * directions, N, hiddenSize, or projSize where there is one) */
  getExpectedHiddenSize(input: Tensor, batchSizes: Tensor | null): [number, number, number] {
    const size = this.projSize || this.hiddenSize;
    return [this.numLayers * this._directions, this._batchSize(input, batchSizes), size];
  }
  /** @throws TorchError unless `hx` has that size. */
  checkHiddenSize(hx: Tensor, expectedHiddenSize: readonly number[], what = 'hidden'): void {
    checkTensor('forward', what, hx);
    const { shape } = hx;
    if (shape.length === 3 && shape.every((size, i) => size === expectedHiddenSize[i])) return;
    throw new TorchError(`Expected ${what} size ${repr(expectedHiddenSize)}, got [${shape.join(', ')}]`);
  }
  protected _zeros(input: Tensor, size: readonly number[]): Tensor {
    return aten.zeros(size, { dtype: input.dtype, device: input.device });
  }

  override extraRepr(): string {
    let text = `${this.inputSize}, ${this.hiddenSize}`;
    if (this.projSize !== 0) text += `, proj_size=${this.projSize}`;
    if (this.numLayers !== 1) text += `, num_layers=${this.numLayers}`;
    if (!this.bias) text += ', bias=False';
    if (this.batchFirst) text += ', batch_first=True';
    if (this.dropout !== 0) text += `, dropout=${repr(this.dropout)}`;
    if (this.bidirectional) text += ', bidirectional=True';
    return text;
  }
}
checkMethods(
  'RNNBase',
  RNNBase,
  'flattenParameters()',
  'checkInput(input, batchSizes)',
  'getExpectedHiddenSize(input, batchSizes)',
  'checkHiddenSize(hx, expectedHiddenSize, what?)',
);

/** Whether `input` has a batch dimension. @throws ValueError unless it has two or three dimensions. */
export function isBatched(input: Tensor, message: (ndim: number) => string): boolean {
  checkTensor('forward', 'input', input);
  const ndim = input.dim();
  if (ndim !== 2 && ndim !== 3) throw valueError(message(ndim));
  return ndim === 3;
}

/** The batch put into the order of a packed sequence, or back; hidden states have it second. */
export function permute(hx: Tensor, permutation: Tensor | null): Tensor {
  return permutation === null ? hx : aten.indexSelect(hx, 1, permutation);
}

/** @throws TypeError unless `state` is an array of tensors, IndexError unless they are two. */
export function checkPair(fn: string, state: unknown): void {
  if (!Array.isArray(state)) throw argumentError(fn, 'hx', 'a pair of Tensors', state);
  for (const tensor of state) checkTensor(fn, 'hx', tensor);
  if (state.length < 2) throw new TorchRangeError(`${fn}(): hx must be a pair of Tensors`, 'IndexError');
}
