// What opinfo.py and levels.py record: arguments and results in cases.jsonl, with the bytes of tensors in data.bin.
import fs from 'node:fs';
import path from 'node:path';
import * as torch from 'nodetorch';
import * as F from 'nodetorch/functional';

export type Encoded =
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
      primal?: number;
      int?: string;
      float?: string;
      complex?: [string, string];
      dtype?: string;
      layout?: string;
      memoryFormat?: string;
    };

/** An operator and its arguments. */
export interface RecordedCall {
  op: string;
  kind: 'function' | 'functional' | 'method';
  name: string;
  seed: number;
  args: Encoded[];
  kwargs: Record<string, Encoded>;
}
export type Call = (...args: unknown[]) => unknown;

const folder = process.argv[2];
const data = fs.readFileSync(path.join(folder, 'data.bin'));
const [header, ...lines] = fs.readFileSync(path.join(folder, 'cases.jsonl'), 'utf8').trim().split('\n');
export const version = (JSON.parse(header) as { torch: string }).torch;
export { lines };

export const camel = (name: string) =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const dtypeOf = (name: string) => (torch as unknown as Record<string, torch.DType>)[name];
const float = (text: string) => ({ nan: NaN, inf: Infinity, '-inf': -Infinity })[text] ?? Number(text);

/** Reads an argument; tensors that need a gradient are also put into `leaves`, `{ primal: i }` is the i-th of `primals`. */
export function decode(value: Encoded, leaves: torch.Tensor[], primals: torch.Tensor[] = []): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => decode(item, leaves, primals));
  if (value.primal !== undefined) return primals[value.primal];
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

/** The arguments of a call, keywords in a last object. */
export function decodeArguments(
  one: RecordedCall,
  leaves: torch.Tensor[],
  primals: torch.Tensor[] = [],
): unknown[] {
  const args = one.args.map((arg) => decode(arg, leaves, primals));
  const entries = Object.entries(one.kwargs).map(([key, value]) => [
    camel(key),
    decode(value, leaves, primals),
  ]);
  if (one.op === 'to') {
    // Booleans are keywords in nodetorch: nonBlocking and copy, always the last two here.
    const [nonBlocking, copy] = args.splice(-2);
    entries.push(['nonBlocking', nonBlocking], ['copy', copy]);
  }
  // Positional in nodetorch; Python takes it by keyword, too.
  const kernel = one.kind === 'functional' ? entries.findIndex(([key]) => key === 'kernelSize') : -1;
  if (kernel >= 0) args.push(...entries.splice(kernel, 1).map(([, value]) => value));
  if (entries.length > 0) args.push(Object.fromEntries(entries));
  return args;
}

export function asMethod(name: string): Call {
  return (self, ...args) => ((self as Record<string, unknown>)[camel(name)] as Call).apply(self, args);
}

/** What TypeScript calls, or undefined. */
export function callOf(one: RecordedCall): Call | undefined {
  if (one.kind === 'method') return asMethod(one.name);
  if (one.kind === 'functional') return (F as unknown as Record<string, Call>)[camel(one.name)];
  const named = (name: string): Call | undefined => {
    let value: unknown = torch;
    for (const part of name.split('.')) value = (value as Record<string, unknown> | undefined)?.[camel(part)];
    return value as Call | undefined;
  };
  return named(one.name) ?? named(one.op.split('.')[0]);
}

export function flat(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value];
}

/** The first difference between results and what Python recorded, or undefined. */
export function compare(list: unknown[], expected: Encoded[], what: string): string | undefined {
  if (list.length !== expected.length) return `${list.length} ${what}s, expected ${expected.length}`;
  for (let i = 0; i < list.length; i++) {
    const found = difference(list[i], expected[i]);
    if (found) return `${what} ${i}: ${found}`;
  }
  return undefined;
}

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
