'use strict';
// What `require('nodetorch')` costs: `node bench/import.js [RUNS]`, of dist/ as it is. Each figure is the median over
// processes. Libtorch is loaded by hand before the addon, so that both can be timed; the rooms of lib/ are timed by a
// bundle that has a clock around each module, without those that it loads in turn.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const Module = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');

const root = path.join(__dirname, '..');
const bundle = path.join(root, 'dist/bundle/nodetorch.js');
const RTLD_NODELETE = 0x1000;

/** The system's load of libtorch, as lib/native/preload.ts does it. */
function loadLibtorch() {
  const { path: libtorch } = JSON.parse(
    fs.readFileSync(path.join(root, 'build/Release/libtorch.json'), 'utf8'),
  );
  const flags = os.constants.dlopen.RTLD_NOW | RTLD_NODELETE;
  try {
    process.dlopen({ exports: {} }, path.join(libtorch, 'lib/libtorch.so'), flags);
  } catch {
    // It is no addon, and stays loaded.
  }
}

/** Milliseconds by what they went into. */
class Clock {
  spent = {};
  #open = [];

  begin(name) {
    this.#open.push({ name, start: performance.now(), inside: 0 });
  }

  end() {
    const { name, start, inside } = this.#open.pop();
    const took = performance.now() - start;
    this.spent[name] = (this.spent[name] ?? 0) + took - inside;
    if (this.#open.length > 0) this.#open.at(-1).inside += took;
  }

  time(name, run) {
    this.begin(name);
    try {
      return run();
    } finally {
      this.end();
    }
  }
}

const children = {
  /** Nothing but Node. */
  node: () => ({}),
  whole(clock) {
    clock.time('libtorch', loadLibtorch);
    const { dlopen } = process;
    process.dlopen = (...args) => clock.time('addon', () => dlopen.apply(process, args));
    clock.time('own', () => require(path.join(root, 'dist/index.js')));
  },
  rooms(clock) {
    loadLibtorch();
    globalThis.clock = clock;
    const call = 'modules[name](module, module.exports);';
    const timed = `clock.begin(name.includes('/') ? name.split('/')[0] : 'index, torch'); ${call} clock.end();`;
    const text = fs.readFileSync(bundle, 'utf8').replace(call, timed);
    const module = new Module(bundle);
    module.filename = bundle;
    clock.time('compiling', () => module._compile(text, bundle));
    module.exports('index.js');
  },
};

function run(child) {
  const start = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, [__filename, '--child', child], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return { process: performance.now() - start, ...JSON.parse(stdout) };
}

function medians(child, runs) {
  const all = Array.from({ length: runs }, () => run(child));
  const median = (name) => all.map((each) => each[name]).sort((a, b) => a - b)[runs >> 1];
  return Object.keys(all[0]).map((name) => [name, median(name)]);
}

function main(runs) {
  for (const child of Object.keys(children)) {
    const rows = medians(child, runs).sort(([, a], [, b]) => b - a);
    console.log(`${child}: ${rows.map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ')}`);
  }
}

if (process.argv[2] === '--child') {
  const clock = new Clock();
  children[process.argv[3]](clock);
  console.log(JSON.stringify(clock.spent));
} else {
  main(Number(process.argv[2] ?? 9));
}
