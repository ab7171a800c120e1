// Sequences of different lengths.
import torch, { nn, type Tensor } from 'nodetorch';
import type { UtilsCases } from '../compare';

const { rnn } = nn.utils;
const padded = torch.arange(24).float().view(4, 3, 2);
const ragged = [2, 4, 1].map((length) =>
  torch
    .arange(length)
    .float()
    .add(10 * length),
);
const packed = (
  lengths: torch.Tensor | readonly number[],
  options?: nn.utils.rnn.BatchFirstOptions & nn.utils.rnn.PackOptions,
) => [...rnn.packPaddedSequence(padded, lengths, options)];
const unsorted = { enforceSorted: false };

function padPacked(options?: nn.utils.rnn.PadPackedOptions): unknown[] {
  const x = padded.clone().requiresGrad_();
  const [output, lengths] = rnn.padPackedSequence(rnn.packPaddedSequence(x, [1, 3, 2], unsorted), options);
  output.mul(output).sum().backward();
  return [output, lengths, x.grad];
}

function converted(): unknown[] {
  const p = rnn.packSequence(ragged, unsorted);
  return [
    ...[p.double(), p.float(), p.half(), p.long(), p.int(), p.short(), p.char(), p.byte(), p.cpu()].map(
      (one) => [...one],
    ),
    [...p.to(torch.float64)],
    p.to(torch.float32) === p,
    p.cpu() === p,
    p.isCuda,
    p.isPinned(),
  ];
}

export const sequences: UtilsCases = {
  cases: {
    packPaddedSequence: () => packed([4, 2, 2]),
    'packPaddedSequence/batchFirst': () => packed(torch.tensor([3n, 3n, 1n, 1n]), { batchFirst: true }),
    'packPaddedSequence/unsorted': () => packed([1, 4, 2], unsorted),
    padPackedSequence: () => padPacked(),
    'padPackedSequence/options': () => padPacked({ batchFirst: true, paddingValue: -1.5, totalLength: 5 }),
    padSequence: () => rnn.padSequence(ragged),
    'padSequence/left': () =>
      rnn.padSequence(ragged, { batchFirst: true, paddingValue: 7, paddingSide: 'left' }),
    'padSequence/tensor': () => rnn.padSequence(padded),
    unpadSequence: () => rnn.unpadSequence(padded.clone(), torch.tensor([4n, 1n, 2n])),
    'unpadSequence/batchFirst': () => rnn.unpadSequence(padded.clone(), [3, 0, 1, 2], { batchFirst: true }),
    packSequence: () => [...rnn.packSequence(ragged, unsorted)],
    unpackSequence: () => rnn.unpackSequence(rnn.packSequence(ragged, unsorted)),
    invertPermutation: () => [
      rnn.invertPermutation(torch.tensor([2n, 0n, 3n, 1n])),
      rnn.invertPermutation(null as Tensor | null),
    ],
    PackedSequence: () => [
      String(rnn.packSequence(ragged, unsorted)),
      String(rnn.packSequence([padded.at(0)])),
    ],
    'PackedSequence/to': converted,
    'PackedSequence/made': () => [
      ...new rnn.PackedSequence(torch.ones([3]), torch.tensor([2n, 1n]), torch.tensor([1n, 0n])),
    ],
  },
  errors: {
    'packPaddedSequence order': () => packed([1, 2, 4]),
    'packPaddedSequence batch': () => packed([4, 2]),
    'packPaddedSequence zero': () => packed([4, 2, 0]),
    'padPackedSequence total': () =>
      rnn.padPackedSequence(rnn.packSequence(ragged.slice(1)), { totalLength: 3 }),
    'padSequence side': () => rnn.padSequence(ragged, { paddingSide: 'top' as 'left' }),
    'padSequence empty': () => rnn.padSequence([]),
    'PackedSequence device': () =>
      new rnn.PackedSequence(torch.ones([3]), torch.ones([1], { device: 'meta' })),
  },
};
