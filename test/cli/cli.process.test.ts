// npx nodetorch inspect, convert, diff, doctor.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import torch, { safetensors } from 'nodetorch';
import { MARK } from '../../scripts/libtorch/addons';
import { installed } from '../scripts/fixture';
import { good, run } from './captured';

const fixtures = path.join(__dirname, '../fixtures');
const python = (name: string) => path.join(fixtures, 'state_files', name);
const sharded = path.join(fixtures, 'safetensors_sharded');
let folder: string;
const at = (name: string) => path.join(folder, name);
beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'cli-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('inspect', () => {
  it('lists what is in a state_dict of Python', () => {
    expect(good('inspect', python('state_dict.pt')).split('\n').slice(1)).toEqual([
      '',
      'name                   dtype    shape   size',
      '0.weight               float32  [4, 3]  48 B',
      '0.bias                 float32  [4]     16 B',
      '1.weight               float32  [4]     16 B',
      '1.bias                 float32  [4]     16 B',
      '1.running_mean         float32  [4]     16 B',
      '1.running_var          float32  [4]     16 B',
      '1.num_batches_tracked  int64    []       8 B',
      '',
      '7 tensors, 136 B: 32 float32, 1 int64',
      '',
    ]);
  });
  it('says what a program takes, gives and calls', () => {
    const program = (name: string) => path.join(__dirname, '../export/programs', `${name}.pt2`);
    const out = good('inspect', program('mlp_dynamic'));
    expect(out).toMatch(/mlp_dynamic.pt2: pt2\nexported by PyTorch 2\.\S+, 3 nodes\n/);
    expect(out).toMatch(/^ {2}p_first_weight: PARAMETER target='first.weight'$/m);
    expect(out).toMatch(
      /^ {2}x: USER_INPUT\n\noutputs\n {2}linear_1: USER_OUTPUT\n\nranges\n {2}1 <= s77 <= 64$/m,
    );
    expect(out).toMatch(/^torch.ops.aten.linear.default {2,}2$/m);
    expect(out).toMatch(/^ {6}relu = torch.ops.aten.relu.default\(linear\); {2}linear = None$/m);
    expect(out).toMatch(/^first.weight +float32 +\[16, 8\] +512 B$/m);
    const json = JSON.parse(good('inspect', program('cond'), '--json'));
    expect(json.program.operators).toMatchObject({
      'torch.ops.aten.sin.default': 1,
      'torch.ops.higher_order.cond': 1,
    });
  });
  it('lists checkpoints by path, with their values, and nothing that steers the terminal', () => {
    const out = good('inspect', python('checkpoint.pt'));
    expect(out).toMatch(/^model\.0\.weight +float32 +\[4, 3\] +48 B$/m);
    expect(out).toMatch(/^optimizer\.state\[0\]\.exp_avg +float32 +\[4, 3\] +48 B$/m);
    expect(out).toMatch(/^optimizer\.param_groups\[0\]\.lr +number +0\.01$/m);
    expect(out).toMatch(/^epoch +number +3$/m);
    expect(out).not.toContain('\u001b');
    expect(good('inspect', python('legacy.pt'))).toMatch(/^model\.0\.weight +float32 +\[4, 3\] +48 B$/m);
  });
  it('lists what is in a pickled module, without running it', () => {
    expect(good('inspect', python('module.pt'))).toMatch(/weight +float32 +\[4, 3\] +48 B$/m);
  });
  it('lists safetensors and sharded checkpoints, as JSON too', () => {
    const found = JSON.parse(good('inspect', sharded, '--json'));
    expect(found.totals).toEqual({
      tensors: 7,
      elements: 149,
      bytes: 528,
      dtypes: { float32: 113, float16: 12, int64: 4, uint8: 20 },
    });
    expect(found.tensors[1]).toEqual({
      name: '10.weight',
      dtype: 'float32',
      shape: [3, 4],
      bytes: 48,
      file: 'model-00002-of-00003.safetensors',
    });
    expect(good('inspect', path.join(sharded, 'model-00002-of-00003.safetensors'))).toContain(
      'metadata format: pt',
    );
    expect(good('inspect', sharded)).toMatch(
      /^tail +uint8 +\[20\] +20 B +model-00003-of-00003.safetensors$/m,
    );
  });
  it('writes what would steer the terminal, turn text around or hide as escapes, in JSON too', () => {
    const units = [
      0x00, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x061c, 0x200b, 0x200e, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff,
    ];
    const hostile = `${String.fromCharCode(...units)}${String.fromCodePoint(0xe0001)}`;
    const name = `ä猫😀\n${hostile}`;
    safetensors.saveFile(new Map([[name, torch.zeros([2])]]), at('a.safetensors'), {
      metadata: { [hostile]: name },
    });
    const visible = /^[\n\x20-\x7eä猫😀]*$/u;
    const text = good('inspect', at('a.safetensors'));
    expect(text).toMatch(visible);
    expect(text).toContain(
      '\nä猫😀\\u000a\\u0000\\u001b\\u007f\\u0085\\u009b\\u00ad\\u061c\\u200b\\u200e\\u2028',
    );
    const written = good('inspect', at('a.safetensors'), '--json');
    expect(written).toMatch(visible);
    const { tensors, metadata } = JSON.parse(written);
    expect([tensors[0].name, metadata]).toEqual([name, { [hostile]: name }]);
    safetensors.saveFile(new Map([[name, torch.ones([2])]]), at('b.safetensors'));
    const { code, out } = run('diff', at('a.safetensors'), at('b.safetensors'), '--json');
    expect([code, visible.test(out), JSON.parse(out).differences[0].key]).toEqual([1, true, name]);
  });
  it('reads no weights', () => {
    const size = 2 ** 32;
    const length = { a: { dtype: 'U8', shape: [size], data_offsets: [0, size] } };
    const text = JSON.stringify(length);
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(text.length));
    fs.writeFileSync(at('huge.safetensors'), Buffer.concat([head, Buffer.from(text)]));
    fs.truncateSync(at('huge.safetensors'), 8 + text.length + size);
    expect(good('inspect', at('huge.safetensors'))).toContain('1 tensor, 4.29 GB: 4,294,967,296 uint8');
  });
});

describe('diff', () => {
  const save = (name: string, tensors: Record<string, torch.Tensor>) => {
    safetensors.saveFile(tensors, at(name));
    return at(name);
  };
  it('says which keys, types, shapes and values differ', () => {
    const x = torch.arange(4, { dtype: 'float32' });
    const a = save('a.safetensors', {
      x,
      y: x.clone(),
      z: x.clone(),
      onlyA: x.clone(),
      same: torch.tensor([NaN]),
    });
    const b = save('b.safetensors', {
      x: torch.tensor([0, 1, 2.5, 3]),
      y: x.double(),
      z: x.view([2, 2]),
      onlyB: x.clone(),
      same: torch.tensor([NaN]),
    });
    const { code, out, err } = run('diff', a, b, '--json');
    expect([code, err]).toEqual([1, '']);
    const { equal, differences } = JSON.parse(out);
    expect(equal).toBe(false);
    expect(
      Object.fromEntries(differences.map((d: Record<string, string>) => [d.key, [d.what, d.detail]])),
    ).toEqual({
      x: ['values', '1 of 4 differ, by up to 0.5'],
      y: ['dtype', 'float32 and float64'],
      z: ['shape', '[4] and [2, 2]'],
      onlyA: ['only in A', ''],
      onlyB: ['only in B', ''],
    });
    expect(run('diff', a, b)).toMatchObject({
      code: 1,
      out: expect.stringContaining('5 differences in 6 keys'),
    });
  });
  it('takes a tolerance', () => {
    const a = save('a.safetensors', { x: torch.tensor([1, 100]) });
    const b = save('b.safetensors', { x: torch.tensor([1.001, 100.01]) });
    expect(run('diff', a, b).code).toBe(1);
    expect(run('diff', a, b, '--rtol', '1e-2').code).toBe(0);
    expect(run('diff', a, b, '--atol', '0.005').out).toContain('1 of 2 differ');
  });
  it.each(['bool', 'int8', 'uint16', 'uint64', 'bfloat16', 'float8_e4m3fn', 'complex64'] as const)(
    'knows %s',
    (dtype) => {
      const a = save('a.safetensors', { x: torch.tensor([0, 1, 0]).to(dtype) });
      const b = save('b.safetensors', { x: torch.tensor([0, 1, 1]).to(dtype) });
      expect(run('diff', a, a).code).toBe(0);
      expect(run('diff', a, b).out).toMatch(/^x +values +1 of 3 differ, by up to 1$/m);
    },
  );
  it('compares what is no tensor', () => {
    torch.save({ epoch: 1, list: [1, 2], same: 'x' }, at('a.pt'));
    torch.save({ epoch: 2, list: [1, 3], same: 'x' }, at('b.pt'));
    expect(run('diff', at('a.pt'), at('b.pt')).out).toMatch(
      /^epoch +values +1 and 2\nlist +values +1,2 and 1,3\n/,
    );
  });
});

describe('doctor', () => {
  it('says what is there', () => {
    const found = JSON.parse(good('doctor', '--json'));
    expect(found).toMatchObject({ ok: true, addon: 'loads', 'libtorch in use': torch.version });
    expect(found['CPU capability']).toMatch(/^(DEFAULT|AVX|NEON|SVE|VSX|NO)/i);
    expect(good('doctor')).toMatch(/^threads +\d+ within an operator/m);
  });
});

describe('trouble is one line and code 2', () => {
  fs.writeFileSync(path.join(tmpdir(), 'nodetorch-cli-bad.safetensors'), 'abc');
  const bad = path.join(tmpdir(), 'nodetorch-cli-bad.safetensors');
  afterAll(() => fs.rmSync(bad, { force: true }));
  it.each([
    [['inspect'], /^nodetorch inspect: FILE is missing; see npx nodetorch inspect --help\n$/],
    [['inspect', 'a', 'b'], /: one argument too many: 'b'; see/],
    [['inspect', '--nope'], /: Unknown option '--nope'; see/],
    [['inspect', '/nope'], /: ENOENT.*'\/nope'\n$/],
    [['inspect', __filename], /neither safetensors nor a pickle\n$/],
    [['inspect', bad], /header too small: the file has 3 bytes, not even 8 \(.*bad.safetensors\)\n$/],
    [['diff', 'a', 'b', '--rtol', 'x'], /--rtol must be a number, not 'x'; see/],
    [['doctor', 'x'], /one argument too many: 'x'/],
  ])('%j', (argv, message) => {
    const { code, out, err } = run(...argv);
    expect([code, out, err.split('\n').length]).toEqual([2, '', 2]);
    expect(err).toMatch(message);
  });
  it('and --help is none', () => {
    for (const name of ['inspect', 'convert', 'diff', 'doctor']) {
      expect(good(name, '--help')).toMatch(new RegExp(`^Usage: npx nodetorch ${name} `));
    }
  });
});

describe('npx nodetorch', () => {
  const setup = path.join(__dirname, '../../scripts/setup.js');
  const nodetorch = (argv: string[], env = {}) =>
    spawnSync(process.execPath, [setup, ...argv], { env: { ...process.env, ...env }, encoding: 'utf8' });
  const without = { NODETORCH_ADDON: path.join(tmpdir(), 'nodetorch-no-such.node') };

  it('works without the addon where none is needed, and says why where it is', () => {
    const doctor = nodetorch(['doctor'], without);
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toMatch(/^addon +does not load$/m);
    expect(doctor.stdout).toContain(`${without.NODETORCH_ADDON}: there is no such file`);
    const inspect = nodetorch(['inspect', sharded], without);
    expect([inspect.status, inspect.stderr]).toEqual([0, '']);
    const diff = nodetorch(['diff', sharded, sharded], without);
    expect([diff.status, diff.stderr]).toEqual([
      2,
      'nodetorch diff: the native addon cannot be loaded; npx nodetorch doctor says why\n',
    ]);
  });
  it('says of a libtorch for CUDA what is missing, and of one that has changed its version', () => {
    const file = path.join(folder, 'nodetorch.node');
    const torch = installed(folder, { cuda: true, version: '2.99.0' }, true);
    fs.writeFileSync(file, `not a library, ${MARK}2.98.1\0`);
    fs.writeFileSync(
      path.join(folder, 'libtorch.json'),
      JSON.stringify({ path: torch, version: '2.98.1', variant: 'cu130' }),
    );
    const facts = (env = {}) =>
      JSON.parse(nodetorch(['doctor', '--json'], { NODETORCH_ADDON: file, ...env }).stdout) as Record<
        string,
        string
      >;
    const { addon, CUDA, ...rest } = facts();
    expect(addon).toContain(`the addon is for libtorch 2.98, and libtorch 2.99.0 is now at ${torch}`);
    expect(rest['built for']).toContain(`libtorch 2.98.1 (cu130) at ${torch}, where 2.99.0 is now`);
    expect(CUDA).toContain('built in, but no device is available');
    expect(CUDA).toContain("missing: NVIDIA's libraries, which pip installs with torch into");
    if (!fs.existsSync('/proc/driver/nvidia/version')) expect(CUDA).toContain("missing: NVIDIA's driver");
    // Named by the folder above it, and refused: the addon is for another.
    const refused = facts({ LIBTORCH: path.dirname(torch) });
    expect(refused.addon).toContain(
      `LIBTORCH=${path.dirname(torch)}: it is version 2.99.0, and the addon is for 2.98`,
    );
    expect(refused.CUDA).toBe(CUDA);
    // The file says it, without the note beside it as well, and whatever the note says.
    fs.writeFileSync(file, `not a library, ${MARK}2.99.7\0`);
    expect(facts().addon).not.toContain('the addon is for libtorch');
    fs.rmSync(path.join(folder, 'libtorch.json'));
    const bare = facts({ LIBTORCH: torch });
    expect(bare['built for']).toBe(`any libtorch 2.99\n${file}`);
    expect(bare.libtorch).toBe(`2.99.0 (cuda) at ${torch}\nfrom LIBTORCH`);
    const older = installed(path.join(folder, 'older'), { version: '2.98.0+cpu' });
    const other = `LIBTORCH=${older}: it is version 2.98.0+cpu, and the addon is for 2.99`;
    expect(facts({ LIBTORCH: older })).toMatchObject({
      libtorch: other,
      addon: expect.stringContaining(other) as string,
    });
    fs.writeFileSync(
      path.join(folder, 'libtorch.json'),
      JSON.stringify({ path: torch, version: '2.98.1', variant: 'cu130' }),
    );
    fs.mkdirSync(path.join(folder, 'nvidia/cudnn/lib'), { recursive: true });
    expect(facts().CUDA).toContain(`NVIDIA's libraries: cudnn in ${path.join(folder, 'nvidia')}`);
  });
  it('knows its commands', () => {
    expect(nodetorch(['--help']).stdout).toMatch(/^Usage: npx nodetorch .*[^]*doctor/);
    expect(nodetorch(['nope'])).toMatchObject({
      status: 2,
      stderr: "nodetorch: there is no command 'nope'; see npx nodetorch --help\n",
    });
  });
});
