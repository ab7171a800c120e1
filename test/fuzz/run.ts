// Looks for calls that end the process: `npm run fuzz -- [--seed N] [--calls M] [--from I] [--out FILE] [--library]`.
//
// With --library it calls nn, its functionals, func, optim and Tensor's functions of the TypeScript layer, and a bare error of
// JavaScript is a finding, too; without it, operators. Half of the calls are recorded ones with something changed (corpus.py), the others are made from schemas. A child makes
// them, and writes down each before it; when it dies or hangs, the call is cut to the shortest that still does, and the
// next child goes on behind it. Prints one line for each operator that died. Ends with 1 if one without underscore did.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { bundle, childEnvironment } from '../native/support/child';
import { placesOf } from './mutate';
import type { Call } from './values';
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { findPython } = require('../parity/python') as { findPython(): Promise<string> };

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '50000' },
    from: { type: 'string', default: '0' },
    out: { type: 'string' },
    library: { type: 'boolean', default: false },
  },
});

// A call that takes so many seconds of a processor hangs, and one that waits for so long: other programs may leave it little.
const CPU = 20;
const SILENCE = 300;
const MEMORY = 3_500_000; // KiB of address space: less than 2^31 numbers of a byte take, of which a call makes honest work

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-fuzz-'));
const progress = path.join(folder, 'progress');
const child = bundle('test/fuzz/child.ts');

function start(args: string[]) {
  const script = `ulimit -c 0; ulimit -v ${MEMORY}; exec "$@"`;
  const command = ['-c', script, 'sh', process.execPath, '--no-warnings', child, progress, ...args];
  return spawn('sh', command, { env: childEnvironment, stdio: ['ignore', 'pipe', 'ignore'] });
}

interface End {
  /** What ended it: a signal, `hang`, an exit code; null when all calls were made. */
  cause: string | null;
  index: number;
  call: Call | null;
}

/** The calls that ended in an error of JavaScript itself, one for each place in the code. */
const strange = new Set<string>();
function noteStrange(line: string): void {
  const kind = (JSON.parse(line) as { strange: string }).strange.replace(/\d+/g, '0');
  if (!strange.has(kind)) console.log(`no error of ours: ${line}`);
  strange.add(kind);
}

/** What a process has used; 0 where the system does not say. */
function cpuSeconds(pid: number): number {
  try {
    const [user, system] = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .split(') ')[1]
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

/** Runs a child to its end, and tells by which call that came. */
function run(args: string[]): Promise<End> {
  return new Promise((resolve) => {
    fs.writeFileSync(progress, '');
    const running = start(args);
    let [last, hangs, looks, cpu] = ['', false, 0, 0];
    const look = setInterval(() => {
      const now = fs.readFileSync(progress, 'utf8').split('\n', 1)[0];
      const used = cpuSeconds(running.pid!);
      if (now !== last || now === '') [last, looks, cpu] = [now, 0, used];
      hangs = used - cpu > CPU || looks++ > SILENCE;
      if (hangs) running.kill('SIGKILL');
    }, 1000);
    readline.createInterface(running.stdout).on('line', noteStrange);
    running.once('close', (code, signal) => {
      clearInterval(look);
      const [index, call] = fs.readFileSync(progress, 'utf8').split('\n');
      const cause = hangs ? 'hang' : (signal ?? (code === 0 ? null : `exit ${code}`));
      if (cause && !call) throw new Error(`a child ended with ${cause} before its first call`);
      resolve({ cause, index: Number(index), call: cause ? (JSON.parse(call) as Call) : null });
    });
  });
}

const callFile = path.join(folder, 'call');
/** What a single call in a process of its own ends with. */
function causeOf(call: Call): string | null {
  fs.writeFileSync(callFile, JSON.stringify(call));
  const args = [progress, callFile];
  const script = `ulimit -c 0; ulimit -v ${MEMORY}; ulimit -t ${CPU}; exec "$@"`;
  const { signal, status, error } = spawnSync(
    'sh',
    ['-c', script, 'sh', process.execPath, '--no-warnings', child, ...args],
    { env: childEnvironment, timeout: SILENCE * 1000, killSignal: 'SIGKILL' },
  );
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') return 'hang';
  if (signal === 'SIGXCPU' || signal === 'SIGKILL') return 'hang'; // the processor's time is over
  return signal ?? (status === 0 ? null : `exit ${status}`);
}

/** The call with one thing less, in each way there is. */
function* shorter(call: Call): Generator<Call> {
  for (const key of Object.keys(call.keywords)) {
    const copy = structuredClone(call);
    delete copy.keywords[key];
    yield copy;
  }
  if (call.inputs && call.inputs.length > 1)
    yield { ...structuredClone(call), inputs: structuredClone(call.inputs.slice(0, -1)) };
  if (call.args.length > 1) yield { ...structuredClone(call), args: structuredClone(call.args.slice(0, -1)) };
  for (let i = 0; i < placesOf(call).length; i++) {
    const value = placesOf(call)[i].get();
    if (typeof value !== 'object' || value === null || !('tensor' in value)) continue;
    for (const key of ['requiresGrad', 'stride', 'layout', 'values', 'alias'] as const) {
      if (value[key] === undefined) continue;
      const copy = structuredClone(call);
      delete (placesOf(copy)[i].get() as typeof value)[key];
      yield copy;
    }
  }
}

function minimise(call: Call, cause: string): Call {
  const most = cause === 'hang' ? 5 : 30; // each takes all the time that a hang is given
  let best = call;
  for (let tries = 0, found = true; found && tries < most;) {
    found = false;
    for (const one of shorter(best)) {
      if (tries++ >= most) break;
      if (causeOf(one) !== cause) continue;
      best = one;
      found = true;
      break;
    }
  }
  return best;
}

/** The file of recorded calls. Python takes half a minute for them, so they stay for as long as corpus.py is the same. */
async function findCorpus(): Promise<string> {
  const script = path.join(__dirname, 'corpus.py');
  const python = await findPython();
  const hash = createHash('sha256').update(fs.readFileSync(script)).update(python).digest('hex').slice(0, 16);
  const corpus = path.join(path.dirname(child), `corpus-${hash}.jsonl`);
  if (fs.existsSync(corpus)) return corpus;
  const made = path.join(folder, 'corpus.jsonl');
  const { status } = spawnSync(python, ['-B', script, made], { stdio: [0, 1, 'ignore'] });
  if (status !== 0) throw new Error('corpus.py failed');
  fs.copyFileSync(made, corpus);
  return corpus;
}

async function main(): Promise<void> {
  const corpus = await findCorpus();
  const to = Number(options.from) + Number(options.calls);
  const deaths = new Map<string, { times: number; cause: string; call: Call }>();
  for (let from = Number(options.from); from < to;) {
    const layer = options.library ? 'library' : 'operators';
    const end = await run([corpus, options.seed, String(from), String(to), layer]);
    if (!end.cause || !end.call) break;
    from = end.index + 1;
    const key = `${end.call.name} ${end.cause}`;
    const known = deaths.get(key);
    if (known) {
      known.times++;
      continue;
    }
    const alone = causeOf(end.call);
    const call = alone === end.cause ? minimise(end.call, end.cause) : end.call;
    deaths.set(key, { times: 1, cause: alone === end.cause ? end.cause : `${end.cause}, not alone`, call });
    console.log(
      `${end.index} ${end.cause}${alone === end.cause ? '' : ' (not alone)'} ${JSON.stringify(call)}`,
    );
  }
  console.log(
    `${deaths.size} kinds of deaths, ${strange.size} strange errors in ${options.calls} calls of seed ${options.seed}`,
  );
  if (options.out)
    fs.writeFileSync(options.out, [...deaths.values()].map((one) => JSON.stringify(one)).join('\n'));
  const isPublic = ({ call }: { call: Call }) => !call.name.startsWith('aten::_');
  process.exitCode = [...deaths.values()].some(isPublic) || strange.size > 0 ? 1 : 0;
}

main().finally(() => fs.rmSync(folder, { recursive: true, force: true }));
