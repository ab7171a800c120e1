// The package under Node, Bun and Deno, as npm installs it: import and require, training at flat memory, files,
// threads, the worker threads of loaders, errors, and a clean end.
import fs from 'node:fs';
import path from 'node:path';
import processor from '../processor';
import { addon, installed, program, removeAll, run, tool } from './project';

afterAll(removeAll);

const files: Record<string, string> = {
  'train.mjs': program,
  'train.cjs': `const { default: torch, nn } = require('nodetorch');
    console.log(torch.arange(5).sum().item(), new nn.Linear(2, 3) instanceof nn.Module);`,
  'entries.mjs': `import torch, { nn as inner } from 'nodetorch';
    import * as nn from 'nodetorch/nn';
    import * as optim from 'nodetorch/optim';
    import * as safetensors from 'nodetorch/safetensors';
    console.log(nn.Linear === inner.Linear, optim.SGD === torch.optim.SGD, typeof safetensors.saveFile);`,
  'files.mjs': `import torch, { nn, safetensors } from 'nodetorch';
    torch.manualSeed(0);
    const model = new nn.Linear(3, 2);
    torch.save({ model: model.stateDict() }, 'model.pt');
    safetensors.saveFile(model.stateDict(), 'model.safetensors');
    const again = torch.load('model.pt').get('model').get('weight');
    console.log(torch.equal(again, model.weight), torch.equal(safetensors.loadFile('model.safetensors').get('weight'), again));`,
  'worker.mjs': `import { Worker, isMainThread, parentPort } from 'node:worker_threads';
    import torch from 'nodetorch';
    const sum = torch.arange(5).sum().item();
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.on('message', (other) => console.log(sum, other));
    } else parentPort.postMessage(sum);`,
  'errors.mjs': `import torch from 'nodetorch';
    try { torch.ones([2]).matmul(torch.ones([3])); } catch (error) { console.log(error instanceof torch.TorchError); }
    const x = torch.ones([2], { requiresGrad: true });
    x.registerHook(() => { throw new Error('mine'); });
    try { x.sum().backward(); } catch (error) { console.log(error.message); }`,
};
const expected = {
  'train.mjs': '10',
  'train.cjs': '10 true',
  'entries.mjs': 'true true function',
  'files.mjs': 'true true',
  'worker.mjs': '10 10',
  'errors.mjs': 'true\nmine',
  'loader.mjs': '14 126 145',
  'loader.cjs': '14 126 145',
};

// The program itself: what the packages start it with needs their install scripts.
function binary(tools: string | null, scope: string, file: string): string | null {
  const folder = tools && path.join(tools, scope);
  if (!folder || !fs.existsSync(folder)) return null;
  const names = fs.readdirSync(folder).map((name) => path.join(folder, name, file));
  return names.find((name) => fs.existsSync(name)) ?? null;
}
const runtimes = {
  Node: () => [process.execPath],
  Bun: () => [binary(tool('bun', 'bun@1'), '@oven', 'bin/bun')],
  Deno: () => [binary(tool('deno', 'deno@2'), '@deno', 'deno'), 'run', '-A'],
};

// Checks of tensors, autograd, modules, files, memory and threads: the same program everywhere.
const programs = path.join(__dirname, 'programs');
const everything = fs.readdirSync(programs).filter((name) => !name.endsWith('.py'));
for (const name of everything) files[name] = fs.readFileSync(path.join(programs, name), 'utf8');
// The loader in TypeScript, its worker threads, too.
files['loader.mts'] = files['loader.mjs'].replaceAll('squares.mjs', 'squares.mts');
files['squares.mts'] = files['squares.mjs'].replace('constructor(length)', 'constructor(length: number)');
const checks = (files['everything.mjs'].match(/^ {2}'.*=> \{$/gm) ?? []).length;

/** What a runtime lacks; docs/installation.md has the same table. */
const lacks: Record<string, readonly string[]> = {
  // It frees what was collected between turns of its event loop.
  Deno: ['memory: flat in a synchronous loop'],
};

let made: string;
beforeAll(() => (made = installed('runtimes', files)));

describe.each(Object.entries(runtimes))('%s', (name, find) => {
  let command: (string | null)[];
  beforeAll(() => (command = find()));
  test.each(Object.entries(expected))('%s', (file, text) => {
    if (command[0] === null) return;
    const all = [...(command as string[]), file];
    expect(run(all, made, { NODETORCH_ADDON: addon, NO_COLOR: '1' })).toEqual({ code: 0, text });
  });
  test('loader.mts', () => {
    if (command[0] === null) return;
    const runner = name === 'Node' ? [process.execPath, require.resolve('tsx/cli')] : (command as string[]);
    const outcome = run([...runner, 'loader.mts'], made, { NODETORCH_ADDON: addon, NO_COLOR: '1' });
    expect(outcome).toEqual({ code: 0, text: '14 126 145' });
  });
  test('everything', () => {
    if (command[0] === null) return;
    const env = { NODETORCH_ADDON: addon, NO_COLOR: '1', ...processor };
    const { text } = run([...(command as string[]), 'everything.mjs'], made, env);
    const line = text.split('\n').find((each) => each.startsWith('{"checks"'));
    const result = JSON.parse(line ?? text) as { checks: number; failed: Record<string, string> };
    expect({ ...result, failed: Object.keys(result.failed) }).toEqual({ checks, failed: lacks[name] ?? [] });
  });
});
