import { checkTensor } from '../../../native/tensor_base';
import * as aten from '../../../tensor/aten';
import { TorchError, valueError } from '../../../core/errors';
import { checkMethods } from '../../../core/calls';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import type { RNNNonlinearity } from './cells';
import { RNNBase, isBatched, permute } from './rnn_base';
import {
  RECURRENT,
  RECURRENT_ORDER,
  SIZES,
  forwardOf,
  refuseProjSize,
  type HiddenCall,
  type RNNMode,
  type RecurrentOptions,
  type RecurrentPlaces,
} from './options';
import { PackedSequence } from '../../utils/packed_sequence';

/** Options of `nn.RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Default: `'tanh'`. */
  nonlinearity?: RNNNonlinearity;
}
const RNN_OPTIONS: Required<RNNOptions> = { ...RECURRENT, nonlinearity: 'tanh' };
const [FIRST, ...OTHERS] = RECURRENT_ORDER;
const RNN_SIGNATURE = signature('RNN', SIZES, RNN_OPTIONS, [FIRST, 'nonlinearity', ...OTHERS]);
const GRU_SIGNATURE = signature('GRU', SIZES, RECURRENT, RECURRENT_ORDER);
const FORWARD = forwardOf<Tensor | PackedSequence, Tensor>('RNN');

const kernels = { RNN_TANH: aten.rnnTanh, RNN_RELU: aten.rnnRelu, GRU: aten.gru };

// RNN and GRU: one hidden state.
abstract class OneState extends RNNBase {
  protected abstract _wrongInput(ndim: number): string;

  /** @throws when input or hidden state do not fit. */
  checkForwardArgs(input: Tensor, hidden: Tensor, batchSizes: Tensor | null): void {
    this.checkInput(input, batchSizes);
    this.checkHiddenSize(hidden, this.getExpectedHiddenSize(input, batchSizes));
  }
  permuteHidden(hx: Tensor, permutation: Tensor | null): Tensor {
    return permute(hx, permutation);
  }

  override forward(...args: HiddenCall<Tensor, Tensor>): [output: Tensor, hidden: Tensor];
  override forward(...args: HiddenCall<PackedSequence, Tensor>): [output: PackedSequence, hidden: Tensor];
  override forward(...args: unknown[]): [output: Tensor | PackedSequence, hidden: Tensor] {
    const [input, { hx }] = FORWARD.bind(args, this instanceof GRU ? 'GRU.forward' : 'RNN.forward');
    this._updateFlatWeights();
    return input instanceof PackedSequence ? this._packed(input, hx) : this._padded(input, hx);
  }

  private _packed(sequence: PackedSequence, given: Tensor | null): [PackedSequence, Tensor] {
    const { data, batchSizes, sortedIndices, unsortedIndices } = sequence;
    const hx =
      given === null
        ? this._zeros(data, this.getExpectedHiddenSize(data, batchSizes))
        : this.permuteHidden(given, sortedIndices);
    this.checkForwardArgs(data, hx, batchSizes);
    const [output, hidden] = kernels[this.mode as keyof typeof kernels](
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

  private _padded(given: Tensor, state: Tensor | null): [Tensor, Tensor] {
    const batched = isBatched(given, this._wrongInput);
    const ndim = batched ? 3 : 2;
    if (state !== null) checkTensor(`${this.constructor.name}.forward`, 'hx', state);
    if (state !== null && state.dim() !== ndim) {
      throw new TorchError(
        `For ${batched ? 'batched' : 'unbatched'} ${ndim}-D input, hx should also be ${ndim}-D but got ` +
          `${state.dim()}-D tensor`,
      );
    }
    const batchDim = this.batchFirst ? 0 : 1;
    const input = batched ? given : aten.unsqueeze(given, batchDim);
    const hx =
      state === null
        ? this._zeros(input, this.getExpectedHiddenSize(input, null))
        : batched
          ? state
          : aten.unsqueeze(state, 1);
    this.checkForwardArgs(input, hx, null);
    const [output, hidden] = kernels[this.mode as keyof typeof kernels](
      input,
      hx,
      ...this._kernelArguments(),
      this.batchFirst,
    );
    return batched ? [output, hidden] : [aten.squeeze(output, batchDim), aten.squeeze(hidden, 1)];
  }
}
checkMethods(
  'RNNBase',
  OneState,
  'checkForwardArgs(input, hidden, batchSizes)',
  'permuteHidden(hx, permutation)',
);

function modeOf(nonlinearity: RNNNonlinearity): RNNMode {
  if (nonlinearity === 'tanh') return 'RNN_TANH';
  if (nonlinearity === 'relu') return 'RNN_RELU';
  throw valueError(`Unknown nonlinearity '${String(nonlinearity)}'. Select from 'tanh' or 'relu'.`);
}

/**
 * An Elman network: `hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)` (Elman, 1990).
 *
 * Shapes: input `(L, N, inputSize)`, `(N, L, inputSize)` with `batchFirst`, `(L, inputSize)` or a
 * `PackedSequence`; hidden `(numLayers · D, N, hiddenSize)`; output as the input, with `D · hiddenSize`
 * in the last dimension, where `D` is 2 if `bidirectional`, else 1. No hidden state means zeros. All
 * parameters start uniform in `±1/√hiddenSize`.
 *
 * @example
 * const rnn = new nn.RNN(10, 20, 2);
 * const [output, hn] = rnn(torch.randn([5, 3, 10]), torch.randn([2, 3, 20]));
 */
export class RNN extends OneState {
  readonly nonlinearity: RNNNonlinearity;

  constructor(
    ...args: Call<
      typeof RNN_SIGNATURE,
      [inputSize: number, hiddenSize: number],
      [
        numLayers: number,
        nonlinearity: RNNNonlinearity,
        bias: boolean,
        batchFirst: boolean,
        dropout: number,
        bidirectional: boolean,
      ]
    >
  ) {
    refuseProjSize(args);
    const [inputSize, hiddenSize, { nonlinearity: kind, ...rest }] = RNN_SIGNATURE.bind(args);
    super(modeOf(kind), inputSize, hiddenSize, rest);
    this.nonlinearity = kind;
  }
  protected override _wrongInput(ndim: number): string {
    return `RNN: Expected input to be 2D or 3D, got ${ndim}D tensor instead`;
  }
}

/**
 * A gated recurrent network (Cho et al., 2014). Shapes and initial values: see {@link RNN}.
 *
 * @example
 * const gru = new nn.GRU(10, 20, 2, { batchFirst: true });
 * const [output, hn] = gru(torch.randn([3, 5, 10]));
 */
export class GRU extends OneState {
  constructor(...args: Call<typeof GRU_SIGNATURE, [inputSize: number, hiddenSize: number], RecurrentPlaces>) {
    refuseProjSize(args);
    super('GRU', ...GRU_SIGNATURE.bind(args));
  }
  protected override _wrongInput(ndim: number): string {
    return `GRU: Expected input to be 2D or 3D, got ${ndim}D instead`;
  }
}
