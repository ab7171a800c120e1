// Child processes of the tests: TypeScript programs, optionally with little memory.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const tsx = require.resolve('tsx/cjs');

export interface ChildOptions {
  env?: Record<string, string>;
  nodeOptions?: string[];
  /** Address space in KiB (`ulimit -v`); not on Windows. */
  limit?: number;
  /** Milliseconds. */
  timeout?: number;
}

export interface ChildResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Runs a TypeScript file of this folder to its end. */
export function runChild(file: string, args: string[] = [], options: ChildOptions = {}): ChildResult {
  const node = [...(options.nodeOptions ?? []), '-r', tsx, path.join(__dirname, file), ...args];
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
    env: { ...process.env, ...options.env },
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
