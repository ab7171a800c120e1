// A state_dict from any file, and the names in it.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';

const fixtures = path.join(__dirname, '../fixtures');
const python = (name: string) => path.join(fixtures, 'state_files', name);
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'state-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const names = [
  '0.weight',
  '0.bias',
  '1.weight',
  '1.bias',
  '1.running_mean',
  '1.running_var',
  '1.num_batches_tracked',
];
const model = () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));
const values = (state: ReadonlyMap<string, Tensor>) =>
  [...state].map(([name, tensor]) => [name, tensor.tolist()]);

describe('loadStateDictFromFile', () => {
  const expected = values(torch.loadStateDictFromFile(python('state_dict.pt')));
  it('reads .pt files, whole or an entry, of today and of before 1.6', () => {
    expect(expected.map(([name]) => name)).toEqual(names);
    expect(values(torch.loadStateDictFromFile(python('checkpoint.pt'), { key: 'model' }))).toEqual(expected);
    expect(values(torch.loadStateDictFromFile(python('legacy.pt'), { key: 'model' }))).toEqual(expected);
    expect(values(torch.loadStateDictFromFile(python('parallel.pt'), { prefix: 'module.' }))).toEqual(
      expected,
    );
    expect(values(torch.loadStateDictFromFile(python('state_dict.pt'), { mmap: true }))).toEqual(expected);
  });
  it('reads safetensors by their contents, and sharded checkpoints', () => {
    const file = path.join(folder, 'weights');
    torch.safetensors.saveFile(torch.loadStateDictFromFile(python('state_dict.pt')), file);
    for (const mmap of [true, false, undefined]) {
      const state = torch.loadStateDictFromFile(file, { mmap });
      expect(values(state).sort()).toEqual([...expected].sort());
    }
    const sharded = torch.loadStateDictFromFile(path.join(fixtures, 'safetensors_sharded'));
    expect([...sharded.keys()]).toContain('10.weight');
  });
  it('reads shards of .bin files', () => {
    const weightMap = Object.fromEntries(names.map((name) => [name, 'pytorch_model-00001-of-00001.bin']));
    fs.copyFileSync(python('state_dict.pt'), path.join(folder, 'pytorch_model-00001-of-00001.bin'));
    const index = path.join(folder, 'pytorch_model.bin.index.json');
    fs.writeFileSync(index, JSON.stringify({ weight_map: weightMap }));
    expect(values(torch.loadStateDictFromFile(index))).toEqual(expected);
  });
  it('renames and keeps the versions of the modules', () => {
    const state = torch.loadStateDictFromFile(python('parallel.pt'), {
      prefix: 'module.',
      rename: [
        [/^1\./, 'norm.'],
        ['weight', 'gamma'],
      ],
    });
    expect([...state.keys()].slice(0, 4)).toEqual(['0.gamma', '0.bias', 'norm.gamma', 'norm.bias']);
    expect([...state._metadata!]).toEqual([
      ['', { version: 1 }],
      ['0', { version: 1 }],
      ['norm', { version: 2 }],
    ]);
  });
  it('fits a module, with and without a copy', () => {
    for (const assign of [false, true]) {
      const net = model();
      net.loadStateDict(torch.loadStateDictFromFile(python('state_dict.pt')), { assign });
      expect(values(net.stateDict())).toEqual(expected);
      net(torch.randn([2, 3]))
        .sum()
        .backward();
    }
  });
  it('says what the file holds where it is no state_dict', () => {
    const load =
      (options?: torch.LoadStateDictFromFileOptions, name = 'checkpoint.pt') =>
      () =>
        torch.loadStateDictFromFile(python(name), options);
    expect(load()).toThrow(
      /checkpoint.pt' does not hold a state_dict: say which entry, \{ key: ... \} of 'model', 'optimizer', 'epoch'/,
    );
    expect(load({ key: 'nope' })).toThrow(/has no entry 'nope', but 'model'/);
    expect(load({ key: 'epoch' })).toThrow(/does not hold a state_dict/);
    expect(load({ prefix: 'nope.' }, 'state_dict.pt')).toThrow(/no name in '.*' starts with 'nope.'/);
    expect(load({}, 'module.pt')).toThrow(/Sequential/);
    expect(() => torch.loadStateDictFromFile(__filename)).toThrow(/neither safetensors nor a pickle/);
    expect(() => torch.loadStateDictFromFile(path.join(folder, 'nope'))).toThrow(/ENOENT/);
    const sharded = path.join(fixtures, 'safetensors_sharded');
    expect(() => torch.loadStateDictFromFile(sharded, { key: 'model' })).toThrow(/'key' is for .pt files/);
  });
});

describe('names', () => {
  const state = () => model().stateDict();
  it('are put under a prefix and taken from under it', () => {
    const below = torch.withPrefix(state(), 'net.');
    expect([...below.keys()]).toEqual(names.map((name) => `net.${name}`));
    expect([...below._metadata!.keys()]).toEqual(['', 'net.0', 'net.1']);
    expect([...torch.underPrefix(below, 'net.1.').keys()]).toEqual(
      names.slice(2).map((name) => name.slice(2)),
    );
    const all = below.set('other', torch.zeros([1]));
    torch.consumePrefixInStateDictIfPresent(all, 'net.');
    expect([...all.keys()]).toEqual([...names, 'other']);
    expect([...all._metadata!.keys()]).toEqual(['', '0', '1']);
  });
  it('are dropped where the function says null, and never lost', () => {
    const some = torch.renameKeys(state(), (name) => (name.startsWith('0.') ? name : null));
    expect([...some.keys()]).toEqual(['0.weight', '0.bias']);
    expect(() => torch.renameKeys(state(), () => 'x')).toThrow(
      "renameKeys(): '0.weight' and '0.bias' both become 'x'",
    );
  });
});
