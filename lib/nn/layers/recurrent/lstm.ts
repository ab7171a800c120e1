import * as aten from '../../../tensor/aten';
import { TorchError } from '../../../core/errors';
import { checkMethods } from '../../../core/calls';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { RNNBase, isBatched, permute, checkPair } from './rnn_base';
import {
  RNN_BASE,
  RNN_BASE_ORDER,
  SIZES,
  forwardOf,
  type HiddenCall,
  type RNNBaseOptions,
  type RNNBasePlaces,
} from './options';
import { PackedSequence } from '../../utils/packed_sequence';

/** Options of `nn.LSTM`. */
export type LSTMOptions = RNNBaseOptions;
/** The state of an LSTM: hidden and cell. */
export type LSTMState = [hidden: Tensor, cell: Tensor];

const LSTM_SIGNATURE = signature('LSTM', SIZES, RNN_BASE, RNN_BASE_ORDER);
const FORWARD = forwardOf<Tensor | PackedSequence, LSTMState>('LSTM');

/**
 * A network with long short-term memory (Hochreiter and Schmidhuber, 1997; with `projSize`: Sak et
 * al., 2014). Its state is a pair: hidden, of `projSize` where that is given, and cell.
 *
 * Shapes and initial values: see `RNN`.
 *
 * @example
 * const lstm = new nn.LSTM(10, 20, 2, { bidirectional: true });
 * const [output, [hn, cn]] = lstm(torch.randn([5, 3, 10]));
 */
export class LSTM extends RNNBase<LSTMState> {
  constructor(...args: Call<typeof LSTM_SIGNATURE, [inputSize: number, hiddenSize: number], RNNBasePlaces>) {
    super('LSTM', ...LSTM_SIGNATURE.bind(args));
  }

  /** (numLayers * directions, N, hiddenSize) */
  getExpectedCellSize(input: Tensor, batchSizes: Tensor | null): [number, number, number] {
    return [this.numLayers * this._directions, this._batchSize(input, batchSizes), this.hiddenSize];
  }
  /**
   * Checks input and states before the network runs.
   *
   * @throws when input or states do not fit.
   */
  checkForwardArgs(input: Tensor, hidden: Readonly<LSTMState>, batchSizes: Tensor | null): void {
    this.checkInput(input, batchSizes);
    this.checkHiddenSize(hidden[0], this.getExpectedHiddenSize(input, batchSizes), 'hidden[0]');
    this.checkHiddenSize(hidden[1], this.getExpectedCellSize(input, batchSizes), 'hidden[1]');
  }
  /** Puts the batch of both states into another order. */
  permuteHidden(hx: Readonly<LSTMState>, permutation: Tensor | null): LSTMState {
    return [permute(hx[0], permutation), permute(hx[1], permutation)];
  }
  private _start(input: Tensor, batchSizes: Tensor | null): LSTMState {
    const h = this._zeros(input, this.getExpectedHiddenSize(input, batchSizes));
    if (this.projSize === 0) return [h, h];
    return [h, this._zeros(input, this.getExpectedCellSize(input, batchSizes))];
  }

  override forward(...args: HiddenCall<Tensor, LSTMState>): [output: Tensor, hidden: LSTMState];
  override forward(
    ...args: HiddenCall<PackedSequence, LSTMState>
  ): [output: PackedSequence, hidden: LSTMState];
  override forward(...args: unknown[]): [output: Tensor | PackedSequence, hidden: LSTMState] {
    const [input, { hx }] = FORWARD.bind(args);
    if (hx !== null) checkPair('LSTM.forward', hx);
    this._updateFlatWeights();
    return input instanceof PackedSequence ? this._packed(input, hx) : this._padded(input, hx);
  }

  private _packed(sequence: PackedSequence, given: LSTMState | null): [PackedSequence, LSTMState] {
    const { data, batchSizes, sortedIndices, unsortedIndices } = sequence;
    const hx = given === null ? this._start(data, batchSizes) : this.permuteHidden(given, sortedIndices);
    const [output, ...hidden] = aten.lstm(
      data, // (Σ lengths, inputSize)
      batchSizes,
      hx,
      ...this._kernelArguments(),
    );
    return [
      new PackedSequence(output, batchSizes, sortedIndices, unsortedIndices),
      this.permuteHidden(hidden, unsortedIndices),
    ];
  }

  private _padded(given: Tensor, state: LSTMState | null): [Tensor, LSTMState] {
    const batched = isBatched(given, (ndim) => `LSTM: Expected input to be 2D or 3D, got ${ndim}D instead`);
    const batchDim = this.batchFirst ? 0 : 1;
    const input = batched ? given : aten.unsqueeze(given, batchDim);
    const hx = state === null ? this._start(input, null) : batchedState(state, batched);
    this.checkForwardArgs(input, hx, null);
    const [output, h, c] = aten.lstm(input, hx, ...this._kernelArguments(), this.batchFirst);
    if (batched) return [output, [h, c]];
    return [aten.squeeze(output, batchDim), [aten.squeeze(h, 1), aten.squeeze(c, 1)]];
  }
}
checkMethods(
  'LSTM',
  LSTM,
  'getExpectedCellSize(input, batchSizes)',
  'checkForwardArgs(input, hidden, batchSizes)',
  'permuteHidden(hx, permutation)',
);

function batchedState(state: LSTMState, batched: boolean): LSTMState {
  const [h, c] = state;
  const ndim = batched ? 3 : 2;
  if (h.dim() !== ndim || c.dim() !== ndim) {
    throw new TorchError(
      `For ${batched ? 'batched' : 'unbatched'} ${ndim}-D input, hx and cx should also be ${ndim}-D but got ` +
        `(${h.dim()}-D, ${c.dim()}-D) tensors`,
    );
  }
  return batched ? state : [aten.unsqueeze(h, 1), aten.unsqueeze(c, 1)];
}
