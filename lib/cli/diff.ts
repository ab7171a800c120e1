// npx nodetorch diff
import { isDeepStrictEqual } from 'node:util';
import { findFormat } from '../serialization/format';
import type { Tensor } from '../tensor';
import { archiveKind } from './archive';
import { type Command, number, parse } from './arguments';
import { loadPickle } from './pickle';
import { count, json, plural, print, printable, table } from './text';

const usage = `Usage: npx nodetorch diff A B [--rtol R] [--atol A] [--json]

Says which keys, types, shapes and values differ between two files of tensors, of any formats.

  --rtol R, --atol A   let values differ by A + R * |b| (default 0: every bit counts)
  --json               the same as one JSON object
  --help

Exit code: 0 when they are equal, 1 when they differ, 2 for trouble.
`;

const options = { json: { type: 'boolean' }, rtol: { type: 'string' }, atol: { type: 'string' } } as const;

interface Difference {
  readonly key: string;
  readonly what: 'only in A' | 'only in B' | 'type' | 'dtype' | 'shape' | 'values';
  readonly detail: string;
}

interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

function run(argv: readonly string[]): number {
  const { values, positionals } = parse(argv, options, ['A', 'B']);
  const tolerance = { rtol: number('rtol', values.rtol) ?? 0, atol: number('atol', values.atol) ?? 0 };
  const [a, b] = positionals.map(read);
  const found = compare(a, b, tolerance);
  if (values.json) {
    print(json({ equal: found.length === 0, differences: found }));
  } else if (found.length === 0) {
    print(`equal: ${plural(a.size, 'key')}`);
  } else {
    print(table(found.map(({ key, what, detail }) => [printable(key), what, printable(detail)])));
    print(
      `\n${plural(found.length, 'difference')} in ${plural(new Set([...a.keys(), ...b.keys()]).size, 'key')}`,
    );
  }
  return found.length === 0 ? 0 : 1;
}

/* eslint-disable @typescript-eslint/no-require-imports -- the addon, only where it is needed */
function read(target: string): Map<string, unknown> {
  const { file, format } = findFormat(target);
  if (format === 'pt' && archiveKind(file) === 'npz') {
    return (require('../io/npz') as typeof import('../io/npz')).loadNpz(file);
  }
  if (format === 'pt') return loadPickle(file);
  const { loadStateDictFromFile } =
    require('../serialization/state_dict_file') as typeof import('../serialization/state_dict_file');
  return loadStateDictFromFile(file);
}

function compare(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
  tolerance: Tolerance,
): Difference[] {
  const { Tensor: TensorClass } = require('../tensor') as typeof import('../tensor');
  const { compareTensors } = require('./compare') as typeof import('./compare');
  const found: Difference[] = [];
  for (const [key, left] of a) {
    const add = (what: Difference['what'], detail: string) => found.push({ key, what, detail });
    if (!b.has(key)) {
      add('only in A', '');
      continue;
    }
    const right = b.get(key);
    if (left instanceof TensorClass && right instanceof TensorClass) {
      if (left.dtype !== right.dtype) add('dtype', `${left.dtype.name} and ${right.dtype.name}`);
      else if (String(left.shape) !== String(right.shape))
        add('shape', `${shapeOf(left)} and ${shapeOf(right)}`);
      else if (left.layout !== right.layout) add('type', `${left.layout} and ${right.layout}`);
      else {
        const { different, largest } = compareTensors(left, right, tolerance);
        if (different > 0) {
          add('values', `${count(different)} of ${count(left.numel())} differ, by up to ${largest}`);
        }
      }
    } else if (!isDeepStrictEqual(left, right)) {
      add('values', `${short(left)} and ${short(right)}`);
    }
  }
  for (const key of b.keys()) if (!a.has(key)) found.push({ key, what: 'only in B', detail: '' });
  return found;
}
/* eslint-enable @typescript-eslint/no-require-imports */

const shapeOf = ({ shape }: Tensor): string => `[${shape.join(', ')}]`;
const short = (value: unknown): string => String(value).slice(0, 60);

export const diff: Command = { usage, run };
