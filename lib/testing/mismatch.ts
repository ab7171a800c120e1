/** What assertClose says of values that are not close: Python's words. */
import { fixed, shortest } from '../tensor/print/number';
import { Complex } from '../core/complex';

/** What is compared: its name in a message, such as "Tensor-likes", made of the usual name. */
export type Identifier = (usual: string) => string;

export interface Tolerances {
  readonly rtol: number;
  readonly atol: number;
}

/** A number as Python prints it: bigints are ints, others floats. */
export function pythonNumber(value: unknown): string {
  if (value instanceof Complex) return complexText(value);
  if (typeof value === 'number') return shortest(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

function complexText({ re, im }: Complex): string {
  const part = (x: number): string => shortest(x).replace(/\.0$/, '');
  const imaginary = part(im);
  if (re === 0 && !Object.is(re, -0)) return `${imaginary}j`;
  return `(${part(re)}${imaginary.startsWith('-') ? '' : '+'}${imaginary}j)`;
}

/** A tolerance that was given: whole numbers were most likely written as ints in Python, too. */
const tolerance = (value: number): string => (Number.isInteger(value) ? String(value) : shortest(value));

const isExact = ({ rtol, atol }: Tolerances): boolean => rtol === 0 && atol === 0;

interface Difference {
  value: unknown;
  /** Where in a tensor, as Python writes a tuple. */
  at: string | null;
}

export function mismatch(
  name: string,
  extra: string,
  absolute: Difference,
  relative: Difference,
  tolerances: Tolerances,
): string {
  const exact = isExact(tolerances);
  const line = (kind: string, { value, at }: Difference, allowed: number): string => {
    const text = pythonNumber(value);
    const start =
      at === null
        ? `${kind[0].toUpperCase()}${kind.slice(1)} difference: ${text}`
        : `Greatest ${kind} difference: ${text} at index ${at}`;
    return exact ? start : `${start} (up to ${tolerance(allowed)} allowed)`;
  };
  return [
    `${name} are not ${exact ? 'equal' : 'close'}!\n`,
    extra,
    line('absolute', absolute, tolerances.atol),
    line('relative', relative, tolerances.rtol),
  ].join('\n');
}

export function bitwiseMismatch(name: string, extra: string, at: string): string {
  return `${name} are not 'equal'!\n\n${extra}\nThe first mismatched element is at index ${at}.`;
}

/** `'Mismatched elements: 1 / 3 (33.3%)'` */
export function mismatchedElements(count: number, total: number): string {
  return `Mismatched elements: ${count} / ${total} (${fixed((count / total) * 100, 1)}%)`;
}

/** As Python prints a tuple of ints. */
export function tuple(values: readonly number[]): string {
  return `(${values.join(', ')}${values.length === 1 ? ',' : ''})`;
}
