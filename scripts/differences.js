'use strict';
// The list in docs/differences.md, made from the comments that say "Differs from PyTorch:". By hand:
// `node scripts/differences.js` prints it, `--write` puts it into the page. A test compares them.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const page = path.join(root, 'docs/differences.md');
const mark = 'Differs from PyTorch:';

// The comment's text from the mark to the end of its paragraph.
function paragraphs(text) {
  const found = [];
  const lines = text.split(/\r?\n/);
  lines.forEach((line, first) => {
    const at = line.indexOf(mark);
    if (at < 0) return;
    const words = [];
    for (let i = first; i < lines.length; i++) {
      const own =
        i === first ? line.slice(at + mark.length) : /^\s*(?:\/\/+|\*(?!\/))(.*)$/.exec(lines[i])?.[1];
      if (own === undefined || own.trim() === '' || own.trim().startsWith('@')) break;
      if (i > first && own.includes(mark)) break;
      words.push(own.replace(/\*\/.*$/, '').trim());
      if (own.includes('*/')) break;
    }
    const sentence = words.join(' ').trim();
    found.push(sentence[0].toUpperCase() + sentence.slice(1));
  });
  return found;
}

/** The list as Markdown, one item for each comment in lib/. */
function differences() {
  const files = fs
    .readdirSync(path.join(root, 'lib'), { recursive: true })
    .map((file) => file.replaceAll('\\', '/'));
  const items = files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => {
      const text = fs.readFileSync(path.join(root, 'lib', file), 'utf8');
      return paragraphs(text).map((sentence) => `- ${sentence} ([${file}](../lib/${file}))`);
    });
  return items.join('\n');
}

/** The page with its list replaced. */
function withDifferences(text) {
  return text.replace(
    /(<!-- differences -->\n)[^]*?(<!-- \/differences -->)/,
    (_, open, close) => `${open}${differences()}\n${close}`,
  );
}

module.exports = { page, withDifferences };

if (require.main === module) {
  if (process.argv.includes('--write'))
    fs.writeFileSync(page, withDifferences(fs.readFileSync(page, 'utf8')));
  else console.log(differences());
}
