// How many numbers of a weight share a scale.
import { bindArguments } from '../core/calls';
import { TorchError, argumentError } from '../core/errors';

type Shape = readonly number[];

/** A scale for each row of a weight, which is an output of the layer. torchao's `PerRow`. */
export class PerRow {
  constructor(...args: []) {
    bindArguments('PerRow()', args);
  }
  /** @internal */
  blockSize([, columns]: Shape): number[] {
    return [1, columns];
  }
}

/** One scale for the whole weight. torchao's `PerTensor`. */
export class PerTensor {
  constructor(...args: []) {
    bindArguments('PerTensor()', args);
  }
  /** @internal */
  blockSize(shape: Shape): number[] {
    return [...shape];
  }
}

/** A scale for so many numbers of a row. torchao's `PerGroup`. */
export class PerGroup {
  readonly groupSize: number;

  constructor(...args: [groupSize: number]) {
    const [groupSize] = bindArguments('PerGroup(groupSize)', args);
    if (!Number.isSafeInteger(groupSize) || groupSize < 1)
      throw argumentError('PerGroup', 'groupSize', 'a whole number above 0', groupSize);
    this.groupSize = groupSize;
  }
  /** @internal */
  blockSize([, columns]: Shape): number[] {
    const { groupSize } = this;
    if (columns % groupSize === 0) return [1, groupSize];
    // Python's words.
    throw new TorchError(
      `Last dimension of input ${columns} is not divisible by group size ${groupSize}`,
      'AssertionError',
    );
  }
}

/** Which numbers share a scale. */
export type Granularity = PerRow | PerTensor | PerGroup;

export const isGranularity = (value: unknown): value is Granularity =>
  [PerRow, PerTensor, PerGroup].some((each) => value instanceof each);
