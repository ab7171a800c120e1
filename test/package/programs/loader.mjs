// A loader with two worker threads: the sums of its batches.
/* global console, URL */
import { DataLoader, workerDataset } from 'nodetorch/data';
import { Squares } from './squares.mjs';
const dataset = workerDataset(new URL('./squares.mjs', import.meta.url), Squares, 10);
const loader = new DataLoader(dataset, { batchSize: 4, numWorkers: 2 });
const sums = [];
for await (const batch of loader) sums.push(batch.sum().item());
console.log(...sums);
