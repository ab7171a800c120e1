'use strict';
// Opens the weights that packages of PyPI bring along, and compares with Python what is in them: names, dtypes, shapes
// and the sums of the bytes; silero-vad's program is called, too. `npm run test:model-files -- [PACKAGE ...]`: all of them
// are 140 MB to fetch once, by the sums in packages.json; CI takes two small ones. Leaves the wheels in the user's cache,
// in models/.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const pinned = require('../../scripts/libtorch/pinned');
const { unzip } = require('../../scripts/libtorch/unzip');
const { Unavailable, findPython } = require('../parity/python');
const packages = require('./packages.json');

const cache = path.join(pinned.cacheRoot(), 'models');
const root = path.join(__dirname, '..', '..');

/** The package's wheel, fetched where it is not there. */
function wheelOf(python, name) {
  const { version, wheel, sha256 } = packages[name];
  const file = path.join(cache, wheel);
  if (fs.existsSync(file)) return file;
  fs.mkdirSync(cache, { recursive: true });
  const list = path.join(cache, `${name}.txt`);
  fs.writeFileSync(list, `${name}==${version} --hash=sha256:${sha256}\n`);
  // Nothing of it is run, so that any Python's wheel will do.
  const platform = ['--python-version', '3.11', '--platform', 'manylinux2014_x86_64', '--platform', 'any'];
  const { status } = spawnSync(
    python,
    [
      ...['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'],
      ...['--no-cache-dir', '--dest', cache, '-r', list, ...platform],
    ],
    { stdio: ['ignore', 2, 2] },
  );
  fs.rmSync(list);
  if (status !== 0 || !fs.existsSync(file)) throw new Unavailable(`pip cannot fetch ${wheel}`);
  return file;
}

function linesOf(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 2],
  });
  if (status !== 0) throw new Error(`${path.basename(args.find((arg) => /\.(py|ts)$/.test(arg)))} failed`);
  return stdout.trimEnd().split(/\r?\n/);
}

/** Whether both say the same of the package's files. */
async function compare(python, name) {
  const { files } = packages[name];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-models-'));
  try {
    await unzip(wheelOf(python, name), folder, { wanted: (each) => files.includes(each) });
    let equal = true;
    for (const file of files) {
      const target = path.join(folder, file);
      const left = linesOf(python, ['-B', path.join(__dirname, 'describe.py'), target]);
      const right = linesOf(process.execPath, [
        require.resolve('tsx/cli'),
        path.join(__dirname, 'describe.ts'),
        target,
      ]);
      const different = left.map((line, i) => [line, right[i]]).filter(([a, b]) => a !== b);
      const same = different.length === 0 && left.length === right.length;
      const [how] = left;
      console.log(
        `models: ${name}: ${file}: ${same ? 'equal' : 'DIFFERENT'} (${how}, ${left.length - 1} tensors)`,
      );
      if (!same) console.log(`  ${left.length} and ${right.length} lines`);
      for (const [a, b] of different.slice(0, 5)) console.log(`  Python  ${a}\n  here    ${b}`);
      equal &&= same;
    }
    return equal;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function main(names) {
  const python = findPython();
  let equal = true;
  for (const name of names.length > 0 ? names : Object.keys(packages)) {
    if (!Object.hasOwn(packages, name)) throw new Error(`packages.json has no ${name}`);
    equal = (await compare(python, name)) && equal;
  }
  if (!equal) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  if (error instanceof Unavailable) return console.log(`models: skipped: ${error.message}`);
  console.error(`models: ${error.message}`);
  process.exitCode = 1;
});
