// All of the library with its worker threads, as one file for the programs of train.process.test.ts.
import '../../../lib/utils/data/thread';
export * from '../../../lib';
export { default } from '../../../lib';
