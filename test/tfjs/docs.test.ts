/** The programs in docs/tfjs.md run, and print what they say. */
import '@tensorflow/tfjs-backend-cpu';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import * as torch from 'nodetorch';
import * as bridge from 'nodetorch/tfjs';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const page = fs.readFileSync(path.join(root, 'docs/tfjs.md'), 'utf8');
const snippets = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1]);

const packages: Record<string, unknown> = {
  '@tensorflow/tfjs': { ...core, ...layers },
  nodetorch: torch,
  'nodetorch/tfjs': bridge,
};

async function run(code: string): Promise<string[]> {
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const printed: string[] = [];
  const log = { log: (...values: unknown[]) => printed.push(values.join(' ')) };
  const load = (name: string): unknown => packages[name];
  await new Function('require', 'exports', 'console', `return (async () => {${outputText}})();`)(
    load,
    {},
    log,
  );
  return printed;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-tfjs-'));
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  fs.rmSync(folder, { recursive: true });
});

test.each(snippets.map((code, i) => [i + 1, code] as const))('snippet %i', async (_, code) => {
  const said = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  expect(await run(code)).toEqual(said);
});
