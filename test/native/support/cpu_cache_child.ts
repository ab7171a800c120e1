// Run by cpu_cache.process.test.ts: the limit, and whether a freed block was used again.
import { memory } from '../../../lib/tensor/memory';
import { torch } from './torch';

torch.empty([1_000_000]).dispose();
torch.empty([1_000_000]).dispose();
const { limit, reused } = memory().cache;
console.log(limit, reused);
