// What the tests of this folder share: values.py, in TypeScript.
import { createHash } from 'node:crypto';
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';

torch.setNumThreads(1); // sums of two threads differ in the last bit

/** Values that need no generator: equal in bits everywhere. */
export function filled(shape: number[], start = 1): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const steps = torch
    .arange(count)
    .mul(37)
    .add(start * 11)
    .remainder(64);
  return steps.double().div(32).sub(1.015625).float().reshape(shape);
}

export function leaves(value: unknown): Tensor[] {
  if (value instanceof torch.Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}

/** The shapes and digests of all tensors of `value`. */
export function stored(value: unknown): string {
  const parts = leaves(value).map((leaf) => {
    const plain = leaf.detach().resolveConj().contiguous();
    const { buffer, byteOffset, byteLength } = plain.toTypedArray();
    const digest = createHash('sha256')
      .update(Buffer.from(buffer, byteOffset, byteLength))
      .digest('hex');
    return `[${plain.shape.join(', ')}] ${digest.slice(0, 12)}`;
  });
  return parts.join('; ');
}

/** What `f` gives, or the first line of its error. */
export function run(f: () => unknown): string {
  try {
    return stored(f());
  } catch (error) {
    return `! ${(error as Error).message.split('\n', 1)[0]}`;
  }
}
