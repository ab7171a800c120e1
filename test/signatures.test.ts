// Every argument of Python's may be given by its name or at its place, and no other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { nn, type Tensor, optim } from 'nodetorch';

interface Signature {
  required: string[];
  optional: string[];
  /** How many of all may be given by position. */
  positional: number;
  /** What Python says without the last of `required`; operators have words of their own, and none here. */
  last?: string;
}
type Signatures = Record<'nn' | 'nn.functional' | 'nn.init' | keyof typeof spaces, Record<string, Signature>>;
const spaces = {
  'optim.lr_scheduler': optim.lrScheduler,
  'optim.swa_utils': optim.swaUtils,
  'autograd.functional': torch.autograd.functional,
  func: torch.func,
  'nn.utils': nn.utils,
  'nn.utils.rnn': nn.utils.rnn,
  'nn.utils.prune': nn.utils.prune,
  'nn.utils.parametrize': nn.utils.parametrize,
  'nn.utils.parametrizations': nn.utils.parametrizations,
};
const file = join(__dirname, 'fixtures/signatures.json');
const signatures = JSON.parse(readFileSync(file, 'utf8')) as Signatures;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Callable = any;
const camelCase = (name: string): string =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());

/** The keyword that the call complains of; any other complaint is not of interest here. */
function refusedBy(call: (keywords: object) => unknown, names: string[]): string | undefined {
  try {
    call(Object.fromEntries(names.map((name) => [name, undefined])));
  } catch (error) {
    return /got an unexpected keyword argument '(\w+)'/.exec((error as Error).message)?.[1];
  }
  return undefined;
}

// What takes any object for its content, and what is no module.
const containers = ['Identity', 'ModuleList', 'ModuleDict', 'ParameterList', 'ParameterDict'];
const tensors = ['Parameter', 'Buffer', 'UninitializedParameter', 'UninitializedBuffer'];
// An object is the argument of factory_kwargs itself.
const elsewhere = [...containers, ...tensors, 'factory_kwargs'];
// Of all names at once, and of one that Python does not have: that one, and it alone, is refused.
function checkNames(call: (keywords: object) => unknown, optional: string[]): void {
  const names = optional.map(camelCase);
  expect(refusedBy(call, [...names, 'noSuchArgument'])).toBe('noSuchArgument');
}

const rows = (part: keyof Signatures): [string, Signature][] =>
  Object.entries(signatures[part]).filter(([name]) => !elsewhere.includes(name));

const isNumber = /size|shape|dim|num_|factor|groups$|norm_type|threshold|_p$|recipe/;
const isText = /nonlinearity/;
function argument(name: string, ...shape: number[]): unknown {
  if (isText.test(name)) return 'leaky_relu';
  return isNumber.test(name) ? 2 : torch.zeros(shape);
}

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function inWords(names: string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}

// Each place is the named argument's: the name beside it is a second value. One more than there are places is refused.
function checkPlaces(
  call: (...args: unknown[]) => unknown,
  { required, optional, positional }: Signature,
): void {
  const names = [...required, ...optional].map(camelCase);
  const found = names.slice(0, positional).map((name, i) => {
    const message = messageOf(() => call(...Array<number>(i + 1).fill(2), { [name]: 2 }));
    return message.replace(/^.*got multiple values for argument '(\w+)'$/, '$1');
  });
  expect(found).toEqual(names.slice(0, positional));
  const least = required.length;
  const takes = least === positional ? String(positional) : `from ${least} to ${positional}`;
  expect(messageOf(() => call(...Array<number>(positional + 1).fill(2)))).toContain(
    `() takes ${takes} positional argument${positional === 1 ? '' : 's'} but ${positional + 1} ` +
      `${positional === 0 ? 'was' : 'were'} given`,
  );
  if (least === 0) return;
  expect(messageOf(() => call({}))).toContain(
    `() missing ${least} required positional argument${least === 1 ? '' : 's'}: ${inWords(names.slice(0, least))}`,
  );
}

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

describe.each(rows('nn'))('nn.%s', (name, signature) => {
  const Class = (nn as Callable)[name];
  test('names', () => {
    const values = signature.required.map((one) => (one.endsWith('_layer') ? new nn.Identity() : 2));
    checkNames((keywords) => new Class(...values, keywords), signature.optional);
  });
  test('places', () => checkPlaces((...args) => new Class(...args), signature));
});

// Python's constructors pass what they get on to RNNBase, and RNN takes its nonlinearity out of the fourth place. RNN and
// GRU refuse the projSize that comes behind bidirectional there.
const sizes = ['input_size', 'hidden_size'];
const layered = ['num_layers', 'bias', 'batch_first', 'dropout', 'bidirectional'];
const factory = ['device', 'dtype'];
const recurrent: Record<string, Signature> = {
  RNN: {
    required: sizes,
    optional: ['num_layers', 'nonlinearity', ...layered.slice(1), ...factory],
    positional: 8,
  },
  GRU: { required: sizes, optional: [...layered, ...factory], positional: 7 },
  LSTM: { required: sizes, optional: [...layered, 'proj_size', ...factory], positional: 10 },
};
describe.each(Object.entries(recurrent))('nn.%s', (name, signature) => {
  const Class = (nn as Callable)[name];
  test('names', () => checkNames((keywords) => new Class(2, 2, keywords), signature.optional));
  test('places', () => checkPlaces((...args) => new Class(...args), signature));
});

// Functions of classes.
const statics: [string, Callable, Signature][] = [
  [
    'Embedding.fromPretrained',
    (...args: unknown[]) => nn.Embedding.fromPretrained(...(args as [Tensor])),
    {
      required: ['embeddings'],
      optional: ['freeze', 'padding_idx', 'max_norm', 'norm_type', 'scale_grad_by_freq', 'sparse'],
      positional: 7,
    },
  ],
  [
    'EmbeddingBag.fromPretrained',
    (...args: unknown[]) => nn.EmbeddingBag.fromPretrained(...(args as [Tensor])),
    {
      required: ['embeddings'],
      optional: [
        'freeze',
        'max_norm',
        'norm_type',
        'scale_grad_by_freq',
        'mode',
        'sparse',
        'include_last_offset',
        'padding_idx',
      ],
      positional: 9,
    },
  ],
  [
    'Transformer.generateSquareSubsequentMask',
    nn.Transformer.generateSquareSubsequentMask,
    { required: ['sz'], optional: factory, positional: 3 },
  ],
];
test.each(statics)('%s', (_, call, signature) => {
  checkNames(
    (keywords) => call(signature.required[0] === 'sz' ? 2 : torch.ones([2, 2]), keywords),
    signature.optional,
  );
  checkPlaces(call, signature);
});

const bare = ['LogSigmoid', 'Sigmoid', 'Softmax2d', 'Softsign', 'Tanh', 'Tanhshrink'];
test.each(bare)('nn.%s has no arguments', (name) => {
  const Class = (nn as Callable)[name];
  expect(messageOf(() => new Class({ foo: 1 }))).toBe(`${name}() got an unexpected keyword argument 'foo'`);
  expect(messageOf(() => new Class(1))).toBe(`${name}() takes 0 positional arguments but 1 was given`);
});

describe.each(rows('nn.functional'))('functional %s', (name, signature) => {
  const call = (nn.functional as Callable)[camelCase(name)];
  test('names', () => {
    const values = signature.required.map((one) => argument(one, 2));
    checkNames((keywords) => call(...values, keywords), signature.optional);
  });
  test('places', () => checkPlaces(call, signature));
  test('without the last', () => {
    const values = signature.required.slice(1).map((one) => argument(one, 2));
    const last = camelCase(signature.required.at(-1) ?? '');
    const expected = (signature.last ?? `() missing 1 required positional argument: '${last}'`).replace(
      /(?<=')\w+(?=')/g,
      camelCase,
    );
    if (signature.required.length === 0) return;
    expect(messageOf(() => call(...values))).toBe(camelCase(name) + expected.slice(expected.indexOf('(')));
  });
});

describe.each(rows('nn.init'))('init.%s', (name, signature) => {
  const call = (nn.init as Callable)[camelCase(name)];
  test('names', () => {
    const shape = name === 'sparse_' ? [2, 2] : [2, 2, 2];
    const values = signature.required.map((one) => argument(one, ...shape));
    checkNames((keywords) => call(...values, keywords), signature.optional);
  });
  test('places', () => checkPlaces(call, signature));
});

// What Python has by position alone, or passes on, and functions whose required arguments are all there is.
const byHand =
  /^(LRScheduler|PackedSequence_?|ParametrizationList|bind|functional_call|vjp|linearize|global_unstructured|skip_init)$/;
const plain = /^(fuse_.*_weights|clip_grad_norm$|invert_|unpack_|stack_module|type_before)/;
const places = Object.entries(spaces).flatMap(([part, space]) =>
  rows(part as keyof typeof spaces).flatMap(([name, signature]) => {
    const found = (space as Record<string, Callable>)[camelCase(name)];
    if (found === undefined || byHand.test(name) || plain.test(name)) return [];
    const isClass = /^[A-Z]/.test(name);
    const call = (...args: unknown[]) => (isClass ? new found(...args) : found(...args));
    return [[`${part}.${name}`, call, signature] as const];
  }),
);
describe.each(places)('%s', (_, call, signature) => {
  test('names', () =>
    checkNames((keywords) => call(...signature.required.map(() => 2), keywords), signature.optional));
  test('places', () => checkPlaces(call, signature));
});
