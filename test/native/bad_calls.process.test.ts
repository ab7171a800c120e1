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

function check(part: number, times: number, sample: string[]): Report['counts'] {
  const file = path.join(folder, `${part}.log`);
  const child = runChild('bad_calls_child.ts', [file, String(part), String(times), JSON.stringify(sample)], {
    timeout: 170_000,
  });
  const last = fs.readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
  const failure = child.code === 0 ? '' : child.err.slice(-5000);
  expect({ signal: child.signal, last, failure }).toEqual({ signal: null, last: 'done', failure: '' });
  const { counts, strange } = lastLine<Report>(child);
  expect(strange).toEqual([]);
  return counts;
}

test.each([1, 2])(
  'several thousand bad calls end in a TypeError, RangeError or TorchError (%i of 2)',
  (part) => {
    const counts = check(
      part,
      8,
      names().filter((_, i) => i % 4 === part),
    );
    expect(counts.TypeError).toBeGreaterThan(500);
    expect(counts.TorchError).toBeGreaterThan(200);
    expect(counts.returned).toBeGreaterThan(100);
  },
  180_000,
);

/** Operators that take or give an object of a class, or a value of the type Any, and the methods of these classes. */
function ofObjects(): string[] {
  const classes = new Set<string>();
  const operators = native.operatorNames().filter((name) => {
    const [whole, overload = 'default'] = name.split('.');
    const types = native
      .signatures(whole, overload, false)
      .flatMap(({ parameters, returns }) => [...parameters, ...returns].map(({ type }) => type));
    const found = types.flatMap((type) => /torch\.classes[.\w]+/.exec(type) ?? []);
    for (const one of found) classes.add(`__torch__.${one}`);
    return found.length > 0 || types.includes('Any');
  });
  const methods = [...classes].flatMap((name) =>
    native.customClass(name)!.methods.map((method) => `${name}.${method}`),
  );
  return [...new Set([...operators.map((name) => name.split('.')[0]), ...methods])].sort();
}

test('bad calls of operators of packed weights and of their methods end so, too', () => {
  const all = ofObjects();
  expect(all.length).toBeGreaterThan(150);
  const counts = check(3, 8, all);
  expect(counts.returned).toBeGreaterThan(50);
}, 180_000);
