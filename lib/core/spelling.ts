// Names that are misspelt.
import { TorchTypeError } from './errors';

/** The TypeError of `name` for a keyword that is none of `known`. */
export function unknownKeyword(name: string, key: string, known: readonly string[]): TorchTypeError {
  const other = meant(key, known);
  const hint = other === null ? '' : `; did you mean '${other}'?`;
  return new TorchTypeError(`${name}() got an unexpected keyword argument '${key}'${hint}`);
}

const plain = (name: string) => name.replaceAll('_', '').toLowerCase();

/** The one of `names` that `given` was probably meant to be; null where none is within `most` changes of a letter. */
export function meant(
  given: string,
  names: readonly string[],
  most = Math.floor(given.length / 3), // of a short name only the case may differ
): string | null {
  let best: string | null = null;
  let least = most + 1;
  for (const name of names) {
    const distance = distanceOf(plain(given), plain(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** How many letters must be put in, taken out, exchanged or replaced. */
function distanceOf(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced));
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (exchanged) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
