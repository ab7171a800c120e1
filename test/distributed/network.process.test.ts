// Two machines, which are network namespaces: each has an interface, and the cable between them is cut. Only root may make
// such; the test is skipped elsewhere.
import { spawnSync } from 'node:child_process';
import { start } from './rank_process';

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;
const [first, second] = ['a', 'b'].map((name) => `nodetorch-${process.pid}-${name}`);
const isAllowed = ip('netns', 'add', first);
const forRoot = isAllowed ? test : test.skip;
const hosts = [
  [first, 'cable-a', '10.213.7.1'],
  [second, 'cable-b', '10.213.7.2'],
] as const;
afterAll(() => hosts.forEach(([name]) => ip('netns', 'del', name)));

beforeAll(() => {
  if (!isAllowed) return;
  ip('netns', 'add', second);
  ip('link', 'add', 'cable-a', 'netns', first, 'type', 'veth', 'peer', 'name', 'cable-b', 'netns', second);
  for (const [name, cable, address] of hosts) {
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', cable);
    // A machine reaches its own address by the loopback interface.
    for (const link of [cable, 'lo']) ip('-n', name, 'link', 'set', link, 'up');
  }
});

/** Starts a rank on each machine. */
const startBoth = (phase: string, env: (rank: number) => NodeJS.ProcessEnv) =>
  hosts.map(([name], rank) =>
    start(phase, { WORLD_SIZE: '2', MASTER_PORT: '29500', RANK: String(rank), ...env(rank) }, [
      'ip',
      'netns',
      'exec',
      name,
    ]),
  );

// As the operator of Kubernetes' PyTorchJob may set them: docs/distributed-machines.md.
forRoot('a master whose own address is localhost listens where it is told', async () => {
  const ranks = startBoth('meet', (rank) =>
    rank === 0
      ? { MASTER_ADDR: 'localhost', NODETORCH_STORE_LISTEN: hosts[0][2] }
      : { MASTER_ADDR: hosts[0][2] },
  );
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  ends.forEach(({ code, err, lines: [found] }, rank) => {
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(found.sum).toBe(3);
    expect(new Set(found.listening as string[])).toEqual(new Set([rank === 0 ? '0107D50A' : '0207D50A']));
  });
});

forRoot('a cut cable is an error of both ranks, as soon as the timeout is over', async () => {
  const ranks = startBoth('cut', () => ({ MASTER_ADDR: hosts[0][2], TIMEOUT: '2000' }));
  await Promise.all(ranks.map(({ ready }) => ready));
  ip('-n', first, 'link', 'set', 'cable-a', 'down');
  for (const { process: child } of ranks) child.stdin.write('cut\n');
  const ends = await Promise.all(ranks.map(({ ended }) => ended));
  ends.forEach(({ code, err, lines: [begun, found] }, rank) => {
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    // The store and gloo listen on the cable alone; the addresses are hexadecimal, their last byte first.
    expect(new Set(begun.listening as string[])).toEqual(new Set([rank === 0 ? '0107D50A' : '0207D50A']));
    expect(found).toMatchObject({
      isFree: true,
      message: expect.stringMatching(
        new RegExp(
          `^allReduce on rank ${rank} of 2: .*Timed out waiting 2000ms.*; rank ${1 - rank} \\(\\S+ 10\\.213\\.7\\.\\d:\\d+\\) does not answer$`,
        ),
      ) as string,
    });
  });
});
