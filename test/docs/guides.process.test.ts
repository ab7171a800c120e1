// What README.md and docs/ say is true: the programs in them run and give what stands beside them.
import '@tensorflow/tfjs-backend-cpu';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch from 'nodetorch';
import * as testing from 'nodetorch/testing';
import { libtorch } from '../../package.json';
import { type Block, blocks, pages, read, root, run, shown, type Told } from './blocks';

/* eslint-disable @typescript-eslint/no-require-imports */
const differences = require('../../scripts/differences') as {
  page: string;
  subjects(): string[];
  withDifferences(text: string): string;
};
/* eslint-enable @typescript-eslint/no-require-imports */

test('the list of differences is the one in the sources', () => {
  const text = fs.readFileSync(differences.page, 'utf8');
  expect(differences.withDifferences(text)).toBe(text);
});

test("the pages' versions of libtorch are those of package.json", () => {
  const minor = (version: string) => version.split('.', 2).join('.');
  expect(/ binds libtorch ([\d.]+);/.exec(read('README.md'))?.[1]).toBe(minor(libtorch.version));
  const tested = /^Version ([\d.]+) is what is fetched and tested; ([\d.]+) and later compile\.$/m;
  expect(tested.exec(read('docs/installation.md'))?.slice(1)).toEqual([
    libtorch.version,
    minor(libtorch.minimum),
  ]);
});

test.each(differences.subjects())('the list of differences is about what exists: %s', (name) => {
  type Parts = Record<string, unknown> & { prototype?: Record<string, unknown> };
  let found: unknown = { torch, testing };
  for (const part of name.split('.')) {
    const { prototype } = found as Parts;
    found = (found as Parts)[part] ?? (prototype && part in prototype ? prototype : undefined);
    expect([part, found === undefined]).toEqual([part, false]);
  }
});

/** The examples of the lint rules, which test/eslint/cases/documentation.ts lints. */
const isLinted = ({ page, code }: Block): boolean =>
  page === 'docs/eslint.md' && /^\/\/ (Found|Instead|Allowed):\n/.test(code);
/** A block that a test runs here, or says why it does not: the others are output and pictures. */
const isCode = (block: Block): boolean => block.language !== 'text' && !isLinted(block);

const shell = `npx() { [ "$1" = nodetorch ] && shift && node '${root}/scripts/setup.js' "$@"; }
node() { '${process.execPath}' "$@"; }
set -e
`;

async function check({ page, line, language, code }: Block): Promise<void> {
  if (language === 'sh') {
    const output = blocks.find((block) => block.page === page && block.line > line);
    const { stdout, stderr } = spawnSync('bash', ['-c', shell + code], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: output!.code, stderr: '' });
    return;
  }
  expect(['ts', 'js']).toContain(language); // others say why they are not run
  const { told } = await run(code);
  told.forEach(expectTold);
}

function expectTold({ said, given }: Told): void {
  const about = /^about (-?[\d.]+)$/.exec(said);
  if (!about) return expect(shown(given)).toBe(said);
  const [expected, actual] = [Number(about[1]), Number(given[0])];
  expect(Math.abs(actual - expected)).toBeLessThan(0.05 * Math.abs(expected));
}

describe.each(pages)('%s', (page) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-guides-'));
  const before = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(before);
    fs.rmSync(folder, { recursive: true });
  });
  const code = blocks.filter((block) => block.page === page && isCode(block));

  test('its code blocks are closed, and have a language', () => {
    expect((read(page).match(/^```/gm) ?? []).length % 2).toBe(0);
    expect(blocks.filter((block) => block.page === page && block.language === '')).toEqual([]);
    const prose = read(page).replace(/^```[^]*?^```/gm, '');
    expect(prose).not.toMatch(/\n\n {4}[^\s*-]/); // an indented block
  });

  for (const block of code) {
    const name = `${block.language}, line ${block.line}`;
    if (block.note?.startsWith('not run')) test.skip(`${name}: ${block.note}`, () => {});
    else if (block.note === null) test(name, () => check(block));
  }
});

test.each(
  blocks.flatMap(({ page, line, code, note }) => {
    const file = /^run by (.*)$/.exec(note ?? '')?.[1];
    return file ? [[`${page}:${line}`, file, page, code] as const] : [];
  }),
)('%s is run by %s', (_, file, page, code) => {
  const commands = code.trim().split(/\n| && /);
  const program = read(file);
  // It has the same commands, or reads them in the page.
  if (!program.includes(path.basename(page)))
    for (const command of commands) expect(program).toContain(command);
});

test("the README's program learns", async () => {
  const { code } = blocks.find(({ page, language }) => page === 'README.md' && language === 'js')!;
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(18);
  const { printed, told } = await run(code);
  expect(printed).toEqual([['step 100  loss 0.0014'], ['step 200  loss 0.0007'], ['step 300  loss 0.0002']]);
  expect(told).toHaveLength(1);
});

test('comments are compared with values', async () => {
  const { told } = await run("torch.ones([2]).shape; // [2]\n[torch.ones([1])].length; // 2\n'a'; // a text");
  expect(told.map(({ said, given }) => [said, shown(given)])).toEqual([
    ['[2]', '[2]'],
    ['2', '1'],
  ]);
});
