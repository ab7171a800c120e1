// How exactly kernels compute with float32: `torch.backends.mkldnn.matmul.fp32Precision = 'bf16'`.
import { argumentError } from '../core/errors';
import { native } from '../native';

/** `'none'` leaves it to what is above: the library, then all libraries. */
export type Fp32Precision = 'none' | 'ieee' | 'tf32' | 'bf16';

/** Something whose precision may be set. */
export interface HasFp32Precision {
  /** Which numbers float32 may become inside. Default: `'none'`, float32 itself unless another switch says otherwise. */
  fp32Precision: Fp32Precision;
}

/** @internal @throws TypeError for what is no string, RuntimeError for a precision that is not known, or not there. */
export function setPrecision(fn: string, backend: string, op: string, precision: unknown): void {
  if (typeof precision !== 'string') throw argumentError(fn, 'fp32Precision', 'a string', precision);
  native.fp32Precision(backend, op, precision);
}
export const getPrecision = (backend: string, op: string): Fp32Precision =>
  native.fp32Precision(backend, op) as Fp32Precision;

/** @internal Gives `owner` the switch `fp32Precision`; what is set for `setOp` and read of `op`. */
export function definePrecision<T extends object>(
  owner: T,
  name: string,
  backend: string,
  op: string,
  setBackend = backend,
): T & HasFp32Precision {
  return Object.defineProperty(owner, 'fp32Precision', {
    enumerable: true,
    get: () => getPrecision(backend, op),
    set: (precision: unknown) => setPrecision(name, setBackend, op, precision),
  }) as T & HasFp32Precision;
}
