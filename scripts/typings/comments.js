'use strict';
// The doc comment of an operator: what it does, its schemas, the default values as JavaScript spells them, and an
// example. It stands before the first overload alone: editors show it with the others too.

const { sentences } = require('./sentences');
const { written } = require('./table');

// An argument that may be left out is null or false then, as everybody expects.
const expected = new Set([undefined, 'null', 'false']);

function defaultsText(signatures) {
  const parameters = signatures.flatMap(({ positional, keywords }) => [...positional, ...keywords]);
  const texts = parameters
    .filter(({ shown }) => !expected.has(shown))
    .map(({ name, shown }) => `${name} = ${shown}`);
  if (texts.length === 0) return '';
  return `${signatures.length > 1 ? '\n\n' : ' '}Defaults: ${[...new Set(texts)].join(', ')}.`;
}

function schemasText(signatures) {
  const texts = signatures.map(({ schemas }) => `\`${schemas[0].replace('aten::', '')}\``);
  return texts.length === 1 ? `${texts[0]}.` : texts.map((text) => `- ${text}`).join('\n');
}

function comment(text, example) {
  const lines = text.split('\n');
  if (lines.length === 1 && example === undefined) return [`/** ${text} */`];
  if (example !== undefined) lines.push('', '@example', ...example.split('\n'));
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}

/** A function of an operator and some of its signatures that gives the lines of its doc comment. */
function comments(all) {
  const byHand = written();
  const sentenceOf = sentences(all, byHand);
  return ({ name }, signatures) => {
    const entry = byHand.get(name);
    const schemas = schemasText(signatures) + defaultsText(signatures);
    if (entry) return comment(`${entry.text}\n\n${schemas}`, entry.example);
    return comment(`${sentenceOf(name)}${signatures.length > 1 ? '\n\n' : ' '}${schemas}`);
  };
}

module.exports = { comments };
