// Powers as Python's `**` gives them.
import { tensor } from '../creation';
import { float64 } from '../dtype';
import * as aten from '../aten';

const recent = new Map<string, number>();

/**
 * `base ** exponent` by the C library, as in Python: V8's own differs in the last bit for one in
 * ten. libtorch calls it for a single float64 element. All parameters of a step ask the same.
 */
export function pow(base: number, exponent: number): number {
  const key = `${base},${exponent}`;
  let result = recent.get(key);
  if (result === undefined) {
    const [b, e] = [tensor(base, { dtype: float64 }), tensor(exponent, { dtype: float64 })];
    const power = aten.pow(b, e);
    result = power.item() as number;
    for (const each of [b, e, power]) each.dispose();
    if (recent.size >= 64) recent.clear();
    recent.set(key, result);
  }
  return result;
}
