'use strict';

// Builds the pretend device, `test/accelerator/library`, into build/accelerator, once for each state of its sources and
// each libtorch, and says where it is: NODETORCH_PRETEND. Run by jest before the tests of this folder.
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const sources = path.join(__dirname, 'library');

function compile(args) {
  return new Promise((resolve, reject) => {
    const compiler = spawn(process.env.CXX ?? 'c++', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    compiler.on('error', reject);
    compiler.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the compiler failed: ${args.join(' ')}`)),
    );
  });
}

async function build() {
  const note = JSON.parse(fs.readFileSync(path.join(root, 'build/Release/libtorch.json'), 'utf8'));
  const files = fs.readdirSync(sources).sort();
  const hash = crypto.createHash('sha256').update(note.path);
  for (const file of files) hash.update(file).update(fs.readFileSync(path.join(sources, file)));
  const folder = path.join(root, 'build/accelerator');
  const library = path.join(folder, `pretend-${hash.digest('hex').slice(0, 16)}.so`);
  if (fs.existsSync(library)) return library;

  fs.mkdirSync(folder, { recursive: true });
  const own = fs.mkdtempSync(path.join(folder, 'objects-'));
  const includes = ['include', 'include/torch/csrc/api/include'].map(
    (one) => `-I${path.join(note.path, one)}`,
  );
  const waiting = files.filter((file) => file.endsWith('.cc'));
  const objects = waiting.map((file) => path.join(own, `${file}.o`));
  const next = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const object = path.join(own, `${file}.o`);
      const flags = ['-std=c++20', '-O1', '-fPIC', '-w', '-fvisibility=hidden'];
      await compile([...flags, ...includes, '-c', path.join(sources, file), '-o', object]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, os.availableParallelism()) }, next));
  const libraries = [`-L${path.join(note.path, 'lib')}`, '-ltorch_cpu', '-lc10', '-lpthread'];
  const made = path.join(own, 'library.so');
  await compile(['-shared', ...objects, '-o', made, ...libraries]);
  fs.renameSync(made, library); // another run may have made it meanwhile
  fs.rmSync(own, { recursive: true });
  return library;
}

module.exports = async () => {
  process.env.NODETORCH_PRETEND = await build();
};
module.exports.build = build;
if (require.main === module) build().then(console.log);
