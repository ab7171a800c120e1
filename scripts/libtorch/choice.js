'use strict';
// The variant of libtorch that the user has chosen by `npx nodetorch install`, a word in a file of the user's cache:
// scripts/install.js writes it down, and a program takes that libtorch before the one of the package. Uses only Node.

const fs = require('node:fs');
const path = require('node:path');
const pinned = require('./pinned');

const file = () => path.join(pinned.cacheRoot(), `chosen-${pinned.version}`);

/** null where nothing was chosen, or something that this version does not know. */
function chosenVariant() {
  try {
    const variant = fs.readFileSync(file(), 'utf8').trim();
    return pinned.variants.includes(variant) ? variant : null;
  } catch {
    return null;
  }
}

function choose(variant) {
  fs.mkdirSync(pinned.cacheRoot(), { recursive: true });
  const temporary = `${file()}.${process.pid}`;
  fs.writeFileSync(temporary, `${variant}\n`);
  fs.renameSync(temporary, file());
}

const forgetChoice = () => fs.rmSync(file(), { force: true });

module.exports = { chosenVariant, choose, forgetChoice };
