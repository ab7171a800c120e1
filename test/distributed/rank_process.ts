// A rank that is a process of its own, and what it says.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { bundle, childEnvironment } from '../native/support/child';

export interface Ended {
  code: number | null;
  signal: string | null;
  lines: Record<string, unknown>[];
  err: string;
}
export interface Child {
  process: ChildProcessWithoutNullStreams;
  ready: Promise<void>;
  ended: Promise<Ended>;
}

/** Starts a phase of rank_child.ts, or of another program; behind `before`, where that is a command that runs another. */
export function start(
  phase: string,
  env: NodeJS.ProcessEnv,
  before: readonly string[] = [],
  program = 'test/distributed/rank_child.ts',
): Child {
  const [command, ...args] = [...before, process.execPath, bundle(program), phase];
  const child = spawn(command, args, {
    env: { ...childEnvironment, OMP_NUM_THREADS: '1', ...env },
  });
  let [out, err] = ['', ''];
  child.stderr.on('data', (more) => (err += String(more)));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (more) => {
      out += String(more);
      if (out.includes('\n')) resolve();
    });
    child.once('exit', () => resolve());
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      const lines = out.trim().split('\n');
      resolve({ code, signal, err, lines: lines.map((line) => JSON.parse(line || '{}') as never) });
    });
  });
  return { process: child, ready, ended };
}
