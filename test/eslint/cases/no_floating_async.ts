import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { testRule } from '../tester';

// A package of the same name with asynchronous forms of its own, as far as a type says what they are.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-eslint-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
fs.mkdirSync(path.join(folder, 'dist'));
fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'nodetorch' }));
fs.writeFileSync(
  path.join(folder, 'dist/index.d.ts'),
  `export declare function loadAsync<T>(value: T): Promise<T>;
   export declare class Runner {
     runAsync<T>(value: T): Promise<T>;
     release(): void;
   }`,
);
const head = `import { loadAsync, Runner } from '${path.join(folder, 'dist').replaceAll('\\', '/')}';
declare const runner: Runner;
declare function otherAsync(): Promise<Tensor>;
`;
const mended = (output: string) => ({ 'Write `await`.': output });

testRule(
  'no-floating-async',
  {
    valid: [
      'await loadAsync(x);',
      'void loadAsync(x);',
      'const later = loadAsync(x);',
      'loadAsync(x).then(() => {}, () => {});',
      'async function f() { return loadAsync(x); }',
      'const all = await Promise.all([loadAsync(x), runner.runAsync(y)]);',
      'runner.release();',
      'torch.noGrad(async () => x);',
      'torch.add(await loadAsync(x), y);',
      // Whoever wants to hear of all promises has @typescript-eslint/no-floating-promises.
      'otherAsync();',
    ],
    invalid: [
      {
        code: 'loadAsync(x);',
        errors: ['`loadAsync(x)` is a promise that nobody awaits'],
        suggestions: [mended('await loadAsync(x);')],
      },
      {
        code: 'declare const other: Runner | undefined; other?.runAsync(x);',
        errors: ['`other?.runAsync(x)` is a promise that nobody awaits'],
        suggestions: [mended('declare const other: Runner | undefined; await other?.runAsync(x);')],
      },
      {
        code: 'async function f() { runner.runAsync(x); }',
        errors: ['`runner.runAsync(x)` is a promise'],
        suggestions: [mended('async function f() { await runner.runAsync(x); }')],
      },
      { code: 'function f() { runner.runAsync(x); }', errors: ['that nobody awaits'] },
      {
        code: 'const z = runner.runAsync(x).add(1);',
        errors: ['is a promise, not what it will give'],
        suggestions: [mended('const z = (await runner.runAsync(x)).add(1);')],
      },
      {
        code: 'torch.add(x, otherAsync());',
        errors: ['`otherAsync()` is a promise, not'],
        suggestions: [mended('torch.add(x, await otherAsync());')],
      },
      {
        code: 'const later = loadAsync(x); x.add(later);',
        errors: ['`later` is a promise, not'],
        suggestions: [mended('const later = loadAsync(x); x.add(await later);')],
      },
    ],
  },
  head,
);
