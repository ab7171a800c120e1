// Loaders with worker threads, in programs of their own: several loops in each, since a worker takes half a second to begin.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { bundle, childEnvironment } from '../../native/support/child';

const source = 'test/utils/data/support/workers_child.ts';

// Workers load what lies at this place beside the bundle.
function prepare(): string {
  const file = bundle(source);
  const thread = path.join(path.dirname(file), '../utils/data/thread.cjs');
  fs.mkdirSync(path.dirname(thread), { recursive: true });
  fs.writeFileSync(thread, `require(${JSON.stringify(file)});\n`);
  return file;
}

let file: string;
beforeAll(() => (file = prepare()));

function run(job: string): { code: number | null; said: unknown; err: string } {
  const env = { ...childEnvironment, OMP_NUM_THREADS: '2', NODE_NO_WARNINGS: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, job], { encoding: 'utf8', env });
  const line = stdout.trimEnd().split('\n').at(-1)!;
  return { code: status, said: line === '' ? null : (JSON.parse(line) as unknown), err: stderr };
}

test("the order and the numbers that workers draw are Python's", () => {
  expect(run('parity')).toEqual({ code: 0, said: 10, err: '' });
}, 300_000);

test('a loader with workers goes on from a state with the very next batch', () => {
  expect(run('resume')).toEqual({ code: 0, said: 4, err: '' });
}, 300_000);

test('what goes wrong in a worker is an error of the loop, and leaves no thread behind', () => {
  const { code, said } = run('errors');
  const caught = (what: string) => `Caught ${what} in DataLoader worker thread 0.`;
  const died = (how: string) => `DataLoader worker 0 exited unexpectedly${how}`;
  const found = said as Record<
    string,
    { name: string; kind: string; message: string; where: string; cause: string }
  >;
  expect(Object.entries(found).map(([name, error]) => [name, error.message])).toEqual([
    ['type', caught('TypeError')],
    ['torch', caught('RuntimeError')],
    ['exit', died(' with exit code 7')],
    ['later', died(': thrown later')],
    ['memory', died(': Worker terminated due to reaching memory limit: JS heap out of memory')],
    ['slow', 'DataLoader timed out after 0.5 seconds'],
    ['collate', caught('RangeError')],
    ['init', caught('RangeError')],
    ['uncloneable', caught('DataCloneError')],
    ['noExport', caught('TypeError')],
    ['own', expect.stringMatching(/cannot make the Items, since .* write workerDataset\(new URL/)],
    ['closure', expect.stringMatching(/cannot have the collateFn, since .* workerFunction\(new URL/)],
    ['sync', expect.stringMatching(/write `for await \(const batch of loader\)`/)],
    ['threads', undefined],
  ]);
  expect(found.threads).toEqual([]);
  expect([found.type.name, found.type.cause, found.torch.kind]).toEqual([
    'TypeError',
    'wrong type of item',
    'RuntimeError',
  ]);
  expect(found.type.where).toMatch(/\nOriginal TypeError: wrong type of item\n {4}at .*\n {4}at Items\.get/);
  expect(found.noExport.cause).toMatch(/has no export named 'Hidden/);
  expect(code).toBe(0);
}, 300_000);

test('what workers give', () => {
  const { said, ...rest } = run('values');
  const row = (...values: number[]) => values;
  expect(said).toEqual({
    firsts: [0, 2, 4, 6, 8, 10].map((i) => row(i, i, i)),
    workers: [row(0, 0), row(1, 1), row(0, 0), row(1, 1), row(0, 0), row(1, 1)],
    inPlace: true,
    tensors: [
      [row(0, 1, 2, 3), [row(0, 1), row(2, 3), row(4, 5), row(6, 7)]],
      [row(4, 5), [row(8, 9), row(10, 11)]],
    ],
    parts: [
      [row(5, 0, 0), [row(10, 11), row(0, 1), row(0, 1)]],
      [row(1, 2, 3), [row(2, 3), row(4, 5), row(6, 7)]],
      [row(4, 5), [row(8, 9), row(10, 11)]],
    ],
    named: [
      { a: row(0, 1, 2), b: [row(0, 1, 2), [row(0, 1), row(2, 3), row(4, 5)]] },
      { a: row(3, 4, 5), b: [row(3, 4, 5), [row(6, 7), row(8, 9), row(10, 11)]] },
    ],
    threads: 2,
  });
  expect(rest).toEqual({ code: 0, err: '' });
  expect(run('numThreads').said).toEqual([2, 2, 2]);
  expect(run('outOfOrder').said).toEqual({
    seen: Array.from({ length: 20 }, (_, i) => i),
    errors: [
      expect.stringMatching(/^DataLoader\.stateDict\(\): with inOrder: false batches come as they are/),
    ],
    finished: true,
  });
}, 300_000);

test('batches that a loop has let go of are freed', () => {
  const { said, ...rest } = run('memory');
  expect(rest).toEqual({ code: 0, err: '' });
  expect(said).toBeLessThan(100);
}, 300_000);

test('leaving a loop, a signal and close() end the workers', () => {
  const error = { name: 'Error', message: 'enough', where: 'enough' };
  const alive = [0, 2, 4, 6, 8].map((i) => [i, i + 1]);
  const said = { batches: alive.slice(0, 2), after: [], reason: error, again: error, alive, end: [] };
  expect(run('leaving')).toEqual({ code: 0, said, err: '' });
}, 300_000);

test('the end of the program, and an error that nobody catches, end the workers', () => {
  expect(run('exit')).toEqual({ code: 0, said: 'at its end', err: '' });
  const { code, err } = run('uncaught');
  expect([code, /Error: nobody catches this/.test(err)]).toEqual([1, true]);
}, 300_000);
