// examples/train as a project of its own, in JavaScript: its programs, started and ended.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { transformSync } from 'esbuild';
import { bundle, childEnvironment } from '../../native/support/child';

const examples = path.join(__dirname, '../../../examples');

/** A folder with the example and the library beside it, as an installation has them. */
export function makeProject(): string {
  const library = bundle('test/examples/train/nodetorch.ts');
  const project = fs.mkdtempSync(path.join(path.dirname(library), 'train-'));
  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    fs.writeFileSync(path.join(project, file), text);
  };
  for (const name of fs.readdirSync(path.join(examples, 'train'))) {
    if (!name.endsWith('.ts')) continue;
    const source = fs.readFileSync(path.join(examples, 'train', name), 'utf8');
    const { code } = transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20' });
    write(`examples/train/${name.replace(/ts$/, 'js')}`, code);
  }
  fs.cpSync(path.join(examples, 'data'), path.join(project, 'examples/data'), { recursive: true });
  const own = 'node_modules/nodetorch';
  write(`${own}/index.js`, "module.exports = require('./dist/library.cjs');");
  write(`${own}/functional.js`, "module.exports = require('.').nn.functional;");
  write(`${own}/data.js`, "module.exports = require('.').utils.data;");
  write(`${own}/dist/library.cjs`, fs.readFileSync(library, 'utf8'));
  // Where the library looks for the program of a worker thread.
  write(`${own}/utils/data/thread.cjs`, "require('../../dist/library.cjs');");
  return project;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  lines: string[];
  err: string;
}

/** Runs the training job. `watch` gets each line, and may end it; the last argument does so at the first change in a folder. */
export function train(
  project: string,
  args: string[],
  watch: (lines: string[], kill: (signal: NodeJS.Signals) => void) => void = () => {},
  killAtChangeIn?: string,
): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(project, 'examples/train/train.js'), ...args], {
    env: { ...childEnvironment, NODE_NO_WARNINGS: '1' },
  });
  const watcher = killAtChangeIn ? fs.watch(killAtChangeIn, () => void child.kill('SIGKILL')) : null;
  const lines: string[] = [];
  let err = '';
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    watch(lines, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  return new Promise((resolve) =>
    child.once('close', (code, signal) => {
      watcher?.close();
      resolve({ code, signal, lines, err });
    }),
  );
}
