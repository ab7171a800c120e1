import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { isTensor } from '../../tensor/creation';
import type { DeviceLike } from '../../core/device';
import * as dtypes from '../../core/dtype';
import type { DTypeLike } from '../../core/dtype';
import { primitiveOf } from '../../core/conversions';
import { TorchError } from '../../core/errors';
import { bindArguments, checkMethods } from '../../core/calls';
import { checkTensor } from '../../native/tensor_base';
import { type Tensor, type ToOptions } from '../../tensor';
import { toArguments } from '../../tensor/to_arguments';

/** The permutation that undoes `permutation`; `null` for `null`. */
export function invertPermutation(permutation: Tensor): Tensor;
export function invertPermutation(permutation: Tensor | null): Tensor | null;
export function invertPermutation(...args: [permutation: Tensor | null]): Tensor | null {
  const [permutation] = bindArguments('invertPermutation(permutation)', args);
  if (permutation === null) return null;
  checkTensor('invertPermutation', 'permutation', permutation);
  const places = aten.arange(0, permutation.numel(), {
    device: permutation.device,
    dtype: dtypes.int64,
  });
  return aten.scatter_(aten.emptyLike(permutation), 0, permutation, places);
}

/**
 * Sequences of different lengths in one tensor, time step by time step. Made by `packSequence` and
 * `packPaddedSequence`; recurrent modules take and give it.
 */
export class PackedSequence {
  /** The elements of all sequences: `(Σ lengths, *)`. */
  readonly data: Tensor;
  /** How many sequences have an element at each time step; int64, on the CPU. */
  readonly batchSizes: Tensor;
  /** How the batch was put into order of length; `null` where it came in it. */
  readonly sortedIndices: Tensor | null;
  /** The way back. */
  readonly unsortedIndices: Tensor | null;

  /** @throws ValueError for batch sizes that are not on the CPU. */
  constructor(
    ...args: [
      data: Tensor,
      batchSizes: Tensor,
      sortedIndices?: Tensor | null,
      unsortedIndices?: Tensor | null,
    ]
  ) {
    const [data, batchSizes, sortedIndices = null, unsortedIndices = null] = bindArguments(
      'PackedSequence(data, batchSizes, sortedIndices?, unsortedIndices?)',
      args,
    );
    for (const [name, tensor] of Object.entries({ data, batchSizes }))
      checkTensor('PackedSequence', name, tensor);
    for (const [name, tensor] of Object.entries({ sortedIndices, unsortedIndices })) {
      if (tensor !== null) checkTensor('PackedSequence', name, tensor);
    }
    if (batchSizes.device.type !== 'cpu') {
      throw valueError(
        'batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. ' +
          'They should be instantiated by functions like pack_sequence and pack_padded_sequences in ' +
          'nn.utils.rnn. https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence',
      );
    }
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices ?? invertPermutation(sortedIndices);
  }

  /** The four fields in order: `const [data, batchSizes] = packed`. */
  *[Symbol.iterator](): IterableIterator<Tensor | null> {
    yield* [this.data, this.batchSizes, this.sortedIndices, this.unsortedIndices];
  }

  /** As `Tensor.to`; the indices follow to the device. Gives itself when nothing changes. */
  to(target: DeviceLike | DTypeLike | Tensor | null, options?: ToOptions): PackedSequence;
  to(target: DTypeLike | Tensor, nonBlocking: boolean, options?: ToOptions): PackedSequence;
  to(
    device: DeviceLike | null,
    dtype: DTypeLike | null,
    nonBlocking?: boolean | ToOptions,
    options?: ToOptions,
  ): PackedSequence;
  to(options: ToOptions): PackedSequence;
  to(...args: unknown[]): PackedSequence {
    const { copy, nonBlocking, memoryFormat } = toArguments('PackedSequence.to', args, isTensor);
    const data = this.data.to(...(args as [ToOptions]));
    if (data.is(this.data)) return this;
    if (copy) throw new TorchError('.to() does not accept copy argument');
    const options = { device: data.device, nonBlocking, memoryFormat };
    return this.#with(data, (indices) => indices.to(options));
  }
  /** The sequences on the CPU. */
  cpu(): PackedSequence {
    return this.to('cpu');
  }
  /** The sequences on a GPU: the current one, or that of a number. */
  cuda(index?: number): PackedSequence {
    if (index === undefined && this.isCuda) return this;
    return this.to(index === undefined ? 'cuda' : `cuda:${index}`);
  }
  /** The sequences in float64. */
  double(): PackedSequence {
    return this.to(dtypes.float64);
  }
  /** The sequences in float32. */
  float(): PackedSequence {
    return this.to(dtypes.float32);
  }
  /** The sequences in float16. */
  half(): PackedSequence {
    return this.to(dtypes.float16);
  }
  /** The sequences in int64. */
  long(): PackedSequence {
    return this.to(dtypes.int64);
  }
  /** The sequences in int32. */
  int(): PackedSequence {
    return this.to(dtypes.int32);
  }
  /** The sequences in int16. */
  short(): PackedSequence {
    return this.to(dtypes.int16);
  }
  /** The sequences in int8. */
  char(): PackedSequence {
    return this.to(dtypes.int8);
  }
  /** The sequences in uint8. */
  byte(): PackedSequence {
    return this.to(dtypes.uint8);
  }
  /** The sequences in pinned memory, from which GPUs copy faster. */
  pinMemory(): PackedSequence {
    return this.#with(this.data.pinMemory(), (indices) => indices.pinMemory());
  }
  /** Whether the data is in pinned memory. */
  isPinned(): boolean {
    return this.data.isPinned();
  }
  /** Whether the data is on a GPU. */
  get isCuda(): boolean {
    return this.data.isCuda;
  }

  #with(data: Tensor, convert: (indices: Tensor) => Tensor): PackedSequence {
    const { sortedIndices: sorted, unsortedIndices: unsorted } = this;
    return new PackedSequence(
      data,
      this.batchSizes,
      sorted && convert(sorted),
      unsorted && convert(unsorted),
    );
  }

  /** What Python's `repr` prints. */
  toString(): string {
    const [data, sizes, sorted, unsorted] = [...this].map((field) => String(field ?? 'None'));
    return (
      `PackedSequence(data=${data}, batch_sizes=${sizes}, sorted_indices=${sorted}, ` +
      `unsorted_indices=${unsorted})`
    );
  }
  /** The text, for a template string and `String(x)`. @throws TypeError for operators. */
  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint, 'A PackedSequence', 'calculate with x.data');
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
checkMethods(
  'PackedSequence',
  PackedSequence,
  'cpu()',
  'cuda(index?)',
  'double()',
  'float()',
  'half()',
  'long()',
  'int()',
  'short()',
  'char()',
  'byte()',
  'pinMemory()',
  'isPinned()',
  'toString()',
);
