/** Numbers that torch names. */
export const pi = Math.PI;
/** Euler's number. */
export const e = Math.E;
/** Infinity. */
export const inf = Infinity;
/** Not a number. */
export const nan = NaN;
/** `null` in an index: a new dimension. */
export const newaxis = null;
