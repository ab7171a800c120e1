// Child processes of the tests: TypeScript programs, optionally with little memory.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.join(__dirname, '../../..');
const addons = ['build/Release', 'build-gyp/build/Release'].map((folder) =>
  path.join(root, folder, 'nodetorch.node'),
);
const addon = process.env.NODETORCH_ADDON ?? addons.find((file) => fs.existsSync(file)) ?? addons[0];

export interface ChildOptions {
  /** What is undefined is taken away. */
  env?: NodeJS.ProcessEnv;
  nodeOptions?: string[];
  /** Address space in KiB (`ulimit -v`); not on Windows. */
  limit?: number;
  /** Milliseconds. */
  timeout?: number;
  /** Whether the modules stay apart: then each start, of a worker as well, compiles all of them. Default: no. */
  modules?: boolean;
}

export interface ChildResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** A bundle lies elsewhere than lib and does not find the addon by itself. */
export const childEnvironment = { ...process.env, NODETORCH_ADDON: addon };

const bundled = new Map<string, string>();

/**
 * One JavaScript file of a TypeScript file of the repository and all that it imports: a child that requires it
 * compiles nothing. Several runs of the tests may write it at a time.
 */
export function bundle(file: string): string {
  let made = bundled.get(file);
  if (made) return made;
  const name = file.replace(/\.ts$/, '').replaceAll('/', '.');
  made = path.join(root, 'node_modules/.cache/nodetorch', `${name}.cjs`);
  const outfile = `${made}.${process.pid}`;
  buildSync({
    entryPoints: [path.join(root, file)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
  });
  // As TypeScript's `import *`: what says that it is an ES module is not copied, here the 2,000 operators that each
  // of a hundred files imports.
  const text = fs.readFileSync(outfile, 'utf8');
  const helper = 'var __toESM = (mod, isNodeMode, target) => ';
  fs.writeFileSync(outfile, text.replace(helper, `${helper}mod && mod.__esModule ? mod : `));
  fs.renameSync(outfile, made);
  bundled.set(file, made);
  return made;
}

/** Runs a TypeScript file of this folder to its end. */
export function runChild(file: string, args: string[] = [], options: ChildOptions = {}): ChildResult {
  const program = options.modules
    ? ['-r', require.resolve('tsx/cjs'), path.join(__dirname, file)]
    : [bundle(`test/native/support/${file}`)];
  const node = [...(options.nodeOptions ?? []), ...program, ...args];
  const limit = process.platform === 'linux' ? options.limit : undefined;
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const command = limit ? 'bash' : process.execPath;
  const commandArgs = limit
    ? ['-c', `ulimit -c 0; ulimit -v ${limit}; exec ${[process.execPath, ...node].map(quote).join(' ')}`]
    : node;
  const result = spawnSync(command, commandArgs, {
    encoding: 'utf8',
    timeout: options.timeout ?? 120_000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
    env: { ...childEnvironment, ...options.env },
  });
  return { code: result.status, signal: result.signal, out: result.stdout, err: result.stderr };
}

/** The last line that a child printed, as JSON. */
export function lastLine<T>(result: ChildResult): T {
  const line = result.out.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as T;
  } catch {
    throw new Error(
      `the child printed no JSON (code ${result.code}, signal ${result.signal}):\n${result.out}\n${result.err}`,
    );
  }
}
