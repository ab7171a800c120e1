// What multi-head attention asks of its arguments, and how it takes masks.
import { checkTensor } from '../../native/tensor_base';
import * as aten from '../../tensor/aten';
import type { DType } from '../../core/dtype';
import * as dtypes from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { repr } from '../../tensor/repr';
import type { Tensor } from '../../tensor';
import { warn } from '../../core/warn';

export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new TorchError(message(), 'AssertionError');
}

export const sameSizes = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** Sizes as Python prints them. */
export const printSizes = (sizes: readonly number[]): string => `torch.Size([${sizes.join(', ')}])`;

/**
 * A mask as numbers to add: minus infinity where a mask of booleans is true. Warns where `other`, the mask
 * beside it, has another dtype.
 */
export function canonicalMask(
  mask: Tensor | null,
  name: string,
  target: DType,
  other: Tensor | null = null,
  otherName = '',
): Tensor | null {
  if (mask === null) return null;
  checkTensor('canonicalMask', name, mask);
  const isFloat = mask.isFloatingPoint();
  check(isFloat || mask.dtype === dtypes.bool, () => `only bool and floating types of ${name} are supported`);
  if (other !== null && mask.dtype !== other.dtype) {
    warn(`Support for mismatched ${name} and ${otherName} is deprecated. Use same type for both instead.`);
  }
  if (isFloat) return mask;
  return aten.maskedFill_(aten.zerosLike(mask, { dtype: target }), mask, -Infinity);
}

/** Checks the numbers of dimensions; tells whether there is a batch. */
export function checkShapes(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  keyPaddingMask: Tensor | null,
  attnMask: Tensor | null,
  numHeads: number,
): boolean {
  if (keyPaddingMask !== null) checkTensor('multiHeadAttentionForward', 'keyPaddingMask', keyPaddingMask);
  if (attnMask !== null) checkTensor('multiHeadAttentionForward', 'attnMask', attnMask);
  const ndim = query.dim();
  check(
    ndim === 2 || ndim === 3,
    () => `query should be unbatched 2D or batched 3D tensor but received ${ndim}-D query tensor`,
  );
  const isBatched = ndim === 3;
  const which = isBatched ? 'For batched (3-D) `query`' : 'For unbatched (2-D) `query`';
  check(
    key.dim() === ndim && value.dim() === ndim,
    () =>
      `${which}, expected \`key\` and \`value\` to be ${ndim}-D but found ${key.dim()}-D and ${value.dim()}-D ` +
      'tensors respectively',
  );
  check(
    keyPaddingMask === null || keyPaddingMask.dim() === ndim - 1,
    () =>
      `${which}, expected \`key_padding_mask\` to be \`None\` or ${ndim - 1}-D but found ` +
      `${keyPaddingMask?.dim()}-D tensor instead`,
  );
  if (attnMask === null) return isBatched;
  const maskNdim = attnMask.dim();
  check(
    maskNdim === 2 || maskNdim === 3,
    () =>
      `${which}, expected \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${maskNdim}-D tensor instead`,
  );
  if (isBatched || maskNdim === 2) return isBatched;
  const expected = [numHeads, query.shape[0], key.shape[0]];
  check(
    sameSizes(attnMask.shape, expected),
    () => `Expected \`attn_mask\` shape to be ${repr(expected)} but got ${printSizes(attnMask.shape)}`,
  );
  return isBatched;
}

/** Gives a mask for all of a batch the dimension that it lacks: `(1 or N * heads, L, S)`. */
export function expandedMask(attnMask: Tensor, heads: number, targets: number, sources: number): Tensor {
  const ndim = attnMask.dim();
  if (ndim !== 2 && ndim !== 3) throw new TorchError(`attn_mask's dimension ${ndim} is not supported`);
  const expected = ndim === 2 ? [targets, sources] : [heads, targets, sources];
  if (!sameSizes(attnMask.shape, expected)) {
    throw new TorchError(
      `The shape of the ${ndim}D attn_mask is ${printSizes(attnMask.shape)}, but should be ${repr(expected)}.`,
    );
  }
  return ndim === 2 ? aten.unsqueeze(attnMask, 0) : attnMask;
}

/** A padding mask `(N, S)` for every head: `(N * heads, 1, S)`. */
export function paddingOfHeads(padding: Tensor, batch: number, numHeads: number, sources: number): Tensor {
  const sizes = padding.shape;
  [batch, sources].forEach((size, d) =>
    check(sizes[d] === size, () => `Expected key_padded_mask.shape[${d}] to be ${size}, but got ${sizes[d]}`),
  );
  const expanded = aten.expand(aten.view(padding, [batch, 1, 1, sources]), [-1, numHeads, -1, -1]);
  return aten.reshape(expanded, [batch * numHeads, 1, sources]);
}
