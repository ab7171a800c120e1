// The table of counts, as Python's `tabulate` prints it.

const SUFFIXES = ['', 'K', 'M', 'B', 'T'];

/** The counts of the modules, and of all: by name, then by operator. */
export type FlopCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

const totalOf = (counts: ReadonlyMap<string, number> | undefined): number =>
  [...(counts?.values() ?? [])].reduce((sum, count) => sum + count, 0);

// 1,010,000,000 is 1010 million: a number keeps up to four digits before the point.
function suffixOf(total: number): number {
  const digits = BigInt(total).toString().length;
  return Math.max(0, Math.min(SUFFIXES.length - 1, Math.floor((digits - 2) / 3)));
}
// As Python rounds: what lies exactly between two goes to the even one.
function fixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && scaled % 1 === 0.5;
  return (isTie ? (2 * Math.round(scaled / 2)) / 10 ** digits : value).toFixed(digits);
}
const numberText = (count: number, suffix: number): string =>
  suffix === 0 ? String(count) : fixed(count / 1000 ** suffix, 3) + SUFFIXES[suffix];
const percentText = (count: number, total: number): string =>
  total === 0 ? '0%' : `${fixed((count / total) * 100, 2)}%`;

/** The rows down to modules of that depth. */
export function tableText(counts: FlopCounts, maxDepth: number): string {
  const total = totalOf(counts.get('Global'));
  const suffix = suffixOf(total);
  const row = (name: string, count: number): string[] => [
    name,
    numberText(count, suffix),
    percentText(count, total),
  ];
  const rowsOf = (name: string, depth: number): string[][] => {
    const own = counts.get(name) ?? new Map<string, number>();
    const padding = ' '.repeat(depth);
    return [
      row(padding + name, totalOf(own)),
      ...[...own].map(([operator, count]) => row(`${padding} - ${operator}`, count)),
    ];
  };
  const names = [...counts.keys()].filter((name) => name !== 'Global').sort();
  const depthOf = (name: string): number => name.split('.').length;
  const shown = names.filter((name) => depthOf(name) <= maxDepth);
  let rows = shown.flatMap((name) => rowsOf(name, depthOf(name) - 1));
  // What all modules together did says nothing new where one module did everything.
  const isSubsumed = shown.some((name) => totalOf(counts.get(name)) >= total);
  if (counts.has('Global') && !isSubsumed) {
    rows = [...rowsOf('Global', 0), ...rows.map(([name, ...rest]) => [` ${name}`, ...rest])];
  }
  return tabulated(['Module', 'FLOP', '% Total'], rows.length > 0 ? rows : [['Global', '0', '0%']]);
}

function tabulated(header: string[], rows: string[][]): string {
  const widths = header.map((name, i) => Math.max(name.length + 2, ...rows.map((row) => row[i].length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
