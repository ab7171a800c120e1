// What was measured, and how numbers of it are written (torch/utils/benchmark/utils/common.py).
import { bindArguments } from '../../core/calls';
import { checkNumber } from '../../core/errors';

/** What a {@link Timer} has been told of its task. */
export interface TaskSpec {
  /** The text of the function that is timed. */
  readonly stmt: string;
  /** Of the function that ran before; empty where there was none. */
  readonly setup: string;
  readonly label: string | null;
  readonly subLabel: string | null;
  readonly description: string | null;
  readonly env: string | null;
  readonly numThreads: number;
}

const indent = (text: string): string => text.replace(/^(?=.*\S)/gm, '  ');

/** The label, or what was run. */
export function titleOf({ stmt, label, subLabel }: TaskSpec): string {
  const suffix = subLabel ? `: ${subLabel}` : '';
  if (label !== null) return label + suffix;
  if (!stmt.includes('\n')) return stmt + suffix;
  return `stmt:${subLabel ? ` (${subLabel})` : ''}\n${indent(stmt)}`;
}

export function summarize(task: TaskSpec): string {
  const { setup, description } = task;
  const setupText = setup === '' ? '' : setup.includes('\n') ? `setup:\n${indent(setup)}` : `setup: ${setup}`;
  return [titleOf(task), description ?? '', setupText]
    .filter((section) => section !== '')
    .map((section) => (section.includes('\n') ? `${section}\n` : section))
    .join('\n');
}

const units = [
  ['ns', 1e-9],
  ['us', 1e-6],
  ['ms', 1e-3],
] as const;

/**
 * The unit that makes a number of seconds short, and what to divide by: `torch.utils.benchmark.select_unit`.
 *
 * @example
 * selectUnit(0.0005); // ['us', 0.000001]
 */
export function selectUnit(...args: [t: number]): [unit: 'ns' | 'us' | 'ms' | 's', scale: number] {
  const [t] = bindArguments('selectUnit(t)', args);
  checkNumber('selectUnit', 't', t);
  // Rounded to float32, as Python's tensor has it.
  const power = Math.floor(Math.fround(Math.log10(Math.fround(t))) / 3);
  const found = units[power + 3];
  return power < 0 && found ? [...found] : ['s', 1];
}

const english = { ns: 'nanosecond', us: 'microsecond', ms: 'millisecond', s: 'second' };

/** The name of a unit of {@link selectUnit}: `torch.utils.benchmark.unit_to_english`. */
export function unitToEnglish(...args: [u: 'ns' | 'us' | 'ms' | 's']): string {
  const [u] = bindArguments('unitToEnglish(u)', args);
  return english[u];
}

/** `x` rounded to `n` significant figures: `torch.utils.benchmark.trim_sigfig`. */
export function trimSigfig(...args: [x: number, n: number]): number {
  const [x, n] = bindArguments('trimSigfig(x, n)', args);
  checkNumber('trimSigfig', 'x', x);
  checkNumber('trimSigfig', 'n', n);
  const magnitude = Math.ceil(Math.fround(Math.log10(Math.abs(Math.fround(x)))));
  const scale = 10 ** (magnitude - n);
  const rounded = roundHalfEven(Math.fround(x / scale));
  return Math.fround(rounded * Math.fround(scale));
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}
