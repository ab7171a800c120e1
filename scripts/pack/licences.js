'use strict';
// The licences that must go with libtorch's libraries: PyTorch's own, those of the sources that it contains, which its
// wheels bring, and in scripts/pack/licenses those of what its builds take ready-made and its wheels do not mention.
// scripts/pack/licenses/README.md says why each is there.

const fs = require('node:fs');
const path = require('node:path');
const pinned = require('../libtorch/pinned');

/** What the libraries of a libtorch are: whose, under which licences (by SPDX), and the files that have their texts. */
const parts = [
  {
    what: 'PyTorch',
    licence: 'BSD-3-Clause',
    files: ['LICENSE'],
    libraries: /^(lib)?(torch|torch_cpu|torch_global_deps|c10)\.(so|dylib|dll)$/,
  },
  {
    what: 'libgomp, of GCC',
    licence: 'GPL-3.0-or-later WITH GCC-exception-3.1',
    files: ['GPL-3.0.txt', 'GCC-exception-3.1.txt'],
    libraries: /^libgomp(-\w+)?\.so/,
    note: 'unchanged but for its symbol table; its sources are those of GCC: https://gcc.gnu.org',
  },
  {
    what: 'libomp, of LLVM',
    licence: 'Apache-2.0 WITH LLVM-exception',
    files: ['third_party/llvm-openmp/LICENSE.txt'],
    libraries: /^libomp\.dylib$/,
  },
  {
    what: 'OpenMP, of Intel',
    licence: 'LicenseRef-Intel-Simplified',
    files: ['Intel-Simplified-Software-License.txt'],
    libraries: /^libiomp(stubs)?5md\.dll$/,
  },
  {
    what: 'FBGEMM',
    licence: 'BSD-3-Clause',
    files: ['third_party/fbgemm/LICENSE'],
    libraries: /^(fbgemm|asmjit)\.dll$/,
  },
  {
    what: 'libuv',
    licence: 'MIT',
    files: ['third_party/tensorpipe/third_party/libuv/LICENSE'],
    libraries: /^uv\.dll$/,
  },
];

/** Inside libtorch_cpu, where PyTorch's builds for x64 link it. */
const oneMkl = {
  what: 'oneMKL, of Intel, inside libtorch_cpu',
  licence: 'LicenseRef-Intel-Simplified',
  files: ['Intel-Simplified-Software-License.txt'],
};

/** What is among the libraries called `names`. Throws for one of which it is not known under what licence it is. */
function partsOf(names) {
  for (const name of names) {
    if (parts.some(({ libraries }) => libraries.test(name))) continue;
    throw new Error(
      `under which licence ${name} is, is not known: find out, and add it to scripts/pack/licences.js`,
    );
  }
  const found = parts.filter(({ libraries }) => names.some((name) => libraries.test(name)));
  return pinned.platform.endsWith('-x64') ? [...found, oneMkl] : found;
}

/** The folder with the licences that came with a libtorch from a wheel, `licenses` of its .dist-info. */
function folderOf(libtorch) {
  const place = path.dirname(libtorch.path);
  const [version] = libtorch.version.split('+');
  const folder = fs
    .readdirSync(place)
    .filter((name) => name.startsWith(`torch-${version}`))
    .map((name) => path.join(place, name, 'licenses'))
    .find((one) => fs.existsSync(path.join(one, 'third_party')));
  if (folder) return folder;
  throw new Error(`the licences of what libtorch contains are missing, without which it may not be published:
${place} has no folder licenses/ beside it, as a wheel of torch ${version} has in its .dist-info. Fetch libtorch from
a wheel: node scripts/fetch-libtorch.js --fetch`);
}

/** Writes the licences and a README.md that lists them into `folder`, which has the libraries called `names`. */
function licencesOf(libtorch, folder, names) {
  const target = path.join(folder, 'licenses');
  const all = partsOf(names);
  fs.cpSync(folderOf(libtorch), target, { recursive: true });
  const lines = all.map(({ what, licence, files, note }) => {
    for (const file of files) {
      const own = path.join(__dirname, 'licenses', file);
      if (fs.existsSync(own)) fs.copyFileSync(own, path.join(target, file));
      else if (!fs.existsSync(path.join(target, file))) throw new Error(`the wheel has no ${file}`);
    }
    const texts = files.map((file) => `licenses/${file}`).join(', ');
    return `- ${what}: ${licence} (${texts})${note ? `; ${note}` : ''}`;
  });
  const text = `# @nodetorch/libtorch-${pinned.platform}

The libraries of [libtorch](https://pytorch.org) ${libtorch.version}, without their symbol tables, for
[nodetorch](https://www.npmjs.com/package/nodetorch), which installs them. Licences:

${lines.join('\n')}
- the sources of others that it contains: licenses/third_party
`;
  fs.writeFileSync(path.join(folder, 'README.md'), text);
}

module.exports = { licencesOf, partsOf, folderOf };
