// Where a guide shows Python's code beside ours, both give the same. python.py has run Python's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import torch, { nn, optim, Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import ts from 'typescript';
import { blocks, pages, read, run } from './blocks';
import python from './python.json';

/** `value` is null for a statement that gives no name a value. */
type Result = [value: string | null, printed: string, changed: string];
const cells = python.cells as unknown as Record<string, Result | null>;
const programs = python.blocks as Record<string, string>;

/** A value as python.py shows it. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Tensor || typeof value === 'function') return String(value);
  if (typeof value === 'number') return String(value).replace(/e-(\d)$/, 'e-0$1');
  if (ArrayBuffer.isView(value)) return shown([...(value as Float32Array)]);
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  const isDict = value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
  if (!isDict) return String(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return `{${entries.map(([name, entry]) => `${name}: ${shown(entry)}`).join(', ')}}`;
}

/** The tensors that python.py has in PRELUDE. */
function prelude() {
  torch.manualSeed(0);
  const model = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
  const state = model.stateDict();
  torch.save(state, 'model.pt');
  const x = torch.tensor([
    [1, -2, 3],
    [4, 5, -6],
  ]);
  const y = torch.tensor([
    [2, 2, 2],
    [-1, 0.5, 4],
  ]);
  const w = torch.tensor([
    [1, 0],
    [0, 1],
    [2, -1],
  ]);
  const square = torch.tensor([
    [2, 1],
    [1, 3],
  ]);
  return {
    ...{ torch, nn, optim, F, x, y, w, square, model, state, a: 0, b: 1, bn: model.at(1) },
    image: torch.arange(0, 16, { dtype: torch.float32 }).reshape([1, 1, 4, 4]),
    index: torch.tensor([1n, 0n]),
    mask: x.gt(0),
    array: new Float32Array([1, 2]),
    optimizer: new optim.AdamW(model.parameters(), { lr: 0.1 }),
  };
}

/** The names that a statement, the last one of a line, gives values to. */
const targets = (code: string): string =>
  [...code.matchAll(/const (?:\[([^\]]+)\]|(\w+)) = /g)].map(([, list, name]) => list ?? name).at(-1) ?? '';

function evaluate(code: string): Result {
  const things = prelude();
  const isStatement = /^(const|for) /.test(code);
  const body = isStatement ? `{ ${code}; return [${targets(code)}]; }` : `return (${code});`;
  const { outputText } = ts.transpileModule(body, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  let printed = '';
  const log = (...values: unknown[]) => {
    printed += `${format(...values)}\n`;
  };
  const program = new Function(...Object.keys(things), 'console', outputText);
  const value = shown(program(...Object.values(things), { log }) ?? null);
  const { x, y, model, optimizer } = things;
  const changed = [x.detach(), y, model.at(0).weight.grad, optimizer.paramGroups[0].weightDecay];
  return [value, printed, shown(changed)];
}

/** The codes of a cell, in one or two backticks. */
const codes = (cell: string): string[] =>
  [...cell.matchAll(/(``?)(.+?)\1(?!`)/g)].map(([, , code]) => code.replaceAll('\\|', '|'));

const rows = pages.flatMap((page) =>
  [...read(page).matchAll(/^\| Python \| TypeScript \|\n\|.*\n((?:\|.*\n)+)/gm)].flatMap(([, table]) =>
    table
      .trimEnd()
      .split('\n')
      .map((row) =>
        row
          .split(/(?<!\\)\|/)
          .slice(1, 3)
          .map(codes),
      )
      .map(([theirs, ours]) => ({ page, theirs, ours })),
  ),
);

const before = process.cwd();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-python-'));
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  fs.rmSync(folder, { recursive: true });
});

describe.each(rows)('$page: $theirs', ({ theirs, ours }) => {
  // One way in Python may be several here.
  const pairs = ours.map((code, i) => [theirs.length === 1 ? theirs[0] : theirs[i], code] as const);

  test('the row has something on both sides', () => {
    expect(theirs.length === 1 || theirs.length === ours.length).toBe(true);
    for (const code of theirs) expect(cells).toHaveProperty([code]);
  });

  const compared = pairs.filter(([code]) => cells[code]);
  if (compared.length > 0) {
    test.each(compared)('%s is %s', (code, own) => {
      const [value, ...effects] = cells[code]!;
      const [ownValue, ...ownEffects] = evaluate(own);
      expect(ownEffects).toEqual(effects);
      if (value !== null) expect(ownValue).toBe(value);
    });
  }
});

test('few cells are not compared: imports, parts of classes, other machines', () => {
  expect(Object.values(cells).filter((cell) => cell === null).length).toBeLessThan(20);
  expect(Object.keys(cells).length).toBeGreaterThan(140);
});

const pairs = blocks.flatMap((block, i) =>
  block.language === 'python' && !block.note?.startsWith('not run')
    ? [[`${block.page}:${block.line}`, block, blocks[i + 1]] as const]
    : [],
);

test.each(pairs)('%s prints the same in both languages', async (_, theirs, ours) => {
  expect(ours.language).toBe('ts');
  const { printed } = await run(ours.code);
  expect(printed.map((values) => `${format(...values)}\n`).join('')).toBe(programs[theirs.code]);
});
