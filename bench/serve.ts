// How long the event loop of a server is held up at load: `npx tsx bench/serve.ts [SECONDS]`, after `npm install` in
// examples/serve, which brings Fastify.
//
// The server is examples/serve's, with its Batcher; a batch goes through the program by a plain call, or awaited. Here
// 32 clients ask it again and again over the loopback. Python writes the program (program_rows.py).
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import torch, { type Tensor } from 'nodetorch';
import { Batcher } from '../examples/serve/batcher';
import { findPython } from '../test/parity/python';

const CLIENTS = 32;
const pixels = Array.from({ length: 64 }, (_, i) => i % 17);
type Mode = 'plain' | 'awaited';
/** What is used of Fastify. */
interface App {
  post(path: string, handler: (request: { body: { pixels: number[] } }) => Promise<unknown>): void;
  listen(options: { port: number; host: string }): Promise<string>;
}
interface Delay {
  p50: number;
  p99: number;
  max: number;
}

async function serve(mode: Mode, file: string): Promise<void> {
  const model = torch.export.load(file).module();
  const run = (batch: Tensor): Promise<Tensor> => {
    let result!: unknown;
    torch.noGrad(() => void (result = mode === 'plain' ? model(batch) : model.callAsync(batch)));
    return Promise.resolve(result) as Promise<Tensor>;
  };
  const batcher = new Batcher(run, { largest: 32, wait: 3, queue: 256 });
  const require = createRequire(path.join(__dirname, '../examples/serve/package.json'));
  const app = (require('fastify') as () => App)();
  app.post('/digit', async (request) => {
    const image = torch.tensor(request.body.pixels).div(16).view([1, 8, 8]);
    const scores = torch.softmax(await batcher.submit(image), 0);
    return { digit: scores.argmax().item(), probabilities: scores.tolist() };
  });
  for (const size of [1, 32]) await run(torch.zeros([size, 1, 8, 8]));
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  process.on('message', () => {
    delay.disable();
    const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
    process.send!({ p50, p99, max } satisfies Delay, () => process.exit());
  });
  process.send!(address);
  delay.enable();
}

const message = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as T));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });

function ask(url: string, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request(`${url}/digit`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', resolve);
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    });
    request.once('error', reject).end(JSON.stringify({ pixels }));
  });
}

async function measure(mode: Mode, file: string, seconds: number): Promise<void> {
  const child = fork(__filename, ['serve', mode, file], { execArgv: process.execArgv });
  const url = await message<string>(child);
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const end = performance.now() + seconds * 1000;
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const started = performance.now();
      await ask(url, agent);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  child.send('end');
  const delay = await message<Delay>(child);
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(share * (times.length - 1))].toFixed(1);
  console.log(
    `${mode.padEnd(8)} ${(times.length / seconds).toFixed(0).padStart(6)} requests/s, answered in ${at(0.5)} ms ` +
      `(p99 ${at(0.99)}); loop delay p50 ${delay.p50.toFixed(1)} ms, p99 ${delay.p99.toFixed(1)}, ` +
      `most ${delay.max.toFixed(1)}`,
  );
}

async function main(seconds: number): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-bench-'));
  try {
    const script = path.join(__dirname, 'program_rows.py');
    if (spawnSync(findPython(), ['-B', script, folder], { stdio: ['ignore', 2, 2] }).status !== 0) return;
    for (const mode of ['plain', 'awaited'] as const) {
      await measure(mode, path.join(folder, 'digits.pt2'), seconds);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const [first = '10', ...rest] = process.argv.slice(2);
void (first === 'serve' ? serve(...(rest as [Mode, string])) : main(Number(first)));
