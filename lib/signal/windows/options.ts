// What all windows take.
import type { DeviceLike } from '../../core/device';
import { type DType, type DTypeLike, asDType, float32, float64 } from '../../core/dtype';
import { argumentError, valueError } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Layout, strided } from '../../core/layout';
import { signature } from '../../core/signature';
import { getDefaultDtype } from '../../tensor/creation';

/** Options of all windows. */
export interface WindowOptions {
  /** Symmetric, for the design of filters; `false`: periodic, for spectra. Default: `true`. */
  sym?: boolean;
  /** float32 or float64. Default: the default dtype. */
  dtype?: DTypeLike | null;
  /** Default: `torch.strided`, and no other. */
  layout?: Layout;
  /** Default: the default device. */
  device?: DeviceLike | null;
  requiresGrad?: boolean;
}
export const WINDOW: Required<WindowOptions> = {
  sym: true,
  dtype: null,
  layout: strided,
  device: null,
  requiresGrad: false,
};
export interface Factory {
  readonly dtype: DType;
  readonly device: DeviceLike | null;
  readonly requiresGrad: boolean;
}

export const length = value<number>()('M');
export const windowSignature = <O extends object>(name: string, own: O) =>
  signature(name, [length], { ...own, ...WINDOW }, []);

export function checked(name: string, M: unknown, options: Required<WindowOptions>): Factory {
  if (typeof M !== 'number' || !Number.isInteger(M)) throw argumentError(name, 'M', 'a whole number', M);
  if (M < 0) throw valueError(`${name} requires non-negative window length, got M=${M}`);
  if (options.layout !== strided)
    throw valueError(`${name} is implemented for strided tensors only, got: ${String(options.layout)}`);
  const dtype = options.dtype === null ? getDefaultDtype() : asDType(options.dtype);
  if (dtype !== float32 && dtype !== float64)
    throw valueError(`${name} expects float32 or float64 dtypes, got: ${String(options.dtype)}`);
  return { dtype, device: options.device, requiresGrad: options.requiresGrad };
}
