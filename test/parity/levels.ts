// TypeScript's half of the check of operators under two transforms: replays what levels.py recorded and compares bits.
//
//     tsx test/parity/levels.ts DIR [--verbose]
//
// Run by test/parity/run.js. Exits with 1 when a case differs, or when one raises in one language alone.

import * as torch from 'nodetorch';
import { compare, callOf, decode, decodeArguments, type Encoded, flat, lines, type RecordedCall, version } from './recorded'; // prettier-ignore

interface Case extends RecordedCall {
  dtype: string;
  sample: number;
  nesting: string[];
  primals: Encoded[];
  outputs?: Encoded[];
  error?: string;
}
type Tensor = torch.Tensor;
type Func = (...xs: Tensor[]) => unknown;

const { func } = torch;
const verbose = process.argv.includes('--verbose');
const tensors = (value: unknown): Tensor[] =>
  flat(value).filter((y): y is Tensor => torch.isTensor(y) && (y.isFloatingPoint() || y.isComplex()));

const real = (y: Tensor): Tensor => (y.isComplex() ? torch.viewAsReal(y.resolveConj()) : y);
const total = (outputs: unknown): Tensor =>
  tensors(outputs)
    .map((y) => real(y).mul(real(y)).sum())
    .reduce((sum, one) => sum.add(one), torch.tensor(0n));
const vary = (x: Tensor): Tensor => x.mul(0.5).add(1);
const all = (xs: Tensor[]): number[] => xs.map((_, i) => i);

const transforms: Record<string, (f: Func) => Func> = {
  grad: (f) => (...xs) => func.grad((...ys: Tensor[]) => total(f(...ys)), { argnums: all(xs) })(...xs),
  vjp: (f) => (...xs) => {
    const [outputs, pull] = func.vjp(f, ...xs);
    return [outputs, pull((outputs as Tensor[]).map(vary))];
  },
  jvp: (f) => (...xs) => func.jvp(f, xs, xs.map(vary)),
  vmap: (f) => (...xs) =>
    func.vmap(f, { randomness: 'different' })(...xs.map((x) => torch.stack([x, x.mul(0.75)]))),
  vmapFirst: (f) => (x, ...rest) =>
    func.vmap(f, { inDims: [-1, ...rest.map(() => null)], randomness: 'same' })(
      torch.stack([x, x.mul(0.75)], -1), ...rest),
  jacrev: (f) => (...xs) => func.jacrev(f, { argnums: all(xs) })(...xs),
  jacfwd: (f) => (...xs) => func.jacfwd(f, { argnums: all(xs), randomness: 'same' })(...xs),
}; // prettier-ignore

// Python flattens what each transform gives.
const flattened = (name: string, f: Func): Func =>
  ['grad', 'vmap', 'vmapFirst'].includes(name) ? f : (...xs) => flat(f(...xs));

/** What differs, or undefined. */
function replay(one: Case): string | undefined {
  const call = callOf(one);
  if (!call) return 'no such function';
  const primals = one.primals.map((x) => decode(x, []) as Tensor);
  const operator: Func = (...xs) => tensors(call(...decodeArguments(one, [], xs)));
  const f = one.nesting.reduceRight((inner, name) => flattened(name, transforms[name](inner)), operator);
  torch.manualSeed(one.seed);
  let outputs: unknown[];
  try {
    outputs = flat(f(...primals));
  } catch (error) {
    const line = (error as Error).message.split('\n', 1)[0];
    return line === one.error ? undefined : `threw ${line}, Python: ${one.error}`;
  }
  if (one.error !== undefined) return `Python raised: ${one.error}`;
  return compare(outputs, one.outputs!, 'output');
}

torch.setNumThreads(1);
let agree = 0;
let raised = 0;
const problems: string[] = [];
for (const line of lines) {
  const one = JSON.parse(line) as Case;
  const problem = torch.tidy(() => replay(one));
  if (problem !== undefined) {
    problems.push(`${one.op} ${one.dtype} ${one.sample}, ${one.nesting.join(' of ')}: ${problem}`);
    if (verbose) console.log(`${problems.at(-1)}\n  ${JSON.stringify([one.args, one.kwargs])}`);
  } else if (one.outputs) agree++;
  else raised++;
}
if (!verbose) for (const problem of problems) console.log(problem);
const cases = lines.filter((line) => line.includes('"outputs"')).length;
console.log(
  `operators under two transforms against torch ${version}: ${agree} of ${cases} cases agree in every bit, ` +
    `${raised} of ${lines.length - cases} raise the same`,
);
process.exit(problems.length > 0 ? 1 : 0);
