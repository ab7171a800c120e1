'use strict';
// How much of PyTorch's public API is here: `npm run coverage:api` writes docs/coverage.md. Python's names are
// in test/fixtures/api.json, which api.py makes; ours are looked up in lib/. A test proves the page fresh.

const fs = require('node:fs');
const path = require('node:path');
const { camelCase } = require('./typings/names');

const root = path.join(__dirname, '..');
const page = path.join(root, 'docs', 'coverage.md');

// Names that the one rule does not give, and what is here instead.
const spelled = {
  'torch.dtype': 'DType',
  'torch.layout': 'Layout',
  'torch.memory_format': 'MemoryFormat',
  'torch.Tensor.numpy': 'toTypedArray',
};

function resolve(torch, namespace) {
  const names = namespace.split('.').slice(1).map(camelCase);
  return names.reduce((value, name) => value?.[name], torch);
}

function has(torch, namespace, name) {
  const space = resolve(torch, namespace);
  if (space === undefined) return false;
  const names = [spelled[`${namespace}.${name}`], camelCase(name), name].filter(Boolean);
  const owner = namespace === 'torch.Tensor' ? torch.zeros([1]) : space;
  return names.some((one) => one in Object(owner) || one in space);
}

/** For each namespace its public names, and those that are not here. */
function coverage(torch, api) {
  return Object.entries(api.namespaces).map(([namespace, names]) => {
    const missing = names.filter((name) => !has(torch, namespace, name));
    return { namespace, total: names.length, missing };
  });
}

const percent = ({ total, missing }) => {
  const share = ((total - missing.length) / total) * 100;
  return `${missing.length === 0 ? 100 : Math.min(99.9, share).toFixed(1)} %`;
};

/** The page, as Markdown. */
function coveragePage(torch, api) {
  const spaces = coverage(torch, api);
  const rows = spaces.map(
    (space) =>
      `| \`${space.namespace}\` | ${space.total} | ${space.total - space.missing.length} | ${percent(space)} |`,
  );
  const lists = spaces
    .filter(({ missing }) => missing.length > 0)
    .map(
      ({ namespace, missing }) => `## \`${namespace}\`: ${missing.length} missing\n\n${wrapped(missing)}\n`,
    );
  return (
    `${intro(api)}
| Namespace | Public in Python | Here | |
|---|---:|---:|---:|
${rows.join('\n')}

${lists.join('\n')}`.trimEnd() + '\n'
  );
}

function wrapped(names) {
  const lines = [''];
  for (const [i, name] of names.entries()) {
    const word = `\`${name}\`${i < names.length - 1 ? ',' : ''}`;
    if (lines.at(-1).length + word.length > 99) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trimStart());
  }
  return lines.join('\n');
}

const intro = (api) => `# Coverage of PyTorch's API

Made by \`npm run coverage:api\` from the public names of Python's torch ${api.torch}
(test/fixtures/api.py says which those are). A name is here when the same
namespace has it by the rule for names: drop an underscore, raise the next letter. This page is about
names; what is here and differs from Python is in [Differences from PyTorch](differences.md).
`;

module.exports = { coverage, coveragePage, page };

if (require.main === module) {
  require('tsx/cjs');
  const torch = require('../lib/index.ts').default;
  const api = JSON.parse(fs.readFileSync(path.join(root, 'test', 'fixtures', 'api.json'), 'utf8'));
  fs.writeFileSync(page, coveragePage(torch, api));
  for (const space of coverage(torch, api)) console.log(`${space.namespace}: ${percent(space)}`);
}
