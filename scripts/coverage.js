'use strict';
// How much of PyTorch's public API is here: `npm run coverage:api` writes docs/coverage.md. Python's names are
// in test/fixtures/api.json, which api.py makes; ours are looked up in lib/, and coverage_reasons.js says which are left
// out, and why. A test proves the page fresh.

const fs = require('node:fs');
const path = require('node:path');
const reasons = require('./coverage_reasons');
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

// Members of classes that a plain object of them has, and their prototype does not.
const instances = {
  'torch.Tensor': (torch) => torch.zeros([1]),
  'torch.Stream': (torch) => new torch.Stream('cpu'),
};

function resolve(torch, namespace) {
  const names = namespace.split('.').slice(1).map(camelCase);
  return names.reduce((value, name) => value?.[name], torch);
}

function has(torch, namespace, name) {
  const space = resolve(torch, namespace);
  if (space === undefined || space === null) return false;
  const names = [spelled[`${namespace}.${name}`], camelCase(name), name].filter(Boolean);
  const owner = instances[namespace]?.(torch) ?? space.prototype ?? space;
  return names.some((one) => one in Object(owner) || one in Object(space));
}

/** Of a name the reason why it is left out, if it is. */
function reasonOf(namespace, name) {
  const full = `${namespace}.${name}`;
  return reasons.find(({ names }) => names.some((one) => covers(one, full)))?.reason;
}
const covers = (pattern, full) =>
  pattern.endsWith('.*') ? full.startsWith(pattern.slice(0, -1)) : full === pattern;

/** For each namespace its public names, those that are left out, by reason, and those that are just not here. */
function coverage(torch, api) {
  return Object.entries(api.namespaces).map(([namespace, names]) => {
    const absent = names.filter((name) => !has(torch, namespace, name));
    const leftOut = absent.filter((name) => reasonOf(namespace, name) !== undefined);
    const missing = absent.filter((name) => !leftOut.includes(name));
    return { namespace, total: names.length, leftOut, missing };
  });
}

/** What in the table of reasons is not missing, or no public name at all. */
function staleReasons(torch, api) {
  const absent = coverage(torch, api).flatMap(({ namespace, leftOut }) =>
    leftOut.map((name) => `${namespace}.${name}`),
  );
  return reasons.flatMap(({ names }) => names).filter((one) => !absent.some((full) => covers(one, full)));
}

const here = ({ total, leftOut, missing }) => total - leftOut.length - missing.length;
const percent = (space) => {
  const share = (here(space) / (space.total - space.leftOut.length)) * 100;
  return `${space.missing.length === 0 ? 100 : Math.min(99.9, share).toFixed(1)} %`;
};

/** The page, as Markdown. */
function coveragePage(torch, api) {
  const spaces = coverage(torch, api);
  const rows = spaces
    .filter((space) => here(space) > 0)
    .map((space) => {
      const counts = [space.total, here(space), space.leftOut.length, space.missing.length];
      return `| \`${space.namespace}\` | ${counts.join(' | ')} | ${percent(space)} |`;
    });
  const lists = spaces
    .filter((space) => space.missing.length > 0 && here(space) > 0)
    .map(
      ({ namespace, missing }) => `## \`${namespace}\`: ${missing.length} missing\n\n${wrapped(missing)}\n`,
    );
  const absent = spaces.filter((space) => space.missing.length > 0 && here(space) === 0);
  return (
    `${intro(api)}
| Namespace | Public in Python | Here | Left out | Missing | |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}

## Left out

${reasons.map((one) => leftOutFor(one, spaces)).join('\n')}
${lists.join('\n')}
## Namespaces of which nothing is here

${absent.map(absentNamespace).join('\n')}

## Modules that were not looked at

They want packages, or a platform, that the Python which made the list does not have:

${wrapped(api.notImportable)}
`.trimEnd() + '\n'
  );
}

// Of a namespace that is left out as a whole, the number of names, those below it included.
function leftOutFor({ reason, names }, spaces) {
  const all = spaces.flatMap(({ namespace, leftOut }) => leftOut.map((name) => `${namespace}.${name}`));
  const parts = names.map((one) => {
    if (!one.endsWith('.*')) return `\`${one}\``;
    return `all ${all.filter((full) => covers(one, full)).length} of \`${one.slice(0, -2)}\``;
  });
  const words = parts.map((part, i) => `${part}${i < parts.length - 1 ? ',' : ''}`);
  return wrap([...`- ${reason}:`.split(' '), ...words], '  ');
}

const absentNamespace = ({ namespace, missing }) =>
  wrap([`- **\`${namespace}\`**:`, ...listed(missing)], '  ');

const listed = (names) => names.map((name, i) => `\`${name}\`${i < names.length - 1 ? ',' : ''}`);

const wrapped = (names) => wrap(listed(names));

function wrap(words, indent = '') {
  const lines = [''];
  for (const word of words) {
    if (lines.at(-1).length + word.length > 99) lines.push(indent);
    const line = lines.pop();
    lines.push(line.trim() === '' ? `${line}${word}` : `${line} ${word}`);
  }
  return lines.join('\n');
}

const intro = (api) => `# Coverage of PyTorch's API

Made by \`npm run coverage:api\` from the public names of Python's torch ${api.torch}: of every module of the
package that has no underscore in its path (test/fixtures/api.py says which names are public). A name is here when the same
namespace has it by the rule for names: drop an underscore, raise the next letter. What is left out
stands below with the reason; percentages are of the rest. This page is about
names; what is here and differs from Python is in [Differences from PyTorch](differences.md).
`;

module.exports = { coverage, coveragePage, page, staleReasons };

if (require.main === module) {
  require('tsx/cjs');
  const torch = require('../lib/index.ts').default;
  const api = JSON.parse(fs.readFileSync(path.join(root, 'test', 'fixtures', 'api.json'), 'utf8'));
  fs.writeFileSync(page, coveragePage(torch, api));
  for (const space of coverage(torch, api)) {
    if (here(space) > 0) console.log(`${space.namespace}: ${percent(space)}`);
  }
  for (const name of staleReasons(torch, api)) console.error(`stale in coverage_reasons.js: ${name}`);
}
