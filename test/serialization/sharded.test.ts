// Checkpoints in several files: those of Python's huggingface_hub in, the same bytes out.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Tensor, safetensors } from 'nodetorch';

const python = path.join(__dirname, '../fixtures/safetensors_sharded');
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'sharded-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const arange = (count: number, dtype: torch.DTypeName) => torch.arange(count).to(dtype);
const state = (): Map<string, Tensor> => {
  const tied = arange(12, 'float32').view([3, 4]);
  return new Map([
    ['10.weight', tied],
    ['9.weight', arange(12, 'float16').view([3, 4])],
    ['big é', arange(100, 'float32')],
    ['10.bias', arange(4, 'int64')],
    ['scalar', torch.tensor(1.5)],
    ['9.bias', torch.zeros([0])],
    ['tail', arange(20, 'uint8')],
    ['a tied one', tied],
  ]);
};
const contents = (where: string) =>
  new Map(fs.readdirSync(where).sort().map((name) => [name, fs.readFileSync(path.join(where, name), 'latin1')])); // prettier-ignore
const save = (maxShardSize: number | '1GB') =>
  safetensors.saveSharded(state(), folder, { maxShardSize, metadata: { who: 'Python' } });

it('writes what Python writes, byte for byte', () => {
  expect(save(80)).toEqual([
    'model-00001-of-00003.safetensors',
    'model-00002-of-00003.safetensors',
    'model-00003-of-00003.safetensors',
    'model.safetensors.index.json',
  ]);
  expect(contents(folder)).toEqual(contents(python));
});

it('reads it by index, by folder, onto a device', () => {
  const tensors = state();
  tensors.delete('a tied one');
  for (const where of [python, path.join(python, 'model.safetensors.index.json')]) {
    const found = safetensors.loadSharded(where);
    expect([...found.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, tensor] of tensors) {
      expect(found.get(name)!.dtype).toBe(tensor.dtype);
      expect(found.get(name)!.equal(tensor)).toBe(true);
    }
  }
  expect(safetensors.loadSharded(python, { device: 'meta' }).get('tail')!.device.type).toBe('meta');
});

it('removes what an earlier save left, and nothing else', () => {
  fs.writeFileSync(path.join(folder, 'model.safetensors.backup'), '');
  fs.writeFileSync(path.join(folder, 'model-1-of-3.safetensors'), '');
  save(80);
  expect(save('1GB')).toEqual(['model.safetensors']);
  const others = ['model-1-of-3.safetensors', 'model.safetensors.backup'];
  expect(fs.readdirSync(folder).sort()).toEqual([others[0], 'model.safetensors', others[1]]);
  fs.rmSync(path.join(folder, others[0]));
  expect(safetensors.loadSharded(folder).size).toBe(7);
  expect(safetensors.safeOpen(path.join(folder, 'model.safetensors')).metadata()).toEqual({
    format: 'pt',
    who: 'Python',
    'a tied one': '10.weight',
  });
  save(80);
  expect(fs.existsSync(path.join(folder, 'model.safetensors'))).toBe(false);
});

it('keeps the old checkpoint when a save fails, without a temporary file', () => {
  save(80);
  const before = contents(folder);
  const bad = new Map([...state(), ['bad', torch.zeros([100], { dtype: 'complex128' })]]);
  expect(() => safetensors.saveSharded(bad, folder, { maxShardSize: 80 })).toThrow(/'bad': torch.complex128/);
  expect(contents(folder)).toEqual(before);
});

it('keeps a name that is not to be discarded', () => {
  safetensors.saveSharded(state(), folder, { sharedTensorsToDiscard: ['10.weight'] });
  expect(safetensors.loadSharded(folder).has('a tied one')).toBe(true);
  expect(safetensors.loadSharded(folder).has('10.weight')).toBe(false);
});

it('refuses sizes and patterns that make no sense', () => {
  // @ts-expect-error: no such unit
  expect(() => save('5 apples')).toThrow(/'maxShardSize' must be bytes or a text such as '5GB'/);
  expect(() => save(0)).toThrow(/'maxShardSize'/);
  for (const filenamePattern of ['model.safetensors', '../model{suffix}.safetensors']) {
    expect(() => safetensors.saveSharded(state(), folder, { filenamePattern })).toThrow(/'filenamePattern'/);
  }
});

describe('refuses an index', () => {
  const index = () => path.join(folder, 'model.safetensors.index.json');
  it.each([
    ['that is no JSON', '{', /invalid index '.*': /],
    ['that is an array', '[]', /not an object/],
    ['without a weight_map', '{}', /weight_map must map names to files/],
    ['with a number for a file', '{"weight_map":{"a":1}}', /weight_map\['a'\] must be the name of a file/],
    ['with a name twice', '{"weight_map":{"a":"x","a":"y"}}', /duplicate key `a`/],
    ['that leads up', '{"weight_map":{"a":"../x"}}', /leads out of the folder: '..\/x'/],
    ['that leads up on Windows', '{"weight_map":{"a":"x\\\\..\\\\..\\\\y"}}', /leads out of the folder/],
    ['that leads to the root', '{"weight_map":{"a":"/etc/passwd"}}', /leads out of the folder/],
    ['whose file is absent', '{"weight_map":{"a":"nope.safetensors"}}', /ENOENT.*nope.safetensors/],
  ])('%s', (_, text, message) => {
    fs.writeFileSync(index(), text);
    expect(() => safetensors.loadSharded(folder)).toThrow(message);
  });
  it('whose file lacks a tensor', () => {
    save(80);
    const text = fs.readFileSync(index(), 'utf8').replace('"tail": "model-00003', '"tail": "model-00001');
    fs.writeFileSync(index(), text);
    expect(() => safetensors.loadSharded(folder)).toThrow(
      "'model-00001-of-00003.safetensors' lacks what 'model.safetensors.index.json' promises: tail",
    );
  });
});

it('says where there is none', () => {
  expect(() => safetensors.loadSharded(folder)).toThrow(/holds no checkpoint/);
  for (const name of ['a', 'b'])
    safetensors.saveFile(
      state().set('a tied one', torch.zeros([1])),
      path.join(folder, `${name}.safetensors`),
    );
  expect(() => safetensors.loadSharded(folder)).toThrow(/holds several checkpoints: name one of them/);
});
