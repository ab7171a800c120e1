'use strict';
// The licences that must go with libtorch's libraries: PyTorch's own, those of the sources that it contains, which its
// wheels bring, and in scripts/pack/licenses those of what its builds take ready-made and its wheels do not mention.

const fs = require('node:fs');
const path = require('node:path');
const pinned = require('../libtorch/pinned');

/** Folders that may have what the wheel of this version brings, `licenses` of its .dist-info. */
function* candidates(libtorch) {
  const python = path.join(pinned.cacheRoot(), `parity-${pinned.version}`, 'lib'); // of `npm run test:parity`
  const places = [path.dirname(libtorch.path)];
  if (fs.existsSync(python)) {
    places.push(...fs.readdirSync(python).map((name) => path.join(python, name, 'site-packages')));
  }
  for (const place of places.filter((one) => fs.existsSync(one))) {
    const names = fs.readdirSync(place).filter((name) => name.startsWith(`torch-${pinned.version}`));
    yield* names.map((name) => path.join(place, name, 'licenses'));
  }
}

const extra =
  {
    linux: {
      'libgomp.so.1, of GCC': ['GPL-3.0.txt', 'GCC-exception-3.1.txt'],
      'Intel oneMKL, inside libtorch_cpu on x64': ['Intel-Simplified-Software-License.txt'],
    },
    win32: { 'Intel oneMKL and OpenMP': ['Intel-Simplified-Software-License.txt'] },
  }[process.platform] ?? {};

/** Writes the licences and a README.md that lists them into `folder`. Throws where those of the wheel are missing. */
function licencesOf(libtorch, folder) {
  const source = [...candidates(libtorch)].find((one) => fs.existsSync(path.join(one, 'third_party')));
  if (!source) {
    throw new Error(`the licences of what libtorch contains are missing, without which it may not be published:
the folder licenses/ that a wheel of torch ${pinned.version} has in its .dist-info. Either fetch libtorch from a
wheel (node scripts/fetch-libtorch.js --fetch), or run npm run test:parity, which installs one.`);
  }
  const target = path.join(folder, 'licenses');
  fs.cpSync(source, target, { recursive: true });
  const lines = Object.entries(extra).map(([what, files]) => {
    for (const file of files)
      fs.copyFileSync(path.join(__dirname, 'licenses', file), path.join(target, file));
    return `- ${what}: ${files.map((file) => `licenses/${file}`).join(', ')}`;
  });
  const text = `# @nodetorch/libtorch-${pinned.platform}

The libraries of [libtorch](https://pytorch.org) ${libtorch.version}, without their symbol tables, for
[nodetorch](https://www.npmjs.com/package/nodetorch), which installs them. Licences:

- PyTorch: licenses/LICENSE
- what it contains: licenses/third_party
${lines.join('\n')}
`;
  fs.writeFileSync(path.join(folder, 'README.md'), text);
}

module.exports = { licencesOf };
