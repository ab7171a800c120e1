// A loader with two worker threads, in one file of CommonJS: the sums of its batches.
const torch = require('nodetorch');
const { DataLoader, Dataset, workerDataset } = require('nodetorch/data');
class Squares extends Dataset {
  constructor(length) {
    super();
    this.length = length;
  }
  get(i) {
    return torch.tensor(i * i);
  }
}
exports.Squares = Squares;
if (require.main === module)
  (async () => {
    const dataset = workerDataset(__filename, Squares, 10);
    const loader = new DataLoader(dataset, { batchSize: 4, numWorkers: 2 });
    const sums = [];
    for await (const batch of loader) sums.push(batch.sum().item());
    console.log(...sums);
  })();
