'use strict';
// A copy of this checkout whose package.json pins another version of libtorch, so that fixtures made by that version's
// Python, and the typings of its operators, change nothing here. The tests run in the copy.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { folderOf } = require('./wheels');

const root = path.join(__dirname, '../..');

function run(command, args, options) {
  const { status, error, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 2],
    ...options,
  });
  if (error) throw error;
  return { status, stdout };
}

/** Makes the copy, with `addon` as its own build: its folder. */
function makeTree(version, addon) {
  const tree = path.join(folderOf(version), 'tree');
  fs.rmSync(tree, { recursive: true, force: true });
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const name of listed.stdout.split('\0').filter(Boolean)) {
    const source = path.join(root, name);
    if (!fs.existsSync(source)) continue; // deleted, and not yet committed
    fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    fs.copyFileSync(source, path.join(tree, name));
  }
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  manifest.libtorch.version = version;
  fs.writeFileSync(path.join(tree, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  const release = path.join(tree, 'build', 'Release');
  fs.mkdirSync(release, { recursive: true });
  for (const name of ['nodetorch.node', 'libtorch.json'])
    fs.copyFileSync(path.join(path.dirname(addon), name), path.join(release, name));
  run(process.execPath, ['scripts/build-ts.js'], { cwd: tree }); // some tests load dist/
  return tree;
}

/** Whether the addon loads in the copy: null, or the message. */
function loads(tree) {
  const script =
    "const torch = require('./lib/index.ts').default; console.log(torch.ones([2]).sum().item());";
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', '-e', script], {
    cwd: tree,
    encoding: 'utf8',
  });
  return status === 0 && stdout.trim() === '2' ? null : stderr.trim();
}

/** Makes the fixtures anew with `python`, and the typings: the names of what could not be made. */
function makeFixtures(tree, python) {
  const env = { ...process.env, NODETORCH_PARITY_PYTHON: python, NODETORCH_PARTIAL_FIXTURES: '1' };
  const steps = { fixtures: ['test/fixtures/make.js', '--every'], typings: ['scripts/generate-typings.js'] };
  return Object.entries(steps)
    .filter(([, args]) => run(process.execPath, args, { cwd: tree, env }).status !== 0)
    .map(([name]) => name);
}

/** Runs tests in the copy: `{ passed, failed, skipped, failures }`, where failures are `file: name`. */
function test(tree, files, python) {
  const results = path.join(tree, '..', 'tests.json');
  fs.rmSync(results, { force: true });
  const jest = path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js');
  // The names of files must come before the projects, or Jest takes them for names of those.
  const projects = ['--selectProjects', 'cpu', 'processes'];
  const args = [jest, ...files, '--ci', '--json', '--outputFile', results, ...projects];
  const env = { ...process.env, NODETORCH_PARITY_PYTHON: python };
  run(process.execPath, args, { cwd: tree, env, stdio: ['ignore', 'ignore', 2] });
  const all = JSON.parse(fs.readFileSync(results, 'utf8'));
  const failures = all.testResults.flatMap(({ name, message, assertionResults }) => {
    const file = path.relative(fs.realpathSync(tree), name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0 && message) return [`${file}: it does not run`];
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
  return {
    passed: all.numPassedTests,
    failed: failures.length,
    skipped: all.numPendingTests,
    failures,
  };
}

module.exports = { loads, makeFixtures, makeTree, test };
