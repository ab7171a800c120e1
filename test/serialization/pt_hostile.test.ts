// .pt files made to harm: each is refused, with little work, with a message that says why.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { serialization } from 'nodetorch';
import { memorySink } from '../../lib/serialization/io/sink';
import { ZipWriter } from '../../lib/serialization/io/zip_writer';
import { zip } from '../scripts/zip';
import { countWork, endWork, takeWork } from './work';

type Piece = string | number | Buffer | readonly Piece[];
/** Pieces of a pickle: text and numbers are bytes. */
function bytes(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece, 'latin1');
      if (typeof piece === 'number') return Buffer.from([piece]);
      return Buffer.isBuffer(piece) ? piece : bytes(...(piece as Piece[]));
    }),
  );
}
function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
function file(pickle: readonly Piece[], records: Record<string, Buffer> = {}): Uint8Array {
  const sink = memorySink();
  const writer = new ZipWriter(sink);
  writer.write('data.pkl', bytes('\x80\x02', ...pickle));
  writer.write('byteorder', 'little');
  for (const [name, data] of Object.entries(records)) writer.write(name, data);
  writer.end();
  return sink.result();
}
const text = (value: string): Piece => ['X', u32(Buffer.byteLength(value)), value];
const global = (module: string, name: string): Piece => ['c', module, '\n', name, '\n'];
const int = (value: number): Piece => {
  const buffer = Buffer.alloc(9);
  buffer[0] = 8;
  buffer.writeBigInt64LE(BigInt(value), 1);
  return [0x8a, buffer];
};
const tuple = (...items: Piece[]): Piece => ['(', ...items, 't'];
const storage = (count: number, type = 'FloatStorage', key = '0', location = 'cpu'): Piece => [
  tuple(text('storage'), global('torch', type), text(key), text(location), int(count)),
  'Q',
];
function tensor(offset: number, size: number[], stride: number[], count = 4): Piece[] {
  const parts = [storage(count), int(offset), tuple(...size.map(int)), tuple(...stride.map(int))];
  return [global('torch._utils', '_rebuild_tensor_v2'), tuple(...parts, 0x89, '}'), 'R.'];
}
const four = { 'data/0': Buffer.alloc(16) };

// Bytes that were given to load, with a good measure for each file.
let given = 0;
beforeAll(countWork);
beforeEach(() => {
  given = 0;
  takeWork();
});
afterEach(() => expect(takeWork()).toBeLessThan(20 * given + 10_000));
afterAll(endWork);

function refusal(data: Uint8Array, options: torch.LoadOptions = {}): string {
  given += data.length + 1000;
  try {
    torch.load(data, options);
  } catch (error) {
    expect(error).toBeInstanceOf(serialization.UnpicklingError);
    return (error as Error).message;
  }
  return 'loaded';
}

describe('names', () => {
  it.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'getattr'],
    ['torch', 'load'],
    ['argparse', 'Namespace'],
    ['__proto__', 'x'],
    ['constructor', 'constructor'],
  ])('%s.%s is refused by name', (module, name) => {
    const message = refusal(file([global(module, name), tuple(text('true')), 'R.']));
    expect(message).toContain(`GLOBAL ${module}.${name}`.replace(/__builtin__\.|builtins\./, ''));
  });
  it('is not called with weightsOnly: false either', () => {
    const data = file([global('os', 'system'), tuple(text('true')), 'R.']);
    const made = torch.load<serialization.PythonObject>(data, { weightsOnly: false });
    expect(made).toBeInstanceOf(serialization.PythonObject);
    expect([made.type, made.args]).toEqual(['os.system', serialization.tuple('true')]);
  });
  // Configurations name types: Lightning's checkpoints of omegaconf do.
  it('of classes and functions are values with weightsOnly: false', () => {
    const names = ['builtins.list', 'builtins.float', 'typing.Any', 'collections.OrderedDict', 'torch.Size'];
    const globals = names.map((name) => global(...(name.split(/\.(?=[^.]*$)/) as [string, string])));
    const data = file([']', '(', ...globals, 'e.']);
    const lax = { weightsOnly: false };
    const found = torch.load<serialization.PythonClass[]>(data, lax);
    expect(found.map((each) => [each instanceof serialization.PythonClass, each.name])).toEqual(
      names.map((name) => [true, name]),
    );
    const keyed = file(['}', global('builtins', 'int'), text('x'), 's.']);
    const [[key, value]] = torch.load<Map<serialization.PythonClass, string>>(keyed, lax);
    expect([key.name, value]).toEqual(['builtins.int', 'x']);
    const others = [
      global('torch', 'FloatTensor'),
      global('torch', 'FloatStorage'),
      global('torch._utils', '_rebuild_tensor_v2'),
    ];
    expect(torch.load<unknown[]>(file([']', '(', ...others, 'e.']), lax)).toHaveLength(3);
    expect(refusal(data)).toContain('Unsupported global: GLOBAL typing.Any');
    // What is known is a value as in Python: a name, which does nothing.
    expect(torch.load<unknown[]>(file([']', '(', ...others, 'e.']))).toHaveLength(3);
  });
  it('that stand for no function are not called', () => {
    expect(refusal(file([global('torch', 'float32'), ')R.']))).toContain('wants to call what is no function');
    expect(refusal(file([global('builtins', 'list'), ')R.']))).toContain('wants to call builtins.list');
    expect(refusal(file([text('x'), ')R.']))).toContain('wants to call what is no function');
  });
  it('of attributes do not hide methods', () => {
    const dict = [global('collections', 'OrderedDict'), ')R}', text('get'), 'K\x01sb.'];
    expect(refusal(file(dict))).toContain('the attribute get');
  });
});

describe('shapes', () => {
  it.each<[string, Piece[], RegExp]>([
    ['a size beyond the storage', tensor(0, [5], [1]), /beyond its storage of 16 bytes/],
    ['an offset beyond it', tensor(4, [1], [1]), /beyond its storage/],
    ['strides beyond it', tensor(0, [2, 2], [4, 1]), /beyond its storage/],
    ['a negative size', tensor(0, [-1], [1]), /size of a tensor is -1/],
    ['a negative stride', tensor(3, [2], [-1]), /stride of a tensor is -1/],
    ['a negative offset', tensor(-1, [1], [1]), /offset of a tensor is -1/],
    ['fewer strides', tensor(0, [2, 2], [1]), /not as many strides/],
    ['sizes that overflow', tensor(0, [2 ** 31, 2 ** 31, 4], [0, 0, 0]), /is absurd/],
    ['sizes that overflow beside a zero', tensor(0, [0, 2 ** 31, 2 ** 31], [0, 0, 0]), /is absurd/],
    ['an end that overflows', tensor(0, [2 ** 40, 2], [2 ** 50, 1]), /is absurd/],
    [
      'many dimensions',
      tensor(0, new Array<number>(65).fill(1), new Array<number>(65).fill(1)),
      /65 dimensions/,
    ],
    ['a storage of another size', tensor(0, [1], [1], 5), /has 16 bytes, not 20/],
    ['a storage of absurd size', tensor(0, [1], [1], 2 ** 52), /has 16 bytes, not/],
    ['a storage of negative size', tensor(0, [1], [1], -4), /has no size/],
  ])('%s', (_, pickle, message) => {
    expect(refusal(file(pickle, four))).toMatch(message);
  });
  it.each(['optimizers', 'cpu:', ''])("a storage on the device '%s'", (location) => {
    const parts = [storage(4, 'FloatStorage', '0', location), int(0), tuple(int(4)), tuple(int(1))];
    const pickle = [global('torch._utils', '_rebuild_tensor_v2'), tuple(...parts, 0x89, '}'), 'R.'];
    const data = file(pickle, four);
    given += data.length + 1000;
    // As Python: nothing about the file, since mapLocation can name another device.
    const message = `don't know how to restore data location of torch.storage.UntypedStorage (tagged with ${location})`;
    expect(() => torch.load(data)).toThrow(message);
    expect((torch.load(data, { mapLocation: 'cpu' }) as torch.Tensor).shape).toEqual([4]);
  });
  it('a storage that is missing', () => {
    expect(refusal(file(tensor(0, [1], [1])))).toContain("record 'data/0' is missing");
  });
  const numbers = [global('torch._utils', '_rebuild_tensor_v2'), tuple(storage(4), int(0), tuple(int(4)), tuple(int(1)), 0x89, '}'), 'R']; // prettier-ignore
  const scheme = (name: string): Piece[] => [global('torch', name)];
  it.each<[string, Piece[], RegExp]>([
    ['no scheme', [tuple()], /qscheme that is none/],
    ['a scale that is no number', [tuple(scheme('per_tensor_affine'), text('x'), int(0))], /is no number/],
    [
      'scales that are no tensor',
      [tuple(scheme('per_channel_affine'), int(1), int(1), int(0))],
      /something else/,
    ],
    [
      'an axis beyond its dimensions',
      [tuple(scheme('per_channel_affine'), numbers, numbers, int(9))],
      /axis 9 out of range/,
    ],
    [
      'scales of another length',
      [tuple(scheme('per_channel_affine'), numbers, numbers, int(0))],
      /length must equal/,
    ],
  ])('a quantized tensor with %s', (_, parameters, message) => {
    const parts = [
      storage(16, 'QInt8Storage', '1'),
      int(0),
      tuple(int(5)),
      tuple(int(1)),
      parameters,
      0x89,
      '}',
    ];
    const pickle = [global('torch._utils', '_rebuild_qtensor'), tuple(...parts), 'R.'];
    expect(refusal(file(pickle, { ...four, 'data/1': Buffer.alloc(16) }))).toMatch(message);
  });
});

describe('nesting', () => {
  const laughs = (levels: number): Piece[] => {
    const pieces: Piece[] = [']q\x000'];
    for (let i = 1; i <= levels; i++)
      pieces.push(']q', i, '(', ...new Array<Piece>(10).fill(['h', i - 1]), 'e0');
    return [...pieces, 'h', levels, '.'];
  };
  it('of a list in itself', () => {
    const list = torch.load<unknown[]>(file([']q\x00h\x00a.']));
    expect(list[0]).toBe(list);
    const inTuple = torch.load<[unknown[]]>(file([']q\x00h\x00\x85a.']));
    expect(inTuple[0][0]).toBe(inTuple);
  });
  it('of lists in one another that are shared, a billion times', () => {
    expect(refusal(file(laughs(40)))).toContain('never end');
    expect(torch.load(file(laughs(3)))).toHaveLength(10);
  });
  it.each(['](', '}(', '(', ']'])('of a million of %j', (opening) => {
    const message = refusal(file([opening.repeat(1e6), 'N.']));
    expect(message).toContain('in the midst of something');
  });
  it('a million levels deep', () => {
    const pieces = ['N', Buffer.alloc(1e6, 0x85), '.'];
    expect(refusal(file(pieces))).toContain('levels deep');
    expect(refusal(file([Buffer.alloc(1e6, ']'), Buffer.alloc(1e6 - 1, 'a'), '.']))).toContain('levels deep');
  });
});

describe('pickles', () => {
  it.each<[string, Piece[], RegExp]>([
    ['nothing', [], /ends too early/],
    ['no value', ['.'], /takes more values than there are/],
    ['a text that is too short', ['X', u32(100), 'abc'], /ends too early/],
    ['a text of 4 GiB', ['X', u32(0xffffffff), 'abc'], /ends too early: 4294967295/],
    ['an int of 4 GiB', [0x8b, u32(0xffffffff)], /ends too early/],
    ['bytes of 2^63', [0x8e, Buffer.alloc(8, 0x7f)], /ends too early/],
    ['a line without an end', ['c', 'x'.repeat(1e6)], /a line does not end/],
    ['a value that is not there', ['h\x07.'], /refers to value 7/],
    ['a mark that is not there', ['Nt.'], /closes what it has not opened/],
    ['an unknown opcode', ['I1\n.'], /opcode 73/],
    ['protocol 0', ['\x80\x00N.'], /protocol 0/],
    ['a list as a key', ['}]Ns.'], /a key in it cannot be one: Array/],
    ['a key without a value', ['}(Nu.'], /a key without a value/],
    ['items for what is no dict', [']NNs.'], /no dict/],
    ['an item for what is no list', ['}Na.'], /no list/],
    ['an item for a tuple', [')Na.'], /no list/],
    ['a state for a number', ['K\x01}b.'], /no state/],
    ['a state for a list', [']}b.'], /no state/],
    ['a reference to what is no storage', [tuple(text('module'), 'N'), 'Q.'], /no storage/],
    ['a text that is not UTF-8', ['X', u32(1), '\xff.'], /not UTF-8/],
    ['a numpy array without data', [global('numpy._core.multiarray', '_reconstruct'), ')R.'], /has no data/],
  ])('with %s', (_, pickle, message) => {
    expect(refusal(file(pickle))).toMatch(message);
  });
});

describe('archives', () => {
  it('that are no archives', () => {
    expect(refusal(Buffer.alloc(0))).toContain('no file of torch.save');
    expect(refusal(Buffer.from('hello world'))).toContain('Invalid magic number');
    expect(refusal(Buffer.from('PK\x03\x04'))).toContain('directory at its end is missing');
    expect(refusal(Buffer.alloc(1024, 'ustar'))).not.toBe('loaded');
  });
  it('cut short anywhere', () => {
    const whole = file(tensor(0, [4], [1]), four);
    for (let length = 0; length < whole.length; length++)
      expect(refusal(whole.subarray(0, length))).not.toBe('loaded');
  });
  it('with any bit of a record flipped', () => {
    const whole = file(tensor(0, [4], [1]), four);
    expect(refusal(whole)).toBe('loaded');
    const from = Buffer.from(whole).indexOf('data.pkl') + 50;
    const to = Buffer.from(whole).indexOf('PK\x07\x08');
    for (let at = from; at < to; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 4;
      expect(refusal(damaged)).toContain('checksum');
    }
    const damaged = Buffer.from(whole);
    damaged[64 * Math.ceil((damaged.indexOf('data/0') + 10) / 64)] ^= 1; // the first byte of the tensor
    expect(refusal(damaged)).toContain("record 'data/0' does not have the checksum");
    expect(refusal(damaged, { checkCrc: false })).toBe('loaded');
  });
  it('whose records lie in one another', () => {
    const whole = Buffer.from(file(tensor(0, [4], [1]), { ...four, 'data/1': Buffer.alloc(16) }));
    const central = whole.lastIndexOf('archive/data/1') - 46;
    const before = whole.lastIndexOf('archive/data/0') - 46;
    whole.copy(whole, central + 42, before + 42, before + 46);
    expect(refusal(whole)).toContain('overlaps another');
  });
  it('with a packed record that grows without bound', () => {
    const count = 2 ** 24 + 2 ** 10;
    const bomb = zip([
      { name: 'archive/data.pkl', data: bytes('\x80\x02', ...tensor(0, [1], [1], count)) },
      { name: 'archive/data/0', data: Buffer.alloc(4 * count), crc: 0 },
    ]);
    expect(bomb.length).toBeLessThan(2 ** 20);
    expect(refusal(bomb)).toContain('its packed records would take');
  });
});

it('names the file', () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'pt-'));
  const name = path.join(folder, 'bad.pt');
  fs.writeFileSync(name, file(['.']));
  expect(() => torch.load(name)).toThrow(`torch.load(): cannot load '${name}': its pickle`);
  expect(() => torch.load(path.join(folder, 'missing.pt'))).toThrow('ENOENT');
  expect(() => torch.load(folder)).toThrow('is not a file');
  fs.rmSync(folder, { recursive: true });
});
