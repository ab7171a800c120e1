// The processes of one `npx nodetorch run`: started together, ended together.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { Transform, type TransformCallback } from 'node:stream';

interface Settings {
  program: string;
  args: readonly string[];
  worldSize: number;
  masterPort: number;
  /** How often all were started before. */
  restarts: number;
  maxRestarts: number;
  /** Milliseconds between SIGTERM and SIGKILL. */
  grace: number;
}

/** How the first rank that failed ended. */
export interface Failure {
  code: number;
  text: string;
  /** Nothing is started again: this command was told to end, or there is no such program. */
  final: boolean;
}

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const windows = process.platform === 'win32';

/** A rank that holds a line back for longer than this gets it broken. */
const LONGEST_LINE = 2 ** 16;

/** How long is waited for the output of a rank that has ended: what left its group may hold the pipe for ever. */
const LAST_OUTPUT = 2000;

/** All ranks of one attempt. */
export class Ranks {
  private readonly children: ChildProcess[];
  private failure: Failure | null = null;
  private told = false;
  private killer: NodeJS.Timeout | undefined;

  constructor(private readonly settings: Settings) {
    for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0); // each rank has some
    this.children = Array.from({ length: settings.worldSize }, (_, rank) => this.start(rank));
  }

  /** Waits for the end of all; null when all ended well. */
  async ended(): Promise<Failure | null> {
    const forward = (signal: NodeJS.Signals): void => {
      this.told = true;
      this.end(signal);
    };
    const abandon = (): void => this.signal('SIGKILL');
    for (const signal of forwarded) process.on(signal, forward);
    process.on('exit', abandon);
    try {
      await Promise.all(this.children.map((child, rank) => this.watch(child, rank)));
      // What a rank has started and left behind goes with it, and with that the last hold on its output.
      this.signal('SIGKILL');
      await Promise.all(this.children.map(lastOutput));
      return this.failure && { ...this.failure, final: this.failure.final || this.told };
    } finally {
      clearTimeout(this.killer);
      process.off('exit', abandon);
      for (const signal of forwarded) process.off(signal, forward);
    }
  }

  private start(rank: number): ChildProcess {
    const { program, args } = this.settings;
    // A group of its own: the terminal's Ctrl-C reaches it once, by way of this process, and what it starts ends with it.
    const child = spawn(program, args, {
      env: { ...process.env, ...this.environment(rank) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !windows,
    });
    child.stdout!.pipe(new Prefix(rank)).pipe(process.stdout, { end: false });
    child.stderr!.pipe(new Prefix(rank)).pipe(process.stderr, { end: false });
    return child;
  }

  // As torchrun sets them.
  private environment(rank: number): Record<string, string> {
    const { worldSize, masterPort, restarts, maxRestarts } = this.settings;
    return {
      ...(worldSize > 1 && process.env.OMP_NUM_THREADS === undefined && { OMP_NUM_THREADS: '1' }),
      RANK: String(rank),
      LOCAL_RANK: String(rank),
      ROLE_RANK: String(rank),
      GROUP_RANK: '0',
      ROLE_NAME: 'default',
      WORLD_SIZE: String(worldSize),
      LOCAL_WORLD_SIZE: String(worldSize),
      ROLE_WORLD_SIZE: String(worldSize),
      GROUP_WORLD_SIZE: '1',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(masterPort),
      TORCHELASTIC_RESTART_COUNT: String(restarts),
      TORCHELASTIC_MAX_RESTARTS: String(maxRestarts),
      TORCHELASTIC_RUN_ID: 'none',
      TORCHELASTIC_USE_AGENT_STORE: 'False',
    };
  }

  private async watch(child: ChildProcess, rank: number): Promise<void> {
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      if (code === 0) return;
      this.fail({
        code: code ?? 128 + constants.signals[signal!],
        text: `rank ${rank} ${code === null ? `was ended by ${signal}` : `ended with exit code ${code}`}`,
        final: false,
      });
    } catch (error) {
      // It could not be started: none of them can.
      this.fail({ code: 127, text: (error as Error).message, final: true });
    }
  }

  private fail(failure: Failure): void {
    if (this.failure !== null) return;
    this.failure = failure;
    this.end('SIGTERM');
  }

  private end(signal: NodeJS.Signals): void {
    this.signal(signal);
    this.killer ??= setTimeout(() => this.signal('SIGKILL'), this.settings.grace);
  }

  private signal(signal: NodeJS.Signals): void {
    for (const child of this.children) {
      if (child.pid === undefined) continue;
      try {
        if (windows) child.kill(signal);
        else process.kill(-child.pid, signal);
      } catch {
        // Its group has ended.
      }
    }
  }
}

async function lastOutput(child: ChildProcess): Promise<void> {
  const streams = [child.stdout!, child.stderr!];
  const timer = setTimeout(() => streams.forEach((stream) => stream.destroy()), LAST_OUTPUT);
  await Promise.all(
    streams.map((stream) => stream.closed || new Promise((resolve) => stream.once('close', resolve))),
  );
  clearTimeout(timer);
}

/** Whole lines, each behind the rank that wrote it: `[rank0]: `, as PyTorch marks its tracebacks. */
class Prefix extends Transform {
  private readonly prefix: Buffer;
  private rest: Buffer[] = [];
  private length = 0;

  constructor(rank: number) {
    super();
    this.prefix = Buffer.from(`[rank${rank}]: `);
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      lines.push(this.prefix, ...this.rest, chunk.subarray(from, end + 1));
      this.rest = [];
      this.length = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      this.rest.push(chunk.subarray(from));
      this.length += chunk.length - from;
    }
    if (this.length > LONGEST_LINE) lines.push(...this.unfinished());
    done(null, lines.length === 0 ? undefined : Buffer.concat(lines));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.concat(this.unfinished()));
  }

  private unfinished(): Buffer[] {
    if (this.length === 0) return [];
    const line = [this.prefix, ...this.rest, Buffer.from('\n')];
    this.rest = [];
    this.length = 0;
    return line;
  }
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
