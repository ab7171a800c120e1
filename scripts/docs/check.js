'use strict';
// Every link inside of the built site leads to a file and a heading that are there. `npm run docs` runs it last.

const fs = require('node:fs');
const path = require('node:path');
const { out } = require('../../typedoc.json');

const site = path.join(__dirname, '../..', out);
const pages = fs
  .readdirSync(site, { recursive: true })
  .filter((file) => file.endsWith('.html'))
  .map((file) => path.join(site, file));

const anchors = new Map();

/** The ids in a page or picture. */
function anchorsOf(file) {
  if (!anchors.has(file)) {
    const text = /\.(html|svg)$/.test(file) ? fs.readFileSync(file, 'utf8') : '';
    anchors.set(file, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)));
  }
  return anchors.get(file);
}

function isBroken(page, link) {
  const [file, anchor] = link.replaceAll('&amp;', '&').split('#').map(decodeURIComponent);
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!fs.existsSync(target)) return true;
  return Boolean(anchor) && !anchorsOf(target).has(anchor);
}

const broken = [];
let links = 0;
for (const page of pages) {
  const text = fs.readFileSync(page, 'utf8');
  const inside = new Set([...text.matchAll(/\s(?:href|src)="(?![a-z]+:)([^"]*)"/g)].map(([, link]) => link));
  links += inside.size;
  for (const link of inside) if (isBroken(page, link)) broken.push(`${path.relative(site, page)}: ${link}`);
}
if (broken.length > 0 || links === 0) {
  console.error(`${broken.length} of ${links} links lead nowhere:\n${broken.slice(0, 50).join('\n')}`);
  process.exitCode = 1;
} else console.log(`${pages.length} pages, ${links} links: ${out}/index.html`);
