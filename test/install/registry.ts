// A registry on the loopback interface, with our packages and those that they depend on.
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { addonManifest, libtorchManifest } from '../../scripts/pack/manifests';
import { npm, run, scratch, tool } from './machine';

const root = path.join(__dirname, '../..');
const tarballs = path.join(scratch, 'tarballs');
const others = ['linux-arm64', 'darwin-arm64', 'win32-x64'];

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600 && server.exitCode === null; tries++) {
    const ready = await fetch(`${url}/-/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the registry does not start');
}

export interface Registry {
  url: string;
  close(): void;
}

const home = path.join(scratch, 'registry');

/** Starts the registry, with no other registry behind it. */
async function start(): Promise<Registry> {
  fs.mkdirSync(home, { recursive: true });
  const config = path.join(home, 'config.yaml');
  fs.writeFileSync(
    config,
    `storage: ${home}/storage
uplinks: {}
packages:
  '**': { access: $all, publish: $all, unpublish: $all }
max_body_size: 1gb
log: { type: stdout, level: fatal }
web: { enable: false }
`,
  );
  const port = await freePort();
  const script = path.join(tool('verdaccio')!, 'verdaccio/bin/verdaccio');
  const server = spawn(process.execPath, [script, '-c', config, '-l', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'ignore'],
    cwd: home,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, server);
  return { url, close: () => server.kill() };
}

/** Publishes a tarball or the package in a folder. */
function publish({ url }: Registry, what: string, ...more: string[]): void {
  const token = `--${url.slice('http:'.length)}/:_authToken=none`;
  const args = [
    'publish',
    what,
    '--ignore-scripts',
    '--access',
    'public',
    '--registry',
    `${url}/`,
    token,
    ...more,
  ];
  const { code, text } = run([...npm('npm11'), ...args], scratch);
  if (code !== 0) throw new Error(`${what}: ${text}`);
}

/** The folders of a package's dependencies in the checkout, and of theirs. */
function dependenciesOf(folder: string, found = new Set<string>()): Set<string> {
  const { dependencies = {} } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const at = path.dirname(require.resolve(`${name}/package.json`, { paths: [folder] }));
    if (found.has(at)) continue;
    found.add(at);
    dependenciesOf(at, found);
  }
  return found;
}

/** Makes a folder with nothing but a package.json. */
function manifestAlone(manifest: { name: string; version: string }): string {
  const folder = path.join(scratch, 'manifests', `${manifest.name}-${manifest.version}`.replaceAll('/', '-'));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/** Publishes the packages under another version, as `next`. */
export function publishVersion(registry: Registry, version: string): void {
  for (const name of fs.readdirSync(tarballs).filter((one) => /^(?!.*libtorch).*\.tgz$/.test(one))) {
    const folder = path.join(scratch, 'other', name);
    fs.mkdirSync(folder, { recursive: true });
    const { code, text } = run(['/bin/tar', '-xzf', path.join(tarballs, name)], folder, {
      PATH: '/usr/bin:/bin',
    });
    if (code !== 0) throw new Error(text);
    const file = path.join(folder, 'package/package.json');
    const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
    const optional = manifest.optionalDependencies as Record<string, string> | undefined;
    for (const other of Object.keys(optional ?? {})) {
      if (optional![other] === manifest.version) optional![other] = version;
    }
    fs.writeFileSync(file, JSON.stringify({ ...manifest, version }));
    publish(registry, path.join(folder, 'package'), '--tag', 'next');
  }
}

/**
 * Publishes the packages as a release does, and what of them is there already not again: the last, for one, is what a
 * release that broke has left to do. Returns what it says.
 */
export function release({ url }: Registry): string {
  const folder = path.join(scratch, 'release');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(tarballs, folder, { recursive: true });
  for (const platform of others) {
    for (const manifest of [addonManifest(platform), libtorchManifest(platform)]) {
      const { code, text } = run(
        [...npm('npm11'), 'pack', manifestAlone(manifest), '--pack-destination', folder],
        scratch,
      );
      if (code !== 0) throw new Error(text);
    }
  }
  const rc = path.join(scratch, 'npmrc');
  fs.writeFileSync(rc, `${url.slice('http:'.length)}/:_authToken=none\n`);
  const command = [process.execPath, path.join(root, 'scripts/publish.js'), '--from', folder];
  const { code, text } = run([...command, '--registry', `${url}/`], scratch, {
    npm_config_userconfig: rc,
    npm_execpath: npm('npm11')[1],
    PATH: '/usr/bin:/bin',
  });
  if (code !== 0) throw new Error(text);
  return text;
}

/**
 * The registry with all of it, which the first test file fills. The packages of other platforms are empty: nobody here is
 * to install them.
 */
export async function openRegistry(): Promise<Registry> {
  const filled = path.join(home, 'filled');
  const registry = await start();
  if (fs.existsSync(filled)) return registry;
  for (const folder of dependenciesOf(root)) publish(registry, folder);
  release(registry);
  fs.writeFileSync(filled, '');
  return registry;
}
