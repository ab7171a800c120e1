// TypeScript's half of the operator parity check: replays what opinfo.py recorded and compares bits.
//
//     tsx test/parity/opinfo.ts DIR [--verbose]
//
// Run by test/parity/run.js. Exits with 1 when a call differs.

import * as torch from 'nodetorch';
import {
  asMethod,
  type Call,
  callOf,
  compare,
  decodeArguments,
  type Encoded,
  flat,
  lines,
  type RecordedCall,
  version,
} from './recorded';

interface Case extends RecordedCall {
  dtype: string;
  sample: number;
  wholeFloat: boolean;
  outputs: Encoded[];
  method: boolean;
  gradients: Encoded[] | null;
}

const verbose = process.argv.includes('--verbose');

function replay(one: Case, call: Call): string | undefined {
  const leaves: torch.Tensor[] = [];
  const args = decodeArguments(one, leaves);
  torch.manualSeed(one.seed);
  let returned: unknown;
  try {
    returned = call(...args);
  } catch (error) {
    return `threw ${(error as Error).message.split('\n')[0]}`;
  }
  const outputs = flat(returned);
  if (/[^_]_$/.test(one.name) && returned !== args[0]) return 'returned another object than it was given';
  const problem = compare(outputs, one.outputs, 'output');
  if (problem || !one.gradients) return problem;
  const roots = outputs.filter((x): x is torch.Tensor => x instanceof torch.Tensor && x.requiresGrad);
  const seeds = roots.map((x) =>
    torch.linspace(0.5, 1.5, x.numel(), { dtype: 'float32' }).to(x.dtype).reshape(x.shape),
  );
  const gradients = torch.autograd.grad(roots, leaves, { gradOutputs: seeds, allowUnused: true });
  return compare(gradients, one.gradients, 'gradient');
}

interface Tally {
  calls: number;
  agree: number;
  problems: Map<string, number>;
}

const tallies = new Map<string, Tally>();
let calls = 0;
let agree = 0;
let gradients = 0;
const absent = new Set<string>();

function count(one: Case, call: Call, spelling: string): void {
  const problem = torch.tidy(() => {
    try {
      return replay(one, call);
    } catch (error) {
      return `threw outside of the call: ${(error as Error).message.split('\n')[0]}`;
    }
  });
  const tally = tallies.get(one.op) ?? { calls: 0, agree: 0, problems: new Map() };
  tallies.set(one.op, tally);
  tally.calls++;
  calls++;
  if (one.gradients) gradients++;
  if (!problem) {
    tally.agree++;
    agree++;
    return;
  }
  const label = `${spelling} ${one.dtype}${one.wholeFloat ? ' (a float that is whole)' : ''}: ${problem}`;
  tally.problems.set(label, (tally.problems.get(label) ?? 0) + 1);
  if (verbose) console.log(`${one.op} ${one.sample} ${JSON.stringify([one.args, one.kwargs])}\n  ${label}`);
}

torch.setNumThreads(1);
for (const line of lines) {
  const one = JSON.parse(line) as Case;
  const call = callOf(one);
  if (!call && one.kind === 'functional') {
    absent.add(one.name);
    continue;
  }
  const missing = () => {
    throw new TypeError('no such function');
  };
  count(one, call ?? missing, one.kind);
  if (one.method && one.sample < 3) count(one, asMethod(one.name), 'method');
}

const differing = [...tallies].filter(([, tally]) => tally.problems.size > 0);
for (const [op, tally] of differing) {
  console.log(`${op}: ${tally.agree} of ${tally.calls} calls agree`);
  for (const [problem, times] of [...tally.problems].slice(0, 4)) console.log(`  ${times} x ${problem}`);
}
if (absent.size > 0) console.log(`functionals that are not there yet: ${[...absent].join(', ')}`);
console.log(
  `operators against torch ${version}: ${tallies.size - differing.length} of ${tallies.size} operators and ` +
    `${agree} of ${calls} calls (${gradients} with gradients) agree in every bit`,
);
process.exit(differing.length > 0 ? 1 : 0);
