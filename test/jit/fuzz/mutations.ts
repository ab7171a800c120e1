// TorchScript archives with mutations in their pickles, their code and their bytes. Checksums are right where the mutation
// is in a record, so that what is behind them is reached.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bytesSource } from '../../../lib/serialization/io/source';
import { ZipReader } from '../../../lib/serialization/io/zip_reader';
import { any, random } from '../../export/fuzz/random';
import { zip } from '../../scripts/zip';

const folder = join(__dirname, '../programs');
const archives = readdirSync(folder).map((name) => {
  const bytes = readFileSync(join(folder, name));
  const reader = new ZipReader(bytesSource(bytes));
  return { bytes, records: new Map([...reader.names()].map((record) => [record, reader.read(record)])) };
});

/** Bytes with some of them changed, left out, doubled or moved. */
function garbled(bytes: Buffer): Buffer {
  const at = random(bytes.length);
  const length = 1 + random(Math.min(16, bytes.length - at));
  const part = bytes.subarray(at, at + length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)];
  const elsewhere = random(bytes.length);
  return any([
    () => Buffer.concat([before, Buffer.from([part[0] ^ (1 << random(8))]), bytes.subarray(at + 1)]),
    () => Buffer.concat([before, Buffer.from([random(256)]), bytes.subarray(at + 1)]),
    () => Buffer.concat([before, after]),
    () => Buffer.concat([before, part, part, after]),
    () => Buffer.concat([before, bytes.subarray(elsewhere, elsewhere + length), after]),
    () => before,
  ])();
}

const TOKEN = /\w+|\s+|[^\w\s]/g;
const words = [
  ...[
    'self',
    'None',
    'True',
    '0',
    '-1',
    '9223372036854775808',
    '1e999',
    '"a"',
    'torch',
    'ops',
    'prim',
    'Tensor',
  ],
  ...[
    'List[int]',
    'Dict[str, Tensor]',
    'Optional[int]',
    'Tuple[()]',
    'uninitialized',
    'unchecked_cast',
    'annotate',
  ],
  ...[
    'CONSTANTS.c0',
    'CONSTANTS.c99',
    '__torch__',
    'class',
    'def',
    'return',
    'while',
    'if',
    'else',
    '(',
    ')',
    '[',
    ']',
  ],
  ...[
    '{',
    '}',
    ':',
    '\n',
    '\n  ',
    '=',
    ',',
    '.',
    '...',
    '*',
    '**',
    'not',
    'lambda',
    'Enum',
    'NamedTuple',
    'Module',
  ],
];
/** Source with some words changed. */
function rewritten(bytes: Buffer): Buffer {
  const tokens = bytes.toString('latin1').match(TOKEN) ?? [];
  for (let i = 1 + random(3); i > 0; i--) {
    const at = random(tokens.length);
    any([
      () => (tokens[at] = any(words)),
      () => (tokens[at] = any(tokens)),
      () => tokens.splice(at, 1 + random(4)),
      () => tokens.splice(at, 0, ...tokens.slice(at, at + random(40))),
      () => tokens.splice(at, 0, any(['(', '[', '-', 'not ']).repeat(10 ** (1 + random(5)))),
    ])();
  }
  return Buffer.from(tokens.join(''), 'latin1');
}

/** One archive that was changed somewhere. */
export function mutated(): Buffer {
  const { bytes, records } = any(archives);
  if (random(8) === 0) return garbled(bytes);
  const changed = new Map(records);
  for (let i = 1 + random(2); i > 0; i--) {
    const name = any([...changed.keys(), 'data.pkl', 'data.pkl', 'constants.pkl']);
    const data = changed.get(name);
    if (!data || data.length === 0) continue;
    const choice = random(12);
    if (choice === 0) changed.delete(name);
    else if (choice === 1) changed.set(name, changed.get(any([...changed.keys()])) as Buffer);
    else changed.set(name, name.endsWith('.py') ? rewritten(data) : garbled(data));
  }
  return zip([...changed].map(([name, data]) => ({ name: `m/${name}`, data, stored: true })));
}
