import { checkTensor } from '../../../native/tensor_base';
import * as aten from '../../../tensor/aten';
import { TorchError, argumentError, checkNumber, valueError } from '../../../core/errors';
import { keywords } from '../../../core/keywords';
import { repr } from '../../../tensor/repr';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { Module } from '../../module/module';
import { FACTORY, type FactoryOptions } from '../options';
import { Parameter } from '../../parameter';
import { HIDDEN, type HiddenOptions } from './rnn_base';

export type RNNNonlinearity = 'tanh' | 'relu';

export interface CellOptions extends FactoryOptions {
  /** Whether biases are added. Default: `true`. */
  bias?: boolean;
}
export interface RNNCellOptions extends CellOptions {
  /** Default: `'tanh'`. */
  nonlinearity?: RNNNonlinearity;
}
const CELL: Required<CellOptions> = { bias: true, ...FACTORY };
const RNN_CELL: Required<RNNCellOptions> = { ...CELL, nonlinearity: 'tanh' };

/** What the cells share: the weights of `numChunks` gates. */
export class RNNCellBase<Hidden = Tensor> extends Module<
  [input: Tensor, hx?: Hidden | null | HiddenOptions<Hidden>],
  Hidden
> {
  readonly weight_ih: Parameter; // (numChunks * hiddenSize, inputSize)
  readonly weight_hh: Parameter; // (numChunks * hiddenSize, hiddenSize)
  readonly bias_ih: Parameter | null; // (numChunks * hiddenSize), both
  readonly bias_hh: Parameter | null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    readonly bias: boolean,
    numChunks: number,
    options?: FactoryOptions,
  ) {
    super();
    const factory = keywords('RNNCellBase', FACTORY, null, options);
    checkNumber('RNNCellBase', 'inputSize', inputSize);
    checkNumber('RNNCellBase', 'hiddenSize', hiddenSize);
    const gates = numChunks * hiddenSize;
    const parameter = (...shape: number[]): Parameter => new Parameter(aten.empty(shape, factory));
    this.weight_ih = parameter(gates, inputSize);
    this.weight_hh = parameter(gates, hiddenSize);
    this.bias_ih = bias ? parameter(gates) : null;
    this.bias_hh = bias ? parameter(gates) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const param of this.parameters()) init.uniform_(param, -bound, bound);
  }

  protected _zeros(input: Tensor): Tensor {
    return aten.zeros([input.shape[0], this.hiddenSize], { dtype: input.dtype, device: input.device });
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : `, bias=${repr(this.bias)}`}`;
  }
}

function checkDim(cell: string, what: string, tensor: Tensor): void {
  checkTensor(`${cell}.forward`, what, tensor);
  const ndim = tensor.dim();
  if (ndim !== 1 && ndim !== 2)
    throw valueError(`${cell}: Expected ${what} to be 1D or 2D, got ${ndim}D instead`);
}

type Kernel = typeof aten.gruCell;

// RNNCell and GRUCell: one hidden state.
abstract class OneStateCell extends RNNCellBase {
  protected abstract _kernel(): Kernel;

  override forward(given: Tensor, hx?: Tensor | null | HiddenOptions<Tensor>): Tensor {
    const name = this instanceof GRUCell ? 'GRUCell' : 'RNNCell';
    const { hx: state } = keywords<HiddenOptions<Tensor>>(`${name}.forward`, HIDDEN, { hx });
    checkDim(name, 'input', given);
    if (state !== null) checkDim(name, 'hidden', state);
    const batched = given.dim() === 2;
    const input = batched ? given : aten.unsqueeze(given, 0);
    const hidden = state === null ? this._zeros(input) : batched ? state : aten.unsqueeze(state, 0);
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this;
    const result = this._kernel()(input, hidden, weight_ih, weight_hh, bias_ih, bias_hh);
    return batched ? result : aten.squeeze(result, 0);
  }
}

/**
 * One step of an Elman network: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`.
 *
 * Shapes: input `(N, inputSize)`, hidden `(N, hiddenSize)`, or both without `N`. No hidden state
 * means zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class RNNCell extends OneStateCell {
  readonly nonlinearity: RNNNonlinearity;

  constructor(inputSize: number, hiddenSize: number, options?: RNNCellOptions) {
    const { bias, nonlinearity, ...factory } = keywords('RNNCell', RNN_CELL, null, options);
    super(inputSize, hiddenSize, bias, 1, factory);
    this.nonlinearity = nonlinearity;
  }

  protected override _kernel(): Kernel {
    if (this.nonlinearity === 'tanh') return aten.rnnTanhCell;
    if (this.nonlinearity === 'relu') return aten.rnnReluCell;
    throw new TorchError(`Unknown nonlinearity: ${String(this.nonlinearity)}`);
  }

  override extraRepr(): string {
    return super.extraRepr() + (this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`);
  }
}

/**
 * One step of a GRU (Cho et al., 2014).
 *
 * Shapes: input `(N, inputSize)`, hidden `(N, hiddenSize)`, or both without `N`. No hidden state
 * means zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class GRUCell extends OneStateCell {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    const { bias, ...factory } = keywords('GRUCell', CELL, null, options);
    super(inputSize, hiddenSize, bias, 3, factory);
  }
  protected override _kernel(): Kernel {
    return aten.gruCell;
  }
}

type CellState = [hidden: Tensor, cell: Tensor];

/**
 * One step of an LSTM (Hochreiter and Schmidhuber, 1997): gives `[hidden, cell]`.
 *
 * Shapes: input `(N, inputSize)`, states `(N, hiddenSize)`, or all without `N`. No states means
 * zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class LSTMCell extends RNNCellBase<CellState> {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    const { bias, ...factory } = keywords('LSTMCell', CELL, null, options);
    super(inputSize, hiddenSize, bias, 4, factory);
  }

  override forward(given: Tensor, start?: CellState | null | HiddenOptions<CellState>): CellState {
    const { hx: states } = keywords<HiddenOptions<CellState>>('LSTMCell.forward', HIDDEN, { hx: start });
    checkDim('LSTMCell', 'input', given);
    if (states !== null && !Array.isArray(states))
      throw argumentError('LSTMCell.forward', 'hx', 'a pair of Tensors', states);
    states?.forEach((state, i) => checkDim('LSTMCell', `hx[${i}]`, state));
    const batched = given.dim() === 2;
    const input = batched ? given : aten.unsqueeze(given, 0);
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this;
    const hx = states?.map((state) => (batched ? state : aten.unsqueeze(state, 0))) ?? this._start(input);
    const result = aten.lstmCell(input, hx, weight_ih, weight_hh, bias_ih, bias_hh);
    return batched ? result : [aten.squeeze(result[0], 0), aten.squeeze(result[1], 0)];
  }

  private _start(input: Tensor): Tensor[] {
    const zeros = this._zeros(input);
    return [zeros, zeros];
  }
}
