/** The same as state_safetensors.py. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type DTypeName, type Tensor, nn, safetensors } from 'nodetorch';
import '../report'; // the device, for `npm run gpu:check`

const folder = fs.mkdtempSync(path.join(tmpdir(), 'state-'));
const file = path.join(folder, 'file');
const lines: string[] = [];
const print = (...parts: unknown[]) => void lines.push(parts.join(' '));
const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const bits = (tensor: Tensor) => digest(safetensors.save({ bits: tensor.contiguous() }));

const names =
  `bool uint8 int8 int16 uint16 int32 uint32 int64 uint64 float16 bfloat16 float32 float64 complex64
float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu`.split(/\s+/) as DTypeName[];
for (let seed = 0; seed < 20; seed++) {
  torch.manualSeed(seed);
  const tensors = new Map<string, Tensor>();
  for (const [i, name] of names.entries()) {
    const rows = name === 'int32' ? 0 : torch.randint(1, 5, []).item();
    tensors.set(`layer.${seed * 7 + i}.${name}`, torch.rand([rows, 3]).mul(4).to(name));
  }
  const options = { metadata: { format: 'pt' } };
  safetensors.saveFile(tensors, file, options);
  print(seed, 'file', digest(fs.readFileSync(file)), digest(safetensors.save(tensors, options)));
  for (const backend of ['mmap', 'pread'] as const) {
    const loaded = safetensors.loadFile(file, { backend });
    print(seed, backend, ...loaded.keys(), ...[...loaded.values()].map(bits));
  }
  const opened = safetensors.safeOpen(file);
  print(seed, ...opened.keys(), opened.metadata()!.format);
  for (const name of opened.offsetKeys()) {
    const part = opened.getSlice(name);
    const [rows, last] = [part.at('1:', '::2'), part.at('...', -1)];
    print(seed, name, part.getDtype(), ...part.getShape(), bits(rows), bits(last));
  }
  opened.close();
}

class Tied extends nn.Module {
  embedding = new nn.Embedding(7, 5);
  norm = new nn.BatchNorm1d(5);
  head = new nn.Linear(5, 7);
  constructor() {
    super();
    Object.assign(this.head, { weight: this.embedding.weight });
  }
}

const list = (names: string[]) => `[${names.join(', ')}]`;
for (let seed = 0; seed < 5; seed++) {
  torch.manualSeed(seed);
  const model = new Tied();
  safetensors.saveModel(model, file);
  print('model', seed, digest(fs.readFileSync(file)));
  const other = new Tied();
  const [missing, unexpected] = safetensors.loadModel(other, file);
  const found = [...other.stateDict().values()].map(bits);
  print('loaded', missing.length === 0 ? 'set()' : list(missing), list(unexpected), ...found);
}
fs.rmSync(folder, { recursive: true });
console.log(lines.join('\n'));
