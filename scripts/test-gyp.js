'use strict';
// Shows that the addon made by `npm run build:gyp` loads and works: `npm run test:gyp`, in CI, after
// `npm ci` has made dist/. Leaves nothing behind.

const path = require('node:path');

process.env.NODETORCH_ADDON = path.join(__dirname, '..', 'build-gyp', 'build', 'Release', 'nodetorch.node');
const { default: torch } = require('nodetorch');

const sum = torch.arange(5).sum().item();
if (sum !== 10) throw new Error(`the sum of 0..4 is 10, not ${sum}`);
console.log('the addon built by node-gyp loads, and adds up 0..4');
