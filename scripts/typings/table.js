'use strict';
// The texts of scripts/typings/docs: what an operator does, in our own words, with an example that runs
// (test/docs/examples.test.ts). A heading has the operator's name and then its other names.

const fs = require('node:fs');
const path = require('node:path');
const { camelCase } = require('./names');

const folder = path.join(__dirname, 'docs');

// `linalg.svd` of a heading is `linalg_svd` to libtorch.
const operatorName = (heading) => heading.replace('.', '_');

function parse(file) {
  const sections = fs.readFileSync(path.join(folder, file), 'utf8').split(/^## /m).slice(1);
  return sections.map((section) => {
    const [, heading, text, example] = /^(.*)\n\n([^]*?)\n*(?:```ts\n([^]*?)\n```\n*)?$/.exec(section);
    const [name, ...others] = heading.split(', ');
    return { file, name, others, text, summary: text.split('\n\n', 1)[0].replaceAll('\n', ' '), example };
  });
}

/** All entries, in the order of the files. */
function entries() {
  return fs.readdirSync(folder).sort().flatMap(parse);
}

/** The entries by libtorch's name of the operator. Another name of an operator says which one it is. */
function written() {
  const byName = new Map();
  for (const entry of entries()) {
    const summary = `The same as \`torch.${camelCase(entry.name)}\`. ${entry.summary}`;
    byName.set(operatorName(entry.name), entry);
    for (const other of entry.others) byName.set(operatorName(other), { text: summary, summary });
  }
  return byName;
}

module.exports = { entries, operatorName, written };
