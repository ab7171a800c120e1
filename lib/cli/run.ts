// npx nodetorch run
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Command, UsageError, parse } from './arguments';
import { Ranks, freePort } from './ranks';

const usage = `Usage: npx nodetorch run [--nproc N] [--max-restarts N] [--master-port PORT] [--grace SECONDS]
                          [--no-node] SCRIPT [ARGUMENT ...]

Runs a script as several ranks of torch.distributed on this machine, each a process of its own that finds
RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and the other variables of torchrun in its environment.

  --nproc N            how many: a number, cpu (its cores), gpu, or auto (GPUs where there are any, else
                       cores). Default: 1. Also --nproc-per-node
  --max-restarts N     how often all are started again after one failed (default 0)
  --master-port PORT   where rank 0 listens (default: one that is free)
  --grace SECONDS      how long a rank may take to end after SIGTERM before it is killed (default 30)
  --no-node            SCRIPT is a program, not a file for ${process.versions.bun ? 'Bun' : 'Node'}: --no-node python train.py
  --help

Lines of output begin with the rank that wrote them. When a rank fails, the others get SIGTERM, and its
exit code is this command's (128 and the number of the signal where one ended it). SIGINT, SIGTERM and
SIGHUP go on to all ranks. For more than one machine use torchrun --no-python.
`;

const options = {
  nproc: { type: 'string' },
  'nproc-per-node': { type: 'string' },
  'max-restarts': { type: 'string' },
  'master-port': { type: 'string' },
  grace: { type: 'string' },
  'no-node': { type: 'boolean' },
} as const;

async function start(argv: readonly string[]): Promise<number> {
  const [own, command] = split(argv);
  const { values } = parse(own, options, []);
  if (command.length === 0) throw new UsageError('SCRIPT is missing');
  const worldSize = ranksOf(values.nproc ?? values['nproc-per-node'] ?? '1');
  const maxRestarts = whole('max-restarts', values['max-restarts'], 0, 0);
  const port =
    values['master-port'] === undefined ? undefined : whole('master-port', values['master-port'], 1);
  if (port !== undefined && port > 65535) throw new UsageError(`--master-port ${port} is beyond 65535`);
  const grace = whole('grace', values.grace, 0, 30) * 1000;
  const [program, ...args] = values['no-node']
    ? command
    : [process.execPath, ...process.execArgv, ...command];
  if (worldSize > 1 && process.env.OMP_NUM_THREADS === undefined) {
    say(
      'OMP_NUM_THREADS is 1 for each rank, so that they do not take the cores from each other; set it to change that',
    );
  }
  for (let restarts = 0; ; restarts++) {
    const masterPort = port ?? (await freePort());
    const ranks = new Ranks({ program, args, worldSize, masterPort, restarts, maxRestarts, grace });
    const failure = await ranks.ended();
    if (failure === null) return 0;
    say(failure.text);
    if (failure.final || restarts === maxRestarts) return failure.code;
    say(`all ranks start again (${restarts + 1} of ${maxRestarts})`);
  }
}

const say = (text: string): void => void process.stderr.write(`nodetorch run: ${text}\n`);

/** What stands before the script, and the script with what is its own. */
function split(argv: readonly string[]): [own: readonly string[], command: readonly string[]] {
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const end = tokens.find(({ kind }) => kind !== 'option');
  if (end === undefined) return [argv, []];
  return [argv.slice(0, end.index), argv.slice(end.kind === 'option-terminator' ? end.index + 1 : end.index)];
}

function ranksOf(text: string): number {
  if (text === 'cpu') return availableParallelism();
  if (text !== 'gpu' && text !== 'auto') return whole('nproc', text, 1);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only this needs the addon
  const gpus = (require('../cuda') as typeof import('../cuda')).deviceCount();
  if (gpus === 0 && text === 'gpu')
    throw new UsageError('--nproc gpu: there is no GPU that libtorch can use');
  return gpus === 0 ? availableParallelism() : gpus;
}

function whole(name: string, text: string | undefined, least: number, otherwise = least): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw new UsageError(`--${name} must be a whole number of at least ${least}, not '${text}'`);
}

export const run: Command = { usage, run: start };
