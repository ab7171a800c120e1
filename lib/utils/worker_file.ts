import path from 'node:path';

/**
 * The program of a data loader's worker threads. This file lies one folder below the root, as the bundle of all modules does:
 * the path holds for both. A program that was bundled has no such file, and asks for it only when it has workers.
 */
export const workerFile = (): string =>
  path.join(__dirname, `../utils/data/thread${path.extname(__filename)}`);
