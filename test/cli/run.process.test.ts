// npx nodetorch run.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const commandLine = path.join(__dirname, 'support/command_line.js');
const rank = path.join(__dirname, 'support/rank.js');

interface Result {
  code: number | null;
  out: string[];
  err: string[];
}

/** Runs it; `told` may signal it once it has written. */
function run(argv: string[], told?: (out: string, kill: (signal: NodeJS.Signals) => void) => void) {
  const { OMP_NUM_THREADS: _, ...env } = process.env;
  const child = spawn(process.execPath, [commandLine, 'run', ...argv], { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
    told?.(out, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const lines = (text: string) => text.split('\n').filter((line) => line !== '').sort(); // prettier-ignore
  return new Promise<Result>((resolve) =>
    child.on('close', (code) => resolve({ code, out: lines(out), err: lines(err) })),
  );
}

const threads =
  'nodetorch run: OMP_NUM_THREADS is 1 for each rank, so that they do not take the cores from each other; ' +
  'set it to change that';

describe('npx nodetorch run', () => {
  it('gives each rank what torchrun gives it', async () => {
    const { code, out, err } = await run(['--nproc', '2', '--max-restarts', '4', rank, 'environment']);
    expect([code, err]).toEqual([0, [threads]]);
    const found = out.map((line) => JSON.parse(line.replace(/^\[rank\d\]: /, '')) as Record<string, string>);
    expect(found.map(({ MASTER_PORT: port }) => Number(port) > 1023)).toEqual([true, true]);
    expect(found[1].MASTER_PORT).toBe(found[0].MASTER_PORT);
    expect(found.map(({ MASTER_PORT: _, ...rest }) => rest)).toEqual(
      ['0', '1'].map((number) => ({
        GROUP_RANK: '0',
        GROUP_WORLD_SIZE: '1',
        LOCAL_RANK: number,
        LOCAL_WORLD_SIZE: '2',
        MASTER_ADDR: '127.0.0.1',
        OMP_NUM_THREADS: '1',
        RANK: number,
        ROLE_NAME: 'default',
        ROLE_RANK: number,
        ROLE_WORLD_SIZE: '2',
        TORCHELASTIC_MAX_RESTARTS: '4',
        TORCHELASTIC_RESTART_COUNT: '0',
        TORCHELASTIC_RUN_ID: 'none',
        TORCHELASTIC_USE_AGENT_STORE: 'False',
        WORLD_SIZE: '2',
      })),
    );
  });

  it('puts the rank before each line, and leaves the rest of the command line to the script', async () => {
    const { code, out, err } = await run(['--nproc=2', '--', rank, 'output', '--help', '--nproc', '3']);
    expect(code).toBe(0);
    expect(out).toEqual(
      ['0', '1'].flatMap((n) => ['', 'one', 'two', 'without an end'].map((line) => `[rank${n}]: ${line}`)),
    );
    expect(err).toEqual([
      '[rank0]: error of --help --nproc 3',
      '[rank1]: error of --help --nproc 3',
      threads,
    ]);
  });

  it('ends all when one fails, with its exit code', async () => {
    const { code, err } = await run(['--nproc', '3', rank, 'fail']);
    expect([code, err]).toEqual([7, [threads, 'nodetorch run: rank 0 ended with exit code 7']]);
  });

  it('starts all again as often as it is told', async () => {
    const { code, err } = await run(['--nproc', '2', '--max-restarts', '1', rank, 'failOnce']);
    expect(code).toBe(0);
    expect(err).toEqual([
      threads,
      'nodetorch run: all ranks start again (1 of 1)',
      'nodetorch run: rank 1 ended with exit code 3',
    ]);
  });

  it('names the signal that ended a rank', async () => {
    const { code, err } = await run(['--nproc', '2', rank, 'killed']);
    expect([code, err]).toEqual([137, [threads, 'nodetorch run: rank 0 was ended by SIGKILL']]);
  });

  it('kills a rank that does not end', async () => {
    const { code, out } = await run(['--nproc', '2', '--grace', '1', rank, 'stubborn']);
    expect([code, out]).toEqual([5, ['[rank1]: no']]);
  });

  it('hands a signal on, and ends well when all ranks do', async () => {
    let sent = false;
    const { code, out } = await run(['--nproc', '2', rank, 'saves'], (written, kill) => {
      if (sent || written.split('ready').length < 3) return;
      sent = true;
      kill('SIGTERM');
    });
    expect(code).toBe(0);
    expect(out.filter((line) => line.endsWith('saved'))).toEqual(['[rank0]: saved', '[rank1]: saved']);
  });

  it('leaves nothing of a rank behind', async () => {
    const { code, out } = await run([rank, 'leavesBehind']);
    expect(code).toBe(0);
    const pid = Number(/child (\d+)/.exec(out[0])![1]);
    // Where nobody has asked for its exit code yet, its number is there still, as a zombie's.
    const file = `/proc/${pid}/stat`;
    const ended = () => {
      try {
        return /\) Z/.test(fs.readFileSync(file, 'utf8'));
      } catch {
        return true;
      }
    };
    // A process that was killed is there until the system has time to end it; one that was not stays.
    while (!ended()) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it.each([
    [[], 'SCRIPT is missing'],
    [['--nproc', '0', rank], "--nproc must be a whole number of at least 1, not '0'"],
    [['--nproc', 'two', rank], "--nproc must be a whole number of at least 1, not 'two'"],
    [['--ranks', '2', rank], "Unknown option '--ranks'"],
    [['--master-port', '70000', rank], '--master-port 70000 is beyond 65535'],
  ])('refuses %p', async (argv, text) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, []]);
    expect(err[0]).toContain(`nodetorch run: ${text}`);
  });

  it('says that a program is not there, and starts it once only', async () => {
    const { code, err } = await run(['--max-restarts', '3', '--no-node', './no such program']);
    expect([code, err]).toEqual([127, ['nodetorch run: spawn ./no such program ENOENT']]);
  });
});
