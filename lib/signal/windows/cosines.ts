// Windows that are sums of cosines.
import { TorchTypeError, checkNumber, valueError } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/creation';
import type { Tensor } from '../../tensor';
import { WINDOW, type WindowOptions, checked, length, windowSignature } from './options';

/** Options of `torch.signal.windows.generalCosine`. */
export interface GeneralCosineOptions extends WindowOptions {
  /** The coefficients of the cosines, at least one. */
  a: readonly number[];
}
const GENERAL_COSINE = signature('generalCosine', [length, value<readonly number[]>()('a')], WINDOW, []);

/**
 * `Σᵢ (-1)ⁱ aᵢ cos(2π i n / (M - 1))`: `torch.signal.windows.general_cosine`.
 *
 * @throws ValueError for a negative M, and for no coefficients.
 */
export function generalCosine(...args: [M: number, options: GeneralCosineOptions]): Tensor {
  const [M, a, options] = GENERAL_COSINE.bind(args);
  const factory = checked('general_cosine', M, options);
  if (M === 0) return aten.empty([0], { ...factory });
  if (M === 1) return aten.ones([1], { ...factory });
  if (!Array.isArray(a)) throw new TorchTypeError('Coefficients must be a list/tuple');
  if (a.length === 0) throw valueError('Coefficients cannot be empty');
  const constant = (2 * Math.PI) / (options.sym ? M - 1 : M);
  const k = aten.linspace(0, (M - 1) * constant, M, { ...factory });
  const signed = a.map((weight: number, i) => (i % 2 === 0 ? weight : -weight));
  const weights = tensor(signed, { ...factory }); // (coefficients)
  const i = aten.arange(a.length, { ...factory });
  return weights.unsqueeze(-1).mul(i.unsqueeze(-1).mul(k).cos()).sum(0);
}

/** Options of `torch.signal.windows.generalHamming`. */
export interface GeneralHammingOptions extends WindowOptions {
  /** The mean of the window. Default: 0.54. */
  alpha?: number;
}
const GENERAL_HAMMING = windowSignature('generalHamming', { alpha: 0.54 });

/**
 * `α - (1 - α) cos(2π n / (M - 1))`: `torch.signal.windows.general_hamming`.
 *
 * @throws ValueError for a negative M.
 */
export function generalHamming(...args: Call<typeof GENERAL_HAMMING, [M: number]>): Tensor {
  const [M, { alpha, ...options }] = GENERAL_HAMMING.bind(args);
  checkNumber('generalHamming', 'alpha', alpha);
  return generalCosine(M, { ...options, a: [alpha, 1 - alpha] });
}

const HAMMING = windowSignature('hamming', {});

/**
 * `0.54 - 0.46 cos(2π n / (M - 1))`: `torch.signal.windows.hamming`.
 *
 * @throws ValueError for a negative M.
 */
export function hamming(...args: Call<typeof HAMMING, [M: number]>): Tensor {
  const [M, options] = HAMMING.bind(args);
  return generalHamming(M, options);
}

const HANN = windowSignature('hann', {});

/**
 * `½ - ½ cos(2π n / (M - 1))`: `torch.signal.windows.hann`.
 *
 * @throws ValueError for a negative M.
 */
export function hann(...args: Call<typeof HANN, [M: number]>): Tensor {
  const [M, options] = HANN.bind(args);
  return generalHamming(M, { ...options, alpha: 0.5 });
}

const BLACKMAN = windowSignature('blackman', {});

/**
 * `0.42 - 0.5 cos(2π n / (M - 1)) + 0.08 cos(4π n / (M - 1))`: `torch.signal.windows.blackman`.
 *
 * @throws ValueError for a negative M.
 */
export function blackman(...args: Call<typeof BLACKMAN, [M: number]>): Tensor {
  const [M, options] = BLACKMAN.bind(args);
  checked('blackman', M, options);
  return generalCosine(M, { ...options, a: [0.42, 0.5, 0.08] });
}

const NUTTALL = windowSignature('nuttall', {});

/**
 * Nuttall's window, of four cosines with least sidelobes: `torch.signal.windows.nuttall`.
 *
 * @throws ValueError for a negative M.
 */
export function nuttall(...args: Call<typeof NUTTALL, [M: number]>): Tensor {
  const [M, options] = NUTTALL.bind(args);
  return generalCosine(M, { ...options, a: [0.3635819, 0.4891775, 0.1365995, 0.0106411] });
}
