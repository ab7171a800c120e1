// Options of the recurrent modules, and their checks.
import { TorchTypeError, valueError } from '../../../core/errors';
import { type Argument, value } from '../../../core/kinds';
import { isPlainObject } from '../../../core/realm';
import { type Call, method, type Signature } from '../../../core/signature';

import { repr, typeName } from '../../../tensor/repr';
import { warn } from '../../../core/warn';
import { checkLayerCount } from '../layer_count';
import { FACTORY, type Factory, type FactoryOptions } from '../options';

/** The kind of a recurrent network, by PyTorch's names. */
export type RNNMode = 'LSTM' | 'GRU' | 'RNN_TANH' | 'RNN_RELU';

/** Options that all recurrent networks have. */
export interface RecurrentOptions extends FactoryOptions {
  /** Layers on top of each other. Default: 1. */
  numLayers?: number;
  /** Whether biases are added. Default: `true`. */
  bias?: boolean;
  /** Whether input and output are `(N, L, *)` instead of `(L, N, *)`. Default: `false`. */
  batchFirst?: boolean;
  /** Probability that an element between two layers is zeroed. Default: 0. */
  dropout?: number;
  /** Whether a second network reads the sequence from its end. Default: `false`. */
  bidirectional?: boolean;
}
/** Options of `nn.RNNBase`. */
export interface RNNBaseOptions extends RecurrentOptions {
  /** Size to which an LSTM's hidden state is projected; 0 for none. Default: 0. */
  projSize?: number;
}
export const RECURRENT: Required<RecurrentOptions> = {
  numLayers: 1,
  bias: true,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
  ...FACTORY,
};
export const RNN_BASE: Required<RNNBaseOptions> = { ...RECURRENT, projSize: 0 };

/** Python's order. Behind these it has `projSize`, which RNN and GRU refuse. */
export const RECURRENT_ORDER = ['numLayers', 'bias', 'batchFirst', 'dropout', 'bidirectional'] as const;
export const RNN_BASE_ORDER = [...RECURRENT_ORDER, 'projSize', 'device', 'dtype'] as const;
export type RecurrentPlaces = [
  numLayers: number,
  bias: boolean,
  batchFirst: boolean,
  dropout: number,
  bidirectional: boolean,
];
export type RNNBasePlaces = [...RecurrentPlaces, projSize: number, ...Factory];
/** What the checks of the options refuse otherwise. */
export const SIZES = [value<number>()('inputSize'), value<number>()('hiddenSize')] as const;

/** The state to begin with, by its keyword. */
export interface HiddenOptions<Hidden> {
  /** Default: null, which means zeros. */
  hx?: Hidden | null;
}
type ForwardOf<Input, Hidden> = Signature<
  readonly [Argument<'input', Input>],
  Required<HiddenOptions<Hidden>>
>;
/** The arguments of a call. */
export type HiddenCall<Input, Hidden> = Call<ForwardOf<Input, Hidden>, [input: Input], [hx: Hidden | null]>;

/** The signature of a `forward` that takes a state. */
export const forwardOf = <Input, Hidden>(name: string): ForwardOf<Input, Hidden> =>
  method(`${name}.forward`, [value<Input>()('input')], { hx: null });

/** `projSize` is for the LSTM alone. */
export function refuseProjSize(args: readonly unknown[]): void {
  if (!args.some((arg) => isPlainObject(arg) && 'projSize' in arg)) return;
  throw valueError('proj_size argument is only supported for LSTM, not RNN or GRU');
}

/** Rows of the weights for one element of the hidden state. */
export const gatesOf: Readonly<Record<RNNMode, number>> = { LSTM: 4, GRU: 3, RNN_TANH: 1, RNN_RELU: 1 };
/** What cuDNN calls the modes. */
export const cudnnModes: Readonly<Record<RNNMode, number>> = { RNN_RELU: 0, RNN_TANH: 1, LSTM: 2, GRU: 3 };

function checkWhole(name: string, value: number): void {
  if (!Number.isInteger(value))
    throw new TorchTypeError(`${name} should be of type int, got: ${typeName(value)}`);
  if (value <= 0) throw valueError(`${name} must be greater than zero`);
}

/** @throws ValueError for sizes and options that make no sense. */
export function checkOptions(
  inputSize: number,
  hiddenSize: number,
  { dropout, numLayers, bias, batchFirst, projSize }: Required<RNNBaseOptions>,
): void {
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1)) {
    throw valueError(
      'dropout should be a number in range [0, 1] representing the probability of an element being zeroed',
    );
  }
  if (dropout > 0 && numLayers === 1) {
    warn(
      'dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers ' +
        `greater than 1, but got dropout=${repr(dropout)} and num_layers=${numLayers}`,
    );
  }
  for (const [name, value] of Object.entries({ bias, batch_first: batchFirst })) {
    if (typeof value !== 'boolean')
      throw new TorchTypeError(`${name} should be of type bool, got: ${typeName(value)}`);
  }
  checkWhole('input_size', inputSize);
  checkWhole('hidden_size', hiddenSize);
  if (!Number.isInteger(numLayers))
    throw new TorchTypeError(`num_layers should be of type int, got: ${typeName(numLayers)}`);
  if (typeof projSize !== 'number')
    throw new TorchTypeError(`proj_size should be of type int, got: ${typeName(projSize)}`);
  if (numLayers <= 0) throw valueError('num_layers must be greater than zero');
  checkLayerCount(numLayers);
  if (projSize < 0) throw valueError('proj_size should be a positive integer or zero to disable projections');
  if (projSize >= hiddenSize) throw valueError('proj_size has to be smaller than hidden_size');
}
