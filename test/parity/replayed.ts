// The calls that opinfo.py recorded, made by captured functions: what a replay without gradients computes must have the bits
// of a plain call, for numbers that it was not recorded with.
//
//     tsx test/parity/replayed.ts DIR [--verbose]
//
// Run by test/parity/run.js. Exits with 1 where something differs.
import * as torch from 'nodetorch';
import { bitsOf } from '../capture/support';
import { type Call, callOf, decodeArguments, lines, type RecordedCall } from './recorded';

const CALLS = 5; // two are recorded, the next one finds out what operators call

// Other numbers in the same tensors.
function given(one: RecordedCall, i: number): unknown[] {
  const leaves: torch.Tensor[] = [];
  const args = decodeArguments(one, leaves);
  const scale = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(scale);
    if (!torch.isTensor(value)) return value;
    const tensor = value.detach();
    return i === 0 || !tensor.isFloatingPoint() ? tensor : tensor.mul_(1 - i / 16);
  };
  return args.map(scale);
}

const text = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(text).join('\n');
  return torch.isTensor(value) ? bitsOf(value) : String(value);
};

function outcome(call: Call, args: unknown[], seed: number): string {
  torch.manualSeed(seed);
  try {
    return text([call(...args), args]);
  } catch (error) {
    const { message } = error as Error;
    return message.startsWith('torch.capture: ') ? 'refused' : 'threw';
  }
}

type Outcome = 'equal' | 'refused' | 'threw' | 'never replayed' | 'another result';

function compare(one: RecordedCall, call: Call, around: (fn: () => unknown) => unknown): Outcome {
  const plain: Call = (...args) => around(() => call(...args));
  const step = torch.capture(plain, { watch: false, recheck: 0 });
  for (let i = 0; i < CALLS; i++) {
    const expected = outcome(plain, given(one, i), one.seed + i);
    const got = outcome(step, given(one, i), one.seed + i);
    if (got === 'refused' || expected === 'threw') return got === 'refused' ? got : 'threw';
    if (got !== expected) return 'another result';
  }
  return step.replays > 0 ? 'equal' : 'never replayed';
}

torch.setNumThreads(1);
const counts: Record<Outcome, number> = {
  equal: 0,
  refused: 0,
  threw: 0,
  'never replayed': 0,
  'another result': 0,
};
const differing = new Map<string, number>();
const modes = [(fn: () => unknown) => torch.noGrad(fn), (fn: () => unknown) => torch.inferenceMode(fn)];
for (const [i, line] of lines.entries()) {
  const one = JSON.parse(line) as RecordedCall;
  const call = callOf(one);
  if (!call) continue;
  const found = torch.tidy(() => compare(one, call, modes[i % 2]));
  counts[found]++;
  if (found === 'another result' || found === 'never replayed') {
    differing.set(`${one.op}: ${found}`, (differing.get(`${one.op}: ${found}`) ?? 0) + 1);
    if (process.argv.includes('--verbose')) console.log(one.op, JSON.stringify([one.args, one.kwargs]));
  }
}
for (const [problem, times] of differing) console.log(`${problem}, ${times} times`);
console.log(`replays of operators: ${JSON.stringify(counts)}`);
// Nearly all are replayed: where most were refused, nothing would have been compared.
if (differing.size > 0 || counts.equal < 0.9 * lines.length) process.exitCode = 1;
