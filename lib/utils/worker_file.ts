import path from 'node:path';

/**
 * The program of a data loader's worker threads. This file lies one folder below the root, as the bundle of all modules does:
 * the path holds for both.
 */
export const workerFile = path.join(__dirname, `../utils/data/thread${path.extname(__filename)}`);
