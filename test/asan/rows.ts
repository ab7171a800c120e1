// The rows of test/native/guards.test.ts without Jest, for valgrind: run.js bundles it.
type Row = [name: string, call: () => unknown, ...rest: unknown[]];
const counts = { refused: 0, computed: 0 };

/** Makes each call, and prints its name before, so that what valgrind says stands below it. */
function each(rows: Row[]): () => void {
  return () => {
    for (const [name, call] of rows) {
      console.log(name);
      try {
        call();
        counts.computed++;
      } catch {
        counts.refused++;
      }
    }
  };
}
Object.assign(globalThis, { test: { each } });

// eslint-disable-next-line @typescript-eslint/no-require-imports
require('../native/guards.test');
console.log(JSON.stringify(counts));
