/** Numbers that torch names. */
export const pi = Math.PI;
export const e = Math.E;
export const inf = Infinity;
export const nan = NaN;
/** `null` in an index: a new dimension. */
export const newaxis = null;
