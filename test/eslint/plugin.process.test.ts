/** The compiled plugin, as a project has it: what it loads, and what it finds in a small project. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { version } from '../../package.json';
import { rules } from '../../lib/eslint/rules';

const root = path.join(__dirname, '../..');
const built = fs.existsSync(path.join(root, 'dist/eslint/index.mjs')) ? test : test.skip;

const FILES: Record<string, string> = {
  'package.json': JSON.stringify({ name: 'project', type: 'module', private: true }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: true, types: [] },
  }),
  'eslint.config.js': `
    import { defineConfig } from 'eslint/config';
    import nodetorch from 'nodetorch/eslint';
    import tseslint from 'typescript-eslint';
    export default defineConfig(tseslint.configs.base, nodetorch.configs.recommended, {
      languageOptions: { parserOptions: { projectService: true } },
    });`,
  'train.ts': `
import torch, { nn, type Tensor } from 'nodetorch';
export function step(model: nn.Linear, x: Tensor): Tensor {
  const loss: Tensor = model(x).sum();
  torch.noGrad(() => loss * 2);
  if (loss.gt(0)) torch.noGrad(() => -loss);
  return x.add(-x);
}
`,
};

function project(files: Record<string, string>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-eslint-'));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(root, path.join(folder, 'node_modules/nodetorch'), 'junction');
  for (const name of ['eslint', 'typescript', 'typescript-eslint']) {
    const target = path.join(root, 'node_modules', name);
    fs.symlinkSync(target, path.join(folder, 'node_modules', name), 'junction');
  }
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

function node(cwd: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return stderr === '' ? stdout : stderr;
}

const eslint = path.join(root, 'node_modules/eslint/bin/eslint.js');

describe('a project', () => {
  let folder: string;
  beforeEach(() => (folder = project(FILES)));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  built(
    'what the plugin finds and mends in it',
    () => {
      const [{ messages }] = JSON.parse(node(folder, [eslint, '--format', 'json', 'train.ts'])) as [
        { messages: { line: number; ruleId: string }[] },
      ];
      expect(messages.map(({ line, ruleId }) => [line, ruleId])).toEqual([
        [5, 'nodetorch/no-tensor-operators'],
        [6, 'nodetorch/no-tensor-truthiness'],
        [6, 'nodetorch/no-tensor-operators'],
        [7, 'nodetorch/no-tensor-operators'],
      ]);
      node(folder, [eslint, '--fix', 'train.ts']);
      const text = fs.readFileSync(path.join(folder, 'train.ts'), 'utf8');
      expect(text).toBe(
        FILES['train.ts']
          .replace('loss * 2', 'loss.mul(2)')
          .replace('-loss', 'loss.neg()')
          .replace('-x', 'x.neg()'),
      );
    },
    180_000,
  );

  built('without types it says how to have them', () => {
    const config = FILES['eslint.config.js'].replace('projectService: true', '');
    fs.writeFileSync(path.join(folder, 'eslint.config.js'), config);
    expect(node(folder, [eslint, 'train.ts'])).toMatch(
      /nodetorch\/no-\S+ needs the types of the program: .*train\.ts .*projectService = true/,
    );
  });

  built('its types hold in the configuration', () => {
    fs.writeFileSync(path.join(folder, 'eslint.config.ts'), FILES['eslint.config.js']);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext'];
    expect(node(folder, [tsc, ...flags, '--target', 'es2023', 'eslint.config.ts'])).toBe('');
  });
});

built('it loads its own files alone, and no addon', () => {
  const script = `
    process.dlopen = (_, file) => { throw new Error('it loads ' + file); };
    const { rules, meta, default: plugin } = require('nodetorch/eslint');
    const files = Object.keys(require.cache).map((file) => require('node:path').relative('dist', file));
    console.log(JSON.stringify({ rules: Object.keys(rules), same: plugin.rules === rules, meta, files }));`;
  const { files, ...found } = JSON.parse(node(root, ['-e', script])) as { files: string[] };
  expect(found).toEqual({
    rules: Object.keys(rules),
    same: true,
    meta: { name: 'nodetorch/eslint', namespace: 'nodetorch', version },
  });
  // The bundle holds the modules of core, and runs those that are asked for.
  const others = files.filter((file) => !/^(eslint|core)[\\/]/.test(file));
  expect(others).toEqual([path.join('bundle', 'nodetorch.js')]);
});

test('every rule is recommended, and described in docs/eslint.md', () => {
  const page = fs.readFileSync(path.join(root, 'docs/eslint.md'), 'utf8');
  for (const name of Object.keys(rules)) {
    expect(page).toContain(`\n## ${name}\n`);
    expect(page).toContain(`| [${name}](#${name}) |`);
  }
});
