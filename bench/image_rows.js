'use strict';
// An epoch of images on disk, besides what program_rows.js has; image_rows.py has the same with Pillow.

const path = require('node:path');
const torch = require('..');
const { rows, setThreads } = require('./program_rows');
const { ImageFolder } = require('./image_folder');

const folder = path.join(process.env.NODETORCH_BENCH_PROGRAMS ?? '.', 'images');

rows['epoch of an image folder/2,000 JPEGs, two workers'] = () => {
  const { DataLoader, workerDataset } = torch.utils.data;
  const dataset = workerDataset(require.resolve('./image_folder'), ImageFolder, folder);
  const loader = new DataLoader(dataset, { batchSize: 32, shuffle: true, numWorkers: 2 });
  return async () => {
    for await (const batch of loader) void batch;
  };
};

module.exports = { rows, setThreads };
