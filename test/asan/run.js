'use strict';
// Tests of the addon under AddressSanitizer: `npm run test:asan [-- FILE...]`, on Linux with GCC or Clang. With
// `-- --valgrind`: the calls of test/native/guards.test.ts under valgrind, which sees libtorch's kernels, too.
//
// Builds the addon into build/asan, which takes some minutes the first time, and runs the files below, or those
// given, with the runtime preloaded into Node. Our C++ is instrumented, libtorch's kernels are not: there only what they
// do through malloc and memcpy is seen. Ends with 1 where a test fails or a process reported something; the reports are
// printed, those of children, too.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { buildWithAsan } = require('./build');

const root = path.join(__dirname, '../..');
const reports = path.join(root, 'build/asan/report');

// The calls that the fuzzer found, and what holds and frees memory: handles, hooks, programs, transforms, threads. Not what
// measures memory: the runtime keeps what is freed.
const FILES = [
  ...['guards', 'operators', 'small_tensors', 'program'].map((name) => `test/native/${name}.test.ts`),
  ...['bad_calls', 'program_async', 'threads'].map((name) => `test/native/${name}.process.test.ts`),
  ...['held', 'hooks', 'function'].map((name) => `test/autograd/${name}.test.ts`),
  'test/func/func.test.ts',
  'test/sparse_tensors.test.ts',
];

// With little address space (`ulimit -v`) the runtime does not start: it reserves terabytes. And its frames are larger than
// those that the tests of deep stacks count on.
const LEFT_OUT = 'where memory is short|whose run waits for a collection|hundreds deep';

const OPTIONS = [
  'detect_leaks=0', // V8 and libtorch keep what they have until the process ends
  `log_path=${reports}`,
  'print_suppressions=0',
];

function runtime() {
  const compiler = process.env.CXX ?? 'c++';
  for (const name of ['libasan.so', 'libclang_rt.asan-x86_64.so', 'libclang_rt.asan-aarch64.so']) {
    const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' });
    if (stdout && path.isAbsolute(stdout.trim())) return fs.realpathSync(stdout.trim());
  }
  throw new Error(`${compiler} has no runtime of AddressSanitizer`);
}

/** What processes reported; removes it. */
function takeReports() {
  const folder = path.dirname(reports);
  const files = fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => name.startsWith('report.'))
    : [];
  return files.map((name) => {
    const file = path.join(folder, name);
    const text = fs.readFileSync(file, 'utf8');
    fs.rmSync(file);
    return text;
  });
}

async function main(files) {
  const addon = await buildWithAsan();
  takeReports();
  const env = {
    ...process.env,
    LD_PRELOAD: runtime(),
    ASAN_OPTIONS: OPTIONS.join(':'),
    NODETORCH_ADDON: addon,
  };
  const jest = require.resolve('jest/bin/jest');
  const args = [
    jest,
    '--runInBand',
    '--selectProjects',
    'cpu',
    'processes',
    '--testTimeout',
    '600000',
    '--testNamePattern',
    `^(?!.*(${LEFT_OUT}))`,
    '--runTestsByPath',
  ];
  const { status } = spawnSync(process.execPath, [...args, ...files], { cwd: root, env, stdio: 'inherit' });
  const found = takeReports();
  for (const text of found) console.error(text);
  console.log(`AddressSanitizer: ${found.length} reports; the tests ended with ${status}`);
  return status === 0 && found.length === 0 ? 0 : 1;
}

// The ordinary addon. Node interprets alone: valgrind would follow code that changes at run time for hours.
function runValgrind() {
  const bundled = path.join(root, 'node_modules/.cache/nodetorch/test.asan.rows.cjs');
  require('esbuild').buildSync({
    entryPoints: [path.join(__dirname, 'rows.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile: bundled,
  });
  const addon = path.join(root, 'build/Release/nodetorch.node');
  const env = { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', NODETORCH_ADDON: addon };
  const args = ['--error-exitcode=1', '--error-limit=no', '--num-callers=30', '--smc-check=all-non-file'];
  const ours = `--suppressions=${path.join(__dirname, 'valgrind.supp')}`;
  const node = [process.execPath, '--jitless', '--single-threaded', bundled];
  const { status, error } = spawnSync('valgrind', [...args, ours, ...node], { env, stdio: 'inherit' });
  if (error) throw error;
  return status;
}

const given = process.argv.slice(2);
const run = async () => (given[0] === '--valgrind' ? runValgrind() : main(given.length > 0 ? given : FILES));
run().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
