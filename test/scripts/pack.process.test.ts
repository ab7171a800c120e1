// npm run pack:all: what the packages say and hold, and that the same sources give the same bytes. The large one, of
// libtorch, is made by `npm run test:install`.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import own from '../../package.json';
import { MARK } from '../../scripts/libtorch/addons';
import { layOutAddon, layOutLibtorch } from '../../scripts/pack/contents';
import { licencesOf, partsOf } from '../../scripts/pack/licences';
import {
  addonManifest,
  libtorchManifest,
  mainManifest,
  tfjsNodeGpuManifest,
  tfjsNodeManifest,
} from '../../scripts/pack/manifests';

const root = path.join(__dirname, '../..');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-packed-'));
afterAll(() => fs.rmSync(scratch, { recursive: true }));

const platforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'];

test.each(platforms)('the packages of %s are for it alone', (platform) => {
  const [os, cpu] = platform.split('-');
  for (const manifest of [addonManifest(platform), libtorchManifest(platform)]) {
    expect(manifest).toMatchObject({ os: [os], cpu: [cpu], preferUnplugged: true });
    expect(manifest.libc).toEqual(os === 'linux' ? ['glibc'] : undefined);
    expect(manifest.scripts).toBeUndefined();
  }
  expect(addonManifest(platform)).toMatchObject({ name: `@nodetorch/${platform}`, version: own.version });
  expect(libtorchManifest(platform)).toMatchObject({
    name: `@nodetorch/libtorch-${platform}`,
    version: own.libtorch.version,
  });
});

test('nodetorch asks for all of them by their exact versions, and for little else', () => {
  const { optionalDependencies, dependencies, devDependencies, scripts } = mainManifest();
  expect(optionalDependencies).toEqual(
    Object.fromEntries(
      platforms.flatMap((platform) => [
        [`@nodetorch/${platform}`, own.version],
        [`@nodetorch/libtorch-${platform}`, own.libtorch.version],
      ]),
    ),
  );
  expect(Object.keys(dependencies as object)).toEqual(['cli-progress']);
  expect([devDependencies, scripts]).toEqual([undefined, undefined]);
});

test('those that take the place of tfjs-node ask for this nodetorch, and for sharp where it is wanted', () => {
  const { version, dependencies, peerDependenciesMeta } = tfjsNodeManifest();
  expect([version, dependencies.nodetorch]).toEqual([own.version, own.version]);
  expect(peerDependenciesMeta).toEqual({ sharp: { optional: true } });
  expect(Object.values(dependencies)).not.toContain(undefined);
  expect(tfjsNodeGpuManifest().dependencies).toEqual({ '@nodetorch/tfjs-node': own.version });
});

test('there are none for other platforms', () => {
  expect(() => addonManifest('sunos-x64')).toThrow('there are packages for linux-x64');
});

test.each(['2.10.9+cpu', '2.99.0'])(
  'an addon for libtorch %s, or that libtorch, is not packed',
  (version) => {
    const folder = path.join(scratch, version);
    fs.mkdirSync(folder);
    const addon = path.join(folder, 'nodetorch.node');
    const message = `for libtorch ${version} (/some/torch), and the packages are for ${own.libtorch.version}`;
    fs.writeFileSync(addon, `${MARK}${version}\0`);
    expect(() => layOutAddon(path.join(folder, 'out'), addon)).toThrow(message.replace('/some/torch', addon));
    fs.writeFileSync(addon, 'says nothing');
    expect(() => layOutAddon(path.join(folder, 'out'), addon)).toThrow('for libtorch of unknown version');
    expect(() =>
      layOutLibtorch(path.join(folder, 'out'), { path: '/some/torch', version, variant: 'cpu' }),
    ).toThrow(message);
    expect(fs.existsSync(path.join(folder, 'out'))).toBe(false);
  },
);

describe('the licences of libtorch', () => {
  // As fetch-libtorch.js unpacks a wheel.
  const libtorch = { path: path.join(scratch, 'wheel/torch'), version: `${own.libtorch.version}+cpu` };
  const licenses = path.join(scratch, `wheel/torch-${libtorch.version}.dist-info/licenses`);
  const names = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so', 'libgomp.so.1'];
  const inside = (folder: string) => (fs.readdirSync(folder, { recursive: true }) as string[]).sort();
  beforeAll(() => {
    fs.mkdirSync(path.join(licenses, 'third_party/fmt'), { recursive: true });
    fs.mkdirSync(libtorch.path);
    fs.writeFileSync(path.join(licenses, 'LICENSE'), 'of PyTorch');
    fs.writeFileSync(path.join(licenses, 'third_party/fmt/LICENSE'), 'of fmt');
  });

  test('go along: those of the wheel, and of what is ready-made', () => {
    const folder = path.join(scratch, 'licensed');
    licencesOf(libtorch, folder, names);
    expect(inside(path.join(folder, 'licenses'))).toEqual(
      [
        'GCC-exception-3.1.txt',
        'GPL-3.0.txt',
        ...(process.arch === 'x64' ? ['Intel-Simplified-Software-License.txt'] : []),
        'LICENSE',
        'third_party',
        'third_party/fmt',
        'third_party/fmt/LICENSE',
      ].map(path.normalize),
    );
    const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
    expect(readme).toContain('- PyTorch: BSD-3-Clause (licenses/LICENSE)');
    expect(readme).toContain('- libgomp, of GCC: GPL-3.0-or-later WITH GCC-exception-3.1 (');
    expect(readme).toContain('https://gcc.gnu.org');
  });

  test('are missing in an official archive, and nothing is packed without', () => {
    const archive = { path: path.join(scratch, 'archive/libtorch'), version: `${own.libtorch.version}+cpu` };
    fs.mkdirSync(archive.path, { recursive: true });
    expect(() => licencesOf(archive, scratch, names)).toThrow(/licences .* missing[^]*--fetch/);
  });

  test('of a library that nobody has looked at are not guessed', () => {
    expect(() => partsOf([...names, 'libopenblas.so.0'])).toThrow('under which licence libopenblas.so.0 is');
    expect(partsOf(['c10.dll', 'uv.dll', 'libiomp5md.dll']).map(({ what }) => what)).toEqual(
      expect.arrayContaining(['PyTorch', 'OpenMP, of Intel', 'libuv']),
    );
  });
});

function pack(out: string, ...args: string[]) {
  const all = ['scripts/pack-all.js', '--no-build', '--out', path.join(scratch, out), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each([
  [['--only', 'all'], "--only takes nodetorch, addon, libtorch, tfjs-node, tfjs-node-gpu, not 'all'"],
  [['--nope'], "Unknown option '--nope'"],
])('%j is refused', (args, message) => {
  expect(pack('refused', ...args)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
});

// `npm ci` makes dist/; a checkout in the middle of work may have none.
const built = fs.existsSync(path.join(root, 'dist/index.mjs')) ? test : test.skip;

built(
  'two runs give the same bytes, and what they hold is of no one machine',
  () => {
    for (const out of ['first', 'second']) {
      expect(pack(out, '--only', 'nodetorch,addon')).toMatchObject({ status: 0, stderr: '' });
    }
    const made = fs.readdirSync(path.join(scratch, 'first')).sort();
    const platform = `${process.platform}-${process.arch}`;
    const names = [`nodetorch-${own.version}`, `nodetorch-${platform}-${own.version}`];
    expect(made).toEqual(names.flatMap((name) => [`${name}.cdx.json`, `${name}.tgz`]).sort());
    for (const name of made) {
      const [first, second] = ['first', 'second'].map((out) =>
        fs.readFileSync(path.join(scratch, out, name)),
      );
      expect(first.equals(second)).toBe(true);
    }

    for (const name of made.filter((one) => one.endsWith('.tgz'))) {
      expect(spawnSync('tar', ['-xzf', path.join('first', name)], { cwd: scratch }).status).toBe(0);
      const made = path.join(scratch, 'package');
      const files = fs
        .readdirSync(made, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
      const telling = files.filter((file) => {
        const bytes = fs.readFileSync(file);
        return [root, os.homedir()].some((place) => bytes.includes(`${place}/`));
      });
      expect(telling).toEqual([]);
      const names = files.map((file) => path.relative(made, file));
      if (name.includes(platform)) {
        expect(names.sort()).toEqual(['LICENSE', 'README.md', 'nodetorch.node', 'package.json']);
      } else {
        expect(names).toEqual(
          expect.arrayContaining(['dist/index.js', 'native/src/addon.cc', 'CMakeLists.txt']),
        );
        expect(names.filter((file) => /\.node$|^scripts\/pack|^test\/|^build\//.test(file))).toEqual([]);
      }
      fs.rmSync(made, { recursive: true });
    }
  },
  300_000,
);
