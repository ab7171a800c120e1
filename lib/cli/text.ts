// What is printed. A table is a few lines of padEnd: no package for it pays for being one more
// dependency of everyone who installs this one.

/** Columns as wide as their widest cell, two spaces apart; those in `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text: string, column: number): string =>
    right.includes(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

/** Bytes in units of 1,000: `'1.07 GB'`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

export const count = (n: number): string => n.toLocaleString('en-US');
export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? '' : 's'}`;

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Names come from files: nothing in them steers the terminal, turns what is beside it around or hides. So control
 * characters are escaped, those without a shape of their own (of the direction of writing, of width 0), separators of
 * lines, and halves of characters.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (found) => found.split('').map(escape).join(''));
}

/** As JSON, printable. Only the ends of its lines are control characters: JSON escapes those of values. */
export const json = (value: unknown): string =>
  JSON.stringify(value, null, 2).split('\n').map(printable).join('\n');

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
