// TypeScript's half of the operator parity check: replays what opinfo.py recorded and compares bits.
//
//     tsx test/parity/opinfo.ts DIR [--verbose]
//
// Run by test/parity/run.js. Exits with 1 when a call differs.

import fs from 'node:fs';
import path from 'node:path';
import * as torch from 'nodetorch';
import * as F from 'nodetorch/functional';

type Encoded =
  | null
  | boolean
  | string
  | Encoded[]
  | {
      tensor?: [
        start: number,
        bytes: number,
        dtype: string,
        shape: number[],
        stride: number[],
        requiresGrad: boolean,
      ];
      int?: string;
      float?: string;
      complex?: [string, string];
      dtype?: string;
      layout?: string;
      memoryFormat?: string;
    };

interface Case {
  op: string;
  kind: 'function' | 'functional' | 'method';
  name: string;
  dtype: string;
  sample: number;
  seed: number;
  wholeFloat: boolean;
  args: Encoded[];
  kwargs: Record<string, Encoded>;
  outputs: Encoded[];
  method: boolean;
  gradients: Encoded[] | null;
}

type Call = (...args: unknown[]) => unknown;

const folder = process.argv[2];
const verbose = process.argv.includes('--verbose');
const data = fs.readFileSync(path.join(folder, 'data.bin'));
const [header, ...cases] = fs.readFileSync(path.join(folder, 'cases.jsonl'), 'utf8').trim().split('\n');

const camel = (name: string) =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const dtypeOf = (name: string) => (torch as unknown as Record<string, torch.DType>)[name];
const float = (text: string) => ({ nan: NaN, inf: Infinity, '-inf': -Infinity })[text] ?? Number(text);

/** Reads an argument; tensors that need a gradient are also put into `leaves`. */
function decode(value: Encoded, leaves: torch.Tensor[]): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => decode(item, leaves));
  if (value.tensor) {
    const [start, bytes, dtype, shape, stride, requiresGrad] = value.tensor;
    const storage = torch.tensor(new Uint8Array(data.subarray(start, start + bytes))).view(dtypeOf(dtype));
    const leaf = storage.asStrided(shape, stride).detach();
    if (requiresGrad) leaves.push(leaf.requiresGrad_());
    return leaf;
  }
  if (value.int !== undefined) {
    const number = Number(value.int);
    return Number.isSafeInteger(number) ? number : BigInt(value.int);
  }
  if (value.float !== undefined) return float(value.float);
  if (value.complex) return new torch.Complex(float(value.complex[0]), float(value.complex[1]));
  if (value.dtype) return dtypeOf(value.dtype);
  return (torch as Record<string, unknown>)[camel(value.layout ?? value.memoryFormat!)];
}

/** The first difference between a result and what Python recorded, or undefined. */
function difference(got: unknown, expected: Encoded): string | undefined {
  if (expected === null || typeof expected !== 'object' || Array.isArray(expected)) {
    return Object.is(got, expected) ? undefined : `got ${String(got)}, expected ${JSON.stringify(expected)}`;
  }
  if (!expected.tensor) {
    const value = decode(expected, []);
    return String(got) === String(value) ? undefined : `got ${String(got)}, expected ${String(value)}`;
  }
  if (!torch.isTensor(got)) return `got ${String(got)}, expected a tensor`;
  const [start, bytes, dtype, shape, stride, requiresGrad] = expected.tensor;
  if (got.dtype.name !== dtype) return `dtype ${got.dtype.name}, expected ${dtype}`;
  if (String(got.shape) !== String(shape)) return `shape [${got.shape}], expected [${shape}]`;
  const values = got.toTypedArray();
  const ours = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (!ours.equals(data.subarray(start, start + bytes))) {
    const first = ours.findIndex((byte, i) => byte !== data[start + i]);
    const size = got.dtype.itemsize;
    const theirs = torch.tensor(new Uint8Array(data.subarray(start, start + bytes))).view(got.dtype);
    const at = Math.floor(first / size);
    if (sameButNaN(got, theirs)) return undefined;
    return `element ${at} of ${bytes / size}: ${got.reshape([-1]).at(at)}, expected ${theirs.at(at)}`;
  }
  if (String(got.stride()) !== String(stride)) return `stride [${got.stride()}], expected [${stride}]`;
  if (got.requiresGrad !== requiresGrad) return `requiresGrad ${got.requiresGrad}, expected ${requiresGrad}`;
  return undefined;
}

// A NaN is a NaN: its sign and payload depend on which of two operands the processor took.
function sameButNaN(got: torch.Tensor, theirs: torch.Tensor): boolean {
  if (!got.isFloatingPoint() && !got.isComplex()) return false;
  const parts = (x: torch.Tensor) => {
    const dense = x.detach().resolveConj().resolveNeg().contiguous();
    return (x.isComplex() ? torch.viewAsReal(dense) : dense).reshape([-1]);
  };
  const [a, b] = [parts(got), parts(theirs)];
  if (!torch.equal(a.isnan(), b.isnan())) return false;
  const integers = { 8: torch.int64, 4: torch.int32, 2: torch.int16 }[a.dtype.itemsize as 2 | 4 | 8];
  const bits = (x: torch.Tensor) => x.view(integers).maskedFill(a.isnan(), 0);
  return torch.equal(bits(a), bits(b));
}

function flat(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value];
}

function compare(list: unknown[], expected: Encoded[], what: string): string | undefined {
  if (list.length !== expected.length) return `${list.length} ${what}s, expected ${expected.length}`;
  for (let i = 0; i < list.length; i++) {
    const found = difference(list[i], expected[i]);
    if (found) return `${what} ${i}: ${found}`;
  }
  return undefined;
}

function functionOf(name: string): Call | undefined {
  let value: unknown = torch;
  for (const part of name.split('.')) value = (value as Record<string, unknown> | undefined)?.[camel(part)];
  return value as Call | undefined;
}

function asMethod(name: string): Call {
  return (self, ...args) => ((self as Record<string, unknown>)[camel(name)] as Call).apply(self, args);
}

function replay(one: Case, call: Call): string | undefined {
  const leaves: torch.Tensor[] = [];
  const args = one.args.map((arg) => decode(arg, leaves));
  const entries = Object.entries(one.kwargs).map(([key, value]) => [camel(key), decode(value, leaves)]);
  if (one.op === 'to') {
    // Booleans are keywords in nodetorch: nonBlocking and copy, always the last two here.
    const [nonBlocking, copy] = args.splice(-2);
    entries.push(['nonBlocking', nonBlocking], ['copy', copy]);
  }
  // Positional in nodetorch; Python takes it by keyword, too.
  const kernel = one.kind === 'functional' ? entries.findIndex(([key]) => key === 'kernelSize') : -1;
  if (kernel >= 0) args.push(...entries.splice(kernel, 1).map(([, value]) => value));
  if (entries.length > 0) args.push(Object.fromEntries(entries));
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
const version = JSON.parse(header) as { torch: string };
for (const line of cases) {
  const one = JSON.parse(line) as Case;
  if (one.kind === 'method') {
    count(one, asMethod(one.name), 'method');
    continue;
  }
  if (one.kind === 'functional') {
    const call = (F as unknown as Record<string, Call>)[camel(one.name)];
    if (call) count(one, call, 'functional');
    else absent.add(one.name);
    continue;
  }
  const call = functionOf(one.name) ?? functionOf(one.op.split('.')[0]);
  count(
    one,
    call ??
      (() => {
        throw new TypeError('no such function');
      }),
    'function',
  );
  if (one.method && one.sample < 3) count(one, asMethod(one.name), 'method');
}

const differing = [...tallies].filter(([, tally]) => tally.problems.size > 0);
for (const [op, tally] of differing) {
  console.log(`${op}: ${tally.agree} of ${tally.calls} calls agree`);
  for (const [problem, times] of [...tally.problems].slice(0, 4)) console.log(`  ${times} x ${problem}`);
}
if (absent.size > 0) console.log(`functionals that are not there yet: ${[...absent].join(', ')}`);
console.log(
  `operators against torch ${version.torch}: ${tallies.size - differing.length} of ${tallies.size} operators and ` +
    `${agree} of ${calls} calls (${gradients} with gradients) agree in every bit`,
);
process.exit(differing.length > 0 ? 1 : 0);
