// LSTM and GRU with weights in int8.
import { noGrad } from '../autograd';
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, qint8 } from '../core/dtype';
import { TorchError, argumentError } from '../core/errors';
import { ModuleList } from '../nn/layers/container';
import { GRU as FloatGRU } from '../nn/layers/recurrent/rnn';
import { LSTM as FloatLSTM, type LSTMState } from '../nn/layers/recurrent/lstm';
import { checkPair, permute } from '../nn/layers/recurrent/rnn_base';
import { Module } from '../nn/module/module';
import { PackedSequence } from '../nn/utils/packed_sequence';
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import { ops } from '../tensor/operators';
import type { Tensor } from '../tensor';
import type { ScriptObject } from '../tensor/script_object';
import { type PackedParameter, packedLayers } from './packed_layers';
import { checkDType } from './packed_params';

/** What both have: the weights of each layer and direction, packed. */
abstract class RNNBase<State> extends Module<
  [input: Tensor | PackedSequence, hx?: State | null],
  [output: Tensor | PackedSequence, hidden: State]
> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly dtype: DType;
  _all_weight_values: ModuleList<PackedParameter>;

  /** @internal `fromFloat` makes them. */
  constructor(layer: FloatLSTM | FloatGRU, dtype: DType) {
    super();
    if (!(layer instanceof FloatLSTM || layer instanceof FloatGRU))
      throw argumentError('fromFloat', 'layer', 'an nn.LSTM or nn.GRU', layer);
    // Python's words.
    if (!layer.bias) throw new TorchError('mod.bias must be True', 'AssertionError');
    if (layer.projSize > 0)
      throw new TorchError('an LSTM with projSize cannot be quantized', 'NotImplementedError');
    this.inputSize = layer.inputSize;
    this.hiddenSize = layer.hiddenSize;
    this.numLayers = layer.numLayers;
    this.batchFirst = layer.batchFirst;
    this.dropout = layer.dropout;
    this.bidirectional = layer.bidirectional;
    this.dtype = dtype;
    this._all_weight_values = new ModuleList(packedLayers(layer, dtype));
    this.train(false);
  }

  override get _version(): number {
    return 2;
  }

  protected params(): ScriptObject[] {
    return [...this._all_weight_values].map(({ param }) => param);
  }
  protected zeros(input: Tensor, batch: number): Tensor {
    const layers = this.numLayers * (this.bidirectional ? 2 : 1);
    return aten.zeros([layers, batch, this.hiddenSize], { dtype: input.dtype });
  }

  // `batch` is the number of sequences; of packed ones the input has two dimensions.
  protected check(input: Tensor, states: readonly Tensor[], batch: number, isPacked: boolean): void {
    const ndim = isPacked ? 2 : 3;
    if (input.dim() !== ndim) throw new TorchError(`input must have ${ndim} dimensions, got ${input.dim()}`);
    const last = input.shape[ndim - 1];
    if (last !== this.inputSize) {
      throw new TorchError(
        `input.size(-1) must be equal to input_size. Expected ${this.inputSize}, got ${last}`,
      );
    }
    const expected = [this.numLayers * (this.bidirectional ? 2 : 1), batch, this.hiddenSize];
    for (const state of states) {
      if (String(state.shape) === String(expected)) continue;
      throw new TorchError(
        `Expected hidden size (${expected.join(', ')}), got [${[...state.shape].join(', ')}]`,
      );
    }
  }

  override extraRepr(): string {
    const { inputSize, hiddenSize, numLayers, batchFirst, dropout, bidirectional } = this;
    const parts = [`${inputSize}, ${hiddenSize}`];
    if (numLayers !== 1) parts.push(`num_layers=${numLayers}`);
    if (batchFirst) parts.push('batch_first=True');
    if (dropout !== 0) parts.push(`dropout=${Number.isInteger(dropout) ? `${dropout}.0` : dropout}`);
    if (bidirectional) parts.push('bidirectional=True');
    return parts.join(', ');
  }
  override toString(): string {
    return `${this._getName()}(${this.extraRepr()})`;
  }
}

const batchOf = (input: Tensor, batchFirst: boolean): number => input.shape[batchFirst ? 0 : 1];

/**
 * An `nn.LSTM` with its weights in int8: the product of two numbers of 8 bits, and floats before and after it. For inference
 * on the CPU. Python's `torch.ao.nn.quantized.dynamic.LSTM`.
 *
 * Shapes: those of `nn.LSTM` for batches; packed sequences, too. Its state_dict holds packed weights, which are objects of
 * libtorch. Files have them as Python's: `torch.load` wants `{ weightsOnly: false }` for them, there and here.
 *
 * Differs from PyTorch: `torch.ao.nn.quantized.dynamic.LSTM` and `GRU` are made by `fromFloat` alone.
 *
 * @throws AssertionError for a layer without a bias.
 *
 * @example
 * const lstm = torch.ao.nn.quantized.dynamic.LSTM.fromFloat(new nn.LSTM(10, 20));
 * const [output, [hn, cn]] = lstm(torch.randn([5, 3, 10]));
 */
export class LSTM extends RNNBase<LSTMState> {
  /** A layer with the weights of a float one, rounded to int8 by their largest number, or to float16. */
  static fromFloat(...args: [layer: FloatLSTM, dtype?: DTypeLike]): LSTM {
    const [layer, dtype = qint8] = bindArguments('fromFloat(layer, dtype?)', args);
    if (!(layer instanceof FloatLSTM)) throw argumentError('fromFloat', 'layer', 'an nn.LSTM', layer);
    return new LSTM(layer, checkDType('fromFloat', dtype));
  }

  override forward(
    ...args: [input: Tensor | PackedSequence, hx?: LSTMState | null]
  ): [output: Tensor | PackedSequence, hidden: LSTMState] {
    const [input, hx = null] = bindArguments('forward(input, hx?)', args);
    if (hx !== null) checkPair('LSTM.forward', hx);
    return input instanceof PackedSequence ? this.#packed(input, hx) : this.#padded(input, hx);
  }

  #call(data: Tensor, batchSizes: Tensor[], hx: LSTMState, rest: unknown[]): [Tensor, LSTMState] {
    const { numLayers, dropout, training, bidirectional, dtype } = this;
    const [output, h, c] = noGrad(() =>
      ops.aten.quantized_lstm(
        data,
        ...batchSizes,
        hx,
        this.params(),
        ...[true, numLayers, dropout, training, bidirectional, ...rest],
        { dtype, use_dynamic: true },
      ),
    ) as [Tensor, Tensor, Tensor];
    return [output, [h, c]];
  }

  #padded(input: Tensor, given: LSTMState | null): [Tensor, LSTMState] {
    checkTensor('LSTM.forward', 'input', input);
    if (input.dim() !== 3) this.check(input, [], 0, false);
    const batch = batchOf(input, this.batchFirst);
    const hx = given ?? [this.zeros(input, batch), this.zeros(input, batch)];
    this.check(input, hx, batch, false);
    return this.#call(input, [], hx, [this.batchFirst]);
  }

  #packed(sequence: PackedSequence, given: LSTMState | null): [PackedSequence, LSTMState] {
    const { data, batchSizes, sortedIndices, unsortedIndices } = sequence;
    const batch = Number(batchSizes.at([0]).item());
    const hx: LSTMState = given
      ? [permute(given[0], sortedIndices), permute(given[1], sortedIndices)]
      : [this.zeros(data, batch), this.zeros(data, batch)];
    this.check(data, hx, batch, true);
    const [output, [h, c]] = this.#call(data, [batchSizes], hx, []);
    return [
      new PackedSequence(output, batchSizes, sortedIndices, unsortedIndices),
      [permute(h, unsortedIndices), permute(c, unsortedIndices)],
    ];
  }

  override _getName(): string {
    return 'DynamicQuantizedLSTM';
  }
}

/**
 * An `nn.GRU` with its weights in int8, as {@link LSTM} is one. Python's `torch.ao.nn.quantized.dynamic.GRU`.
 *
 * Shapes: those of `nn.GRU` for batches; packed sequences, too.
 *
 * @throws AssertionError for a layer without a bias.
 *
 * @example
 * const gru = torch.ao.nn.quantized.dynamic.GRU.fromFloat(new nn.GRU(10, 20));
 * const [output, hn] = gru(torch.randn([5, 3, 10]));
 */
export class GRU extends RNNBase<Tensor> {
  /** A layer with the weights of a float one, rounded to int8 by their largest number, or to float16. */
  static fromFloat(...args: [layer: FloatGRU, dtype?: DTypeLike]): GRU {
    const [layer, dtype = qint8] = bindArguments('fromFloat(layer, dtype?)', args);
    if (!(layer instanceof FloatGRU)) throw argumentError('fromFloat', 'layer', 'an nn.GRU', layer);
    return new GRU(layer, checkDType('fromFloat', dtype));
  }

  override forward(
    ...args: [input: Tensor | PackedSequence, hx?: Tensor | null]
  ): [output: Tensor | PackedSequence, hidden: Tensor] {
    const [input, hx = null] = bindArguments('forward(input, hx?)', args);
    if (hx !== null) checkTensor('GRU.forward', 'hx', hx);
    return input instanceof PackedSequence ? this.#packed(input, hx) : this.#padded(input, hx);
  }

  #call(data: Tensor, batchSizes: Tensor[], hx: Tensor, rest: unknown[]): [Tensor, Tensor] {
    const { numLayers, dropout, training, bidirectional } = this;
    return noGrad(() =>
      ops.aten.quantized_gru(
        data,
        ...batchSizes,
        hx,
        this.params(),
        ...[true, numLayers, dropout, training, bidirectional, ...rest],
      ),
    ) as [Tensor, Tensor];
  }

  #padded(input: Tensor, given: Tensor | null): [Tensor, Tensor] {
    checkTensor('GRU.forward', 'input', input);
    if (input.dim() !== 3) this.check(input, [], 0, false);
    const batch = batchOf(input, this.batchFirst);
    const hx = given ?? this.zeros(input, batch);
    this.check(input, [hx], batch, false);
    return this.#call(input, [], hx, [this.batchFirst]);
  }

  #packed(sequence: PackedSequence, given: Tensor | null): [PackedSequence, Tensor] {
    const { data, batchSizes, sortedIndices, unsortedIndices } = sequence;
    const batch = Number(batchSizes.at([0]).item());
    const hx = given ? permute(given, sortedIndices) : this.zeros(data, batch);
    this.check(data, [hx], batch, true);
    const [output, hidden] = this.#call(data, [batchSizes], hx, []);
    return [
      new PackedSequence(output, batchSizes, sortedIndices, unsortedIndices),
      permute(hidden, unsortedIndices),
    ];
  }

  override _getName(): string {
    return 'DynamicQuantizedGRU';
  }
}
