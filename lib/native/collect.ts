/** Garbage collection on demand, without a command-line flag. */
import v8 from 'node:v8';
import vm from 'node:vm';

type Collector = (options?: { type: 'minor' }) => void;
let collector: Collector | undefined;

/** Bun, whose engine is not V8, collects by a function of its own. */
const bun = (globalThis as { Bun?: { gc(now: boolean): void } }).Bun;

// V8 of Node 20 gives half of its new space back to the system after each collection, and takes it again at the
// next, while a program makes less than 1 MB of young objects in a second, as one of large tensors does. So 8 kB
// are made for nothing between two collections.
const givesBack = process.versions.node.startsWith('20.');
const young: { waste?: unknown[] } = {};

/**
 * Collects garbage: young objects alone, which takes well under a millisecond, or all. The addon
 * asks for it when native memory was made; V8 itself sees only the small objects that own it.
 */
export function collect(all: boolean): void {
  if (bun) return bun.gc(true);
  if (!collector) {
    v8.setFlagsFromString('--expose-gc');
    collector = vm.runInNewContext('gc') as Collector;
  }
  // V8 of Node 20 knows no `type: 'major'` and takes any other object for a wish for a minor one.
  if (all) return collector();
  young.waste = undefined;
  collector({ type: 'minor' });
  if (givesBack) young.waste = new Array<unknown>(1024); // dead by the next one
}
