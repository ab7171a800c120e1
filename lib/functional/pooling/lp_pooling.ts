// Power-average pooling.
import { number, size } from '../../core/kinds';
import { type Call, type Spelled, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';
import type { Size } from '../conv/conv';
import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from './pooling';

/** Options of `F.lpPool1d`, `F.lpPool2d` and `F.lpPool3d`. */
export interface LpPoolOptions {
  /** Step of the window. Default: the window's size. */
  stride?: Size | null;
  /** Whether a last window that is only partly inside counts. Default: `false`. */
  ceilMode?: boolean;
}
export const LP_POOL: Required<LpPoolOptions> = { stride: null, ceilMode: false };

const lpPoolSignature = (name: string) =>
  signature(name, [tensor('input'), number('normType'), size('kernelSize')], LP_POOL);

interface LpPool {
  (
    ...args: Call<
      ReturnType<typeof lpPoolSignature>,
      [input: Tensor, normType: number, kernelSize: Size],
      [stride: Size | null, ceilMode: boolean]
    >
  ): Tensor;
}

const elements = (n: number, window: Size): number =>
  typeof window === 'number' ? window ** n : window.reduce((product, one) => product * one, 1);

type Pool = (input: Tensor, kernelSize: Size, options: LpPoolOptions) => Tensor;

function lpPool(name: string, n: number, mean: Pool, maximum: Pool): LpPool {
  const own = lpPoolSignature(name);
  return (...args: unknown[]) => {
    const [input, normType, kernelSize, given] = own.bind(args);
    if (normType === Infinity) return maximum(aten.abs(input), kernelSize, given);
    if (normType === -Infinity) return aten.neg(maximum(aten.neg(aten.abs(input)), kernelSize, given));
    const out = mean(aten.pow(input, normType), kernelSize, given);
    const positive = aten.mul(aten.sign(out), aten.relu(aten.abs(out)));
    return aten.pow(aten.mul(positive, elements(n, kernelSize)), 1 / normType);
  };
}

/** `(Σ xᵖ)^(1/p)` of each window; `p = ±Infinity` pools the absolute values. Shape: `(N, C, L)` or `(C, L)`. */
export const lpPool1d: Spelled<LpPool> = lpPool('lpPool1d', 1, avgPool1d, maxPool1d);

/** `(Σ xᵖ)^(1/p)` of each window. Shape: `(N, C, H, W)` or `(C, H, W)`. */
export const lpPool2d: Spelled<LpPool> = lpPool('lpPool2d', 2, avgPool2d, maxPool2d);

/** `(Σ xᵖ)^(1/p)` of each window. Shape: `(N, C, D, H, W)` or `(C, D, H, W)`. */
export const lpPool3d: Spelled<LpPool> = lpPool('lpPool3d', 3, avgPool3d, maxPool3d);
