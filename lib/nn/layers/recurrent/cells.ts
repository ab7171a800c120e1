import { checkTensor } from '../../../native/tensor_base';
import type { gruCell } from '../../../../typings/aten';
import * as aten from '../../../tensor/aten';
import { TorchError, argumentError, valueError } from '../../../core/errors';
import { number, value } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { repr } from '../../../tensor/repr';
import type { Tensor } from '../../../tensor';
import * as init from '../../init';
import { Module } from '../../module/module';
import { FACTORY, type Factory, type FactoryOptions } from '../options';
import { Parameter } from '../../parameter';
import { forwardOf, type HiddenCall } from './options';

/** What is applied to the new state of a plain recurrent network. */
export type RNNNonlinearity = 'tanh' | 'relu';

/** Options of `nn.LSTMCell` and `nn.GRUCell`. */
export interface CellOptions extends FactoryOptions {
  /** Whether biases are added. Default: `true`. */
  bias?: boolean;
}
/** Options of `nn.RNNCell`. */
export interface RNNCellOptions extends CellOptions {
  /** Default: `'tanh'`. */
  nonlinearity?: RNNNonlinearity;
}
const CELL: Required<CellOptions> = { bias: true, ...FACTORY };
const RNN_CELL_DEFAULTS: Required<RNNCellOptions> = { bias: true, nonlinearity: 'tanh', ...FACTORY };

const SIZES = [number('inputSize'), number('hiddenSize')] as const;
type Sizes = [inputSize: number, hiddenSize: number];
const BASE = signature('RNNCellBase', [...SIZES, value<boolean>()('bias'), number('numChunks')], FACTORY);

/** What the cells share: the weights of `numChunks` gates. */
export class RNNCellBase<Hidden = Tensor> extends Module<HiddenCall<Tensor, Hidden>, Hidden> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly weight_ih: Parameter; // (numChunks * hiddenSize, inputSize)
  readonly weight_hh: Parameter; // (numChunks * hiddenSize, hiddenSize)
  readonly bias_ih: Parameter | null; // (numChunks * hiddenSize), both
  readonly bias_hh: Parameter | null;

  constructor(...args: Call<typeof BASE, [...Sizes, bias: boolean, numChunks: number], Factory>) {
    super();
    const [inputSize, hiddenSize, bias, numChunks, factory] = BASE.bind(args);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const gates = numChunks * hiddenSize;
    const parameter = (...shape: number[]): Parameter => new Parameter(aten.empty(shape, factory));
    this.weight_ih = parameter(gates, inputSize);
    this.weight_hh = parameter(gates, hiddenSize);
    this.bias_ih = bias ? parameter(gates) : null;
    this.bias_hh = bias ? parameter(gates) : null;
    this.resetParameters();
  }

  /** Gives the parameters their initial values anew. */
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

type Kernel = typeof gruCell;

const FORWARD = forwardOf<Tensor, Tensor>('RNNCell');

// RNNCell and GRUCell: one hidden state.
abstract class OneStateCell extends RNNCellBase {
  protected abstract _kernel(): Kernel;

  override forward(...args: HiddenCall<Tensor, Tensor>): Tensor {
    const name = this instanceof GRUCell ? 'GRUCell' : 'RNNCell';
    const [given, { hx: state }] = FORWARD.bind(args, `${name}.forward`);
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

const RNN_CELL = signature('RNNCell', SIZES, RNN_CELL_DEFAULTS);

/**
 * One step of an Elman network: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`.
 *
 * Shapes: input `(N, inputSize)`, hidden `(N, hiddenSize)`, or both without `N`. No hidden state
 * means zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class RNNCell extends OneStateCell {
  readonly nonlinearity: RNNNonlinearity;

  constructor(
    ...args: Call<typeof RNN_CELL, Sizes, [bias: boolean, nonlinearity: RNNNonlinearity, ...Factory]>
  ) {
    const [inputSize, hiddenSize, { bias, nonlinearity, ...factory }] = RNN_CELL.bind(args);
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

const GRU_CELL = signature('GRUCell', SIZES, CELL);

/**
 * One step of a GRU (Cho et al., 2014).
 *
 * Shapes: input `(N, inputSize)`, hidden `(N, hiddenSize)`, or both without `N`. No hidden state
 * means zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class GRUCell extends OneStateCell {
  constructor(...args: Call<typeof GRU_CELL, Sizes, [bias: boolean, ...Factory]>) {
    const [inputSize, hiddenSize, { bias, ...factory }] = GRU_CELL.bind(args);
    super(inputSize, hiddenSize, bias, 3, factory);
  }
  protected override _kernel(): Kernel {
    return aten.gruCell;
  }
}

type CellState = [hidden: Tensor, cell: Tensor];

const LSTM_CELL = signature('LSTMCell', SIZES, CELL);
const LSTM_FORWARD = forwardOf<Tensor, CellState>('LSTMCell');

/**
 * One step of an LSTM (Hochreiter and Schmidhuber, 1997): gives `[hidden, cell]`.
 *
 * Shapes: input `(N, inputSize)`, states `(N, hiddenSize)`, or all without `N`. No states means
 * zeros. All parameters start uniform in `±1/√hiddenSize`.
 */
export class LSTMCell extends RNNCellBase<CellState> {
  constructor(...args: Call<typeof LSTM_CELL, Sizes, [bias: boolean, ...Factory]>) {
    const [inputSize, hiddenSize, { bias, ...factory }] = LSTM_CELL.bind(args);
    super(inputSize, hiddenSize, bias, 4, factory);
  }

  override forward(...args: HiddenCall<Tensor, CellState>): CellState {
    const [given, { hx: states }] = LSTM_FORWARD.bind(args);
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
