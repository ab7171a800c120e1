/** What README.md and docs/ say is true: their list of differences, their links, their programs. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import * as face from 'nodetorch';
import * as functional from 'nodetorch/functional';
import * as testing from 'nodetorch/testing';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { withDifferences } = require('../../scripts/differences') as {
  withDifferences(readme: string): string;
};

const root = path.join(__dirname, '..', '..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const pages = ['README.md', 'docs/modules-and-functionals.md'];

const torch = face.default;
const packages: Record<string, unknown> = {
  nodetorch: face,
  'nodetorch/functional': functional,
  'nodetorch/testing': testing,
};

function snippets(page: string): string[] {
  return [...read(page).matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1]);
}

/** Runs a snippet as a module that may leave out the usual imports. Returns what it printed. */
function run(code: string): unknown[][] {
  const usual = 'const torch = usual.torch, { nn, optim, safetensors } = torch, F = usual.F;\n{';
  const own = code.includes('import torch');
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  const source = own ? code : code.replace(/^import .*$/gm, '');
  const { outputText } = ts.transpileModule(own ? source : `${usual}\n${source}}`, {
    compilerOptions: options,
  });
  const printed: unknown[][] = [];
  const log = { log: (...values: unknown[]) => printed.push(values) };
  const body = new Function('require', 'exports', 'console', 'usual', outputText);
  body((name: string) => packages[name], {}, log, { torch, F: functional });
  return printed;
}

test("the README's list of differences is the one in the sources", () => {
  expect(withDifferences(read('README.md'))).toBe(read('README.md'));
});

test.each([...pages, 'docs/architecture.md', 'docs/eslint.md', 'docs/tfjs.md'])(
  '%s: files it points to are there',
  (page) => {
    const prose = read(page).replace(/`[^`\n]*`/g, '');
    const links = [...prose.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1]);
    for (const link of links) {
      expect([link, fs.existsSync(path.join(root, path.dirname(page), link))]).toEqual([link, true]);
    }
  },
);

test("the README's training loop learns", () => {
  const loop = snippets('README.md').find((code) => code.includes('optimizer.step()'))!;
  expect(loop.trimEnd().split('\n').length).toBeLessThanOrEqual(22);
  const printed = run(loop);
  expect(printed).toHaveLength(4);
  expect(printed[3][0]).toBeGreaterThan(0.45);
  expect(printed[3][0]).toBeLessThan(0.55);
});

describe.each(pages)('%s', (page) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-readme-'));
  const before = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(before);
    fs.rmSync(folder, { recursive: true });
  });

  test.each(snippets(page).map((code, i) => [i + 1, code] as const))('snippet %i runs', (_, code) => {
    expect(() => run(code)).not.toThrow();
  });
});

// What the cells of the table of names are about.
const things = `
  const w = torch.ones([3, 2]), m = torch.ones([2]), a = 0, b = 1;
  const p = [new nn.Parameter(torch.ones([2]))], bn = new nn.BatchNorm2d(3);
  const model = new nn.Sequential(new nn.Linear(3, 2)), state = model.stateDict();
  const optimizer = new optim.SGD(p, { weightDecay: 1 });`;

function operand(cell: string): string {
  if (cell.includes('item()')) return 'torch.ones([])';
  if (cell.includes('inv(')) return 'torch.eye(3)';
  if (/max_?pool2d/i.test(cell)) return 'torch.ones([1, 1, 4, 4])';
  return `torch.randn([6, 3], { requiresGrad: ${cell.includes('autograd')} })`;
}

const elsewhere = /=> \.\.\.|^(import|fc =|this\.|catch|undefined|error\.|TorchError)|cuda|loadLibrary/;
const cells = [...read('README.md').matchAll(/^\| `.* \| (.*`.*) \|$/gm)]
  .flatMap((row) => [...row[1].matchAll(/`([^`]+)`/g)].map((match) => match[1]))
  .filter((cell) => !elsewhere.test(cell));

test.each(cells)('the table of names: %s', (cell) => {
  const y = cell.includes('autograd') ? 'x.sum()' : 'x.clone()';
  const statement = /^(const|for) /.test(cell) ? cell : `void (${cell})`;
  run(`${things}\nconst x = ${operand(cell)}, y = ${y}, z = x.clone();\n{ ${statement}; }`);
});
