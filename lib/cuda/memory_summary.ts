// Python's torch.cuda.memory_summary.
import { bindArguments } from '../core/calls';
import { native } from '../native';
import { type CudaDevice, indexOf } from './device';

type Format = (value: number, decides: number) => string;

const scaled =
  (prefixes: readonly string[], limit: number, step: number, width: number): Format =>
  (value, decides) => {
    let [prefix] = prefixes;
    for (const next of prefixes.slice(1)) {
      if (decides < limit) break;
      prefix = next;
      value = Math.floor(value / step);
      decides /= step;
    }
    return `${String(value).padStart(width)} ${prefix}`;
  };
const size = scaled(['B  ', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], 768 * 1024, 1024, 6);
const count = scaled([' ', 'K', 'M'], 750 * 1000, 1000, 7);
const spaced: Format = (value, decides) => `${count(value, decides)} `;

const METRICS: readonly [key: string, name: string, format: Format][] = [
  ['allocated_bytes', 'Allocated memory', size],
  ['active_bytes', 'Active memory', size],
  ['requested_bytes', 'Requested memory', size],
  ['reserved_bytes', 'GPU reserved memory', size],
  ['inactive_split_bytes', 'Non-releasable memory', size],
  ['allocation', 'Allocations', spaced],
  ['active', 'Active allocs', spaced],
  ['segment', 'GPU reserved segments', spaced],
  ['inactive_split', 'Non-releasable allocs', spaced],
];
const OVERSIZE: typeof METRICS = [
  ['oversize_allocations', 'Oversize allocations', spaced],
  ['oversize_segments', 'Oversize GPU segments', spaced],
];
const POOLS = [
  ['large_pool', '      from large pool'],
  ['small_pool', '      from small pool'],
] as const;
const FIELDS = ['current', 'peak', 'allocated', 'freed'];

/** A table of {@link memoryStats}, to be printed. `abbreviated` leaves out what is in large and in small blocks. */
export function memorySummary(...args: [device?: CudaDevice, abbreviated?: boolean]): string {
  const [device, abbreviated = false] = bindArguments('memorySummary(device?, abbreviated?)', args);
  const index = indexOf('memorySummary', device);
  const stats = native.deviceStats(index);
  const row = (name: string, prefix: string, format: Format, decides = prefix): string => {
    const cells = FIELDS.map((field) => format(stats[`${prefix}.${field}`], stats[`${decides}.${field}`]));
    return ` ${name.padEnd(21)} | ${cells.join(' | ')} `;
  };
  const [double, single] = ['='.repeat(75), '-'.repeat(75)];
  const left = (value: number, width: number): string => String(value).padEnd(width);
  const lines = [
    double,
    ` ${' '.repeat(16)} PyTorch CUDA memory summary, device ID ${left(index, 17)} `,
    single,
    `  ${' '.repeat(9)} CUDA OOMs: ${left(stats.num_ooms, 12)} | ${' '.repeat(6)} cudaMalloc retries: ` +
      `${left(stats.num_alloc_retries, 8)}  `,
    double,
    '        Metric         | Cur Usage  | Peak Usage | Tot Alloc  | Tot Freed  ',
  ];
  for (const [key, name, format] of METRICS) {
    lines.push(single, row(name, `${key}.all`, format));
    if (abbreviated) continue;
    lines.push(...POOLS.map(([pool, text]) => row(text, `${key}.${pool}`, format, `${key}.all`)));
  }
  for (const [key, name, format] of OVERSIZE) lines.push(single, row(name, key, format));
  return `|${[...lines, double].join('|\n|')}|\n`;
}
