/** How far apart numbers may be: PyTorch's tolerances for each dtype. */
import {
  type DType,
  bfloat16,
  complex128,
  complex32,
  complex64,
  float16,
  float32,
  float64,
  qint32,
  qint8,
  quint8,
} from '../core/dtype';
import type { Tolerances } from './mismatch';

const EXACT: Tolerances = { rtol: 0, atol: 0 };
const SINGLE: Tolerances = { rtol: 1.3e-6, atol: 1e-5 };
const HALF: Tolerances = { rtol: 1e-3, atol: 1e-5 };
const DOUBLE: Tolerances = { rtol: 1e-7, atol: 1e-7 };

const byDtype = new Map<DType, Tolerances>([
  [float16, HALF],
  [bfloat16, { rtol: 1.6e-2, atol: 1e-5 }],
  [float32, SINGLE],
  [float64, DOUBLE],
  [complex32, HALF],
  [complex64, SINGLE],
  [complex128, DOUBLE],
  [quint8, SINGLE],
  [qint8, SINGLE],
  [qint32, SINGLE],
]);

/** The looser ones of two dtypes. */
export function tolerancesOf(...dtypes: readonly DType[]): Tolerances {
  const known = dtypes.map((dtype) => byDtype.get(dtype) ?? EXACT);
  return {
    rtol: Math.max(...known.map(({ rtol }) => rtol)),
    atol: Math.max(...known.map(({ atol }) => atol)),
  };
}
