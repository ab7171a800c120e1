// `npx nodetorch install`: fetches the pinned wheels of a variant, however often it is interrupted, and what it brings
// is the libtorch that programs use. The wheels are small fakes, whose sums stand in a copy of sums.json.
import { type ChildProcess, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { entries, installed, pinned, sendFile, wheel, World } from './fixture';
import { type Entry, zip } from './zip';

const root = path.join(__dirname, '../..');
const linux = process.platform === 'linux' ? test : test.skip;
const platform = `${process.platform}-${process.arch}`;

const nvidia: Entry[] = [
  {
    name: 'nvidia/cu13/lib/libcublas.so.13',
    data: Buffer.alloc(200_000, 'cublas '),
    mode: 0o100755,
    stored: true,
  },
  { name: 'nvidia/cu13/lib/libcublas_static.a', data: 'static' },
  { name: 'nvidia/cu13/include/cublas.h', data: '' },
  { name: 'nvidia/__init__.py', data: '' },
  { name: 'nvidia_cublas-13.1.dist-info/licenses/License.txt', data: 'of cublas' },
];
const cuda = wheel({ version: `${pinned}+cu130`, cuda: true, bytes: 100_000 });
const wheels = {
  cpu: { [`torch-${pinned}+cpu-cp311-cp311-any.whl`]: wheel({ bytes: 100_000 }) },
  cu130: {
    [`torch-${pinned}-cp312-cp312-any.whl`]: cuda,
    'nvidia_cublas-13.1-py3-none-any.whl': zip(nvidia),
  },
};
const files: Record<string, Buffer> = { ...wheels.cpu, ...wheels.cu130 };
const [torch, cublas] = Object.keys(wheels.cu130);
const sha256 = (data: Buffer) => crypto.createHash('sha256').update(data).digest('hex');

// The package as it is installed, with the fakes' sums.
let made: string;
beforeAll(() => {
  made = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-package-'));
  for (const name of ['scripts', 'package.json']) {
    fs.cpSync(path.join(root, name), path.join(made, name), { recursive: true });
  }
  const of = (all: Record<string, Buffer>) =>
    Object.entries(all).map(([file, data]) => ({
      name: 'x',
      version: '1',
      file,
      sha256: sha256(data),
    }));
  const sums = {
    version: pinned,
    files: {},
    wheels: { [platform]: { cpu: of(wheels.cpu), cu130: of(wheels.cu130) } },
  };
  fs.writeFileSync(path.join(made, 'scripts/libtorch/sums.json'), JSON.stringify(sums));
});
afterAll(() => fs.rmSync(made, { recursive: true }));

let world: World;
beforeEach(() => {
  world = new World(path.join(made, 'scripts/setup.js'));
});
afterEach(() => {
  world.end();
});

const nameOf = (url: string | undefined) => decodeURIComponent(path.posix.basename(url ?? ''));
/** Serves the wheels as an index does. */
const serveWheels = () =>
  world.serve((request, response) => sendFile(files[nameOf(request.url)], { request, response }));

const install = (...args: string[]) => world.run(['install', ...args]);
const CUDA = ['--cuda', '13.0'];
const folder = (variant: string) => path.join(world.cache, `libtorch-${pinned}-${variant}`);
const ended = (child: ChildProcess) => new Promise((resolve) => child.once('close', resolve));

/** Which libtorch a program takes. */
function inUse(packaged: string | null = null, env: Record<string, string> = {}) {
  const script = `const { searchAtRunTime } = require(${JSON.stringify(path.join(made, 'scripts/libtorch/search'))});
    const found = searchAtRunTime(${JSON.stringify(packaged)});
    console.log(found ? [found.variant, found.path, found.place].join('|') : 'none');`;
  const XDG_CACHE_HOME = path.dirname(world.cache);
  return spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: { PATH: world.bin, XDG_CACHE_HOME, ...env },
  }).stdout.trim();
}

/** What is complete: the libraries of all wheels where they find one another, their licences, and nothing half. */
function expectInstalled(variant: 'cpu' | 'cu130'): void {
  const all = [
    ...entries({ version: `${pinned}+${variant}`, cuda: variant !== 'cpu', bytes: 100_000 }, true),
  ];
  for (const { name, data } of [...all, ...(variant === 'cpu' ? [] : nvidia)]) {
    const wanted = !/\.a$|__init__|^nvidia.*include/.test(name);
    const file = path.join(folder(variant), name);
    expect([name, fs.existsSync(file)]).toEqual([name, wanted]);
    if (wanted) expect(fs.readFileSync(file).equals(Buffer.from(data))).toBe(true);
  }
  expect(fs.readFileSync(path.join(world.cache, `chosen-${pinned}`), 'utf8')).toBe(`${variant}\n`);
}

test.each([
  [[], 'one of --cpu and --cuda VERSION'],
  [['--cpu', ...CUDA], 'one of --cpu and --cuda VERSION'],
  [['--cuda', '11.8'], "--cuda is one of 12.6, 13.0, not '11.8'"],
  [['--cuda'], '--cuda'],
  [['--cpu', '--checksum', 'abc'], "64 hexadecimal digits: 'abc' is none"],
  [['--nope'], "Unknown option '--nope'"],
])('%j is refused', async (args, message) => {
  const { code, out, err } = await install(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
  expect(err).toContain('Usage: npx nodetorch install');
});

linux('CUDA comes by its wheels, and is used before the package and the rest of the cache', async () => {
  const { url, seen } = await serveWheels();
  installed(folder('cpu'));
  const packaged = installed(path.join(world.root, 'packaged'));
  expect(inUse(packaged)).toBe(`cpu|${packaged}|its package`);

  const { code, err } = await install(...CUDA, '--from', `${url}/mirror/`);
  expect(err).toContain(
    `libtorch ${pinned}+cu130 (cu130) at ${folder('cu130')}/torch is what this user's programs use`,
  );
  expect(code).toBe(0);
  expect(seen.map((one) => decodeURIComponent(one))).toEqual([
    `GET /mirror/${torch}`,
    `GET /mirror/${cublas}`,
  ]);
  expectInstalled('cu130');
  expect(world.cached()).toEqual([`chosen-${pinned}`, `libtorch-${pinned}-cpu`, `libtorch-${pinned}-cu130`]);
  expect(inUse(packaged)).toBe(`cu130|${folder('cu130')}/torch|npx nodetorch install`);
  expect(inUse(packaged, { LIBTORCH: packaged })).toBe(`cpu|${packaged}|LIBTORCH`);

  // The other again, which is there.
  expect((await install('--cpu')).code).toBe(0);
  expect(inUse(packaged)).toBe(`cpu|${folder('cpu')}/libtorch|npx nodetorch install`);
  expect(seen).toHaveLength(2);
});

test('the CPU where its package is installed fetches nothing, and takes the choice back', async () => {
  const name = path.join(made, `node_modules/@nodetorch/libtorch-${platform}`);
  const packaged = installed(name);
  fs.cpSync(path.join(packaged), name, { recursive: true });
  fs.writeFileSync(path.join(name, 'package.json'), '{}');
  try {
    world.file(`cache/nodetorch/chosen-${pinned}`, 'cu130\n');
    const { code, err } = await install('--cpu');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`at ${name} is what`) });
    expect(world.cached()).toEqual([]);
  } finally {
    fs.rmSync(path.join(made, 'node_modules'), { recursive: true });
  }
});

linux('without a place pip brings the wheels, each by its sum', async () => {
  const laid = path.join(world.root, 'laid');
  installed(laid, { version: `${pinned}+cu130`, cuda: true, bytes: 100_000 }, true);
  for (const { name, data } of nvidia) world.file(`laid/${name}`, Buffer.from(data));
  const asked = path.join(world.root, 'asked');
  // $0 -c ...: has no torch. $0 -m pip install --target DIR -r LIST: lays out the wheels there.
  world.python(`
    [ "$1" = -c ] && exit 1
    while [ $# -gt 0 ]; do
      case $1 in
        --require-hashes) hashes=yes ;;
        --target) target=$2 ;;
        -r) /bin/cp "$2" '${asked}' ;;
      esac
      shift
    done
    [ "$hashes" = yes ] && /bin/cp -r '${laid}/.' "$target"`);
  const { code, err } = await install(...CUDA);
  expect(err).toContain(`${folder('cu130')}/torch is what this user's programs use`);
  expect(code).toBe(0);
  const sums = Object.values(wheels.cu130).map((data) => `x==1 --hash=sha256:${sha256(data)}\n`);
  expect(fs.readFileSync(asked, 'utf8')).toBe(sums.join(''));
});

/** What pip tells of the wheels on an index, as a file. */
function reportOf(url: string): string {
  const install = Object.entries(wheels.cu130).map(([name, data]) => ({
    metadata: { name, version: '1' },
    download_info: { url: `${url}/${name}`, archive_info: { hashes: { sha256: sha256(data) } } },
  }));
  return world.file('report', JSON.stringify({ install }));
}

linux('without a place pip says where the wheels are, and they are fetched in parts', async () => {
  const cut = { [torch]: 1, [cublas]: 1 };
  const { url, seen } = await world.serve((request, response) => {
    const name = nameOf(request.url);
    if (cut[name]-- <= 0) return sendFile(files[name], { request, response });
    response.writeHead(200, { 'Content-Length': files[name].length, ETag: '"1"' });
    response.write(files[name].subarray(0, 1000), () => response.destroy());
  });
  const report = reportOf(url);
  world.python(`case "$*" in *--report*) exec /bin/cat '${report}' ;; *) exit 1 ;; esac`);
  const { code, err } = await install(...CUDA);
  if (code !== 0) throw new Error(err);
  expectInstalled('cu130');
  expect(seen.filter((one) => one.endsWith('bytes=1000-'))).toHaveLength(2);
});

linux('where the index refuses us, pip brings the wheels', async () => {
  const { url } = await world.serve((_request, response) => response.writeHead(401).end());
  const report = reportOf(url);
  const asked = path.join(world.root, 'asked');
  world.python(`case "$*" in
    *--report*) exec /bin/cat '${report}' ;;
    *--require-hashes*) echo yes > '${asked}' ;;
  esac; exit 1`);
  expect((await install(...CUDA)).err).toContain('401');
  expect(fs.existsSync(asked)).toBe(true);
});

linux('from a folder, and no byte is written into it', async () => {
  for (const [name, data] of Object.entries(wheels.cu130)) world.file(`wheels/${name}`, data);
  expect((await install(...CUDA, '--from', 'wheels')).code).toBe(0);
  expectInstalled('cu130');
  expect(fs.readdirSync(path.join(world.root, 'wheels')).sort()).toEqual([torch, cublas].sort());
  fs.rmSync(path.join(world.root, 'wheels', cublas));
  fs.rmSync(folder('cu130'), { recursive: true });
  const { code, err } = await install(...CUDA, '--from', 'wheels');
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`ENOENT`) });
});

// The same points each time: a linear congruential generator.
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) yield (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

linux.each([1, 2, 3])('a connection that breaks at any point is continued there (%i)', async (seed) => {
  const random = numbers(seed);
  const cut = { [torch]: 4, [cublas]: 4 };
  const { url, seen } = await world.serve((request, response) => {
    const body = files[nameOf(request.url)];
    if (cut[nameOf(request.url)]-- <= 0) return sendFile(body, { request, response });
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    const to = from + Math.floor(random.next().value * (body.length - from));
    const range = from ? { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
    response.writeHead(from ? 206 : 200, { 'Content-Length': body.length - from, ETag: '"1"', ...range });
    response.write(body.subarray(from, to), () => setTimeout(() => response.destroy(), 20));
  });
  const { code, err } = await install(...CUDA, '--from', url);
  if (code !== 0) throw new Error(err);
  expectInstalled('cu130');
  // Each goes on where the one before ended.
  for (const name of [torch, cublas]) {
    const points = seen
      .filter((one) => nameOf(one.split(' ')[1]) === name)
      .map((one) => Number(/bytes=(\d+)/.exec(one)?.[1] ?? 0));
    expect(points).toHaveLength(5);
    expect(points).toEqual([...points].sort((a, b) => a - b));
    expect(points.at(-1)).toBeGreaterThan(0);
  }
});

linux('killed at any point, it continues when it is run again, and fetches no wheel twice', async () => {
  const random = numbers(7);
  let stopAt = 0;
  let child: ChildProcess;
  let sent = 0;
  const { url } = await world.serve((request, response) => {
    const body = files[nameOf(request.url)];
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    const to = Math.min(body.length, from + stopAt);
    stopAt -= to - from;
    sent += to - from;
    const range = from ? { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
    response.writeHead(from ? 206 : 200, { 'Content-Length': body.length - from, ETag: '"1"', ...range });
    if (to === body.length) response.end(body.subarray(from));
    else response.write(body.subarray(from, to), () => setTimeout(() => child.kill('SIGKILL'), 100));
  });
  for (let run = 0; run < 4; run++) {
    stopAt = 20_000 + Math.floor(random.next().value * 100_000);
    child = world.start(['install', ...CUDA, '--from', url]);
    await ended(child);
    expect([child.signalCode, fs.existsSync(folder('cu130'))]).toEqual(['SIGKILL', false]);
    expect(inUse()).toBe('none');
  }
  stopAt = Infinity;
  expect((await install(...CUDA, '--from', url)).code).toBe(0);
  expectInstalled('cu130');
  expect(world.cached()).toEqual([`chosen-${pinned}`, `libtorch-${pinned}-cu130`]);
  // What was on its way when the process was killed may be sent again, and no more than that.
  const whole = files[torch].length + files[cublas].length;
  expect(sent).toBeLessThan(whole + 4 * 70_000);
});

linux.each<[string, (body: Buffer) => Buffer, RegExp]>([
  [
    'has another sum',
    (body) => Buffer.from(body).fill(1, 100, 101),
    /nvidia_cublas.*its sha256 is \w+, and \w+ was expected/,
  ],
  ['is truncated', (body) => body.subarray(0, 1000), /nvidia_cublas.*its sha256 is/],
])('a wheel that %s is refused, and the others are kept', async (_what, spoil, message) => {
  let spoilt = true;
  const { url, seen } = await world.serve((request, response) => {
    const body = files[nameOf(request.url)];
    sendFile(spoilt && nameOf(request.url) === cublas ? spoil(body) : body, { request, response });
  });
  const { code, err } = await install(...CUDA, '--from', url);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(message) });
  expect(err).toContain('then run again: npx nodetorch install');
  expect(world.cached()).toEqual([`libtorch-${pinned}-cu130.wheels`]);
  expect(fs.readdirSync(`${folder('cu130')}.wheels`)).toEqual([torch]);
  expect(inUse()).toBe('none');
  spoilt = false;
  expect((await install(...CUDA, '--from', url)).code).toBe(0);
  expect(seen.map((one) => nameOf(one.split(' ')[1]))).toEqual([torch, cublas, cublas]);
  expectInstalled('cu130');
});

linux('what the disk has kept wrongly of an earlier run is fetched anew', async () => {
  const { url } = await serveWheels();
  world.file(`cache/nodetorch/libtorch-${pinned}-cu130.wheels/${torch}`, 'damaged');
  const first = await install(...CUDA, '--from', url);
  expect(first.err).toContain(`${torch}: its sha256 is`);
  expect((await install(...CUDA, '--from', url)).code).toBe(0);
  expectInstalled('cu130');
});

linux('what has no pinned sum is not asked for', async () => {
  const { url, seen } = await serveWheels();
  const { code, err } = await install('--cuda', '12.6', '--from', url);
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining(`no wheels are pinned for ${platform} (cu126)`),
  });
  const { err: official } = await install('--cuda', '12.6');
  expect(official).toContain('its sha256 is not among those in scripts/libtorch/sums.json');
  expect(seen).toEqual([]);
});

linux('two at once fetch once', async () => {
  const { url, seen } = await world.serve((request, response) => {
    setTimeout(() => sendFile(files[nameOf(request.url)], { request, response }), 200);
  });
  const runs = await Promise.all([1, 2].map(() => install(...CUDA, '--from', url)));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(runs.filter(({ err }) => err.includes('another process is fetching'))).toHaveLength(1);
  expect(seen).toHaveLength(2);
  expectInstalled('cu130');
});

describe('the disk', () => {
  const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0 ? linux : test.skip;
  // Enough for the wheels and not for what they hold; not even for the wheels.
  mayMount.each<[number, RegExp, string[]]>([
    [900, /its disk is full \(ENOSPC/, [`libtorch-${pinned}-cu130.wheels`]],
    [250, /it takes 1 MB more, and the disk of .* has 1 MB left/, []],
  ])('of %i kB is full: it says so, and goes on with more', async (size, message, left) => {
    const { url } = await serveWheels();
    fs.mkdirSync(world.cache, { recursive: true });
    const script = `mount -t tmpfs -o size=${size}k none "$0" && "$@"; echo "code $?"; ls "$0"
      mount -o remount,size=9m "$0" && exec "$@"`;
    const args = [process.execPath, world.script, 'install', ...CUDA, '--from', url];
    const { PATH } = process.env;
    const child = world.spawn('unshare', ['--mount', 'sh', '-c', script, world.cache, ...args], {
      PATH: PATH!,
    });
    const { code, out, err } = await world.outcome(child);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /);
    expect(out.split('\n')).toEqual(['code 1', ...left]);
    expect(code).toBe(0);
    expect(err).toContain('is what this user');
  });

  linux('cannot be written', async () => {
    const { url } = await serveWheels();
    const file = world.file('a file', '');
    const child = world.start(['install', ...CUDA, '--from', url], { XDG_CACHE_HOME: file });
    const { code, err } = await world.outcome(child);
    expect(code).toBe(1);
    expect(err).toContain(`the cache ${file}/nodetorch: a part of it is a file`);
    expect(err).toContain('XDG_CACHE_HOME can name another place');
    expect(err).not.toMatch(/\n {4}at /);
  });
});
