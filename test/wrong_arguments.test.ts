// Whatever is given to a function: a result, or an error of ours. Never a bare error of JavaScript.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import torch, { nn, TorchError } from 'nodetorch';
import * as F from 'nodetorch/functional';
import * as testing from 'nodetorch/testing';
import * as tfjs from 'nodetorch/tfjs';
import signatures from './fixtures/signatures.json';

type Call = (...args: unknown[]) => unknown;

const fitting = [torch.ones([4, 3]), torch.ones([2, 3, 4, 4]), torch.tensor([1n, 0n, 2n, 1n])];
const wrong: unknown[] = [
  null,
  undefined,
  '',
  'a',
  NaN,
  3,
  -1,
  1n,
  Symbol('s'),
  [],
  [null],
  [1],
  ['a'],
  {},
  () => 0,
  new Date(0),
  torch.ones([2, 1, 2, 1, 2, 1]),
  torch.tensor([true]),
];

/** What is wrong with the error of `call`, or undefined. */
function foreign(call: () => unknown): string | undefined {
  try {
    torch.tidy(() => {
      // What is awaited may fail later, and then of what it was given.
      const result = call() as Partial<Promise<unknown>> | null | undefined;
      if (typeof result?.catch === 'function') void result.catch(() => undefined);
    });
  } catch (error) {
    if (!(error instanceof TorchError)) return (error as Error).stack?.split('\n').slice(0, 2).join(' ');
  }
  return undefined;
}

/** Calls of up to four arguments, of which one is wrong. */
function walk(call: Call, others: unknown[] = fitting, most = 4): string[] {
  const found = new Set<string | undefined>([foreign(() => call())]);
  for (const other of others) {
    for (let count = 1; count <= most; count++) {
      for (let at = 0; at < count; at++) {
        for (const value of wrong) {
          const args = Array.from({ length: count }, (_, i) => (i === at ? value : other));
          found.add(foreign(() => call(...args)));
        }
      }
    }
  }
  found.delete(undefined);
  return [...found] as string[];
}

const functions = (room: object): [string, Call][] =>
  Object.entries(room).filter(([, value]) => typeof value === 'function') as [string, Call][];

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());

test('a bare error would be seen', () => {
  expect(walk(((x: { a: { b: number } }) => x.a.b) as Call)).not.toEqual([]);
});

test.each(functions(F))('functional.%s', (_, call) => {
  expect(walk(call)).toEqual([]);
});

const camelCase = (name: string): string =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const isNumber = /size|dim|num_|factor|groups$|norm_type|threshold|_p$|recipe/;
const keywordsOf = Object.entries(signatures['nn.functional']);

test.each(keywordsOf)('functional.%s by keyword', (name, { required, optional }) => {
  const call = (F as unknown as Record<string, Call>)[camelCase(name)];
  const found = [[4, 3], [2, 3, 4, 4], [4]].flatMap((shape) => {
    const values = required.map((one) =>
      one === 'normalized_shape' ? [3] : isNumber.test(one) ? 2 : torch.ones(shape),
    );
    return optional.flatMap((one) =>
      wrong.map((value) => foreign(() => call(...values, { [camelCase(one)]: value }))),
    );
  });
  expect(found.filter((one) => one !== undefined)).toEqual([]);
});

// Not those that change what all tests see, or write files.
const settings = /^(set|use|save|load|dispose|manualSeed|seed|tidy|keep)/;
const plain = functions(torch).filter(([name]) => /^[a-z]/.test(name) && !settings.test(name));

test('torch', () => {
  const found = plain.map(([name, call]) => [name, ...walk(call, [torch.ones([2, 2])], 2)]);
  expect(found.filter((row) => row.length > 1)).toEqual([]);
  expect(found.length).toBeGreaterThan(900);
});

const methods = Object.getOwnPropertyNames(torch.Tensor.prototype).filter((name) => {
  const { value } = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, name)!;
  return typeof value === 'function' && /^[a-z]/.test(name) && !settings.test(name) && name !== 'constructor';
});

test('methods of a tensor', () => {
  const found = methods.map((name) => {
    const call = (...args: unknown[]): unknown => {
      const self = torch.ones([2, 2]) as unknown as Record<string, Call>;
      return self[name](...args);
    };
    return [name, ...walk(call, [torch.ones([2, 2])], 2)];
  });
  expect(found.filter((row) => row.length > 1)).toEqual([]);
  expect(found.length).toBeGreaterThan(500);
});

test.each(functions(torch.func))('func.%s', (_, transform) => {
  const call = (...args: unknown[]): unknown => {
    const made = transform(...args);
    return typeof made === 'function' ? (made as Call)(fitting[0]) : made;
  };
  expect(walk(call)).toEqual([]);
});

// What a class's required arguments may be; `forward` of the fixture says what they are called.
const fittingArguments: Record<string, unknown[]> = {
  Unflatten: [1, [2]],
  RNN: [2, 3],
  GRU: [2, 3],
  LSTM: [2, 3],
};
for (const dims of [2, 3]) fittingArguments[`FractionalMaxPool${dims}d`] = [2, { outputSize: 1 }];
const layers: Record<string, () => nn.Module> = {
  encoder_layer: () => new nn.TransformerEncoderLayer(2, 1, { dimFeedforward: 2 }),
  decoder_layer: () => new nn.TransformerDecoderLayer(2, 1, { dimFeedforward: 2 }),
};
const required = (name: string): unknown[] =>
  fittingArguments[name] ??
  (signatures.forward as Record<string, { constructor: string[] }>)[name].constructor.map((one) =>
    one in layers ? layers[one]() : one === 'cutoffs' ? [1] : 2,
  );
type Class = new (...args: unknown[]) => Call;

test.each(Object.keys(signatures.forward))('nn.%s', (name) => {
  const Class = (nn as unknown as Record<string, Class>)[name];
  const given = required(name);
  const found = given.flatMap((_, at) =>
    wrong.map((value) => foreign(() => new Class(...given.map((one, i) => (i === at ? value : one))))),
  );
  const module = new Class(...given);
  expect(found.filter((one) => one !== undefined)).toEqual([]);
  expect(walk(module, [torch.ones([1, 2]), torch.ones([1, 2, 4, 4])], 2)).toEqual([]);
});

// ---- everything else: files, data structures, utilities, classes that are no modules ----

const changesAll =
  /^(set|use|register|provide|clear|addSafe|withForwardGrad|enter|exit|emptyCache|DType|Layout|MemoryFormat)/;
// The constructors of JavaScript's own containers, and what the library alone makes.
const made = /^(Tuple|Size|ByteArray|ParametrizationList|GradFn|Node|SafeSlice|FunctionContext)$/;

function exportsOf(name: string, room: object, seen = new Set<unknown>()): [string, Call][] {
  if (seen.has(room)) return [];
  seen.add(room);
  return Object.entries(room).flatMap(([key, value]: [string, unknown]): [string, Call][] => {
    if (typeof value === 'object' && value !== null) return exportsOf(`${name}.${key}`, value, seen);
    if (typeof value !== 'function' || changesAll.test(key) || made.test(key)) return [];
    const isClass = /^[A-Z]/.test(key);
    return [[`${name}.${key}`, isClass ? (...args) => new (value as Class)(...args) : (value as Call)]];
  });
}
const { init, utils, parameter } = nn;
const { amp, autograd, backends, optim, safetensors, serialization, Complex, Device, Generator, Slice } =
  torch;
const rooms = {
  autograd,
  amp,

  utils: torch.utils,
  serialization,
  safetensors,
  'optim.swaUtils': optim.swaUtils,
  nn: { init, utils, parameter, LazyModuleMixin: nn.LazyModuleMixin, factoryKwargs: nn.factoryKwargs },
  core: { ...backends.mha, Complex, Device, Generator, Slice, TorchError },
  testing,
  tfjs,
};
// Fresh ones for each function: some change a module for good.
const structures = (): unknown[] => [
  torch.ones([2, 2]),
  new nn.Linear(2, 2),
  new Map([['a', torch.ones([1])]]),
  (x: unknown) => x,
  'a',
  2,
  [torch.ones([1])],
];
const folder = mkdtempSync(join(tmpdir(), 'nodetorch-'));
const home = process.cwd();
beforeAll(() => process.chdir(folder)); // some write a file 'a'
afterAll(() => process.chdir(home));

/** An error of the file system, such as ENOENT, and a failed assertion are what they should be. */
const isExpected = (text: string): boolean => /^(Error: E[A-Z]+: |AssertionError)/.test(text);

test.each(Object.entries(rooms))('%s', (name, room) => {
  const found = exportsOf(name, room).map(([path, call]) => {
    const errors = [...structures().flatMap((other) => walk(call, [other], 3))];
    return [path, ...new Set(errors.filter((text) => !isExpected(text)))];
  });
  expect(found.filter((row) => row.length > 1)).toEqual([]);
  expect(found.length).toBeGreaterThan(1);
});
