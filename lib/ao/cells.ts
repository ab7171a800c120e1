// Recurrent cells with weights in int8.
import { noGrad } from '../autograd';
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, qint8 } from '../core/dtype';
import { TorchError, argumentError } from '../core/errors';
import {
  GRUCell as FloatGRUCell,
  LSTMCell as FloatLSTMCell,
  RNNCell as FloatRNNCell,
  type RNNNonlinearity,
} from '../nn/layers/recurrent/cells';
import type { LSTMState } from '../nn/layers/recurrent/lstm';
import { checkPair } from '../nn/layers/recurrent/rnn_base';
import { Module } from '../nn/module/module';
import type { LoadFromStateDictArguments, StateDict } from '../nn/module/state_dict';
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import { ops } from '../tensor/operators';
import type { Tensor } from '../tensor';
import type { ScriptObject } from '../tensor/script_object';
import { checkDType, packWeight } from './packed_params';
import { type WeightShape, linearFrom, takePacked } from './packed_state';

const PACKED = ['_packed_weight_ih', '_packed_weight_hh'] as const;

abstract class Cell<State> extends Module<[input: Tensor, hx?: State | null], State> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly weightDtype: DType;
  _packed_weight_ih: ScriptObject;
  _packed_weight_hh: ScriptObject;
  // The kernels take the biases that are packed with the weights, and these for their schema alone.
  readonly #biases: readonly [Tensor, Tensor];
  readonly #shapes: readonly WeightShape[];

  /** @internal `fromFloat` makes them. */
  constructor(cell: FloatLSTMCell | FloatGRUCell | FloatRNNCell, dtype: DType) {
    super();
    if (![FloatLSTMCell, FloatGRUCell, FloatRNNCell].some((kind) => (cell as unknown) instanceof kind))
      throw argumentError('fromFloat', 'cell', 'an nn.LSTMCell, nn.GRUCell or nn.RNNCell', cell);
    // Python's words.
    if (!cell.bias) throw new TorchError('mod.bias must be True', 'AssertionError');
    this.inputSize = cell.inputSize;
    this.hiddenSize = cell.hiddenSize;
    this.weightDtype = dtype;
    this.#biases = [cell.bias_ih!.detach(), cell.bias_hh!.detach()];
    this.#shapes = [cell.weight_ih, cell.weight_hh].map(({ shape }) => shape as unknown as WeightShape);
    this._packed_weight_ih = packWeight(cell.weight_ih, this.#biases[0], dtype);
    this._packed_weight_hh = packWeight(cell.weight_hh, this.#biases[1], dtype);
  }

  protected compute(name: string, input: Tensor, hx: State): State {
    const { _packed_weight_ih: ih, _packed_weight_hh: hh } = this;
    return noGrad(() => ops.quantized[name](input, hx, ih, hh, ...this.#biases)) as State;
  }

  protected zeros(input: Tensor): Tensor {
    return aten.zeros([input.shape[0], this.hiddenSize], { dtype: input.dtype });
  }

  protected checkInput(input: Tensor): void {
    checkTensor(`${this._getName()}.forward`, 'input', input);
    if (input.dim() !== 2) throw new TorchError(`input must have 2 dimensions, got ${input.dim()}`);
    if (input.shape[1] === this.inputSize) return;
    throw new TorchError(
      `input has inconsistent input_size: got ${input.shape[1]}, expected ${this.inputSize}`,
    );
  }

  protected checkHidden(input: Tensor, hx: Tensor, label: string): void {
    checkTensor(`${this._getName()}.forward`, 'hx', hx);
    if (hx.dim() !== 2) throw new TorchError(`hidden${label} must have 2 dimensions, got ${hx.dim()}`);
    const [batch, size] = hx.shape;
    if (batch !== input.shape[0]) {
      throw new TorchError(
        `Input batch size ${input.shape[0]} doesn't match hidden${label} batch size ${batch}`,
      );
    }
    if (size === this.hiddenSize) return;
    throw new TorchError(
      `hidden${label} has inconsistent hidden_size: got ${size}, expected ${this.hiddenSize}`,
    );
  }

  override _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    super._saveToStateDict(destination, prefix, keepVars);
    const values = destination as unknown as Map<string, unknown>;
    for (const name of PACKED) values.set(prefix + name, this[name]);
  }
  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, , , missing, , errors] = args;
    PACKED.forEach((name, i) => {
      const key = prefix + name;
      takePacked(
        state,
        key,
        missing,
        errors,
        (found) => (this[name] = linearFrom(found, this.#shapes[i], key)),
      );
    });
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}`;
  }
}

/**
 * An `nn.LSTMCell` with its weights in int8. Python's `torch.ao.nn.quantized.dynamic.LSTMCell`.
 *
 * Shapes: those of `nn.LSTMCell` for batches.
 *
 * Differs from PyTorch: `torch.ao.nn.quantized.dynamic.LSTMCell`, `GRUCell` and `RNNCell` are made by `fromFloat` alone.
 *
 * @throws AssertionError for a cell without a bias.
 *
 * @example
 * const cell = torch.ao.nn.quantized.dynamic.LSTMCell.fromFloat(new nn.LSTMCell(10, 20));
 * const [h, c] = cell(torch.randn([3, 10]));
 */
export class LSTMCell extends Cell<LSTMState> {
  /** A cell with the weights of a float one, rounded to int8 by their largest number, or to float16. */
  static fromFloat(...args: [cell: FloatLSTMCell, dtype?: DTypeLike]): LSTMCell {
    const [cell, dtype = qint8] = bindArguments('fromFloat(cell, dtype?)', args);
    if (!(cell instanceof FloatLSTMCell)) throw argumentError('fromFloat', 'cell', 'an nn.LSTMCell', cell);
    return new LSTMCell(cell, checkDType('fromFloat', dtype));
  }

  override forward(...args: [input: Tensor, hx?: LSTMState | null]): LSTMState {
    const [input, given = null] = bindArguments('forward(input, hx?)', args);
    this.checkInput(input);
    if (given !== null) checkPair('LSTMCell.forward', given);
    const hx: LSTMState = given ?? [this.zeros(input), this.zeros(input)];
    hx.forEach((state, i) => this.checkHidden(input, state, `[${i}]`));
    return this.compute('quantized_lstm_cell_dynamic', input, hx);
  }

  override _getName(): string {
    return 'DynamicQuantizedLSTMCell';
  }
}

/**
 * An `nn.GRUCell` with its weights in int8. Python's `torch.ao.nn.quantized.dynamic.GRUCell`.
 *
 * Shapes: those of `nn.GRUCell` for batches.
 *
 * @throws AssertionError for a cell without a bias.
 *
 * @example
 * const cell = torch.ao.nn.quantized.dynamic.GRUCell.fromFloat(new nn.GRUCell(10, 20));
 * const h = cell(torch.randn([3, 10]));
 */
export class GRUCell extends Cell<Tensor> {
  /** A cell with the weights of a float one, rounded to int8 by their largest number, or to float16. */
  static fromFloat(...args: [cell: FloatGRUCell, dtype?: DTypeLike]): GRUCell {
    const [cell, dtype = qint8] = bindArguments('fromFloat(cell, dtype?)', args);
    if (!(cell instanceof FloatGRUCell)) throw argumentError('fromFloat', 'cell', 'an nn.GRUCell', cell);
    return new GRUCell(cell, checkDType('fromFloat', dtype));
  }

  override forward(...args: [input: Tensor, hx?: Tensor | null]): Tensor {
    const [input, given = null] = bindArguments('forward(input, hx?)', args);
    this.checkInput(input);
    const hx = given ?? this.zeros(input);
    this.checkHidden(input, hx, '');
    return this.compute('quantized_gru_cell_dynamic', input, hx);
  }

  override _getName(): string {
    return 'DynamicQuantizedGRUCell';
  }
}

/**
 * An `nn.RNNCell` with its weights in int8. Python's `torch.ao.nn.quantized.dynamic.RNNCell`.
 *
 * Shapes: those of `nn.RNNCell` for batches.
 *
 * @throws AssertionError for a cell without a bias.
 *
 * @example
 * const cell = torch.ao.nn.quantized.dynamic.RNNCell.fromFloat(new nn.RNNCell(10, 20));
 * const h = cell(torch.randn([3, 10]));
 */
export class RNNCell extends Cell<Tensor> {
  readonly nonlinearity: RNNNonlinearity;

  /** @internal */
  constructor(cell: FloatRNNCell, dtype: DType) {
    super(cell, dtype);
    this.nonlinearity = cell.nonlinearity;
  }

  /** A cell with the weights of a float one, rounded to int8 by their largest number, or to float16. */
  static fromFloat(...args: [cell: FloatRNNCell, dtype?: DTypeLike]): RNNCell {
    const [cell, dtype = qint8] = bindArguments('fromFloat(cell, dtype?)', args);
    if (!(cell instanceof FloatRNNCell)) throw argumentError('fromFloat', 'cell', 'an nn.RNNCell', cell);
    return new RNNCell(cell, checkDType('fromFloat', dtype));
  }

  override forward(...args: [input: Tensor, hx?: Tensor | null]): Tensor {
    const [input, given = null] = bindArguments('forward(input, hx?)', args);
    this.checkInput(input);
    const hx = given ?? this.zeros(input);
    this.checkHidden(input, hx, '');
    return this.compute(`quantized_rnn_${this.nonlinearity}_cell_dynamic`, input, hx);
  }

  override _getName(): string {
    return 'DynamicQuantizedRNNCell';
  }
  override extraRepr(): string {
    const { nonlinearity } = this;
    return `${super.extraRepr()}${nonlinearity === 'tanh' ? '' : `, nonlinearity=${nonlinearity}`}`;
  }
}
