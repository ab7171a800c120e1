// What each rank shows when another is lost: an error that names operation, rank, what happened and the peer, soon, and an
// end by itself. Ranks are processes, which cost the most here: so each tries several things.
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

type Found = Record<string, { what?: string; message: string; kind?: string; isFree?: boolean }>;

/** What a rank has said of each thing that it tried. */
const by = (lines: readonly Record<string, unknown>[]): Found =>
  Object.fromEntries(lines.slice(1).map((line) => [line.what, line])) as Found;

// Rank 0 has the store as well.
describe.each([1, 0])('kill -9 of rank %i', (lost) => {
  const here = `on rank ${1 - lost} of 2: `;

  function check({ message }: { message: string }, named: string): void {
    expect(message).toContain(named);
    expect(message).toMatch(gone);
    expect(message).toMatch(left(lost));
  }

  // Each in a group of its own, and all at the same time.
  test('in a collective, a backward pass and a transfer', async () => {
    const { code, signal, lines } = await lose('kill', lost, 'SIGKILL');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    const found = by(lines);
    check(found.collective, `allReduce ${here}`);
    check(found.backward, `backward of DistributedDataParallel ${here}`);
    check(found.transfer, `recv from rank ${lost} ${here}`);
    expect(found.afterwards.message).toContain(`allReduce ${here}`);
  });

  // With what blocks the thread: two processes for each, so only with NODETORCH_FAULTS=all.
  const chosen = process.env.NODETORCH_FAULTS === 'all' ? test : test.skip;
  chosen.each([
    ['blocking', `allReduce ${here}`],
    ['blockingBackward', `backward of DistributedDataParallel ${here}`],
    ['forward', `broadcast of parameters and buffers ${here}`],
    ['construction', `DistributedDataParallel ${here}`],
  ])('in %s', async (phase, named) => {
    const { code, signal, lines } = await lose(phase, lost, 'SIGKILL');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    check(by(lines)[phase], named);
  });
});

test('a rank, and a master, that never come', async () => {
  const env = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort()), RANK: '0' };
  const { code, lines } = await start('alone', {
    ...env,
    OTHER_PORT: String(await freePort()),
    TIMEOUT: '400',
  }).ended;
  expect(code).toBe(0);
  const { master, member } = by([{}, ...lines]);
  expect(master).toMatchObject({
    isFree: true,
    message: expect.stringMatching(/^initProcessGroup on rank 0 of 2: rank 1 has not come: /) as string,
  });
  expect(member).toMatchObject({
    kind: 'DistNetworkError',
    isFree: true,
    message: expect.stringMatching(
      /^initProcessGroup on rank 1 of 2: No store has answered at 127.0.0.1:\d+ for 400 ms: is rank 0 running/,
    ) as string,
  });
});

test('a rank that does not take part, which monitoredBarrier names', async () => {
  const { code, lines } = await lose('timeout', 1, null, { TIMEOUT: '500' });
  expect(code).toBe(0);
  const { collective, barrier } = by(lines);
  expect(collective).toMatchObject({
    isFree: true,
    message: expect.stringMatching(
      /^allReduce on rank 0 of 2: .*Timed out.*; rank 1 is there, and is late or has called something else$/,
    ) as string,
  });
  expect(barrier.message).toMatch(/^monitoredBarrier on rank 0 of 2: .*Ranks 1 failed to pass/s);
});

test('each of three ranks is told what the others are at', async () => {
  const place = { WORLD_SIZE: '3', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort()) };
  const ranks = [0, 1, 2].map((rank) => start('three', { ...place, RANK: String(rank), LOST: '1' }));
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  for (const rank of [0, 2]) {
    const { nothing, 'another collective': another } = by([{}, ...ends[rank].lines]);
    const waits = `^allReduce on rank ${rank} of 3: .*; rank ${2 - rank} is in allReduce, too; rank 1 is `;
    expect(nothing.message).toMatch(new RegExp(`${waits}there, and is late or has called something else$`));
    expect(another.message).toMatch(new RegExp(`${waits}in broadcast from rank 0$`));
  }
  const [{ message }] = ends[1].lines;
  expect(message).toMatch(/^broadcast from rank 0 on rank 1 of 3: .*; ranks 0 and 2 are in allReduce$/);
});

test('process.exit() and SIGTERM in the middle of everything', async () => {
  const port = await freePort();
  const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) };
  const [exits, ends] = [0, 1].map((rank) => start('exit', { ...place, RANK: String(rank) }));
  const { code, signal, err } = await exits.ended;
  expect({ code, signal }).toEqual({ code: 7, signal: null });
  expect(err).toContain('destroyProcessGroup() was not called');
  ends.process.kill('SIGTERM');
  expect((await ends.ended).signal).toBe('SIGTERM');
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
