// .pt files: those of Python in, and what is written again.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Tensor, nn, serialization } from 'nodetorch';
import { memorySink } from '../../lib/serialization/io/sink';
import { bytesSource } from '../../lib/serialization/io/source';
import { ZipReader } from '../../lib/serialization/io/zip_reader';
import { ZipWriter } from '../../lib/serialization/io/zip_writer';
import contents from '../fixtures/pt/contents.json';
import { describeAll } from '../fixtures/pt/describe';
import { made, madeForOthers } from '../fixtures/pt/made';
import inPython from '../fixtures/pt/made.json';

const fixture = (name: string) => path.join(__dirname, '../fixtures/pt', `${name}.pt`);
type Values = Map<unknown, unknown>;
const names = Object.keys(contents) as (keyof typeof contents)[];
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'pt-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe.each(names)('%s.pt', (name) => {
  const expected = contents[name];
  const isLegacy = name.endsWith('legacy');
  it('is read as Python wrote it', () => {
    expect(describeAll(torch.load<Values>(fixture(name)))).toEqual(expected);
  });
  it('is read from memory', () => {
    expect(describeAll(torch.load<Values>(fs.readFileSync(fixture(name))))).toEqual(expected);
  });
  it('is mapped into memory', () => {
    if (isLegacy)
      expect(() => torch.load(fixture(name), { mmap: true })).toThrow('mmap can only be used with');
    else expect(describeAll(torch.load<Values>(fixture(name), { mmap: true }))).toEqual(expected);
  });
  it('is written again so that it holds the same, and the same each time', () => {
    const target = path.join(folder, 'again.pt');
    torch.save(torch.load(fixture(name)), target);
    expect(describeAll(torch.load<Values>(target))).toEqual(expected);
    const bytes = torch.save(torch.load(target));
    expect(fs.readFileSync(target).equals(bytes)).toBe(true);
    expect(Buffer.from(torch.save(torch.load(bytes, { weightsOnly: false }))).equals(bytes)).toBe(true);
  });
});

it.each(['big_endian', 'packed'])('%s.pt holds what floats.pt does', (name) => {
  for (const options of [{}, { mmap: true }]) {
    const values = describeAll(torch.load<Values>(fixture(name), options));
    // The tensors are all there; which of them share memory is told by the pickle.
    expect(values).toEqual(contents.floats);
  }
});

describe('what a program here makes', () => {
  const file = path.join(__dirname, '../fixtures/pt/made.pt');
  if (process.env.UPDATE_PT) torch.save(made(), file);

  it('is what Python finds in the file', () => {
    expect(describeAll(new Map(Object.entries(made())))).toEqual(inPython);
    expect(describeAll(torch.load<Values>(file))).toEqual(inPython);
  });
  it('gives the same bytes each time', () => {
    expect(Buffer.from(torch.save(made())).equals(fs.readFileSync(file))).toBe(true);
    for (const name of ['one.pt', 'another.pt']) {
      torch.save(made(), path.join(folder, name));
      expect(fs.readFileSync(path.join(folder, name)).equals(fs.readFileSync(file))).toBe(true);
    }
  });
  it('comes back where Python takes it only when told to', () => {
    const { defaultdict, frozenset } = madeForOthers();
    const again = torch.load<Values>(torch.save({ defaultdict, frozenset }));
    expect(describeAll(again)).toEqual(describeAll(new Map(Object.entries({ defaultdict, frozenset }))));
  });
  it('may be nested deeper than the stack', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(torch.save(deep).length).toBeGreaterThan(1e5);
    expect(() => torch.load(torch.save(deep))).toThrow('nested more than');
  });
  it('has more records than 65,535', () => {
    const small = new ZipReader(bytesSource(torch.save([torch.tensor([3])])));
    const sink = memorySink();
    const writer = new ZipWriter(sink);
    for (let i = 0; i < 65_600; i++) writer.write(`others/${i}`, '');
    for (const name of small.names()) writer.write(name, small.read(name));
    writer.end();
    const names = new ZipReader(bytesSource(sink.result())).names();
    expect([...names]).toHaveLength(65_600 + [...small.names()].length);
    expect(torch.load<Tensor[]>(sink.result())[0].item()).toBe(3);
  });
});

describe('torch.save refuses', () => {
  class Own {}
  it.each<[string, unknown, string]>([
    ['a function', { a: [() => 1] }, "the value['a'][0] is a function"],
    [
      'a module',
      { model: new nn.Linear(1, 1) },
      "the value['model'] is a function, which a .pt file cannot hold",
    ],
    ['an object of a class', [new Own()], 'the value[0] is Own'],
    ['a Date', new Map([['d', new Date()]]), "the value['d'] is Date"],
    ['undefined', [undefined], 'the value[0] is undefined'],
    ['a symbol', Symbol('x'), 'the value is symbol'],
    ['one storage as two types', [torch.ones([2]), 0], ''],
  ])('%s', (_, value, message) => {
    if (message) expect(() => torch.save(value)).toThrow(message);
    else {
      const [tensor] = value as Tensor[];
      expect(() => torch.save([tensor, tensor.view('int32')])).toThrow(
        'view the same data as different types',
      );
    }
  });
  it('and leaves the old file', () => {
    const target = path.join(folder, 'file.pt');
    torch.save(1, target);
    expect(() => torch.save(() => 1, target)).toThrow(TypeError);
    expect(torch.load(target)).toBe(1);
    expect(fs.readdirSync(folder)).toEqual(['file.pt']);
    expect(() => torch.save(1, path.join(folder, 'no', 'file.pt'))).toThrow('ENOENT');
    expect(() => torch.save(1, 5 as never)).toThrow("torch.save(): argument 'path' must be a path");
  });
});

describe('values', () => {
  it('become plain objects', () => {
    const value = { list: serialization.tuple(1, new Map([['a', 1]])), tensor: torch.ones([2]), '': null };
    const again = serialization.toObject<typeof value>(torch.load(torch.save({ value, same: value })));
    expect(again).toEqual({
      value: expect.objectContaining({ list: [1, { a: 1 }], '': null }),
      same: expect.anything(),
    });
    expect((again as unknown as { value: unknown; same: unknown }).same).toBe(
      (again as unknown as { value: unknown }).value,
    );
    const numpy = serialization.toObject<Record<string, unknown[]>>(torch.load(fixture('others')));
    expect(numpy['numpy scalars'].slice(0, 4)).toEqual([0.5, 1, -3, true]);
    expect((numpy['numpy arrays'][1] as Tensor).tolist()).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
    expect(() => serialization.toObject(new Map([[0.5, 1]]))).toThrow('a key is no string or int');
    expect(Object.keys(serialization.toObject<object>(new Map([['__proto__', 1]])))).toEqual(['__proto__']);
  });
  it('of numpy calculate', () => {
    const [half, one] = torch.load<Map<string, number[]>>(fixture('others')).get('numpy scalars')!;
    expect(half + one).toBe(1.5);
  });
  it('keep what is a float, where it was', () => {
    const list = torch.load<number[]>(torch.save([new serialization.Float(1), 1]));
    expect(list).toEqual([1, 1]);
    expect(describeAll(new Map([['', torch.load(torch.save(list))]]))['']).toMatch(
      /^list\[float .*, int 1\]$/,
    );
  });
});

describe('mapLocation', () => {
  const file = torch.save([torch.ones([2]), torch.zeros([3])]);
  // A file of a machine with two GPUs.
  const cuda = Buffer.from(file);
  it('puts everything on a device', () => {
    const [one] = torch.load<Tensor[]>(file, { mapLocation: 'meta' });
    expect([one.device.type, one.shape]).toEqual(['meta', [2]]);
    expect(torch.load<Tensor[]>(file, { mapLocation: torch.device('cpu') })[0].tolist()).toEqual([1, 1]);
  });
  it('maps one location to another', () => {
    for (const mapLocation of [{ cpu: 'meta' }, new Map([['cpu', 'meta']])]) {
      expect(torch.load<Tensor[]>(file, { mapLocation })[0].isMeta).toBe(true);
    }
    expect(torch.load<Tensor[]>(file, { mapLocation: { 'cuda:0': 'meta' } })[0].isMeta).toBe(false);
  });
  it('asks a function', () => {
    const seen: unknown[] = [];
    const tensors = torch.load<Tensor[]>(file, {
      mapLocation(storage, location) {
        seen.push([storage.dtype.name, storage.numel(), location]);
        return storage.numel() === 8 ? storage.clone().zero_() : null;
      },
    });
    expect(seen).toEqual([['uint8', 8, 'cpu'], ['uint8', 12, 'cpu']]); // prettier-ignore
    expect(tensors.map((tensor) => tensor.tolist())).toEqual([[0, 0], [0, 0, 0]]); // prettier-ignore
    expect(() => torch.load(file, { mapLocation: () => torch.ones([1]) })).toThrow('mapLocation must return');
  });
  it('is a device for .safetensors', () => {
    const target = path.join(folder, 'x.safetensors');
    torch.safetensors.saveFile({ x: torch.ones([2]) }, target);
    expect(torch.load<Map<string, Tensor>>(target).get('x')!.tolist()).toEqual([1, 1]);
    expect(() => torch.load(target, { mapLocation: { cpu: 'meta' } })).toThrow('with dict map_location');
  });
  it('is refused where it is none', () => {
    expect(() => torch.load(cuda, { mapLocation: 5 as never })).toThrow("argument 'mapLocation' must be");
    expect(() => torch.load(cuda, { where: 1 } as never)).toThrow("unexpected keyword argument 'where'");
    expect(() => torch.load(cuda, { mmap: true })).toThrow('f must be a file path');
  });
});

describe('classes of a user', () => {
  class Config {
    constructor(
      readonly width: number,
      readonly names: string[] = [],
    ) {}
  }
  const allowed = [[Config, 'my_package.Config']] as const;
  it('are saved and loaded by their names', () => {
    const bytes = serialization.safeGlobals(allowed, () => torch.save({ config: new Config(3, ['a']) }));
    expect(() => torch.load(bytes)).toThrow('GLOBAL my_package.Config was not an allowed global');
    serialization.addSafeGlobals(allowed);
    expect(serialization.getSafeGlobals()).toEqual(allowed);
    expect(torch.load(bytes)).toEqual(new Map([['config', new Config(3, ['a'])]]));
    expect((torch.load<Map<string, unknown>>(bytes).get('config') as object).constructor).toBe(Config);
    serialization.clearSafeGlobals();
    expect(() => torch.load(bytes)).toThrow('GLOBAL my_package.Config');
    const unknown = torch
      .load<Map<string, serialization.PythonObject>>(bytes, { weightsOnly: false })
      .get('config')!;
    expect(unknown.type).toBe('my_package.Config');
    expect(unknown.state).toEqual(new Map<string, unknown>([['width', 3], ['names', ['a']]])); // prettier-ignore
  });
  it('are never those of os, sys or builtins', () => {
    expect(() => serialization.addSafeGlobals([[Config, 'os.system']])).toThrow('can never be allowed');
    expect(() => serialization.addSafeGlobals([[Config, 'no module']])).toThrow(
      'pairs of a class and its name',
    );
  });
});
