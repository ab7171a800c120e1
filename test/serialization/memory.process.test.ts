// How much memory loading takes: a model of 200 MB, in a process of its own.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { nn, safetensors } from 'nodetorch';
import { bundle, childEnvironment } from '../native/support/child';

const lib = JSON.stringify(bundle('lib/index.ts'));
const MB = 1e6;
const layers = () => Array.from({ length: 12 }, () => new nn.Linear(2048, 2048));
let folder: string;
let size: number;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'memory-'));
  const state = new nn.Sequential(...layers()).stateDict();
  size = [...state.values()].reduce((sum, tensor) => sum + tensor.nbytes, 0);
  safetensors.saveFile(state, path.join(folder, 'model.safetensors'));
  safetensors.saveSharded(state, path.join(folder, 'sharded'), { maxShardSize: '50MB' });
  torch.save(state, path.join(folder, 'model.pt'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

// The file's own pages do not count: the system takes them back when it needs them.
const program = (file: string, options: object, assign: boolean) => `
  const fs = require('node:fs');
  const { default: torch, nn } = require(${lib});
  const used = (what) => Number(new RegExp(what + ':\\\\s*(\\\\d+)').exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  const model = new nn.Sequential(...Array.from({ length: 12 }, () => new nn.Linear(2048, 2048, { device: 'meta' })));
  if (!${assign}) torch.noGrad(() => { for (const each of model.toEmpty({ device: 'cpu' }).parameters()) each.zero_(); });
  fs.writeFileSync('/proc/self/clear_refs', '5');
  const before = [used('RssAnon'), used('VmHWM')];
  const state = torch.loadStateDictFromFile('${file}', ${JSON.stringify(options)});
  model.loadStateDict(state, { assign: ${assign} });
  console.log(JSON.stringify([used('RssAnon') - before[0], used('VmHWM') - before[1]]));
  if (model.at(11).weight.sum().isnan().item()) throw new Error('values');`;

function measure(file: string, options: object, assign: boolean): { kept: number; peak: number } {
  const args = ['-e', program(path.join(folder, file), options, assign)];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...childEnvironment, OMP_NUM_THREADS: '1' },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const [kept, peak] = JSON.parse(stdout) as number[];
  return { kept, peak };
}

const linux = process.platform === 'linux' ? describe : describe.skip;
linux('a model loaded from', () => {
  describe.each(['model.safetensors', 'sharded', 'model.pt'])('%s', (file) => {
    it('takes nothing when mapped and assigned', () => {
      expect(measure(file, { mmap: true }, true).kept).toBeLessThan(30 * MB);
    });
    it('takes its own size when read and assigned', () => {
      const { kept, peak } = measure(file, { mmap: false }, true);
      expect(kept).toBeLessThan(size + 30 * MB);
      expect(peak).toBeLessThan(size + 30 * MB);
    });
    it('takes one copy more when read and copied', () => {
      expect(measure(file, { mmap: false }, false).peak).toBeLessThan(size + 30 * MB);
    });
    it('takes nothing more when mapped and copied', () => {
      expect(measure(file, { mmap: true }, false).kept).toBeLessThan(30 * MB);
    });
  });
});
