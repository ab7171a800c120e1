// Every kind of value that people keep beside their weights: read, and written again as Python's bytes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor, serialization } from 'nodetorch';
import { memorySink } from '../../lib/serialization/io/sink';
import { bytesSource } from '../../lib/serialization/io/source';
import { ZipReader } from '../../lib/serialization/io/zip_reader';
import { ZipWriter } from '../../lib/serialization/io/zip_writer';
import fixture from '../fixtures/pt/values.json';

interface Row {
  strict: boolean;
  pickle: string;
  storages: Record<string, string>;
}
type File = Map<string, unknown>;
const rows = Object.entries(fixture.rows as unknown as Record<string, Row>);
const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
const lax = { weightsOnly: false };

function fileOf({ pickle, storages }: Row): Uint8Array {
  const sink = memorySink();
  const zip = new ZipWriter(sink);
  zip.write('data.pkl', bytes(pickle));
  zip.write('byteorder', 'little');
  for (const [key, data] of Object.entries(storages)) zip.write(`data/${key}`, bytes(data));
  zip.end();
  return sink.result();
}
const read = (name: string, protocol = 2): Uint8Array => {
  const found = rows.find(([each]) => each === `${name}, protocol ${protocol}`);
  if (!found) throw new Error(`there is no ${name}`);
  return fileOf(found[1]);
};
const valueIn = <T>(name: string, options: { weightsOnly?: boolean } = lax): T =>
  torch.load<Map<string, T>>(read(name), options).get('value')!;
const pickleOf = (file: Uint8Array): Buffer => new ZipReader(bytesSource(file)).read('data.pkl');

// Python writes a text again where it is another object with the same letters, and names of Python 2; the rest is equal.
const otherBytes = ['range', 'exception', 'device', 'records of numpy', 'random state', 'nested class'];

describe.each(rows)('%s', (name, row) => {
  const file = fileOf(row);

  it('is read', () => {
    const loaded = torch.load<File>(file, lax);
    expect((loaded.get('weight') as Tensor).tolist()).toEqual([1, 1]);
    expect(loaded.get('value')).not.toBeUndefined();
    if (row.strict) expect(() => torch.load<File>(file)).not.toThrow();
  });

  it('is saved as it was', () => {
    const again = torch.save(torch.load<File>(file, lax));
    const withoutProtocol = name.replace(/, protocol \d$/, '');
    if (name.endsWith('2') && !otherBytes.includes(withoutProtocol)) {
      expect(pickleOf(again).toString('latin1')).toBe(bytes(row.pickle).toString('latin1'));
    }
    // What protocol 4 wrote, too, is the same after another round.
    expect(Buffer.from(torch.save(torch.load<File>(again, lax))).equals(Buffer.from(again))).toBe(true);
    const zip = new ZipReader(bytesSource(again));
    const stored = Object.keys(row.storages).map((key) => zip.read(`data/${key}`).toString('base64'));
    expect(stored).toEqual(Object.values(row.storages));
  });

  it('does not cost the tensors beside it', () => {
    const tensors = torch.load<Map<string, Tensor>>(file, { tensorsOnly: true });
    expect(tensors.get('weight')!.tolist()).toEqual([1, 1]);
    expect([...tensors.values()].every((each) => each instanceof torch.Tensor)).toBe(true);
  });
});

test('what contains itself is one object', () => {
  const list = valueIn<unknown[]>('cyclic list', {});
  expect(list[1]).toBe(list);
  const [inside] = valueIn<[unknown[], number]>('cyclic tuple');
  expect((inside[0] as unknown[])[0]).toBe(inside);
  const { value } = torch.load<{ value: { a: Tensor; self: unknown } }>(read('cyclic dict'), {
    objects: true,
  });
  expect(value.self).toBe(value);
  const node = valueIn<serialization.PythonObject>('cyclic object');
  const content = (node.state as Map<string, Map<string, serialization.PythonObject>>).get('content')!;
  expect((content.get('child')!.state as Map<string, unknown>).get('parent')).toBe(node);
});

test('JSON says so of it', () => {
  const dict = torch.load<Map<string, unknown>>(torch.save(new Map([['list', [1]]])));
  expect(JSON.stringify(dict)).toBe('{"list":[1]}');
  (dict.get('list') as unknown[]).push([dict.get('list')], dict);
  expect(() => JSON.stringify(dict)).toThrow('Circular reference detected');
  dict.set('list', [new Map(), dict.get('none')]);
  expect(JSON.stringify(dict)).toBe('{"list":[{},null]}');
});

test('tensors of rare kinds have their values', () => {
  const scales = valueIn<Tensor>('per channel');
  expect([scales.qPerChannelScales().tolist(), scales.dequantize().tolist()]).toEqual([
    [0.5, 0.25],
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ]);
  expect(valueIn<Tensor>('quantized view').dequantize().tolist()).toEqual([
    [1, 2],
    [4, 5],
  ]);
  expect(valueIn<Tensor>('four bits').dequantize().shape).toEqual([2, 4]);
  const parts = valueIn<Tensor>('nested', {}).unbind();
  expect(parts.map((each) => each.tolist())).toEqual([
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
    [[0, 0, 0]],
  ]);
  const storage = valueIn<serialization.TypedStorage>('typed storage', {});
  expect([String(storage.dtype), storage.tensor().tolist()]).toEqual(['torch.float32', [1, 1, 1]]);
  expect(valueIn<serialization.TypedStorage>('untyped storage').tensor().shape).toEqual([12]);
});

test('objects say what the file says of them', () => {
  const config = valueIn<serialization.PythonObject>('config');
  expect([config.type, config.state]).toEqual([
    'library.Config',
    new Map<string, unknown>([
      ['lr', 0.1],
      ['layers', [1, 2]],
    ]),
  ]);
  expect(valueIn<serialization.PythonObject>('dict subclass').entries).toEqual(new Map([['a', 1]]));
  expect(valueIn<serialization.PythonObject>('list subclass').items).toEqual([1, 2]);
  expect(valueIn<serialization.PythonClass>('float type').name).toBe('builtins.float');
  expect(valueIn<serialization.PythonClass>('tensor type', {}).name).toBe('torch.Tensor');
  expect(valueIn<serialization.PythonObject>('range').type).toBe('builtins.range');
  expect(valueIn<serialization.PythonObject>('exception').type).toBe('builtins.ValueError');
  const subclass = valueIn<serialization.PythonObject>('subclass with state');
  expect([subclass.type, (subclass.args as Tensor[])[0].tolist()]).toEqual(['library.Subclass', [1, 1, 1]]);
});

test('a whole model gives the tensors of its state_dict', () => {
  const tensors = torch.load<Map<string, Tensor>>(read('module'), { tensorsOnly: true });
  expect([...tensors.keys()]).toEqual([
    'weight',
    ...['fc.weight', 'fc.bias', 'norm.weight', 'norm.bias'].map((each) => `value.${each}`),
    ...['norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked'].map((each) => `value.${each}`),
  ]);
});

test('what is made here is what Python would write', () => {
  const { PythonClass, PythonObject, TypedStorage, tuple } = serialization;
  const path = new PythonObject('pathlib.PurePosixPath');
  path.args = tuple('/', 'a', 'b');
  const config = new PythonObject('argparse.Namespace');
  config.state = new Map<string, unknown>([
    ['lr', 0.1],
    ['name', 'x'],
  ]);
  for (const [name, value] of Object.entries({
    namespace: config,
    path,
    'float type': new PythonClass('builtins.float'),
    'typed storage': new TypedStorage(torch.ones([3])),
  })) {
    const file = torch.save(new Map<string, unknown>(Object.entries({ weight: torch.ones([2]), value })));
    expect(pickleOf(file).toString('latin1')).toBe(pickleOf(read(name)).toString('latin1'));
  }
});

test.each([
  ['a name without a module', 'float'],
  ['a name with a line in it', 'os.system\nos'],
  ['no name', 'a. b'],
])('%s cannot be saved', (_, name) => {
  expect(() => torch.save([new serialization.PythonClass(name)])).toThrow('is no name of Python');
});

test.each([
  ['args', 'tuple', {}],
  ['items', 'array', 5],
  ['entries', 'Map', { a: 1 }],
])('%s of an object are a %s', (field, kind, value) => {
  const object = Object.assign(new serialization.PythonObject('a.B'), { [field]: value });
  expect(() => torch.save([object])).toThrow(`torch.save(): the ${field} of a.B are no ${kind}`);
});

test('a tuple that contains itself alone cannot be saved', () => {
  const tuple = serialization.tuple<unknown[]>(1);
  tuple.push(tuple);
  expect(() => torch.save(tuple)).toThrow('contains itself');
});

// ---- the table in docs/files.md: what Python does with each kind, and what is done here ----

const kinds: Record<string, string> = {
  'tensors, parameters': 'quantized, quantized int32, quantized view, quantized parameter, per channel, per channel of floats, four bits, nested', // prettier-ignore
  'a storage by itself': 'untyped storage, typed storage',
  'lists and dicts that': 'cyclic list, cyclic dict',
  'tuples that contain': 'cyclic tuple',
  'devices, dtypes': 'device, small dtype, scheme',
  'sets, frozen sets': 'records of numpy, void of numpy',
  "a class of torch's": 'tensor type, storage type',
  '`float`, `list`': 'float type, list type',
  'other classes and functions':
    'class, nested class, function, builtin function, module type, none type, ellipsis, not implemented, type of numpy', // prettier-ignore
  '`Namespace`, dates':
    'namespace, config, slots, enum, named tuple, dict subclass, list subclass, keywords, state, container, path, date, time, duration, uuid, decimal, fraction, pattern, slice, range, deque, chain map, simple namespace, exception, object of a nested class, cyclic object, default dict of a class', // prettier-ignore
  'dicts and lists with': 'ordered dict of objects',
  'a whole model': 'module, optimizer, distribution, partial',
  "numpy's arrays of objects":
    'objects of numpy, dates of numpy, date of numpy, matrix of numpy, masked array, random state', // prettier-ignore
  'tensors of a subclass': 'subclass, subclass with state, uninitialized',
  'jagged tensors': 'jagged',
  "torchao's weights": '../ao/weight_only_row.pt',
  'packed weights of int8': '../ao/recurrent_gru.pt',
};
const cells = (line: string): string[] => line.split('|').slice(1, -1).map((each) => each.trim()); // prettier-ignore
const table = readFileSync(join(__dirname, '../../docs/files.md'), 'utf8')
  .split('| in the file |')[1]
  .split('\n\n')[0]
  .split('\n')
  .slice(2)
  .map(cells);
const named = (text: string): string[] => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name);
const classes: Record<string, unknown> = { ...serialization, Tensor: torch.Tensor, Device: torch.Device, DType: torch.DType, Map, Set }; // prettier-ignore

function loaded(name: string, options: object): unknown {
  try {
    if (!name.endsWith('.pt')) return torch.load<File>(read(name), options).get('value');
    return [...torch.load<File>(join(__dirname, name), options).values()][0];
  } catch {
    return 'refused';
  }
}

describe.each(table)('%s', (kind, python, strict, lax) => {
  const [, names] = Object.entries(kinds).find(([beginning]) => kind.startsWith(beginning))!;
  it.each(names.split(', '))('%s', (name) => {
    const row = rows.find(([each]) => each === `${name}, protocol 2`)?.[1];
    if (row && !python.startsWith('some')) expect(row.strict).toBe(python === 'read');
    const found = loaded(name, {});
    const withObjects = loaded(name, { weightsOnly: false });
    expect(found === 'refused').toBe(strict.startsWith('refused'));
    for (const [value, text] of [
      [found, strict],
      [withObjects, lax === 'the same' ? strict : lax],
    ] as const) {
      const expected = named(text).map((each) => classes[each] as new () => object);
      if (expected.length > 0) expect(expected.some((each) => value instanceof each)).toBe(true);
    }
  });
});

test('the table has a row for each kind', () => {
  const known = Object.values(kinds).flatMap((names) => names.split(', '));
  expect(new Set(rows.map(([name]) => name.replace(/, protocol \d$/, '')))).toEqual(new Set(known.filter((each) => !each.endsWith('.pt')))); // prettier-ignore
  expect(table).toHaveLength(Object.keys(kinds).length);
});
