import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { tensor } from '../tensor/kinds';
import { TorchError, valueError, checkNumber } from '../core/errors';
import { warn } from '../core/warn';
import { type Call, signature } from '../core/signature';

/** Options of `F.dropout` and its like. */
export interface DropoutOptions {
  /** Probability that an element is zeroed. Default: 0.5. */
  p?: number;
  /** Whether anything is dropped at all; give a module's `training`. Default: `true`. */
  training?: boolean;
  /** Whether to write the result into the input. Default: `false`. */
  inplace?: boolean;
}
export const DROPOUT: Required<DropoutOptions> = { p: 0.5, training: true, inplace: false };

export function checkProbability(p: number): void {
  checkNumber('dropout', 'p', p);
  if (p < 0 || p > 1) throw valueError(`dropout probability has to be between 0 and 1, but got ${p}`);
}

const dropoutSignature = (name: string, defaults = DROPOUT) => signature(name, [tensor('input')], defaults);
interface Dropout {
  (
    ...args: Call<
      ReturnType<typeof dropoutSignature>,
      [input: Tensor],
      [p: number, training: boolean, inplace: boolean]
    >
  ): Tensor;
}

type Drop = (input: Tensor, given: Required<DropoutOptions>) => Tensor;

function dropoutOf(name: string, drop: Drop, defaults?: Required<DropoutOptions>): Dropout {
  const own = dropoutSignature(name, defaults);
  return (...args: unknown[]) => {
    const [input, given] = own.bind(args);
    checkProbability(given.p);
    return drop(input, given);
  };
}

/**
 * Zeroes elements with probability `p` and scales the others by `1 / (1 - p)` (Hinton et al., 2012).
 *
 * @throws ValueError when `p` is not between 0 and 1.
 */
export const dropout: Dropout = dropoutOf('dropout', (input, given) => {
  return (given.inplace ? aten.dropout_ : aten.dropout)(input, given.p, given.training);
});

function featureDropout(input: Tensor, given: Required<DropoutOptions>): Tensor {
  return (given.inplace ? aten.featureDropout_ : aten.featureDropout)(input, given.p, given.training);
}

// For input that may come without its batch dimension.
function unbatchedDropout(input: Tensor, batchedDim: number, given: Required<DropoutOptions>): Tensor {
  if (input.dim() === batchedDim) return featureDropout(input, given);
  const batch = given.inplace ? aten.unsqueeze_(input, 0) : aten.unsqueeze(input, 0);
  const result = featureDropout(batch, given);
  return given.inplace ? aten.squeeze_(result, 0) : aten.squeeze(result, 0);
}

/**
 * Zeroes whole channels. Shapes: `(N, C, L)` or `(C, L)`.
 *
 * @throws TorchError for input of other dimensions.
 */
export const dropout1d: Dropout = dropoutOf('dropout1d', (input, given) => {
  const ndim = input.dim();
  if (ndim !== 2 && ndim !== 3) {
    throw new TorchError(
      `dropout1d: Expected 2D or 3D input, but received a ${ndim}D input. Note that dropout1d exists to ` +
        'provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an ' +
        'optional batch dimension (i.e. 2D or 3D inputs).',
    );
  }
  return unbatchedDropout(input, 3, given);
});

function warnDimensions(name: string, ndim: number, spatial: number): void {
  warn(
    `${name}: Received a ${ndim}-D input to ${name}, which is deprecated and will result in an error in a ` +
      'future release. To retain the behavior and silence this warning, please use dropout instead. Note ' +
      `that ${name} exists to provide channel-wise dropout on inputs with ${spatial} spatial dimensions, a ` +
      `channel dimension, and an optional batch dimension (i.e. ${spatial + 1}D or ${spatial + 2}D inputs).`,
  );
}

/** Zeroes whole channels. Shape: `(N, C, H, W)`; `(N, C, L)` works and warns. */
export const dropout2d: Dropout = dropoutOf('dropout2d', (input, given) => {
  const ndim = input.dim();
  if (ndim !== 3 && ndim !== 4) warnDimensions('dropout2d', ndim, 2);
  if (ndim === 3) {
    warn(
      'dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is ' +
        'desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will ' +
        'change in a future release to interpret the input as one without a batch dimension, i.e. shape ' +
        '(C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.',
    );
  }
  return featureDropout(input, given);
});

/** Zeroes whole channels. Shapes: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const dropout3d: Dropout = dropoutOf('dropout3d', (input, given) => {
  const ndim = input.dim();
  if (ndim !== 4 && ndim !== 5) warnDimensions('dropout3d', ndim, 3);
  return unbatchedDropout(input, 5, given);
});

const ALPHA_DROPOUT: Required<DropoutOptions> = { ...DROPOUT, training: false };

/**
 * Sets elements to SELU's negative saturation with probability `p` and keeps mean and variance
 * (Klambauer et al., 2017). Does nothing unless `training`, whose default is `false` here.
 *
 * @throws ValueError when `p` is not between 0 and 1.
 */
export const alphaDropout: Dropout = dropoutOf(
  'alphaDropout',
  (input, { p, training, inplace }) => (inplace ? aten.alphaDropout_ : aten.alphaDropout)(input, p, training),
  ALPHA_DROPOUT,
);

/**
 * {@link alphaDropout} of whole channels. Shape: `(N, C, *)`.
 *
 * @throws ValueError when `p` is not between 0 and 1.
 */
export const featureAlphaDropout: Dropout = dropoutOf(
  'featureAlphaDropout',
  (input, { p, training, inplace }) =>
    (inplace ? aten.featureAlphaDropout_ : aten.featureAlphaDropout)(input, p, training),
  ALPHA_DROPOUT,
);
