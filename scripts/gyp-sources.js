'use strict';
// What binding.gyp compiles: libtorch's headers cost most of the time, so the files of a folder are compiled together, as
// in CMakeLists.txt. Writes a file that includes them for each few, into build/unity, and prints the names of those.

const fs = require('node:fs');
const path = require('node:path');

const together = 7;
const native = path.join(__dirname, '..', 'native', 'src');
const out = path.join('build', 'unity'); // of the folder that binding.gyp is in

const folders = new Map();
for (const name of fs.readdirSync(native, { recursive: true }).sort()) {
  if (!name.endsWith('.cc')) continue;
  const folder = path.dirname(name);
  folders.set(folder, [...(folders.get(folder) ?? []), path.join(native, name)]);
}
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });
for (const [folder, files] of folders)
  for (let i = 0; i < files.length; i += together) {
    const name = `${folder === '.' ? 'root' : folder.replaceAll(path.sep, '_')}_${i / together}.cc`;
    const lines = files
      .slice(i, i + together)
      .map((file) => `#include ${JSON.stringify(file.replaceAll('\\', '/'))}\n`);
    fs.writeFileSync(path.join(out, name), lines.join(''));
    console.log(`build/unity/${name}`);
  }
