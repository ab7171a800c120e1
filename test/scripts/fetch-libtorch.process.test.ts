// scripts/fetch-libtorch.js, whole: the order of the search, every way to fetch, and how it fails.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { archive, entries, installed, pinned, sendFile, wheel, World } from './fixture';
import { libtorch } from '../../package.json';
import sums from '../../scripts/libtorch/sums.json';
import { zip } from './zip';

const posix = process.platform === 'win32' ? test.skip : test;
const folderOf = (variant: string) => `libtorch-${pinned}-${variant}`;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  world.end();
});

interface Wheel {
  name: string;
  file: string;
  sha256: string;
  url?: string;
}

const sha256 = (data: Buffer) => crypto.createHash('sha256').update(data).digest('hex');
const inCache = (variant = 'cpu') => path.join(world.cache, folderOf(variant), 'libtorch');

describe('looking', () => {
  test('LIBTORCH comes first, and may be the folder above', async () => {
    installed(path.join(world.cache, folderOf('cpu')));
    const mine = installed(path.join(world.root, 'mine'), { version: '2.12.1' });
    for (const LIBTORCH of [mine, path.dirname(mine)]) {
      expect(await world.run(['--print'], { LIBTORCH })).toEqual({ code: 0, out: mine, err: '' });
    }
  });

  test.each([
    ['is not there', () => path.join(world.root, 'nowhere'), 'there is no such folder'],
    ['is empty', () => world.root, 'it has no lib/'],
    [
      'is too old',
      () => installed(path.join(world.root, 'old'), { version: '2.10.0' }),
      '2.11.0 or later is needed',
    ],
    [
      'is another variant',
      () => installed(path.join(world.root, 'other')),
      'it is the cpu variant, and cu130',
    ],
  ])('a LIBTORCH that %s is refused, not passed over', async (_why, make, message) => {
    installed(path.join(world.cache, folderOf('cpu')));
    const args = message.includes('cu130') ? ['--variant', 'cu130'] : [];
    const { code, out, err } = await world.run(args, { LIBTORCH: make() });
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).not.toContain('fetching');
  });

  posix('then the cache, then Python, whose torch comes first with LIBTORCH_USE_PYTORCH=1', async () => {
    const torch = installed(path.join(world.root, 'site-packages'), { version: '2.12.0+cpu' }, true);
    world.python(`echo '${torch}'`);
    expect((await world.run(['--print'])).out).toBe(torch);
    installed(path.join(world.cache, folderOf('cpu')));
    expect((await world.run(['--print'])).out).toBe(inCache());
    expect((await world.run(['--print'], { LIBTORCH_USE_PYTORCH: '1' })).out).toBe(torch);
  });

  posix(
    'a Python torch that is too old or of another variant is not taken, and the list says so',
    async () => {
      const torch = installed(path.join(world.root, 'site-packages'), { version: '2.1.0' }, true);
      world.python(`echo '${torch}'`);
      const { code, err } = await world.run(['--no-fetch']);
      expect(code).toBe(1);
      expect(err).toContain(`python3: ${torch}: it is version 2.1.0, and 2.11.0 or later is needed`);
    },
  );

  test('the variant asked for is the one found', async () => {
    installed(path.join(world.cache, folderOf('cpu')));
    installed(path.join(world.cache, folderOf('cu130')), { version: `${pinned}+cu130`, cuda: true });
    expect((await world.run(['--print'])).out).toBe(inCache('cpu'));
    expect((await world.run(['--print', '--variant=cu130'])).out).toBe(inCache('cu130'));
    expect((await world.run(['--print'], { LIBTORCH_VARIANT: 'cu130' })).out).toBe(inCache('cu130'));
    const { code, err } = await world.run(['--print', '--no-fetch', '--variant', 'cu126']);
    expect(code).toBe(1);
    expect(err).toContain(`no libtorch ${pinned} (cu126)`);
  });

  test('--no-fetch only looks, and tells where, and every way out', async () => {
    const { code, out, err } = await world.run(['--print', '--no-fetch']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    for (const place of ['LIBTORCH: it is not set', `cache: ${world.cache}`, 'python', 'system: ']) {
      expect(err).toContain(place);
    }
    for (const way of [
      'LIBTORCH=',
      'LIBTORCH_URL=',
      `pip install torch==${pinned}`,
      'HTTPS_PROXY',
      '--variant',
    ]) {
      expect(err).toContain(way);
    }
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('a wrong option or value is named', async () => {
    expect((await world.run(['--nonsense'])).err).toContain('unknown option --nonsense');
    expect((await world.run(['--variant', 'cu999'])).err).toContain('one of cpu, cu126, cu130, not "cu999"');
    expect((await world.run(['--variant'])).err).toContain('--variant needs a value');
    expect((await world.run(['--checksum', 'abc'])).err).toContain('64 hexadecimal digits');
    expect((await world.run(['--help'])).out).toContain('Usage:');
  });
});

describe('fetching', () => {
  const whole = archive({ bytes: 300_000 });
  const address = (url: string, body = whole) => ({
    LIBTORCH_URL: `${url}/libtorch.zip`,
    LIBTORCH_SHA256: sha256(body),
  });

  test('from a mirror, by the official names', async () => {
    const { url, seen } = await world.serve((request, response) => sendFile(whole, { request, response }));
    const { code, out } = await world.run(['--print'], { ...address(url), LIBTORCH_URL: `${url}/mirror/` });
    expect({ code, out }).toEqual({ code: 0, out: inCache() });
    expect(seen).toEqual([expect.stringMatching(/^GET \/mirror\/cpu\/libtorch-.*\.zip$/)]);
    expect(seen[0]).toContain(pinned);
    expect(fs.readFileSync(path.join(out, 'lib', fs.readdirSync(path.join(out, 'lib'))[0])).length).toBe(
      300_000,
    );
    expect(fs.existsSync(path.join(out, 'lib/libprotobuf.a'))).toBe(false);
    // What is there now is found without a word to the server.
    expect((await world.run(['--print'])).out).toBe(out);
    expect(world.cached()).toEqual([folderOf('cpu')]);
  });

  test.each<[string, () => string]>([
    ['an archive', () => world.file('some.zip', whole)],
    ['a wheel', () => world.file(`torch-${pinned}-cp312-cp312-linux_x86_64.whl`, wheel())],
    ['a file: address', () => pathToFileURL(world.file('with space.zip', whole)).href],
    [
      'a folder that holds the wheel',
      () => path.dirname(world.file(`wheels/torch-${pinned}-cp311-x.whl`, wheel())),
    ],
    ['a folder that is a libtorch', () => installed(path.join(world.root, 'unpacked'))],
  ])('from %s', async (_what, make) => {
    const { code, out, err } = await world.run(['--print'], { LIBTORCH_URL: make() });
    expect(err).not.toContain('Tried');
    expect(code).toBe(0);
    expect(out.startsWith(path.join(world.cache, folderOf('cpu')))).toBe(true);
    expect((await world.run([])).out).toContain(`libtorch ${pinned}+cpu (cpu) at`);
  });

  test('of another variant, or another version, than asked for', async () => {
    const LIBTORCH_URL = world.file('cuda.zip', archive({ version: `${pinned}+cu130`, cuda: true }));
    const refused = await world.run(['--variant', 'cpu'], { LIBTORCH_URL });
    expect(refused.err).toContain('it is the cu130 variant, and cpu was asked for');
    expect((await world.run(['--print'], { LIBTORCH_URL })).out).toBe(inCache('cu130'));
    const later = world.file('later.zip', archive({ version: '2.98.0' }));
    const other = await world.run(['--fetch'], { LIBTORCH_URL: later });
    expect(other.err).toContain(`it holds version 2.98.0, and the cache is for ${pinned}`);
    expect(world.cached()).toEqual([folderOf('cu130')]);
  });

  test('follows a redirect, and keeps a password to itself', async () => {
    let authorization: string | undefined;
    const { url } = await world.serve((request, response) => {
      if (request.url === '/libtorch.zip') {
        response.writeHead(302, { Location: '/elsewhere' }).end();
      } else {
        authorization = request.headers.authorization;
        sendFile(whole, { request, response });
      }
    });
    expect((await world.run(['--print'], address(url))).out).toBe(inCache());
    expect(authorization).toBeUndefined();
  });

  test('continues where the connection broke', async () => {
    let asked = 0;
    const { url, seen } = await world.serve((request, response) => {
      if (asked++ > 0) return sendFile(whole, { request, response });
      response.writeHead(200, { 'Content-Length': whole.length, ETag: '"1"' });
      response.write(whole.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 50));
    });
    const { code, err } = await world.run([], address(url));
    expect(err).toContain('trying again');
    expect(code).toBe(0);
    expect(seen).toEqual(['GET /libtorch.zip', 'GET /libtorch.zip bytes=200000-']);
  });

  test('begins anew when the file has changed meanwhile', async () => {
    let asked = 0;
    const { url } = await world.serve((request, response) => {
      if (asked++ > 0) return sendFile(whole, { request, response }, '"2"');
      response.writeHead(200, { 'Content-Length': whole.length, ETag: '"1"' });
      response.write(Buffer.alloc(200_000, 'other'), () => setTimeout(() => response.destroy(), 50));
    });
    expect((await world.run(['--print'], address(url))).out).toBe(inCache());
  });

  test('a killed fetch leaves no half libtorch, and the next one continues', async () => {
    let asked = 0;
    const { url, seen } = await world.serve((request, response) => {
      if (asked++ > 0) return sendFile(whole, { request, response });
      response.writeHead(200, { 'Content-Length': whole.length, ETag: '"1"' });
      response.write(whole.subarray(0, 150_000));
    });
    const child = world.start([], address(url));
    const part = path.join(world.cache, `${folderOf('cpu')}.part`);
    while (child.exitCode === null && (!fs.existsSync(part) || fs.statSync(part).size < 150_000))
      await new Promise((r) => setTimeout(r, 20));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(fs.existsSync(path.join(world.cache, folderOf('cpu')))).toBe(false);
    expect((await world.run(['--no-fetch'])).code).toBe(1);

    expect((await world.run(['--print'], address(url))).out).toBe(inCache());
    expect(seen[1]).toBe('GET /libtorch.zip bytes=150000-');
    expect(world.cached()).toEqual([folderOf('cpu')]);
  });

  posix('an interrupted fetch tidies up behind itself', async () => {
    const { url } = await world.serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': whole.length });
      response.write(whole.subarray(0, 1000));
    });
    const child = world.start([], address(url));
    while (child.exitCode === null && !world.cached().includes(`${folderOf('cpu')}.part.json`))
      await new Promise((r) => setTimeout(r, 20));
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
    expect(world.cached().filter((name) => !name.includes('.part'))).toEqual([]);
  });

  test('a damaged archive leaves nothing behind, and the next fetch begins anew', async () => {
    const damaged = Buffer.from(whole);
    damaged[100_000] ^= 1;
    let body: Buffer = damaged;
    const { url } = await world.serve((request, response) => sendFile(body, { request, response }));
    const { code, err } = await world.run([], address(url, damaged));
    expect(code).toBe(1);
    expect(err).toMatch(/LIBTORCH_URL=http.*is damaged/);
    expect(world.cached()).toEqual([]);
    body = whole;
    expect((await world.run([], address(url))).code).toBe(0);
  });

  test.each<[string, () => Buffer, string]>([
    ['is cut short', () => whole.subarray(0, 200_000), 'cut short'],
    ['is no zip', () => Buffer.from('<html>not found</html>'), 'not a zip archive'],
    ['holds something else', () => zip([{ name: 'readme', data: '' }]), 'it has no lib/'],
    [
      'wants to write elsewhere',
      () => zip([{ name: '../lib/evil', data: '' }, ...entries()]),
      'would land outside',
    ],
  ])('an archive that %s', async (_what, make, message) => {
    const { code, err } = await world.run([], { LIBTORCH_URL: world.file('x.zip', make()) });
    expect(err).toContain(message);
    expect(code).toBe(1);
    expect(world.cached()).toEqual([]);
    expect(fs.existsSync(path.join(world.cache, '..', 'lib'))).toBe(false);
    expect(fs.existsSync(path.join(world.cache, 'lib'))).toBe(false);
  });

  test('a checksum is checked before anything is unpacked', async () => {
    const { url } = await world.serve((request, response) => sendFile(whole, { request, response }));
    const sum = sha256(whole);
    const wrong = await world.run(['--checksum', 'a'.repeat(64)], address(url));
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain(`its sha256 is ${sum}, and ${'a'.repeat(64)} was expected`);
    expect(wrong.err).not.toContain('unpacking');
    expect(world.cached()).toEqual([]);
    expect((await world.run(['--checksum', sum.toUpperCase()], address(url, Buffer.of()))).code).toBe(0);
    expect((await world.run(['--fetch'], address(url))).code).toBe(0);
  });

  test.each(['libtorch.zip', 'mirror', `torch-${pinned}+cpu-cp399-cp399-manylinux_2_28_x86_64.whl`])(
    '%s, of which no checksum is known, is not asked for',
    async (name) => {
      const { url, seen } = await world.serve((request, response) => sendFile(whole, { request, response }));
      const { code, err } = await world.run([], { LIBTORCH_URL: `${url}/${name}` });
      expect(code).toBe(1);
      expect(err).toContain('its sha256 is not among those in scripts/libtorch/sums.json');
      expect(err).toContain('LIBTORCH_SHA256');
      expect(seen).toEqual([]);
      expect(world.cached()).toEqual([]);
    },
  );

  test.each(['address', 'path'])('what is pinned by name must be it, by %s', async (how) => {
    const name = Object.keys(sums.files)[0] as keyof typeof sums.files;
    const { url } = await world.serve((request, response) => sendFile(wheel(), { request, response }));
    const local = world.file(name, wheel());
    const LIBTORCH_URL = how === 'path' ? local : `${url}/${encodeURIComponent(name)}`;
    const { code, err } = await world.run([], { LIBTORCH_URL });
    expect(code).toBe(1);
    expect(err).toContain(`its sha256 is ${sha256(wheel())}, and ${sums.files[name]} was expected`);
    expect(world.cached()).toEqual([]);
  });

  test('every pinned sum is one, and they are of the version of package.json', () => {
    const wheels = Object.entries(sums.wheels).flatMap(([platform, variants]) =>
      Object.values(variants).flatMap((all: Wheel[]) => all.map((one) => ({ platform, ...one }))),
    );
    const all = [...Object.entries(sums.files), ...wheels.map((one) => [one.file, one.sha256])];
    for (const [name, sum] of all)
      expect([name, sum]).toEqual([name, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(sums.version).toBe(libtorch.version);
    const start = `torch-${libtorch.version}`;
    expect(Object.keys(sums.files).filter((name) => !name.startsWith(start))).toEqual([]);
    const cuda = ['linux-x64 cu130', 'linux-arm64 cu130'];
    const cpu = ['linux-x64 cpu', 'darwin-arm64 cpu', 'win32-x64 cpu'];
    const variants = Object.entries(sums.wheels).flatMap(([platform, one]) =>
      Object.keys(one).map((variant) => `${platform} ${variant}`),
    );
    expect(variants.sort()).toEqual([...cuda, ...cpu].sort());
    const files: Record<string, string> = sums.files;
    const ends = {
      'linux-x64': 'x86_64',
      'linux-arm64': 'aarch64',
      'darwin-arm64': 'arm64',
      'win32-x64': 'amd64',
    };
    for (const { platform, name, file, sha256, url } of wheels) {
      // What is on Python's package index has no address: pip knows the index.
      const address = `https://download.pytorch.org/whl/cpu/${encodeURIComponent(file)}`;
      expect([file, url]).toEqual([file, file.includes('+cpu') ? address : undefined]);
      expect(file).toContain(`${ends[platform as keyof typeof ends]}.whl`);
      if (name === 'torch') expect([file, files[file]]).toEqual([file, sha256]);
    }
  });

  const tls = spawnSync('openssl', ['version']).status === 0 ? test : test.skip;
  tls('no redirect leaves https', async () => {
    const files = ['-keyout', path.join(world.root, 'key'), '-out', path.join(world.root, 'cert')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...names]);
    const read = (name: string) => fs.readFileSync(path.join(world.root, name));
    const plain = await world.serve((request, response) => sendFile(whole, { request, response }));
    let target = `${plain.url}/evil.zip`;
    const secure = https.createServer({ key: read('key'), cert: read('cert') }, (request, response) => {
      if (request.url === '/whole') sendFile(whole, { request, response });
      else response.writeHead(302, { Location: target }).end();
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    world.atEnd(() => secure.close());
    const own = `https://127.0.0.1:${(secure.address() as net.AddressInfo).port}`;
    const env = { ...address(own), NODE_EXTRA_CA_CERTS: path.join(world.root, 'cert') };

    for (target of [`${plain.url}/evil.zip`, 'ftp://127.0.0.1/evil.zip', 'file:///etc/passwd']) {
      const { code, err } = await world.run([], env);
      expect(code).toBe(1);
      expect(err).toContain(`it redirects from ${own} to ${target.split('/')[0]}//`);
    }
    expect(plain.seen).toEqual([]);
    target = `${own}/whole`;
    expect((await world.run(['--print'], env)).out).toBe(inCache());
  });

  test('several at once fetch once', async () => {
    const { url, seen } = await world.serve((request, response) => {
      setTimeout(() => sendFile(whole, { request, response }), 300);
    });
    const runs = await Promise.all([1, 2, 3, 4].map(() => world.run(['--print'], address(url))));
    expect(runs.map(({ code, out }) => ({ code, out }))).toEqual(Array(4).fill({ code: 0, out: inCache() }));
    expect(seen).toHaveLength(1);
    expect(world.cached()).toEqual([folderOf('cpu')]);
  });

  test("a dead process's lock and leavings are no obstacle", async () => {
    world.file(`cache/nodetorch/${folderOf('cpu')}.lock`, `999999999 ${os.hostname()}`);
    world.file(`cache/nodetorch/${folderOf('cpu')}.tmp/libtorch/lib/half`, 'half');
    const { code, out } = await world.run(['--print'], { LIBTORCH_URL: world.file('a.zip', whole) });
    expect(code).toBe(0);
    expect(fs.existsSync(path.join(out, 'lib/half'))).toBe(false);
    expect(world.cached()).toEqual([folderOf('cpu')]);
  });

  test('a mirror that has it not, or is not there, is told and not passed over', async () => {
    const { url } = await world.serve((_request, response) => response.writeHead(404).end());
    const absent = await world.run([], address(url));
    expect(absent.code).toBe(1);
    expect(absent.err).toContain('it answered 404 Not Found');
    expect(absent.err).not.toContain('pip download');
    const nobody = await world.run([], address('http://127.0.0.1:9'));
    expect(nobody.err).toContain('ECONNREFUSED');
    expect((await world.run([], { LIBTORCH_URL: path.join(world.root, 'no.zip') })).err).toContain(
      'no such file',
    );
  });

  test('tries again after an error of the server, but not for ever', async () => {
    const { url, seen } = await world.serve((_request, response) => response.writeHead(503).end());
    expect((await world.run([], address(url))).err).toContain('it answered 503');
    expect(seen).toHaveLength(5);
  });

  test('through a proxy', async () => {
    const { url, seen } = await world.serve((request, response) => sendFile(whole, { request, response }));
    const env = { HTTP_PROXY: url, NO_PROXY: '', ...address('http://archive.invalid') };
    expect((await world.run(['--print'], env)).out).toBe(inCache());
    expect(seen).toEqual(['GET http://archive.invalid/libtorch.zip']);
  });

  test('through a proxy that refuses, or that is none: an error, no crash', async () => {
    const { url, seen } = await world.serve((_request, response) => response.writeHead(200).end());
    const env = { HTTPS_PROXY: url, NO_PROXY: '', ...address('https://archive.invalid') };
    expect((await world.run([], env)).err).toContain('LIBTORCH_URL=https://archive.invalid/libtorch.zip: ');
    expect(seen).toEqual([]);
    const refusing = net.createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    world.atEnd(() => refusing.close());
    const { port } = refusing.address() as net.AddressInfo;
    const { code, err } = await world.run([], { ...env, HTTPS_PROXY: `127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(err).toContain(`the proxy 127.0.0.1:${port} answered 403 to CONNECT`);
  });

  describe('by pip, where the archive cannot be reached', () => {
    // $0 -c ...: has no torch. $0 -m pip download X --dest DIR: copies the wheel there.
    const pip = (file: string, only: string) => `
if [ "$1" = -c ]; then echo; exit; fi
echo "$@" >> '${world.root}/asked'
for last; do :; done
case "$4" in ${only}) cp '${file}' "$last"/torch-${pinned}-x.whl; echo Saved; exit 0;; esac
echo "ERROR: No matching distribution found for $4" >&2; exit 1`;

    posix('takes the wheel', async () => {
      world.python(pip(world.file('fake.whl', wheel()), `torch==${pinned}`));
      const { code, out, err } = await world.run(['--print', '--checksum', sha256(wheel())]);
      expect(err).toContain('not to be had: https://');
      expect(code).toBe(0);
      expect(out).toBe(path.join(world.cache, folderOf('cpu'), 'torch'));
      expect(world.cached()).toEqual([folderOf('cpu')]);
    });

    posix('takes no CUDA wheel unasked', async () => {
      const cuda = { version: `${pinned}+cu130`, cuda: true };
      world.python(pip(world.file('fake.whl', wheel(cuda)), '*'));
      const { code, err } = await world.run(['--checksum', sha256(wheel(cuda))]);
      expect(code).toBe(1);
      expect(err).toContain('it is the cu130 variant, and cpu was asked for');
      expect(world.cached()).toEqual([]);
    });

    posix('tells what pip said', async () => {
      world.python(pip('/none', 'nothing'));
      const { code, err } = await world.run(['--checksum', 'a'.repeat(64)]);
      expect(code).toBe(1);
      expect(err).toContain(
        `python3 -m pip download torch==${pinned} --no-deps: ERROR: No matching distribution`,
      );
    });

    posix('takes a wheel that is pinned, or none', async () => {
      world.python(pip(world.file('fake.whl', wheel()), '*'));
      const { code, err } = await world.run([]);
      expect(code).toBe(1);
      expect(err).toContain(
        `torch-${pinned}-x.whl: its sha256 is not among those in scripts/libtorch/sums.json`,
      );
      expect(err).toMatch(
        /not to be had: https:.*its sha256 is not among those in scripts.libtorch.sums.json/,
      );
      const asked = fs.readFileSync(path.join(world.root, 'asked'), 'utf8');
      expect(asked).toMatch(
        /^-m pip download torch==\S+ --no-deps .*--python-version 3\.\d+ --only-binary=:all: --dest/m,
      );
      expect(asked).toContain(`torch==${pinned}`);
      expect(world.cached()).toEqual([]);
    });

    test('and where there is no Python either', async () => {
      const { code, err } = await world.run(['--checksum', 'a'.repeat(64)]);
      expect(code).toBe(1);
      expect(err).toMatch(/https:.*ECONNREFUSED/);
      expect(err).toContain('ENOENT');
      expect(err).toContain('What to do');
    });
  });
});
