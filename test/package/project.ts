// The package as `npm pack` makes it, programs of the registry, and empty projects to try both in.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const root = path.join(__dirname, '../..');
export const addon = path.join(root, 'build/Release/nodetorch.node');
// Outside the checkout: in it, Node would find the checkout's node_modules.
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-package-'));
export const removeAll = () => fs.rmSync(scratch, { recursive: true, force: true });

export interface Outcome {
  code: number | null;
  /** stdout and stderr. */
  text: string;
}

export function run(command: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Outcome {
  const [program, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...clean, ...env },
  });
  return { code: status, text: `${stdout ?? ''}${stderr ?? ''}${error ?? ''}`.trim() };
}

// What npm and Jest have set for this process is not for others.
const clean = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(cafile|registry))|JEST_|NODE_ENV$|INIT_CWD$)/i.test(name),
  ),
);

function folder(name: string): string {
  const made = path.join(scratch, name);
  fs.mkdirSync(made, { recursive: true });
  return made;
}

/** The tarball, which pack.js has made. */
export const tarball = (): string => process.env.NODETORCH_TARBALL!;

/**
 * The folder in which npm has installed these packages; null where they cannot be had, which is said. `test`
 * skips what needs them.
 */
export function tool(name: string, ...packages: string[]): string | null {
  const made = folder(`tools/${name}`);
  fs.writeFileSync(path.join(made, 'package.json'), '{}');
  const args = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  const { code, text } = run(['npm', 'install', ...args, ...packages], made);
  if (code === 0) return path.join(made, 'node_modules');
  process.stderr.write(`skipped: ${packages.join(' ')} cannot be had: ${text.split('\n')[0]}\n`);
  return null;
}

/** A new project with these files. */
export function project(name: string, files: Record<string, string> = {}): string {
  const made = folder(`projects/${name}`);
  const own = { 'package.json': JSON.stringify({ name: 'project', version: '1.0.0', private: true }) };
  for (const [file, text] of Object.entries({ ...own, ...files })) {
    fs.mkdirSync(path.dirname(path.join(made, file)), { recursive: true });
    fs.writeFileSync(path.join(made, file), text);
  }
  return made;
}

/** A new project in which npm has installed the tarball. */
export function installed(name: string, files: Record<string, string> = {}): string {
  const made = project(name, files);
  const { code, text } = run(['npm', 'install', '--no-audit', '--no-fund', tarball()], made);
  if (code !== 0) throw new Error(text);
  return made;
}

/** Trains a step and prints 10. */
export const program = `
import torch, { nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
const model = new nn.Linear(2, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
F.mseLoss(model(torch.ones([4, 2])), torch.ones([4, 1])).backward();
optimizer.step();
console.log(torch.arange(5).sum().item());
`;
