// torch.export.load: what it refuses and in which words, and what a module of a program can do.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import torch, { type Tensor, TorchError, nn } from 'nodetorch';
import { SerializeError, load } from 'nodetorch/export';
import { bytesSource } from '../../lib/serialization/io/source';
import { ZipReader } from '../../lib/serialization/io/zip_reader';
import { zip } from '../scripts/zip';

const file = (name: string): string => join(__dirname, 'programs', `${name}.pt2`);
const records = (name: string): Map<string, Buffer> => {
  const reader = new ZipReader(bytesSource(readFileSync(file(name))));
  return new Map([...reader.names()].map((record) => [record, reader.read(record)]));
};
const archive = (entries: Iterable<[string, Buffer | string]>): Buffer =>
  zip([...entries].map(([name, data]) => ({ name: `m/${name}`, data, stored: true })));

const MODEL = 'models/model.json';
/** A program with another text in its graph. */
function changed(name: string, change: (json: string) => string): Buffer {
  const all = records(name);
  return archive([...all, [MODEL, Buffer.from(change(all.get(MODEL)!.toString()))]].filter(last) as never);
}
const last = (entry: unknown[], i: number, all: unknown[][]): boolean =>
  all.findLastIndex(([name]) => name === entry[0]) === i;
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(TorchError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('what a file may be instead', () => {
  test.each([
    [
      'a file of torch.save',
      Buffer.from(torch.save({ a: 1 })),
      /a file of torch.save\(\): torch.load\(\) opens it/,
    ],
    [
      'TorchScript',
      archive([
        ['data.pkl', 'x'],
        ['constants.pkl', 'x'],
      ]),
      /a TorchScript archive/,
    ],
    [
      'AOTInductor',
      archive([
        ['archive_format', 'pt2'],
        ['data/aotinductor/model/x.so', 'x'],
      ]),
      /AOTInductor.*torch\.inductor\.load\(\)/,
    ],
    [
      'an archive of before',
      zip([{ name: 'serialized_exported_program.json', data: 'x' }]),
      /record 'version' is missing/,
    ],
    [
      'an archive of long before',
      zip([
        { name: 'serialized_exported_program.json', data: '{}' },
        { name: 'version', data: '7.3' },
      ]),
      /Serialized version 7\.3 does not match our current schema version 8\.x/,
    ],
    ['an empty archive', archive([['archive_format', 'pt2']]), /it has no program/],
    ['text', Buffer.from('hello'), /text that begins with "hello"/],
    [
      'another version',
      archive([
        ['archive_format', 'pt2'],
        ['archive_version', '1'],
      ]),
      /archive version 1 does not/,
    ],
  ])('%s', (_, bytes, expected) => {
    expect(message(() => load(bytes))).toMatch(expected);
  });

  test('torch.load of a program names torch.export.load, and an error names the file', () => {
    expect(message(() => torch.load(file('mlp')))).toMatch(/torch.export.load\(\) opens it/);
    const folder = mkdtempSync(join(tmpdir(), 'export-'));
    const path = join(folder, 'a.pt2');
    writeFileSync(path, 'hello');
    expect(message(() => load(path))).toContain(`cannot load '${path}'`);
    rmSync(folder, { recursive: true });
    expect(() => load(3 as never)).toThrow(TypeError);
  });
});

describe('what is wrong in a file', () => {
  const deep = `${'['.repeat(1000)}${']'.repeat(1000)}`;
  test.each<[string, (json: string) => string, RegExp]>([
    ['version', (json) => json.replace('"major": 8', '"major": 9'), /schema version 9\.\d+ does not match/],
    [
      'depth',
      (json) => json.replace('"torch_version"', `"x": ${deep}, "torch_version"`),
      /nested too deeply/,
    ],
    ['a key twice', (json) => json.replace('{', '{"graph_module": 1, '), /"graph_module" is there twice/],
    ['a kind', (json) => json.replace('"as_tensor"', '"as_thing"'), /'as_thing'/],
    ['a dtype', (json) => json.replace('"dtype": 7', '"dtype": 99'), /99 is not known/],
    [
      'a name',
      (json) => json.replace('{"name": "x"}}, "kind"', '{"name": "y"}}, "kind"'),
      /'y' is used before/,
    ],
    [
      'code in a size',
      (json) => json.replaceAll('"as_int": 8}', '"as_expr": {"expr_str": "f(x for x in y)"}}'),
      /cannot be read/,
    ],
  ])('%s', (_, change, expected) => {
    expect(message(() => load(changed('mlp', change)).module())).toMatch(expected);
  });

  test('a guard that is not known refuses the module, unless without guards', () => {
    const program = load(
      changed('mlp', (json) => json.replace('"guards_code": []', '"guards_code": ["f(L[\'x\'])"]')),
    );
    expect(message(() => program.module())).toMatch(/guard 'f\(L\['x'\]\)' is not known/);
    expect((program.module({ checkGuards: false })(torch.ones([4, 8])) as Tensor).shape).toEqual([4, 4]);
    const evil = `"guards_code": ["__import__('os').system('true')"]`;
    expect(
      message(() => load(changed('mlp', (json) => json.replace('"guards_code": []', evil))).module()),
    ).toMatch(/is not known/);
  });

  test('a weight that is longer than its record, a record that is damaged', () => {
    const all = records('mlp');
    const record = 'data/weights/weight_0';
    const short = [...all].map(([name, data]): [string, Buffer] => [
      name,
      name === record ? data.subarray(4) : data,
    ]);
    expect(() => load(archive(short))).toThrow(SerializeError);
    expect(() => load(readFileSync(file('mlp')).subarray(0, 4000))).toThrow(SerializeError);
  });
});

describe('a module of a program', () => {
  test('is read by path, URL and bytes', () => {
    const x = torch.ones([4, 8]);
    const [a, b, c] = [file('mlp'), pathToFileURL(file('mlp')), readFileSync(file('mlp'))].map(
      (one) => load(one).module()(x) as Tensor,
    );
    expect(torch.equal(a, b) && torch.equal(a, c)).toBe(true);
  });

  test('has real parameters: it is saved, loaded into the module it came from, and cast', () => {
    const module = load(file('mlp')).module();
    expect([...module.namedParameters()].map(([name]) => name)).toEqual([
      'first.weight',
      'first.bias',
      'last.weight',
      'last.bias',
    ]);
    const own = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 4));
    const state = torch.load<Map<string, Tensor>>(torch.save(module.stateDict()));
    own.loadStateDict(
      new Map([...state].map(([key, value]) => [key.replace('first', '0').replace('last', '2'), value])),
    );
    const x = torch.randn([4, 8]);
    expect(torch.equal(own(x), module(x) as Tensor)).toBe(true);
    module.to(torch.float64);
    expect((module(x.double()) as Tensor).dtype).toBe(torch.float64);
  });

  test('is copied: the copy has weights of its own', () => {
    const module = load(file('mlp')).module();
    const copy = torch.deepcopy(module);
    const x = torch.ones([4, 8]);
    expect(torch.equal(copy(x) as Tensor, module(x) as Tensor)).toBe(true);
    torch.noGrad(() => copy.getParameter('last.bias').add_(1));
    expect(torch.equal(copy(x) as Tensor, (module(x) as Tensor).add(1))).toBe(true);
  });

  test('has the mode it was exported in', () => {
    const module = load(file('cnn')).module();
    expect(message(() => module.eval())).toBe('Calling eval() is not supported yet.');
    expect(message(() => module.train())).toBe('Calling train() is not supported yet.');
  });

  test('takes keyword arguments in an object, and gives dicts, lists and named tuples', () => {
    const module = load(file('lstm')).module();
    const x = torch.randn([2, 5, 4]);
    const { y, state } = module(x, { scale: 2 }) as { y: Tensor; state: [Tensor, Tensor] };
    expect([y.shape, state.map(({ shape }) => shape)]).toEqual([
      [2, 2],
      [
        [1, 2, 6],
        [1, 2, 6],
      ],
    ]);
    expect(message(() => module(x))).toMatch(/kwarg keyword mismatch: Got the following keywords \[\]/);
    const trees = load(file('trees')).module();
    const two = torch.ones([2]);
    const call = (point: unknown) => trees([[two, two], two], { m: { z: two } }, point, true, 'q', 0.5);
    const result = call([two, two]) as { list: unknown[]; point: Tensor[] & { u: Tensor; v: Tensor } };
    expect(result.list.slice(1)).toEqual([null, 3]);
    expect(torch.equal(result.point[0], result.point.u)).toBe(true);
    expect(torch.equal((call({ u: two, v: two }) as typeof result).point.u, result.point.u)).toBe(true);
  });

  test('program.rangeConstraints and constants', () => {
    expect([...load(file('mlp_dynamic')).rangeConstraints.values()]).toEqual([{ lower: 1, upper: 64 }]);
    const { constants, graphSignature } = load(file('trees'));
    expect([...constants.keys()].sort()).toEqual(['offset', 'scale']);
    expect([graphSignature.liftedTensorConstants, graphSignature.nonPersistentBuffers]).toEqual([
      ['offset'],
      ['scale'],
    ]);
  });
});
