// TypeScript's half of the check of errors: makes the calls that error_inputs.py knows to fail in Python.
//
//     tsx test/parity/error_inputs.ts FILE [--verbose]
//
// Run by test/parity/run.js. Exits with 1 where a call is accepted, fails with an error that is not ours, one of
// another class than Python's, or with another message of libtorch.

import fs from 'node:fs';
import * as torch from 'nodetorch';
import * as F from 'nodetorch/functional';

interface EncodedTensor {
  dtype: string;
  shape: number[];
  requiresGrad: boolean;
  device?: 'meta';
  stride: number[];
  offset: number;
  storage: number;
  parameter: boolean;
  layout?: string;
  parts: { tensor: EncodedTensor }[];
}

type Encoded =
  | null
  | boolean
  | string
  | Encoded[]
  | {
      tensor?: EncodedTensor;
      /** The tensor of this number, once more. */
      same?: number;
      int?: string;
      float?: string;
      complex?: [string, string];
      constant?: string;
      dict?: Record<string, Encoded>;
    };

interface Case {
  room: string;
  name: string;
  call: [kind: 'function' | 'functional' | 'method' | 'module' | 'optimizer', name: string];
  args: Encoded[];
  kwargs: Record<string, Encoded>;
  forward: [Encoded[], Record<string, Encoded>] | null;
  training: boolean;
  storages: string[];
  error: string;
  message: string;
  native: boolean;
}

type Call = (...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => unknown;
type Values = Record<string, unknown>;

const verbose = process.argv.includes('--verbose');
const camel = (name: string) =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const float = (text: string) => ({ nan: NaN, inf: Infinity, '-inf': -Infinity })[text] ?? Number(text);
const constant = (name: string) =>
  (torch as unknown as Values)[name] ?? (torch as unknown as Values)[camel(name)];

function decodeTensor(value: EncodedTensor, storages: torch.Tensor[]): torch.Tensor {
  const { shape, dtype, layout } = value;
  const options = { dtype: constant(dtype) as torch.DType };
  if (value.device) return torch.emptyStrided(shape, value.stride, { ...options, device: value.device });
  if (layout) {
    const [first, ...rest] = value.parts.map((part) => decodeTensor(part.tensor, storages));
    const made =
      layout === 'sparse_coo'
        ? torch.sparseCooTensor(first, rest[0], shape, options)
        : torch.sparseCompressedTensor(first, rest[0], rest[1], shape, {
            ...options,
            layout: constant(layout) as torch.Layout,
          });
    return made.requiresGrad_(value.requiresGrad);
  }
  const typed = storages[value.storage].view(options.dtype);
  const tensor = typed.asStrided(shape, value.stride, value.offset).detach();
  if (value.parameter) return new torch.nn.Parameter(tensor, { requiresGrad: value.requiresGrad });
  return tensor.requiresGrad_(value.requiresGrad);
}

/** The arguments of a call, keywords as an object at their end. */
class Decoder {
  private readonly storages: torch.Tensor[];
  private readonly tensors: torch.Tensor[] = [];

  constructor(storages: string[]) {
    this.storages = storages.map((digits) => torch.tensor(new Uint8Array(Buffer.from(digits, 'hex'))));
  }

  value(value: Encoded): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (value.same !== undefined) return this.tensors[value.same];
    if (value.tensor) {
      const tensor = decodeTensor(value.tensor, this.storages);
      this.tensors.push(tensor);
      return tensor;
    }
    if (value.int !== undefined) return Number(value.int);
    if (value.float !== undefined) return float(value.float);
    if (value.complex) return new torch.Complex(float(value.complex[0]), float(value.complex[1]));
    if (value.constant) return constant(value.constant);
    return this.named(value.dict!);
  }

  named(values: Record<string, Encoded>): Values {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [camel(key), this.value(value)]));
  }

  arguments(args: Encoded[], kwargs: Record<string, Encoded>): unknown[] {
    const positional = args.map((arg) => this.value(arg));
    const named = this.named(kwargs);
    return [...positional, ...(Object.keys(named).length > 0 ? [named] : [])];
  }
}

function functionOf(name: string): Call {
  let value: unknown = torch;
  for (const part of name.split('.')) value = (value as Values | undefined)?.[camel(part)];
  return value as Call;
}

function prepared(one: Case): () => unknown {
  const decoder = new Decoder(one.storages);
  const args = decoder.arguments(one.args, one.kwargs);
  const [kind, name] = one.call;
  switch (kind) {
    case 'function':
      return () => functionOf(name)(...args);
    case 'functional':
      return () => (F as unknown as Record<string, Call>)[camel(name)](...args);
    case 'method':
      return () => (args[0] as Record<string, Call>)[camel(name)](...args.slice(1));
    case 'optimizer':
      return () => new (torch.optim as unknown as Record<string, Class>)[name](...args);
    case 'module': {
      const given = one.forward && decoder.arguments(...one.forward);
      return () => {
        const module = new (torch.nn as unknown as Record<string, Class>)[name](...args);
        if (given) (module as torch.nn.Module).train(one.training)(...given);
      };
    }
  }
}

// The first line; JavaScript writes 1.0 as 1.
const normal = (message: string) => message.split('\n')[0].replace(/\b(\d+)\.0(?![\d.])/g, '$1');

const counts = { same: 0, accepted: 0, foreign: 0, class: 0, message: 0 };
type Problem = Exclude<keyof typeof counts, 'same'>;

function problem(one: Case): [Problem, string] | undefined {
  let call: () => unknown;
  try {
    call = prepared(one);
  } catch (error) {
    return ['foreign', `the arguments cannot be made: ${String(error)}`];
  }
  try {
    call();
    return ['accepted', 'no error'];
  } catch (error) {
    if (!(error instanceof torch.TorchError)) return ['foreign', (error as Error).stack ?? String(error)];
    if (error.kind !== one.error) return ['class', `${error.kind}: ${error.message}`];
    // Python's parser of arguments says of its own types what is wrong.
    if (one.error === 'TypeError' || normal(error.message) === normal(one.message)) return undefined;
    return ['message', error.message.split('\n')[0]];
  }
}

torch.setNumThreads(1);
const lines = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n');
for (const line of lines) {
  const one = JSON.parse(line) as Case;
  const found = torch.tidy(() => problem(one));
  counts[found?.[0] ?? 'same']++;
  if (!found) continue;
  const { message, error } = one;
  console.log(
    `${found[0]}: ${one.call.join(' ')}${one.native ? '' : ' (Python)'}\n  Python  ${error}: ${message.split('\n')[0]}\n  here    ${found[1]}`,
  );
  if (verbose) console.log(`  ${JSON.stringify([one.args, one.kwargs, one.forward]).slice(0, 1000)}`);
}
console.log(
  `errors: ${counts.same} of ${lines.length} the same; accepted ${counts.accepted}, not ours ${counts.foreign}, class ${counts.class}, message ${counts.message}`,
);
// There were as many when this was written: less means that calls were lost on the way here.
process.exit(counts.same === lines.length && lines.length >= 902 ? 0 : 1);
