// Runs the Dockerfile of docs/deploy.md without Docker: each stage is a copy of a root, each step a program in it. Knows
// the instructions and forms that it uses, and refuses others.
import fs from 'node:fs';
import path from 'node:path';
import { type Outcome, scratch, tool } from './machine';
import type { Registry } from './registry';
import { copyInto, inside } from './root';

const file = path.join(__dirname, '../../docs/deploy.md');

interface Stage {
  root: string;
  folder: string;
  user: string;
  env: Record<string, string>;
}

/** The instructions: `[name, arguments]` each. */
function instructions(): [string, string][] {
  const [, text] = /^```dockerfile\n([^]*?)^```$/m.exec(fs.readFileSync(file, 'utf8'))!;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]);
}

/** In a stage's folder, by its shell, as its user. */
function runIn({ root, folder, user, env }: Stage, command: string, registry: Registry): Outcome {
  const script = `cd ${folder} && exec ${command}`;
  const own = { HOME: '/tmp', npm_config_registry: registry.url, npm_config_update_notifier: 'false' };
  return inside(root, ['/bin/busybox', 'sh', '-c', script], { ...own, ...env }, user);
}

/** A copy of the image, which has npm and a user `node`. */
function from(image: string, name: string): Stage {
  const root = path.join(scratch, 'stages', name);
  fs.rmSync(root, { recursive: true, force: true });
  copyInto('/', image, root);
  copyInto(root, path.join(tool('npm11')!, 'npm'), 'usr/lib/npm');
  const npm = path.join(root, 'usr/bin/npm');
  fs.writeFileSync(npm, '#!/bin/busybox sh\nexec node /usr/lib/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 });
  return { root, folder: '/', user: '0:0', env: {} };
}

/** Builds the image in `context` on top of `image`, starts it, and returns what it says. */
export function run(context: string, image: string, registry: Registry): Outcome {
  const stages = new Map<string, Stage>();
  let stage!: Stage;
  let outcome: Outcome | undefined;
  const copy = (words: string[]) => {
    const other = /^--from=(.*)/.exec(words[0])?.[1];
    const source = other ? stages.get(other)!.root : context;
    const names = words.slice(other ? 1 : 0);
    const target = path.posix.join(stage.folder, names.pop()!);
    const all = names.flatMap((name) => (name === '.' ? fs.readdirSync(source) : [name]));
    for (const name of all) {
      const into =
        names.length === 1 && names[0] !== '.' ? target : path.posix.join(target, path.posix.basename(name));
      copyInto(stage.root, path.join(source, name), into);
    }
  };
  for (const [name, rest] of instructions()) {
    const words = rest.split(' ');
    if (name === 'FROM') {
      expect(words[0]).toBe('node:22-slim');
      stage = from(image, words[2] ?? 'last');
      stages.set(words[2] ?? 'last', stage);
    } else if (name === 'WORKDIR') {
      fs.mkdirSync(path.join(stage.root, rest), { recursive: true });
      stage.folder = rest;
    } else if (name === 'COPY') copy(words);
    else if (name === 'ENV') stage.env[rest.split('=')[0]] = rest.split('=')[1];
    else if (name === 'USER') stage.user = rest === 'node' ? '1000:1000' : rest;
    else if (name === 'RUN') {
      const { code, text } = runIn(stage, rest, registry);
      if (code !== 0) throw new Error(`${rest}: ${text}`);
    } else if (name === 'CMD') outcome = runIn(stage, (JSON.parse(rest) as string[]).join(' '), registry);
    else throw new Error(`the test does not know ${name}`);
  }
  return outcome!;
}
