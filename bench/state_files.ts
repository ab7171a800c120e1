// Reading and writing a model of 1 GB, beside Python, run by run: `npx tsx bench/state_files.ts [GB]`. Leaves
// nothing. Python is NODETORCH_PARITY_PYTHON, or what `npm run test:parity` has installed.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import torch, { type Tensor, safetensors } from 'nodetorch';
import pinned from '../scripts/libtorch/pinned';

const RUNS = 9; // the best counts: cold pages and a busy disk make the others up to six times as long
const shape = [1024, 1024];
const count = Math.round((Number(process.argv[2] ?? 1) * 1e9) / (4 * shape[0] * shape[1]));

const installed = path.join(
  pinned.cacheRoot(),
  `parity-${pinned.version}`,
  ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
);
const python = process.env.NODETORCH_PARITY_PYTHON ?? installed;

const state = new Map<string, Tensor>(
  Array.from({ length: count }, (_, i) => [`layers.${i}.weight`, torch.rand(shape)]),
);
// Python's own save syncs nothing and overwrites in place: a power cut may leave half a file. Ours syncs, and
// an old file is there until the new one is whole. So it is held against Python with a sync, too.
const rows: Record<string, (file: string) => unknown> = {
  'pt load': (file) => torch.load(file),
  'pt mmap load': (file) => torch.load(file, { mmap: true }),
  'pt save': (file) => torch.save(state, file),
  'pt save, synced': (file) => torch.save(state, file),
  'pt save over a file': (file) => torch.save(state, file),
  'safetensors load': (file) => safetensors.loadFile(file, { backend: 'pread' }),
  'safetensors mmap load': (file) => safetensors.loadFile(file),
  'safetensors save': (file) => safetensors.saveFile(state, file),
  'safetensors save, synced': (file) => safetensors.saveFile(state, file),
  'safetensors save over': (file) => safetensors.saveFile(state, file),
};

function dispose(result: unknown): void {
  if (result instanceof Map) for (const tensor of result.values() as Iterable<Tensor>) tensor.dispose();
}

function timed(run: (file: string) => unknown, file: string): number {
  const started = performance.now();
  const result = run(file);
  const passed = performance.now() - started;
  dispose(result);
  return passed;
}

// Without the sync a side that syncs also waits for what the other, which does not, has left to write.
function prepare(name: string, file: string): void {
  if (/save(, synced)?$/.test(name)) fs.rmSync(file, { force: true });
  execFileSync('sync');
}

async function main(folder: string): Promise<void> {
  const script = path.join(__dirname, 'state_files.py');
  const args = ['-B', script, ...[...shape, count].map(String)];
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error('Python ended')));
  });
  failed.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const inPython = async (name: string, file: string): Promise<number> => {
    child.stdin.write(`${name}\t${file}\n`);
    const { value } = await Promise.race([lines.next(), failed]);
    return Number(value);
  };
  const [here, there] = ['here', 'there'].map((side) => (name: string) =>
    path.join(folder, name.includes('save') ? `${side}.tmp` : name.startsWith('pt') ? 'model.pt' : 'model.safetensors'),
  ); // prettier-ignore
  torch.save(state, here('pt load'));
  safetensors.saveFile(state, here('safetensors load'));
  console.log(
    `${count} tensors, ${((count * 4 * shape[0] * shape[1]) / 1e9).toFixed(2)} GB, best of ${RUNS} runs`,
  );
  console.log(`${'ms'.padEnd(26)}${'Python'.padStart(10)}${'here'.padStart(10)}${'ratio'.padStart(8)}`);
  for (const [name, run] of Object.entries(rows)) {
    const times = { python: [] as number[], here: [] as number[] };
    for (let i = 0; i < RUNS; i++) {
      prepare(name, there(name));
      times.python.push(await inPython(name, there(name)));
      prepare(name, here(name));
      times.here.push(timed(run, here(name)));
    }
    const [theirs, ours] = [Math.min(...times.python), Math.min(...times.here)];
    const cells = [
      theirs.toFixed(1).padStart(10),
      ours.toFixed(1).padStart(10),
      (ours / theirs).toFixed(2).padStart(8),
    ];
    console.log(`${name.padEnd(26)}${cells.join('')}`);
  }
  child.stdin.end();
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-bench-'));
main(folder)
  .catch((error: Error) => {
    console.error(`bench: ${error.message} (Python: ${python})`);
    process.exitCode = 1;
  })
  .finally(() => fs.rmSync(folder, { recursive: true }));
