// What each rank shows when another is lost: an error that names operation, rank and what happened, soon, and an end by
// itself. Ranks are processes.
import { createServer } from 'node:net';
import { start } from './rank_process';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Runs two ranks, ends the lost one by `signal` when both are there, and says how the other has ended. */
async function lose(phase: string, lost: number, signal: NodeJS.Signals | null, env: NodeJS.ProcessEnv = {}) {
  const port = await freePort();
  const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port), LOST: String(lost) };
  const ranks = [0, 1].map((rank) => start(phase, { ...place, RANK: String(rank), ...env }));
  await Promise.all(ranks.map(({ ready }) => ready));
  if (signal) ranks[lost].process.kill(signal);
  const other = await ranks[1 - lost].ended;
  ranks[lost].process.kill('SIGKILL');
  await ranks[lost].ended;
  return other;
}

const gone = /Connection (reset|closed) by peer|Broken pipe|closed/i;

const left = (lost: number) =>
  new RegExp(`; rank ${lost} \\(\\S+ 127\\.0\\.0\\.1:\\d+\\) has ended or left the group$`);

// Each starts two processes. Some of them in every run of the tests, all of them with NODETORCH_FAULTS=all.
const chosen = process.env.NODETORCH_FAULTS === 'all' ? test : test.skip;

// Rank 0 has the store as well.
describe.each([1, 0])('kill -9 of rank %i', (lost) => {
  const here = `on rank ${1 - lost} of 2: `;
  const table: [phase: string, named: string][] = [
    ['collective', `allReduce ${here}`],
    ['backward', `backward of DistributedDataParallel ${here}`],
  ];
  test.each(table)('in %s', check);
  chosen.each([
    ['blocking', `allReduce ${here}`],
    ['transfer', `recv from rank ${lost} ${here}`],
    ['construction', `DistributedDataParallel ${here}`],
  ])('in %s', check);

  async function check(phase: string, named: string): Promise<void> {
    const { code, signal, lines } = await lose(phase, lost, 'SIGKILL');
    const [, found, after] = lines as { message: string; isFree: boolean }[];
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(found.message).toContain(named);
    expect(found.message).toMatch(gone);
    expect(found.message).toMatch(left(lost));
    if (after) expect(after.message).toContain(named);
  }
});

test('a rank that never comes', async () => {
  const { code, lines } = await lose('start', 1, null, { TIMEOUT: '400' });
  expect(code).toBe(0);
  expect(lines[1]).toMatchObject({
    isFree: true,
    message: expect.stringMatching(/^initProcessGroup on rank 0 of 2: rank 1 has not come: /) as string,
  });
});

test('a master that never comes', async () => {
  const { code, lines } = await lose('start', 0, null, { TIMEOUT: '400' });
  expect(code).toBe(0);
  expect(lines[1]).toMatchObject({
    kind: 'DistNetworkError',
    isFree: true,
    message: expect.stringMatching(
      /^initProcessGroup on rank 1 of 2: No store has answered at 127.0.0.1:\d+ for 400 ms: is rank 0 running/,
    ) as string,
  });
});

test('a rank that does not take part', async () => {
  const { code, lines } = await lose('timeout', 1, null, { TIMEOUT: '500' });
  expect(code).toBe(0);
  expect(lines[1]).toMatchObject({
    isFree: true,
    message: expect.stringMatching(
      /^allReduce on rank 0 of 2: .*Timed out.*; rank 1 is there, and is late or has called something else$/,
    ) as string,
  });
});

test('monitoredBarrier names it', async () => {
  const { code, lines } = await lose('monitoredBarrier', 1, null);
  expect(code).toBe(0);
  expect(lines[1].message).toMatch(/^monitoredBarrier on rank 0 of 2: .*Ranks 1 failed to pass/s);
});

// Without it gloo ends the process that gets too much.
test('TORCH_DISTRIBUTED_DEBUG=DETAIL names sizes that differ', async () => {
  const port = await freePort();
  const env = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
  const ranks = [0, 1].map((rank) =>
    start('mismatch', { ...env, TORCH_DISTRIBUTED_DEBUG: 'DETAIL', RANK: String(rank) }),
  );
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  ends.forEach(({ code, lines }, rank) => {
    expect(code).toBe(0);
    expect(lines[1].message).toMatch(
      new RegExp(
        `^allReduce on rank ${rank} of 2: .*CollectiveFingerPrint.*TensorShape=\\[${4 + rank}\\]`,
        's',
      ),
    );
  });
});

test('process.exit() in the middle of everything', async () => {
  const { code, signal, err } = await lose('exit', 1, null);
  expect({ code, signal }).toEqual({ code: 7, signal: null });
  expect(err).toContain('destroyProcessGroup() was not called');
});

test('SIGTERM ends a rank', async () => {
  const port = await freePort();
  const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
  const ranks = [0, 1].map((rank) => start('term', { ...place, RANK: String(rank) }));
  await Promise.all(ranks.map(({ ready }) => ready));
  ranks.forEach((one) => one.process.kill('SIGTERM'));
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  expect(ends.map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGTERM']);
});

test('ranks that are threads of one process train, and end in the middle', async () => {
  const child = start('workers', {});
  const { code, signal, lines, err } = await child.ended;
  expect({ code, signal, err }).toMatchObject({ code: 0, signal: null });
  const mean = (value: number) => [
    [value, value, value],
    [value, value, value],
  ];
  expect(lines[0].trained).toEqual([1, 2, 3].map(() => [mean(2), mean(4)]));
  expect(lines[0].again).toEqual([1, 2].map(() => [mean(1.5), mean(3)]));
});
