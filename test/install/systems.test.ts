// Other systems than this machine's: older and newer C libraries, musl, and the image of docs/deploy.md.
import fs from 'node:fs';
import path from 'node:path';
import { run as runDockerfile } from './dockerfile';
import { addonsFolder, expectInstalled, expectTrained } from './expect';
import { forget, installByNpm, project, scratch, tool } from './machine';
import { openRegistry, type Registry } from './registry';
import { copyInto, inside, rootOf } from './root';

let registry: Registry;
let made: string;
beforeAll(async () => {
  registry = await openRegistry();
  made = project('systems');
  forget();
  expectInstalled(installByNpm(registry, 'npm11', ['install', 'nodetorch'], made));
});
afterAll(() => {
  registry.close();
  fs.rmSync(made, { recursive: true });
});

const glibc = 'console.log(process.report.getReport().header.glibcVersionRuntime)';

test.each([
  ['debian11', '2.31'],
  ['debian13', '2.41'],
])('it trains on the C library of %s', (name, version) => {
  const root = rootOf(name);
  if (!root) return;
  copyInto(root, made, 'app');
  expect(inside(root, ['/usr/bin/node', '-e', glibc])).toMatchObject({ code: 0, text: version });
  expectTrained(inside(root, ['/usr/bin/node', '/app/train.mjs']), `/app/${addonsFolder}`);
  fs.rmSync(path.join(root, 'app'), { recursive: true });
});

describe('on musl', () => {
  const node = ['/usr/bin/node'];
  const message = /The C library of this system is musl[^]*node:22-slim in place of node:22-alpine/;
  const rootOfMusl = () => {
    const root = rootOf('musl', null);
    if (root) expect(inside(root, [...node, '-e', glibc])).toMatchObject({ code: 0, text: 'undefined' });
    return root;
  };

  test('npm leaves the packages for glibc out, and the program says why it does not run', () => {
    const root = rootOfMusl();
    if (!root) return;
    copyInto(root, path.join(tool('npm11')!, 'npm'), 'npm');
    copyInto(root, project('musl'), 'app');
    const args = ['install', 'nodetorch', '--prefix', '/app', '--ignore-scripts', '--no-audit', '--no-fund'];
    const env = { npm_config_registry: registry.url, npm_config_update_notifier: 'false', HOME: '/tmp' };
    expect(inside(root, [...node, '/npm/bin/npm-cli.js', ...args], env).code).toBe(0);
    expect(fs.readdirSync(path.join(root, 'app/node_modules'))).toContain('nodetorch');
    expect(fs.existsSync(path.join(root, 'app', addonsFolder))).toBe(false);
    const { code, text } = inside(root, [...node, '/app/train.mjs']);
    expect({ code, text }).toEqual({ code: 1, text: expect.stringMatching(message) });
    for (const name of ['app', 'npm']) fs.rmSync(path.join(root, name), { recursive: true });
  });

  test('so does one whose node_modules came from a system with glibc', () => {
    const root = rootOfMusl();
    if (!root) return;
    copyInto(root, made, 'app');
    const { code, text } = inside(root, [...node, '/app/train.mjs']);
    expect({ code, text }).toEqual({ code: 1, text: expect.stringMatching(message) });
    fs.rmSync(path.join(root, 'app'), { recursive: true });
  });
});

test('the Dockerfile of docs/deploy.md, step by step in a root like its image', () => {
  const root = rootOf('debian12');
  if (!root) return;
  const context = path.join(scratch, 'context');
  fs.rmSync(context, { recursive: true, force: true });
  fs.mkdirSync(context);
  for (const name of ['package.json', 'package-lock.json'])
    fs.copyFileSync(path.join(made, name), path.join(context, name));
  fs.copyFileSync(path.join(made, 'train.mjs'), path.join(context, 'server.js'));
  const manifest = JSON.parse(fs.readFileSync(path.join(context, 'package.json'), 'utf8')) as object;
  fs.writeFileSync(path.join(context, 'package.json'), JSON.stringify({ ...manifest, type: 'module' }));
  const outcome = runDockerfile(context, root, registry);
  expectTrained(outcome, `/app/${addonsFolder}`);
});
