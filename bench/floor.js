'use strict';
// The side in C++: builds floor.cc against the libtorch that the addon uses, where there is a compiler.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { findLibtorch } = require('../scripts/fetch-libtorch');

const source = path.join(__dirname, 'floor.cc');
const program = path.join(__dirname, '..', 'build', 'bench-floor');

function isFresh() {
  return fs.existsSync(program) && fs.statSync(program).mtimeMs > fs.statSync(source).mtimeMs;
}

/** The program, built if it must be; null where that does not work. */
async function build() {
  if (isFresh()) return program;
  if (process.platform !== 'linux') return null;
  const { path: root } = await findLibtorch({ quiet: true });
  const [include, lib] = [path.join(root, 'include'), path.join(root, 'lib')];
  const api = path.join(include, 'torch', 'csrc', 'api', 'include');
  const options = [
    '-std=c++20',
    '-O2',
    '-w',
    `-I${include}`,
    `-I${api}`,
    `-I${path.join(__dirname, '../native/src/compat')}`,
  ];
  const libraries = [`-L${lib}`, `-Wl,-rpath,${lib}`, '-ltorch', '-ltorch_cpu', '-lc10'];
  const { status } = spawnSync('c++', [...options, source, '-o', program, ...libraries], { stdio: 'ignore' });
  return status === 0 ? program : null;
}

/** `ask(name, seconds)` gives microseconds, or undefined for a row that it does not have. */
async function start(env) {
  const built = await build();
  if (!built) return null;
  const child = spawn(built, [], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(name, seconds) {
      child.stdin.write(`${name}\t${seconds}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the program in C++ has ended');
      return value ? Number(value) : undefined;
    },
    end: () => child.stdin.end(),
  };
}

module.exports = { start };
