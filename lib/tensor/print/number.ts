// Numbers as Python's format() and repr() spell them.

/**
 * Python's `{x:.Nf}`. Both languages round the exact binary value; but where it lies halfway, Python
 * takes the even digit and JavaScript the one farther from zero.
 */
export function fixed(x: number, digits: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const magnitude = Math.abs(x);
  let text = magnitude.toFixed(digits);
  if (magnitude >= 1e21) text = BigInt(magnitude).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  else if (hasDecimals(magnitude, digits + 1)) {
    const longer = magnitude.toFixed(digits + 1); // exact
    if (longer.endsWith('5')) text = evenOf(longer.slice(0, -1).replace(/\.$/, ''), text);
  }
  return sign(x) + text;
}

/** Python's `{x:.Ne}`. */
export function scientific(x: number, digits: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const magnitude = Math.abs(x);
  let [mantissa, power] = magnitude.toExponential(digits).split('e');
  const [longer, longerPower] = magnitude.toExponential(digits + 1).split('e');
  if (longer.endsWith('5') && hasDecimals(magnitude, digits + 1 - Number(longerPower))) {
    const cut = longer.slice(0, -1).replace(/\.$/, '');
    if (evenOf(cut, mantissa) === cut) [mantissa, power] = [cut, longerPower];
  }
  return `${sign(x)}${mantissa}e${exponent(Number(power))}`;
}

/** Python's `repr(x)` of a float. */
export function shortest(x: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const [mantissa, power] = x.toExponential().split('e');
  if (Number(power) < -4 || Number(power) >= 16) return `${mantissa}e${exponent(Number(power))}`;
  return sign(x) + (Number.isInteger(x) ? `${Math.abs(x)}.0` : String(Math.abs(x)));
}

function nonFinite(x: number): string {
  return Number.isNaN(x) ? 'nan' : x < 0 ? '-inf' : 'inf';
}

function sign(x: number): string {
  return x < 0 || Object.is(x, -0) ? '-' : '';
}

function exponent(power: number): string {
  return (power < 0 ? '-' : '+') + String(Math.abs(power)).padStart(2, '0');
}

/** Whether x has at most `count` digits after the point; for a negative count, that many zeros before it. */
function hasDecimals(x: number, count: number): boolean {
  // A double is a whole number over a power of two: k decimals are enough where 2^k x is whole.
  if (count >= 0) return Number.isInteger(x * 2 ** count);
  return Number.isInteger(x) && BigInt(x) % 10n ** BigInt(-count) === 0n;
}

/** Of the two neighbours of a number halfway between, the one whose last digit is even. */
function evenOf(below: string, above: string): string {
  return Number(below.at(-1)) % 2 === 0 ? below : above;
}
