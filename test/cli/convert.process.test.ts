// npx nodetorch convert. test/cli/convert.json is what Python makes of the same files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { type Tensor, safetensors } from 'nodetorch';
import { progress } from '../../lib/cli/conversion/progress';
import * as verification from '../../lib/cli/conversion/verify';
import { bundle, childEnvironment } from '../native/support/child';
import { good, run } from './captured';

const fixtures = path.join(__dirname, '../fixtures');
const python = (name: string) => path.join(fixtures, 'state_files', name);
const sharded = path.join(fixtures, 'safetensors_sharded');
let folder: string;
const at = (name: string) => path.join(folder, name);
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'convert-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const state = (file: string) => torch.loadStateDictFromFile(file);
const metadata = (name: string) => safetensors.safeOpen(at(name)).metadata();
const bytesOf = (name: string) => fs.readFileSync(at(name));

describe('formats', () => {
  it.each(['m.safetensors', 'm.pt', 'm.npz', 'm/', 'm/weights.safetensors.index.json'])(
    'to %s and back loses nothing',
    (name) => {
      const shards = name.endsWith('json') ? ['--max-shard-size', '50'] : [];
      expect(good('convert', python('checkpoint.pt'), at(name), '--key', 'model', ...shards)).toMatch(
        /: 7 tensors, 136 B$/m,
      );
      good('convert', at(name), at('back.pt'));
      expect(good('diff', at(name), python('state_dict.pt'))).toBe('equal: 7 keys\n');
      expect(good('diff', at('back.pt'), python('state_dict.pt'))).toBe('equal: 7 keys\n');
      expect(good('inspect', at(name))).toMatch(
        /^7 tensors, 136 B: (32 float32, 1 int64|1 int64, 32 float32)$/m,
      );
    },
  );
  it('writes the bytes that saving the loaded tensors writes', () => {
    const tensors = state(sharded);
    good('convert', sharded, at('a.pt'));
    expect(bytesOf('a.pt').equals(torch.save(new Map(tensors)))).toBe(true);
    good('convert', sharded, at('a.safetensors'), '--exclude', 'metadata');
    const notes = { format: 'pt', who: 'Python', 'a tied one': '10.weight' };
    expect(bytesOf('a.safetensors').equals(safetensors.save(tensors, { metadata: notes }))).toBe(true);
  });
  it('takes a prefix off, and a folder apart', () => {
    good('convert', python('parallel.pt'), at('m/'), '--prefix', 'module.', '--max-shard-size', '60');
    expect(fs.readdirSync(at('m'))).toHaveLength(4);
    expect(good('diff', at('m'), python('state_dict.pt'))).toBe('equal: 7 keys\n');
  });
  it('names the files of a sharded checkpoint by its index', () => {
    good('convert', sharded, at('w.safetensors.index.json'), '--max-shard-size', '200');
    expect(fs.readdirSync(folder).sort()[0]).toBe('w-00001-of-00002.safetensors');
    expect(good('diff', at('w.safetensors.index.json'), sharded)).toBe('equal: 7 keys\n');
  });
  it('writes weights that share memory once', () => {
    expect(good('convert', python('tied.pt'), at('t.safetensors'))).toMatch(/^b: shares memory with a\n/);
    expect([...state(at('t.safetensors')).keys()].sort()).toEqual(['a', 'row', 'turned']);
    expect(state(at('t.safetensors')).get('turned')!.tolist()).toEqual([[0, 3], [1, 4], [2, 5]]); // prettier-ignore
    expect(metadata('t.safetensors')).toEqual({ format: 'pt', b: 'a' });
    good('convert', python('tied.pt'), at('t.pt'), '--dtype', 'bfloat16');
    const [a, b] = ['a', 'b'].map((name) => state(at('t.pt')).get(name)!);
    expect([a.dtype, a.dataPtr() === b.dataPtr()]).toEqual([torch.bfloat16, false]);
    const both = state(at('t.pt'));
    expect(both.get('a')!.dataPtr()).toBe(both.get('b')!.dataPtr());
  });
  it('turns an old format into the new one, with all that is in it', () => {
    good('convert', python('legacy.pt'), at('new.pt'));
    expect(good('diff', python('legacy.pt'), at('new.pt'))).toBe('equal: 8 keys\n');
  });
  it('takes the weights out of what is not all known, and of a whole module', () => {
    const odd = new torch.serialization.PythonObject('argparse.Namespace');
    torch.save(new Map<string, unknown>([['args', odd], ['state_dict', { w: torch.ones([2]) }]]), at('odd.ckpt')); // prettier-ignore
    good('convert', at('odd.ckpt'), at('w.safetensors'), '--key', 'state_dict');
    expect(state(at('w.safetensors')).get('w')!.tolist()).toEqual([1, 1]);
    good('convert', at('odd.ckpt'), at('copy.pt'));
    expect(bytesOf('copy.pt').equals(bytesOf('odd.ckpt'))).toBe(true);
    good('convert', python('module.pt'), at('m.safetensors'), '--tensors');
    expect([...state(at('m.safetensors')).keys()]).toContain('0.weight');
  });
  it('keeps metadata, and the versions of modules', () => {
    good('convert', sharded, at('one.safetensors'));
    expect(metadata('one.safetensors')).toEqual({ format: 'pt', who: 'Python', 'a tied one': '10.weight' });
    good('convert', python('state_dict.pt'), at('s.pt'), '--rename', '^1\\.=norm.');
    expect([...state(at('s.pt'))._metadata!]).toEqual([
      ['', { version: 1 }],
      ['0', { version: 1 }],
      ['norm', { version: 2 }],
    ]);
  });
});

describe('changes', () => {
  const truth = JSON.parse(fs.readFileSync(path.join(__dirname, 'convert.json'), 'utf8'));
  const digest = (tensor: Tensor) =>
    createHash('sha256').update(tensor.contiguous().view(torch.uint8).toTypedArray() as Uint8Array).digest('hex'); // prettier-ignore
  const found = (name: string) =>
    Object.fromEntries([...state(at(name))].map(([key, tensor]) => [key, [tensor.dtype.name, tensor.shape, digest(tensor)]])); // prettier-ignore

  it.each(Object.keys(truth.casts))('--dtype %s makes the bits that Python makes', (dtype) => {
    const source = path.join(__dirname, truth.source);
    for (const name of ['a.safetensors', 'a.pt']) {
      const { code } = run('convert', source, at(name), '--dtype', dtype);
      expect(code).toBe(0);
      expect(found(name)).toEqual(truth.casts[dtype]);
    }
  });
  it('casts what a pattern fits, and the last one counts', () => {
    good('convert', sharded, at('a.safetensors'), '--dtype', 'float64', '--dtype', '^10=bfloat16', '--dtype', 'tail=int32'); // prettier-ignore
    const dtypes = Object.fromEntries([...state(at('a.safetensors'))].map(([name, { dtype }]) => [name, dtype.name])); // prettier-ignore
    expect(dtypes).toMatchObject({ '10.weight': 'bfloat16', tail: 'int32' });
    expect(Object.values(dtypes)).toContain('float64');
    expect(Object.values(dtypes)).not.toContain('float32');
  });
  it('says which numbers a dtype cannot hold', () => {
    safetensors.saveFile({ x: torch.tensor([1, 1e5, -1e6, NaN, Infinity]) }, at('x.safetensors'));
    for (const [dtype, count] of Object.entries({ float16: 2, float8_e4m3fn: 3 })) {
      const out = good('convert', at('x.safetensors'), at(`${dtype}.safetensors`), '--dtype', dtype);
      expect(out).toMatch(`x: ${count} of its numbers are beyond ${dtype}\n`);
    }
    expect(good('convert', at('x.safetensors'), at('b.pt'), '--dtype', 'bfloat16')).not.toContain('beyond');
  });
  it('renames, chooses and leaves out by patterns', () => {
    good('convert', python('state_dict.pt'), at('a.npz'), '--include', '^[01]\\.', '--exclude', 'running|num_', '--rename', '^(\\d)\\.=layer$1.', '--rename', 'weight=w'); // prettier-ignore
    expect([...torch.io.loadNpz(at('a.npz')).keys()]).toEqual(['layer0.w', 'layer0.bias', 'layer1.w', 'layer1.bias']); // prettier-ignore
  });
  it('--dry-run says what would be written, and writes nothing', () => {
    const out = good('convert', python('state_dict.pt'), at('m/'), '--dry-run', '--dtype', 'float16', '--rename', '^0=first', '--max-shard-size', '50', '--exclude', 'running|num'); // prettier-ignore
    expect(out.split('\n')).toEqual([
      'name                      dtype               shape   size',
      '0.weight -> first.weight  float32 -> float16  [4, 3]  24 B',
      '0.bias -> first.bias      float32 -> float16  [4]      8 B',
      '1.weight                  float32 -> float16  [4]      8 B',
      '1.bias                    float32 -> float16  [4]      8 B',
      '',
      `${at('m/')}: 4 tensors, 48 B, not written`,
      '',
    ]);
    const parts = good('convert', sharded, at('m/'), '--dry-run', '--max-shard-size', '200');
    expect(parts).toMatch(/^name .* file\n.* 1\n[^]* 2\n/);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
  it('--json says it all', () => {
    const done = JSON.parse(
      good('convert', python('tied.pt'), at('t.safetensors'), '--json', '--include', '^[ab]$'),
    );
    expect(done).toEqual({
      from: python('tied.pt'),
      to: at('t.safetensors'),
      dryRun: false,
      verified: true,
      tensors: [{ name: 'a', source: 'a', from: 'float32', dtype: 'float32', shape: [2, 3], bytes: 24 }],
      shared: { b: 'a' },
      warnings: [],
      files: [at('t.safetensors')],
    });
  });
});

describe('is refused', () => {
  const bad: [string[], RegExp][] = [
    [['convert', 'a'], /: TO is missing/],
    [
      ['convert', sharded, 'x.zip'],
      /: 'x.zip' ends with neither .safetensors, .pt, .pth, .bin, .npz nor \/; see/,
    ],
    [['convert', sharded, 'x.pt', '--max-shard-size', '1GB'], /--max-shard-size is for a folder/],
    [['convert', python('checkpoint.pt'), 'x.safetensors'], /does not hold a state_dict: say which entry/],
    [['convert', sharded, 'x.pt', '--key', 'model'], /--key and --tensors are for .pt files/],
    [['convert', sharded, 'x.pt', '--rename', '^.*$=same'], /'.*' and '.*' both become 'same'/],
    [['convert', sharded, 'x.pt', '--rename', '^tail$='], /'tail' would have no name/],
    [['convert', sharded, 'x.pt', '--rename', 'tail'], /--rename needs a '=': 'tail'/],
    [['convert', sharded, 'x.pt', '--include', '('], /--include: Invalid regular expression/],
    [['convert', sharded, 'x.pt', '--include', 'nothing at all'], /none of its tensors is chosen/],
    [['convert', sharded, 'x.pt', '--dtype', 'float7'], /'float7' is no dtype/],
    [
      ['convert', sharded, 'x.pt', '--dtype', 'int8'],
      /--dtype int8 casts floating-point tensors: say which others/,
    ],
    [
      ['convert', sharded, 'x.npz', '--dtype', 'bfloat16'],
      /numpy has no such dtype as torch.bfloat16: cast it/,
    ],
    [
      ['convert', python('extra_state.pt'), 'x.safetensors'],
      /_extra_state' is no tensor: .safetensors cannot hold it/,
    ],
  ];
  it.each(bad)('%j', (argv, message) => {
    const { code, out, err } = run(...argv.map((each) => (each.startsWith('x.') ? at(each) : each)));
    expect([code, out, err.split('\n').length]).toEqual([2, '', 2]);
    expect(err.replaceAll(`${folder}/`, '')).toMatch(message);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
  it('what is there already, without --force', () => {
    for (const name of ['a.pt', 'm/']) {
      good('convert', sharded, at(name), '--force');
      expect(run('convert', python('state_dict.pt'), at(name))).toMatchObject({
        code: 2,
        err: expect.stringMatching(/'.*(a\.pt|model[^']*)' is there already: --force replaces it/),
      });
      expect(good('diff', at(name), sharded)).toBe('equal: 7 keys\n');
    }
    good('convert', python('state_dict.pt'), at('m/'), '--force');
    expect(fs.readdirSync(at('m'))).toEqual(['model.safetensors']);
    // In place of what is read.
    good('convert', at('a.pt'), at('a.pt'), '--force', '--dtype', 'float16');
    expect(state(at('a.pt')).get('10.weight')!.dtype).toBe(torch.float16);
  });
});

describe('what reads back otherwise', () => {
  afterEach(() => jest.restoreAllMocks());
  it.each(['a.safetensors', 'a.npz', 'a.pt', 'm/'])('never takes the place of %s: code 1', (name) => {
    good('convert', sharded, at(name));
    const before = good('inspect', at(name), '--json');
    // A byte changes between the writing and the reading.
    const { verify } = verification;
    jest.spyOn(verification, 'verify').mockImplementation((file, meant) => {
      const bytes = fs.readFileSync(file);
      const place = bytes.indexOf(Buffer.from(new Float32Array(state(sharded).get('10.weight')!.ravel().tolist() as number[]).buffer)); // prettier-ignore
      if (place >= 0) bytes[place] ^= 1;
      fs.writeFileSync(file, bytes);
      verify(file, meant);
    });
    const { code, out, err } = run('convert', sharded, at(name), '--force');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^nodetorch convert: what was written reads back otherwise: ('.*' differs in 1 of its numbers|.*does not have the checksum)/,
    );
    expect(good('inspect', at(name), '--json')).toBe(before);
    const files = fs.readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
  it('finds a missing tensor, another type and another shape', () => {
    const files = { a: { x: torch.ones([2]) }, b: { y: torch.ones([2]) }, c: { x: torch.ones([2], { dtype: 'float64' }) }, d: { x: torch.ones([1, 2]) } }; // prettier-ignore
    for (const [name, tensors] of Object.entries(files)) safetensors.saveFile(tensors as never, at(name));
    const { openTensors } = jest.requireActual<typeof import('../../lib/cli/conversion/source')>('../../lib/cli/conversion/source'); // prettier-ignore
    const { values, close } = openTensors(at('a'));
    const check = (name: string) => () => verification.verify(at(name), values as never);
    expect(check('a')).not.toThrow();
    expect(check('b')).toThrow("'y' is in it, and was not meant to be");
    expect(check('c')).toThrow("'x' is torch.float64 [2] there, and was meant to be torch.float32 [2]");
    expect(check('d')).toThrow("'x' is torch.float32 [1, 2] there");
    close();
  });
});

(process.platform === 'linux' ? it : it.skip)('holds one tensor at a time', () => {
  // Zeros that take no disk: 40 tensors of 8 MB.
  const each = 2 ** 23;
  const entries = Array.from({ length: 40 }, (_, i) => [`t${i}`, { dtype: 'F32', shape: [each / 4], data_offsets: [i * each, (i + 1) * each] }]); // prettier-ignore
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  fs.writeFileSync(at('big.safetensors'), Buffer.concat([head, text]));
  fs.truncateSync(at('big.safetensors'), 8 + text.length + 40 * each);
  const program = `
    const { main } = require(${JSON.stringify(bundle('lib/cli/index.ts'))});
    const peak = () => Number(/VmHWM:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
    const convert = (...argv) => { if (main(['convert', ...argv]) !== 0) throw new Error(argv.join(' ')); };
    convert('${at('big.safetensors')}', '${at('small.npz')}', '--include', '^t0$');
    const before = peak();
    convert('${at('big.safetensors')}', '${at('half.safetensors')}', '--dtype', 'bfloat16');
    convert('${at('big.safetensors')}', '${at('big.npz')}');
    convert('${at('big.safetensors')}', '${at('m/')}', '--max-shard-size', '100MB');
    const read = peak();
    convert('${at('half.safetensors')}', '${at('half.pt')}');
    console.log(JSON.stringify([read - before, peak() - read]));`;
  const env = { ...childEnvironment, OMP_NUM_THREADS: '1' };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  const [read, mapped] = JSON.parse(stdout.trim().split('\n').at(-1)!) as [number, number];
  expect(read).toBeLessThan(6 * each); // of 336 MB
  // A .pt file is mapped to be compared: the system takes these pages back when it needs them.
  expect(mapped).toBeLessThan(20 * each + 6 * each);
});

describe('progress', () => {
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, isTTY, columns: 80, write: (text: string) => written.push(text), on: () => {}, cursorTo: () => {}, clearLine: () => {} }; // prettier-ignore
  };
  it('is a line for each tenth of what takes long, where there is no terminal', () => {
    const [small, large] = [stream(false), stream(false)];
    progress(1000, small as never).advance('writing', 1000);
    expect(small.written).toEqual([]);
    const shown = progress(4e9, large as never);
    for (let i = 0; i < 8; i++) shown.advance(i < 4 ? 'writing' : 'verifying', 5e8);
    expect(large.written[0]).toBe('writing: 500 MB of 4 GB\n');
    expect(large.written.at(-1)).toBe('verifying: 4 GB of 4 GB\n');
    expect(large.written).toHaveLength(8);
  });
  it('is a bar on a terminal', () => {
    const { written, ...terminal } = stream(true);
    const shown = progress(100, terminal as never);
    shown.advance('writing', 50);
    shown.stop();
    expect(written.join('')).toMatch(/writing .*0% of 100 B/);
  });
});
