// .safetensors: files of Python's package in, the same bytes out, and what is refused.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Index, type Tensor, nn, safetensors } from 'nodetorch';
import dtypes from '../fixtures/safetensors.json';
import cases from '../fixtures/safetensors_cases.json';
import { countWork, endWork, takeWork } from './work';

const python = path.join(__dirname, '../fixtures/safetensors.safetensors');
const bytesOf = (t: Tensor) =>
  Buffer.from(t.contiguous().reshape([-1]).view('uint8').toTypedArray().buffer as ArrayBuffer);
const hex = (t: Tensor) => (t.numel() === 0 ? '' : bytesOf(t).toString('hex'));
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'safetensors-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function file(bytes: string | Uint8Array): string {
  const name = path.join(folder, 'file');
  fs.writeFileSync(name, typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
  return name;
}
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message.replace(/\s+/g, ' ');
  }
  return 'no error';
}

describe.each(['mmap', 'pread'] as const)('a file of Python, by %s,', (backend) => {
  it.each(dtypes.tensors)('holds $name', ({ name, dtype, shape, hex: bytes }) => {
    const tensor = safetensors.loadFile(python, { backend }).get(name)!;
    expect([tensor.dtype.name, tensor.shape, hex(tensor)]).toEqual([dtype, shape, bytes]);
  });
  it('is written again byte for byte', () => {
    const target = path.join(folder, 'again');
    safetensors.saveFile(safetensors.loadFile(python, { backend }), target, { metadata: { format: 'pt' } });
    expect(fs.readFileSync(target).equals(fs.readFileSync(python))).toBe(true);
    expect(fs.readdirSync(folder)).toEqual(['again']);
  });
  it('may be replaced and removed while its tensors live', () => {
    const name = file(fs.readFileSync(python));
    const before = safetensors.loadFile(name, { backend });
    safetensors.saveFile({ other: torch.ones([2]) }, name);
    fs.rmSync(name);
    for (const { name, hex: bytes } of dtypes.tensors) expect(hex(before.get(name)!)).toBe(bytes);
  });
  it('is not changed by what is written to its tensors', () => {
    const name = file(fs.readFileSync(python));
    for (const tensor of safetensors.loadFile(name, { backend }).values()) tensor.zero_();
    expect(fs.readFileSync(name).equals(fs.readFileSync(python))).toBe(true);
  });
});

const isRoot = process.geteuid?.() === 0;
// A mapped file shows what is written to it; whoever uses what is cut off is ended by the system.
describe.each([
  ['mapped: this user alone writes to it', 0o644, null, true],
  ['read: everybody writes to it', 0o666, null, false],
  ...(isRoot
    ? ([
        ["mapped: so does the user's own group", 0o664, [0, 0], true],
        ["read: it is another user's", 0o644, [4321, 4321], false],
        ['read: another group writes to it', 0o664, [0, 4321], false],
      ] as const)
    : []),
] as const)('a file that is %s,', (_, mode, owner, maps) => {
  const made = () => {
    const name = file(safetensors.save({ a: torch.zeros([2], { dtype: torch.uint8 }) }));
    fs.chmodSync(name, mode);
    if (owner) fs.chownSync(name, owner[0], owner[1]);
    return name;
  };
  const overwrite = (name: string) => {
    const fd = fs.openSync(name, 'r+');
    fs.writeSync(fd, Buffer.of(7, 7), 0, 2, fs.fstatSync(fd).size - 2);
    fs.closeSync(fd);
  };
  it.each([
    ['loadFile', (name: string) => safetensors.loadFile(name).get('a')!],
    ['safeOpen', (name: string) => safetensors.safeOpen(name).getTensor('a')],
    ['loadStateDictFromFile', (name: string) => torch.loadStateDictFromFile(name).get('a')!],
  ])('by %s', (_, load) => {
    const name = `${made()}.safetensors`;
    fs.renameSync(name.replace(/\.safetensors$/, ''), name);
    const a = load(name);
    overwrite(name);
    expect(a.tolist()).toEqual(maps ? [7, 7] : [0, 0]);
  });
  it('and the other way when asked to', () => {
    const name = made();
    const a = safetensors.loadFile(name, { backend: maps ? 'pread' : 'mmap' }).get('a')!;
    overwrite(name);
    expect(a.tolist()).toEqual(maps ? [0, 0] : [7, 7]);
  });
});

describe('every file means what Python says', () => {
  // The format forbids them; Python's package takes the last.
  const stricter: Record<string, RegExp> = {
    'key twice': /invalid JSON in header: duplicate key `a`/,
    'key of metadata twice': /invalid JSON in header: duplicate key `a`/,
  };
  it.each(cases.files)('$name', ({ name, file: bytes, value, message }) => {
    for (const load of [
      () => safetensors.load(Buffer.from(bytes, 'hex')),
      () => safetensors.loadFile(file(bytes)),
      () => safetensors.loadFile(file(bytes), { backend: 'pread' }),
    ]) {
      if (name in stricter) {
        expect(load).toThrow(stricter[name]);
      } else if (value) {
        const rows = [...load()].map(([key, t]) => [key, t.dtype.name, t.shape, hex(t)]);
        expect(rows).toEqual(value);
      } else {
        expect(load).toThrow(safetensors.SafetensorError);
        // The parsers of JSON have words of their own.
        expect(messageOf(load)).toContain(message!.replace(/(?<=invalid (JSON|UTF-8) in header).*/, ''));
      }
    }
  });
});

describe('a hostile file', () => {
  const withHeader = (json: string): Buffer => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([head, Buffer.from(json)]);
  };
  it.each([
    ['nests deeply', `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, /recursion limit exceeded/],
    ['is full of objects', `{"a":[${'{},'.repeat(1e6)}{}]}`, /holds more than tensors need/],
    [
      'is full of keys',
      `{${Array.from({ length: 3e5 }, (_, i) => `"${i}":1`).join(',')}}`,
      /holds more than/,
    ],
    ['has a long name', `{"${'a'.repeat(1e7)}":1}`, /not an object/],
    ['never ends a string', `{"${'\\'.repeat(1e6 + 1)}`, /invalid JSON/],
  ])('that %s is refused with little work', (_, json, message) => {
    const file = withHeader(json);
    countWork();
    try {
      expect(() => safetensors.load(file)).toThrow(message);
      expect(takeWork()).toBeLessThan(20 * file.length);
    } finally {
      endWork();
    }
  });
  it('of 5,000 that were changed by chance is whole or refused', () => {
    const original = fs.readFileSync(python);
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    let [whole, refused] = [0, 0];
    for (let i = 0; i < 5000; i++) {
      let bytes = Buffer.from(original);
      for (let n = 1 + random(3); n > 0; n--) bytes[random(random(2) ? 1200 : bytes.length)] = random(256);
      if (random(10) === 0) bytes = bytes.subarray(0, random(bytes.length));
      try {
        for (const [name, t] of safetensors.load(bytes))
          expect([name, hex(t).length]).toEqual([name, 2 * t.nbytes]);
        whole++;
      } catch (error) {
        expect((error as Error).name).toBe('SafetensorError');
        refused++;
      }
    }
    expect(Math.min(whole, refused)).toBeGreaterThan(100);
  });
});

describe('safeOpen', () => {
  const { opening } = cases;
  it('knows names, metadata, shapes and types', () => {
    const opened = safetensors.safeOpen(file(opening.file));
    expect(opened.keys()).toEqual(opening.keys);
    expect(opened.offsetKeys()).toEqual(opening.offset_keys);
    expect(opened.metadata()).toEqual(opening.metadata);
    for (const name of ['x', 'v', 'scalar', 'empty'] as const) {
      const slice = opened.getSlice(name);
      expect([slice.getShape(), slice.getDtype()]).toEqual(opening[name]);
    }
    expect(messageOf(() => opened.getTensor('nope'))).toBe(opening.absent.message);
    const slice = opened.getSlice('x');
    opened.close();
    for (const call of [() => opened.keys(), () => opened.getTensor('x'), () => slice.at(0)]) {
      expect(messageOf(call)).toBe(opening.closed.message);
    }
  });

  describe.each(['mmap', 'pread'] as const)('by %s', (backend) => {
    it.each(cases.slices)('slices $name$python', ({ name, indices, value, message }) => {
      using opened = safetensors.safeOpen(file(opening.file), { backend });
      const slice = () => opened.getSlice(name).at(...(indices as Index[]));
      if (value) {
        const part = slice();
        expect([part.shape, part.tolist()]).toEqual(value);
      } else {
        expect(messageOf(slice)).toBe(message);
      }
    });
  });

  it('puts tensors on a device', () => {
    using opened = safetensors.safeOpen(file(opening.file), { device: 'meta' });
    expect([opened.getTensor('x').device.type, opened.getSlice('x').at(0).device.type]).toEqual([
      'meta',
      'meta',
    ]);
  });
  it('touches the header of a large file alone', () => {
    const name = path.join(folder, 'large');
    const size = 2 ** 30;
    const json = JSON.stringify({ a: { dtype: 'U8', shape: [size], data_offsets: [0, size] } });
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    fs.writeFileSync(name, Buffer.concat([head, Buffer.from(json)]));
    fs.truncateSync(name, 8 + json.length + size);
    const before = process.memoryUsage.rss();
    const tensor = safetensors.loadFile(name).get('a')!;
    expect(tensor.shape).toEqual([size]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6);
    expect(tensor.at(size - 1).item()).toBe(0);
  });
  it('refuses what is no file', () => {
    expect(() => safetensors.safeOpen(folder)).toThrow(/is not a file|EISDIR/);
    expect(() => safetensors.safeOpen(path.join(folder, 'nope'))).toThrow(/ENOENT.*nope/);
    // @ts-expect-error: no such backend
    expect(() => safetensors.safeOpen(python, { backend: 'magic' })).toThrow(/'mmap' or 'pread'/);
  });
});

describe('saving', () => {
  const { saves } = cases;
  const x = torch.zeros([4]);
  const inTypeScript = (message: string) =>
    message
      .replace('save_model', 'saveModel')
      .replace('to_dense', 'toDense')
      .replace(/<class '(\w+)'>/, '$1')
      .replace('numpy.', '');

  it('refuses what Python refuses, in its words', () => {
    const refused: [keyof typeof saves, () => unknown][] = [
      ['shared', () => safetensors.save({ a: x, b: x.slice(0, 0, 2) })],
      ['not contiguous', () => safetensors.save({ a: torch.zeros([2, 3]).t() })],
      ['sparse', () => safetensors.save({ b: x, a: torch.zeros([2, 3]).toSparse() })],
      ['meta', () => safetensors.save({ a: torch.zeros([2], { device: 'meta' }) })],
      // @ts-expect-error: not a tensor
      ['not a tensor', () => safetensors.save({ a: 1 })],
      // @ts-expect-error: not a Map
      ['not a dict', () => safetensors.save([1])],
    ];
    for (const [name, call] of refused) {
      const { message } = saves[name] as { message: string };
      expect([name, messageOf(call).replace(/(?<=received )\w+/, '')]).toEqual([
        name,
        inTypeScript(message).replace(/(?<=received )\w+/, ''),
      ]);
    }
  });
  it('writes parts of one storage and four-bit numbers as Python does', () => {
    const [a, b] = x.split(2);
    const four = torch.zeros([2, 3], { dtype: 'uint8' }).view(torch.float4_e2m1fn_x2);
    expect(Buffer.from(safetensors.save({ a, b })).toString('hex')).toBe(
      (saves['parts of one storage'] as { value: string }).value,
    );
    expect(Buffer.from(safetensors.save({ a: four })).toString('hex')).toBe(
      (saves.F4 as { value: string }).value,
    );
  });
  it('refuses types and names that the format does not have', () => {
    expect(() => safetensors.save({ a: torch.zeros([1], { dtype: 'complex128' }) })).toThrow(
      /'a': torch.complex128 has no place/,
    );
    expect(() => safetensors.save({ __metadata__: x })).toThrow(/cannot be called '__metadata__'/);
    // @ts-expect-error: metadata is text
    expect(() => safetensors.save({ x }, { metadata: { a: 1 } })).toThrow(
      /metadata must map strings to strings/,
    );
  });
  it('writes the values of a conjugated view', () => {
    const z = torch.tensor([new torch.Complex(1, 2)]);
    expect(
      safetensors
        .load(safetensors.save({ z: z.conj() }))
        .get('z')!
        .tolist(),
    ).toEqual([new torch.Complex(1, -2)]);
  });
  it('gives the same bytes twice, in memory and in a file', () => {
    const tensors = safetensors.loadFile(python);
    const target = path.join(folder, 'again');
    safetensors.saveFile(tensors, target, { metadata: { b: '1', a: '2' } });
    expect(fs.readFileSync(target).equals(safetensors.save(tensors, { metadata: { b: '1', a: '2' } }))).toBe(
      true,
    );
  });
});

describe('a model with tied weights', () => {
  class Tied extends nn.Module {
    embedding = new nn.Embedding(3, 2);
    head = new nn.Linear(2, 3);
    constructor() {
      super();
      Object.assign(this.head, { weight: this.embedding.weight });
    }
  }
  const { models } = cases;
  const target = () => path.join(folder, 'model');
  const outcome = (call: () => [string[], string[]]) => {
    const [missing, unexpected] = call();
    return { value: [missing.sort(), unexpected] };
  };

  it('is saved as Python does, byte for byte', () => {
    torch.manualSeed(0);
    safetensors.saveModel(new Tied(), target(), { metadata: { format: 'pt' } });
    const [ours, theirs] = [fs.readFileSync(target()), Buffer.from(models.file, 'hex')];
    // Python writes metadata in an order that changes from run to run.
    expect(ours.length).toBe(theirs.length);
    const parts = (bytes: Buffer) => {
      const { __metadata__: metadata, ...rest } = JSON.parse(
        bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString(),
      );
      return [metadata, rest, bytes.subarray(8 + Number(bytes.readBigUInt64LE())).toString('hex')];
    };
    expect(parts(ours)).toEqual(parts(theirs));
  });
  it('is loaded under either name', () => {
    const model = new Tied();
    expect(outcome(() => safetensors.loadModel(model, file(models.file)))).toEqual(models.load);
    expect(model.head.weight).toBe(model.embedding.weight);
    expect(hex(model.head.weight)).toBe(
      hex(safetensors.load(Buffer.from(models.file, 'hex')).get('embedding.weight')!),
    );
    const head = { 'embedding.weight': torch.zeros([3, 2]), 'head.bias': torch.ones([3]) };
    safetensors.saveFile(head, target());
    expect(outcome(() => safetensors.loadModel(model, target()))).toEqual(models['other name']);
    expect(model.head.bias!.tolist()).toEqual([1, 1, 1]);
  });
  it('says what does not fit in Python’s words', () => {
    const model = new Tied();
    safetensors.saveFile({ 'head.weight': torch.zeros([3, 2]), extra: torch.ones([3]) }, target());
    expect(messageOf(() => safetensors.loadModel(model, target()))).toBe(models.strict.message);
    expect(outcome(() => safetensors.loadModel(model, target(), { strict: false }))).toEqual(
      models['not strict'],
    );
    const both = {
      'head.weight': torch.zeros([3, 2]),
      'embedding.weight': torch.zeros([3, 2]),
      'head.bias': torch.ones([3]),
    };
    safetensors.saveFile(both, target());
    expect(messageOf(() => safetensors.loadModel(model, target()))).toBe(models['both names'].message);
    const partial = new nn.Module();
    partial.registerBuffer('part', torch.zeros([4]).slice(0, 0, 2));
    expect(messageOf(() => safetensors.saveModel(partial, target()))).toBe(
      models['part of a storage'].message,
    );
  });
  it('is written although a weight is not contiguous, unless told not to', () => {
    const model = new nn.Linear(2, 3);
    Object.assign(model, {
      weight: new nn.parameter.Parameter(torch.arange(6, { dtype: 'float32' }).view([2, 3]).t()),
    });
    expect(() => safetensors.saveModel(model, target(), { forceContiguous: false })).toThrow(
      /non contiguous tensor: `weight`.*Or use saveModel/,
    );
    safetensors.saveModel(model, target());
    expect(safetensors.loadFile(target()).get('weight')!.tolist()).toEqual([[0, 3], [1, 4], [2, 5]]); // prettier-ignore
  });
});
