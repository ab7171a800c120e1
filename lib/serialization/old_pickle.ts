// Pickles of protocols 0 and 1, which no byte names.

/** Opcodes with lines behind them. */
const lines: Readonly<Record<string, readonly RegExp[]>> = {
  I: [/^-?\d+$/],
  L: [/^-?\d+L?$/],
  F: [/^-?(\d[\d.e+-]*|inf|nan)$/],
  S: [/^(['"]).*\1$/],
  V: [/^/],
  P: [/^/],
  p: [/^\d+$/],
  g: [/^\d+$/],
  c: [/^[\w.]+$/, /^[\w.]+$/],
  i: [/^[\w.]+$/, /^[\w.]+$/],
};
/** Opcodes with so many bytes behind them, and with a length of so many. */
const bytes: Readonly<Record<string, number>> = { G: 8, J: 4, K: 1, M: 2, h: 1, j: 4, q: 1, r: 4 };
const counted: Readonly<Record<string, number>> = { T: 4, U: 1, X: 4 };
const ALONE = '(.012NQR])abdelostu}';
/** What remembers a value or names a class. One at least is in what is longer than what is looked at. */
const TELLING = 'pqrci';

/** Whether a file of `size` bytes that begins with `head` is one, as far as `head` goes. */
export function isOldPickle(head: Buffer, size: number): boolean {
  const text = head.toString('latin1');
  let isTold = false;
  for (let at = 0; at < text.length;) {
    const code = text[at++];
    isTold ||= TELLING.includes(code);
    if (code === '.') return at > 1 && at === size;
    if (code in lines) {
      for (const form of lines[code]) {
        const end = text.indexOf('\n', at);
        if (end < 0) return isTold && size > text.length;
        if (!form.test(text.slice(at, end))) return false;
        at = end + 1;
      }
    } else if (code in bytes) at += bytes[code];
    else if (code in counted) {
      const width = counted[code];
      if (at + width > head.length) break;
      at += width + head.readUIntLE(at, width);
    } else if (!ALONE.includes(code)) return false;
  }
  return isTold && size > head.length;
}
