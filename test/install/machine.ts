// The machine on which the package is installed: an empty home, and nothing in PATH but Node.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const scratch = process.env.INSTALL_SCRATCH!;
export const isolated = process.env.INSTALL_ISOLATED === '1';

/** node_modules of a tool that run.js has fetched; null where it could not. */
export function tool(name: string): string | null {
  const folder = path.join(scratch, 'tools', name, 'node_modules');
  return fs.existsSync(folder) ? folder : null;
}

/** The words that run this npm. */
export const npm = (name: string): string[] => [
  process.execPath,
  path.join(tool(name)!, 'npm/bin/npm-cli.js'),
];

export interface Outcome {
  code: number | null;
  /** stdout and stderr. */
  text: string;
}

const home = path.join(scratch, 'home');
const bin = path.join(scratch, 'bin');
fs.mkdirSync(bin, { recursive: true });
fs.chmodSync(scratch, 0o755); // for the other user
if (!fs.existsSync(path.join(bin, 'node'))) fs.symlinkSync(process.execPath, path.join(bin, 'node'));

/** Runs a command in `cwd` on that machine, as the user `uid`. */
export function run(command: string[], cwd: string, env: Record<string, string> = {}, uid?: number): Outcome {
  const [program, ...args] = command;
  fs.mkdirSync(home, { recursive: true });
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    uid,
    env: { PATH: bin, HOME: home, TMPDIR: scratch, ...env },
  });
  return { code: status, text: `${stdout ?? ''}${stderr ?? ''}${error ?? ''}`.trim() };
}

/** npm with these arguments in `made`, for packages of the registry. */
export const installByNpm = (
  registry: { url: string },
  name: string,
  args: string[],
  made: string,
): Outcome =>
  run([...npm(name), ...args, '--ignore-scripts', '--no-audit', '--no-fund'], made, {
    npm_config_registry: registry.url,
    npm_config_update_notifier: 'false',
  });

/** Takes away what package managers keep in the home, so that the next installation fetches everything. */
export const forget = (): void => fs.rmSync(home, { recursive: true, force: true });

/** A new project with these files. */
export function project(name: string, files: Record<string, string> = {}): string {
  const made = path.join(scratch, 'projects', name);
  fs.rmSync(made, { recursive: true, force: true });
  fs.mkdirSync(made, { recursive: true });
  const own = { 'package.json': JSON.stringify({ name: 'project', version: '1.0.0', private: true }) };
  for (const [file, text] of Object.entries({ ...own, 'train.mjs': train, ...files })) {
    fs.mkdirSync(path.dirname(path.join(made, file)), { recursive: true });
    fs.writeFileSync(path.join(made, file), text);
  }
  return made;
}

/** Fits a line, and prints what it has learned and where libtorch came from. */
const train = `
import torch, { nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
import fs from 'node:fs';
torch.manualSeed(0);
const x = torch.rand([64, 1]);
const y = x.mul(3).add(1);
const model = new nn.Linear(1, 1);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
for (let step = 0; step < 300; step++) {
  optimizer.zeroGrad();
  F.mseLoss(model(x), y).backward();
  optimizer.step();
}
console.log('learned', model.weight.item().toFixed(1), model.bias.item().toFixed(1));
const maps = fs.readFileSync('/proc/self/maps', 'utf8');
for (const name of ['nodetorch.node', 'libtorch_cpu.so', 'libgomp.so']) {
  console.log([...new Set(maps.split('\\n').filter((line) => line.includes(name)).map((line) => line.slice(73)))].join('|'));
}
`;
