'use strict';
// The list in docs/differences.md, made from the comments that say "Differs from PyTorch:". By hand:
// `node scripts/differences.js` prints it, `--write` puts it into the page. A test compares them, and looks whether the
// public name that each begins with exists.

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
      if (i > first && (own === undefined || /^\s*(@|$)/.test(own) || own.includes(mark))) break;
      words.push(own.replace(/\*\/.*$/, '').trim());
      if (own.includes('*/')) break;
    }
    found.push(words.join(' ').trim());
  });
  return found;
}

const sources = ['lib', 'native/src'];
const isSource = (file) => /\.(ts|js|cc|h)$/.test(file);

// Where the comments are, and what they say behind the mark.
function entries() {
  return sources.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter(isSource)
      .sort()
      .flatMap((file) =>
        paragraphs(fs.readFileSync(path.join(root, file), 'utf8')).map((sentence) => ({ file, sentence })),
      ),
  );
}

/** The public names that the differences begin with. */
function subjects() {
  return entries().map(({ file, sentence }) => {
    const name = /^`((?:torch|testing)(?:\.\w+)+)`/.exec(sentence)?.[1];
    if (name === undefined) {
      throw new Error(`${file}: "${mark} ${sentence}" must begin with a public name, such as \`torch.save\``);
    }
    return name;
  });
}

/** The list as Markdown, one item for each comment. */
function differences() {
  subjects(); // each has one
  return entries()
    .map(({ file, sentence }) => `- ${sentence} ([${file.replace(/^lib\//, '')}](../${file}))`)
    .join('\n');
}

/** The page with its list replaced. */
function withDifferences(text) {
  return text.replace(
    /(<!-- differences -->\n)[^]*?(<!-- \/differences -->)/,
    (_, open, close) => `${open}${differences()}\n${close}`,
  );
}

module.exports = { page, subjects, withDifferences };

if (require.main === module) {
  if (process.argv.includes('--write'))
    fs.writeFileSync(page, withDifferences(fs.readFileSync(page, 'utf8')));
  else console.log(differences());
}
