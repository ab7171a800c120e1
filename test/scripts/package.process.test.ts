// The compiled package in dist/, as its users get it: require, import, and the types of both.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const entries = [
  'nodetorch',
  'nodetorch/nn',
  'nodetorch/functional',
  'nodetorch/optim',
  'nodetorch/safetensors',
  'nodetorch/eslint',
  'nodetorch/testing',
  'nodetorch/testing/assert',
  'nodetorch/tfjs',
];

// `npm ci` makes dist/; a checkout in the middle of work may have none.
const built = fs.existsSync(path.join(root, 'dist/index.mjs')) ? test : test.skip;

function node(args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return (stdout + stderr).trim();
}

const program = `
  const sum = torch.arange(5).sum().item();
  const layer = new nn.Linear(2, 3);
  console.log(sum, layer instanceof nn.Module, fn.linear === functional.linear, typeof optim.SGD);`;

built('require', () => {
  const script = `
    const { default: torch, nn } = require('nodetorch');
    const { linear } = require('nodetorch/functional');
    const functional = require('nodetorch').nn.functional, fn = { linear }, optim = require('nodetorch/optim');
    ${program}`;
  expect(node(['-e', script])).toBe('10 true true function');
});

built('import', () => {
  const script = `
    import torch, { nn } from 'nodetorch';
    import { linear } from 'nodetorch/functional';
    import * as optim from 'nodetorch/optim';
    const functional = nn.functional, fn = { linear };
    ${program}`;
  expect(node(['--input-type=module', '-e', script])).toBe('10 true true function');
});

built('import reads the entry and one file with the rest, and deep files give the same objects', () => {
  const script = `
    const path = require('node:path');
    const { nn } = require('nodetorch');
    const files = Object.keys(require.cache).map((file) => path.relative('dist', file).replaceAll('\\\\', '/'));
    console.log(files.filter((file) => /^\\w+/.test(file) && file.endsWith('.js')).sort().join(' '));
    console.log(require('./dist/nn/layers/linear.js').Linear === nn.Linear, nn.ModuleList.name, nn.Buffer.name);`;
  expect(node(['-e', script])).toBe('bundle/nodetorch.js index.js\ntrue ModuleList Buffer');
});

built('a stack names the files of lib/', () => {
  const script = `try { require('nodetorch').default.setNumThreads('a') } catch (error) { console.log(error.stack) }`;
  expect(node(['--enable-source-maps', '-e', script])).toMatch(
    /at .*setNumThreads \(.*[\\/]lib[\\/]backends[\\/]threads\.ts:\d+:/,
  );
});

built('both give the same objects, under the same names', () => {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire('${path.join(root, 'x.js').replaceAll('\\', '/')}');
    for (const entry of ${JSON.stringify(entries)}) {
      const required = require(entry);
      const imported = await import(entry);
      const names = Object.keys(required).sort();
      const same = names.every((name) => Object.is(required[name], imported[name]));
      if (!same || String(names) !== String(Object.keys(imported).sort())) console.log(entry, 'differs');
    }`;
  expect(node(['--input-type=module', '-e', script])).toBe('');
});

built('its types hold in a .mts and in a .cts file', () => {
  // In the package, where its own name leads to it, and not in what is packed.
  const folder = fs.mkdtempSync(path.join(root, 'build/consumer-'));
  try {
    const sources = ['mts', 'cts'].map((extension) => path.join(folder, `consumer.${extension}`));
    for (const file of sources) {
      fs.writeFileSync(
        file,
        `import torch, { nn, Tensor } from 'nodetorch';
       import * as F from 'nodetorch/functional';
       import { Linear } from 'nodetorch/nn';
       import { SGD } from 'nodetorch/optim';
       import * as safetensors from 'nodetorch/safetensors';
       const layer = new Linear(2, 3);
       const y: Tensor = F.relu(layer(torch.randn([1, 2])).add(1));
       export const all: [number[], nn.Linear, object, object] = [[...y.shape], layer, SGD, safetensors];
       // @ts-expect-error: no such operator
       torch.noSuchOperator(y);
       // @ts-expect-error: a tensor is no string
       export const wrong: string = y.relu();`,
      );
    }
    const tsc = require.resolve('typescript/bin/tsc');
    const flags = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
    ];
    expect(node([tsc, ...flags, ...sources])).toBe('');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
