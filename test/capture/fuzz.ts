// Runs random programs with and without capture: `npm run fuzz:capture -- [--seed N] [--programs 2000]`. Ends with 1, and
// prints the program's seed, where a bit differs.
import { parseArgs } from 'node:util';
import { comparePrograms } from './compare';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, programs: { type: 'string', default: '2000' } },
});
const { replayed, refused } = comparePrograms(Number(values.seed), Number(values.programs));
console.log(`${replayed} programs replayed with equal bits, ${refused} refused`);
