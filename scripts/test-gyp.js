'use strict';
// Shows that the addon made by `npm run build:gyp` loads and works as the other does:
// `npm run test:gyp`, in CI. Leaves nothing behind.

const path = require('node:path');

process.env.NODETORCH_ADDON = path.join(__dirname, '..', 'build-gyp', 'build', 'Release', 'nodetorch.node');
const { torch } = loadTorch();
const sum = torch.arange(5).sum().item();
if (sum !== 10) throw new Error(`the sum of 0..4 is 10, not ${sum}`);
console.log('the addon built by node-gyp loads, and adds up 0..4');

function loadTorch() {
  const module = require('..');
  return { torch: module.default ?? module };
}
