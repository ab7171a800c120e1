/** `torch.nn.utils.rnn`: sequences of different lengths in one tensor. */
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import { int64 } from '../../core/dtype';
import { TorchError, TorchTypeError, argumentError, valueError } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { bindArguments } from '../../core/calls';
import { typeName } from '../../tensor/repr';
import { Tensor } from '../../tensor';
import { tensor as tensorKind } from '../../tensor/kinds';
import { PackedSequence, invertPermutation } from './packed_sequence';

export { PackedSequence, invertPermutation };

/** Which dimension comes first. */
export interface BatchFirstOptions {
  /** Whether the batch comes before the time. Default: `false`. */
  batchFirst?: boolean;
}
/** Options of `packSequence` and `packPaddedSequence`. */
export interface PackOptions {
  /** Whether sequences must come in order of length, the longest first. Default: `true`. */
  enforceSorted?: boolean;
}
/** Options of `padPackedSequence`. */
export interface PadPackedOptions extends BatchFirstOptions {
  /** What stands after the end of a sequence. Default: 0. */
  paddingValue?: number;
  /** The length to pad to. Default: that of the longest sequence. */
  totalLength?: number | null;
}
/** On which side sequences are filled up. */
export type PaddingSide = 'left' | 'right';
/** Options of `padSequence`. */
export interface PadSequenceOptions extends BatchFirstOptions {
  /** What stands where a sequence has no element. Default: 0. */
  paddingValue?: number;
  /** Default: `'right'`. */
  paddingSide?: PaddingSide;
}
const BATCH_FIRST: Required<BatchFirstOptions> = { batchFirst: false };
const PACK: Required<PackOptions> = { enforceSorted: true };
const PAD_PACKED: Required<PadPackedOptions> = { ...BATCH_FIRST, paddingValue: 0, totalLength: null };
const PAD_SEQUENCE: Required<PadSequenceOptions> = {
  ...BATCH_FIRST,
  paddingValue: 0,
  paddingSide: 'right',
};

type Lengths = Tensor | readonly number[];

const lengthsKind = value<Lengths>()('lengths');
const PACK_PADDED_SEQUENCE = signature('packPaddedSequence', [tensorKind('input'), lengthsKind], {
  ...BATCH_FIRST,
  ...PACK,
});
const PAD_PACKED_SEQUENCE = signature('padPackedSequence', [value<PackedSequence>()('sequence')], PAD_PACKED);
const PAD_SEQUENCE_CALL = signature('padSequence', [value<Iterable<Tensor>>()('sequences')], PAD_SEQUENCE);
const UNPAD_SEQUENCE = signature('unpadSequence', [tensorKind('paddedSequences'), lengthsKind], BATCH_FIRST);
const PACK_SEQUENCE = signature('packSequence', [value<readonly Tensor[]>()('sequences')], PACK);

/**
 * Packs a padded batch.
 *
 * Shapes: input `(T, B, *)`, or `(B, T, *)` with `batchFirst`; lengths `(B)`.
 * Lengths are in falling order, or `enforceSorted` is `false`.
 */
export function packPaddedSequence(
  ...args: Call<
    typeof PACK_PADDED_SEQUENCE,
    [input: Tensor, lengths: Lengths],
    [batchFirst: boolean, enforceSorted: boolean]
  >
): PackedSequence {
  const [input, lengths, { batchFirst, enforceSorted }] = PACK_PADDED_SEQUENCE.bind(args);
  const counts = lengths instanceof Tensor ? lengths.to(int64) : tensor(lengths, { dtype: int64 });
  if (enforceSorted) return packed(input, counts, batchFirst, null);
  const { values, indices } = aten.sort(counts, { descending: true });
  const sorted = indices.to(input.device);
  return packed(aten.indexSelect(input, batchFirst ? 0 : 1, sorted), values, batchFirst, sorted);
}

function packed(
  input: Tensor,
  lengths: Tensor,
  batchFirst: boolean,
  sortedIndices: Tensor | null,
): PackedSequence {
  const [data, batchSizes] = aten._packPaddedSequence(input, lengths, batchFirst);
  return new PackedSequence(data, batchSizes, sortedIndices);
}

/**
 * Undoes {@link packPaddedSequence}: the padded batch and the lengths, in the order of the input.
 *
 * @throws ValueError when `totalLength` is shorter than a sequence.
 */
export function padPackedSequence(
  ...args: Call<
    typeof PAD_PACKED_SEQUENCE,
    [sequence: PackedSequence],
    [batchFirst: boolean, paddingValue: number, totalLength: number | null]
  >
): [padded: Tensor, lengths: Tensor] {
  const [sequence, { batchFirst, paddingValue, totalLength }] = PAD_PACKED_SEQUENCE.bind(args);
  if (!(sequence instanceof PackedSequence))
    throw argumentError('padPackedSequence', 'sequence', 'a PackedSequence', sequence);
  const { data, batchSizes, unsortedIndices } = sequence;
  const longest = batchSizes.shape[0];
  if (totalLength !== null && totalLength < longest) {
    throw valueError(
      'Expected total_length to be at least the length of the longest sequence in input, but got ' +
        `total_length=${totalLength} and max sequence length being ${longest}`,
    );
  }
  const total = totalLength ?? longest;
  const [padded, lengths] = aten._padPackedSequence(data, batchSizes, batchFirst, paddingValue, total);
  if (unsortedIndices === null) return [padded, lengths];
  return [aten.indexSelect(padded, batchFirst ? 0 : 1, unsortedIndices), lengths.at(unsortedIndices.cpu())];
}

/**
 * Sequences `(L, *)` side by side in one padded tensor: `(T, B, *)`, or `(B, T, *)` with `batchFirst`.
 */
export function padSequence(
  ...args: Call<
    typeof PAD_SEQUENCE_CALL,
    [sequences: Iterable<Tensor>],
    [batchFirst: boolean, paddingValue: number, paddingSide: PaddingSide]
  >
): Tensor {
  const [sequences, given] = PAD_SEQUENCE_CALL.bind(args);
  if (typeof (sequences as Partial<Iterable<Tensor>> | null)?.[Symbol.iterator] !== 'function') {
    throw new TorchError(
      `pad_sequence: Expected iterable for input sequences, but got arg of type: ${typeName(sequences)}`,
    );
  }
  return aten.padSequence([...sequences], given.batchFirst, given.paddingValue, given.paddingSide);
}

/**
 * The sequences of a padded batch. As in PyTorch, a tensor whose time comes first is transposed in
 * place.
 */
export function unpadSequence(
  ...args: Call<typeof UNPAD_SEQUENCE, [paddedSequences: Tensor, lengths: Lengths], [batchFirst: boolean]>
): Tensor[] {
  const [paddedSequences, lengths, { batchFirst }] = UNPAD_SEQUENCE.bind(args);
  if (!batchFirst) aten.transpose_(paddedSequences, 0, 1);
  const counts = lengths instanceof Tensor ? lengths : tensor(lengths, { dtype: int64 });
  const places = aten.arange(paddedSequences.shape[1], { device: counts.device, dtype: int64 });
  const each = [...counts];
  const rows = [...paddedSequences];
  if (rows.length !== each.length) {
    throw new TorchTypeError(`unpadSequence(): ${rows.length} sequences, but ${each.length} lengths`);
  }
  return rows.map((row, i) => row.at(aten.lt(places, each[i])));
}

/** Packs sequences `(L, *)`. */
export function packSequence(
  ...args: Call<typeof PACK_SEQUENCE, [sequences: readonly Tensor[]], [enforceSorted: boolean]>
): PackedSequence {
  const [sequences, { enforceSorted }] = PACK_SEQUENCE.bind(args);
  if (!Array.isArray(sequences))
    throw argumentError('packSequence', 'sequences', 'an array of tensors', sequences);
  for (const sequence of sequences as unknown[]) checkTensor('packSequence', 'sequences', sequence);
  const lengths = sequences.map((sequence) => sequence.size(0));
  return packPaddedSequence(padSequence(sequences), lengths, { enforceSorted });
}

/** Undoes {@link packSequence}. */
export function unpackSequence(...args: [packedSequences: PackedSequence]): Tensor[] {
  const [packedSequences] = bindArguments('unpackSequence(packedSequences)', args);
  const [padded, lengths] = padPackedSequence(packedSequences, { batchFirst: true });
  return unpadSequence(padded, lengths, { batchFirst: true });
}
