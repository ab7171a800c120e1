// A small fake of libtorch, a server on the loopback interface, and a way to run
// scripts/fetch-libtorch.js in a world that has nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { libtorch } from '../../package.json';
import { type Entry, zip } from './zip';

/** The version of libtorch that the scripts look for. */
export const pinned = libtorch.version;

const fetchScript = path.join(__dirname, '../../scripts/fetch-libtorch.js');

const libraries = {
  win32: ['torch.lib', 'torch_cpu.dll', 'c10.dll'],
  darwin: ['libtorch.dylib', 'libtorch_cpu.dylib', 'libc10.dylib'],
}[process.platform as string] ?? ['libtorch.so', 'libtorch_cpu.so', 'libc10.so'];

export interface Fake {
  version?: string;
  cuda?: boolean;
  bytes?: number;
}

/** The entries of an archive, or with `wheel` those of a wheel. */
export function entries(
  { version = `${pinned}+cpu`, cuda = false, bytes = 3000 }: Fake = {},
  wheel = false,
): Entry[] {
  const top = wheel ? 'torch' : 'libtorch';
  const filling = Buffer.alloc(bytes, 'libtorch ');
  const cudaLibrary = process.platform === 'win32' ? 'torch_cuda.dll' : 'libtorch_cuda.so';
  return [
    ...libraries.map((name) => ({ name: `${top}/lib/${name}`, data: filling, mode: 0o100755, stored: true })),
    ...(cuda ? [{ name: `${top}/lib/${cudaLibrary}`, data: 'cuda' }] : []),
    { name: `${top}/lib/libprotobuf.a`, data: 'static' },
    { name: `${top}/include/ATen/ATen.h`, data: '#pragma once' },
    wheel
      ? { name: 'torch/version.py', data: `__version__ = '${version}'\ncuda: Optional[str] = None\n` }
      : { name: 'libtorch/build-version', data: `${version}\n` },
  ];
}

export const archive = (fake?: Fake): Buffer => zip(entries(fake));
export const wheel = (fake?: Fake): Buffer => zip(entries(fake, true));

/** Unpacked into `folder`; returns the path that the script should print for it. */
export function installed(folder: string, fake?: Fake, asWheel = false): string {
  for (const { name, data } of entries(fake, asWheel)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, data);
  }
  return path.join(folder, asWheel ? 'torch' : 'libtorch');
}

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export class World {
  readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-fetch-'));
  readonly cache = path.join(this.root, 'cache', 'nodetorch');
  readonly bin = path.join(this.root, 'bin');
  private readonly closing: (() => void)[] = [];

  /** `script` is what `start` and `run` run. */
  constructor(readonly script = fetchScript) {
    fs.mkdirSync(this.bin);
    // The PATH has no Python but the test's own.
    if (process.platform !== 'win32') fs.symlinkSync('/bin/cp', path.join(this.bin, 'cp'));
  }

  /** {@link serve}, until the world ends. */
  async serve(handler: Handler): ReturnType<typeof serve> {
    const started = await serve(handler);
    this.atEnd(started.close);
    return started;
  }

  atEnd(close: () => void): void {
    this.closing.push(close);
  }

  file(name: string, data: Buffer | string): string {
    const file = path.join(this.root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, data);
    return file;
  }

  /** A python3 on the PATH that runs this shell script. */
  python(shell: string): void {
    fs.writeFileSync(path.join(this.bin, 'python3'), `#!/bin/sh\n${shell}\n`, { mode: 0o755 });
  }

  cached(): string[] {
    return fs.existsSync(this.cache) ? fs.readdirSync(this.cache).sort() : [];
  }

  /** Starts a program in this world. */
  spawn(program: string, args: string[], env: Record<string, string> = {}): ChildProcess {
    // No proxy listens at port 9: whatever is not on the loopback interface cannot be reached.
    const world = {
      PATH: this.bin,
      HOME: this.root,
      XDG_CACHE_HOME: path.join(this.root, 'cache'),
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
      NODETORCH_RETRY_MS: '10',
    };
    return spawn(program, args, { env: { ...world, ...env }, cwd: this.root });
  }

  start(args: string[], env?: Record<string, string>): ChildProcess {
    return this.spawn(process.execPath, [this.script, ...args], env);
  }

  run(args: string[], env?: Record<string, string>): Promise<Outcome> {
    return this.outcome(this.start(args, env));
  }

  async outcome(child: ChildProcess): Promise<Outcome> {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => (out += chunk));
    child.stderr?.on('data', (chunk) => (err += chunk));
    const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(late);
    return { code, out: out.trim(), err };
  }

  end(): void {
    this.closing.forEach((close) => close());
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Serves on the loopback interface until `close()`. Keeps every request's address and range. */
export async function serve(handler: Handler): Promise<{ url: string; seen: string[]; close(): void }> {
  const seen: string[] = [];
  const server = http.createServer((request, response) => {
    seen.push([request.method, request.url, request.headers.range].filter(Boolean).join(' '));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}

/** Answers with `body`, or the rest of it, as a server of files does. */
export function sendFile(
  body: Buffer,
  { request, response }: { request: http.IncomingMessage; response: http.ServerResponse },
  etag = '"1"',
): void {
  const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '');
  const from = range && request.headers['if-range'] === etag ? Number(range[1]) : 0;
  response.setHeader('ETag', etag);
  response.setHeader('Content-Length', body.length - from);
  if (from) response.setHeader('Content-Range', `bytes ${from}-${body.length - 1}/${body.length}`);
  response.writeHead(from ? 206 : 200);
  response.end(body.subarray(from));
}
