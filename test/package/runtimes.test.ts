// The package under Bun and Deno, as npm installs it: import and require, training at flat memory, files,
// threads, errors, and a clean end.
import fs from 'node:fs';
import path from 'node:path';
import { addon, installed, program, removeAll, run, tool } from './project';

afterAll(removeAll);

const loop = (turn: string) => `import torch from 'nodetorch';
  torch.setNumThreads(1);
  let most = 0;
  for (let i = 0; i < 300; i++) {
    torch.ones([1024, 1024]).add(1);
    most = Math.max(most, torch.memory().bytes);
    ${turn}
  }
  console.log(most < 500e6 ? 'flat' : most);`;

const files = {
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
  // 600 tensors of 4 MB, 2.4 GB in all, of which a few live at a time.
  'memory.mjs': loop(''),
  'turns.mjs': loop('if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));'),
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
  'memory.mjs': 'flat',
  'turns.mjs': 'flat',
  'worker.mjs': '10 10',
  'errors.mjs': 'true\nmine',
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

let made: string;
beforeAll(() => (made = installed('runtimes', files)));

describe.each(Object.entries(runtimes))('%s', (name, find) => {
  let command: (string | null)[];
  beforeAll(() => (command = find()));
  test.each(Object.entries(expected))('%s', (file, text) => {
    if (command[0] === null) return;
    // Deno frees what was collected between turns of its event loop, so a synchronous loop keeps all.
    if (name === 'Deno' && file === 'memory.mjs') return;
    const all = [...(command as string[]), file];
    expect(run(all, made, { NODETORCH_ADDON: addon, NO_COLOR: '1' })).toEqual({ code: 0, text });
  });
});
