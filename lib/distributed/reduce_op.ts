import { argumentError } from '../core/errors';

/** How a collective makes one tensor of several. gloo has no `AVG` of whole numbers, and bitwise ones of those alone. */
export const ReduceOp = {
  SUM: 'SUM',
  AVG: 'AVG',
  PRODUCT: 'PRODUCT',
  MIN: 'MIN',
  MAX: 'MAX',
  BAND: 'BAND',
  BOR: 'BOR',
  BXOR: 'BXOR',
} as const;

/** How a collective makes one tensor of several. */
export type ReduceOp = (typeof ReduceOp)[keyof typeof ReduceOp];

// The order of c10d::ReduceOp.
const NUMBERS: readonly string[] = Object.keys(ReduceOp);
const OF_COMPLEX: readonly string[] = ['SUM', 'AVG'];

export function numberOf(fn: string, op: unknown): number {
  const number = NUMBERS.indexOf(op as string);
  if (number < 0) throw argumentError(fn, 'op', `a ReduceOp (${NUMBERS.join(', ')})`, op);
  return number;
}

export const suitsComplex = (op: string): boolean => OF_COMPLEX.includes(op);
