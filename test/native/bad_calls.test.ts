// Whatever JavaScript passes, an operator returns or throws: it never takes the process down.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lastLine, runChild } from './support/child';
import { native } from './support/torch';

// Make or read files, or print.
const effects = new Set(['from_file', 'set_printoptions']);

function names(): string[] {
  const all = native.operatorNames().filter((name) => name.startsWith('aten::'));
  const unique = [...new Set(all.map((name) => name.slice(6).split('.')[0]))].sort();
  return unique.filter((name) => !name.startsWith('_') && !effects.has(name));
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-calls-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

interface Report {
  counts: { returned: number; TypeError: number; RangeError: number; TorchError: number };
  strange: string[];
}

test.each([1, 2])(
  'several thousand bad calls end in a TypeError, RangeError or TorchError (%i of 2)',
  (part) => {
    const sample = names().filter((_, i) => i % 4 === part);
    const file = path.join(folder, `${part}.log`);
    const child = runChild('bad_calls_child.ts', [file, String(part), '8', JSON.stringify(sample)], {
      timeout: 170_000,
    });
    const last = fs.readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
    const failure = child.code === 0 ? '' : child.err.slice(-5000);
    expect({ signal: child.signal, last, failure }).toEqual({ signal: null, last: 'done', failure: '' });
    const { counts, strange } = lastLine<Report>(child);
    expect(strange).toEqual([]);
    expect(counts.TypeError).toBeGreaterThan(500);
    expect(counts.TorchError).toBeGreaterThan(200);
    expect(counts.returned).toBeGreaterThan(100);
  },
  180_000,
);
