// Arguments of a module's call by their names, as Python takes them.
import torch, { nn, type Tensor } from 'nodetorch';
import signatures from '../fixtures/signatures.json';

interface Forward {
  required: string[];
  optional: string[];
  unknown: string;
  missing: string;
  last: string;
  surplus: string;
  constructor: string[];
}
const { func } = torch;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Callable = any;
const camelCase = (name: string): string =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
// PyTorch's names of arguments, in its messages, in ours.
const ours = (text: string): string => text.replace(/(?<=')\w+(?=')/g, camelCase);
const taken = 'got an unexpected keyword argument';

// These take any object for their input.
const generic = ['Identity', 'Sequential'];
const rows = (Object.entries(signatures.forward) as [string, Forward][]).filter(
  ([name]) => !generic.includes(name),
);

const RNN = [2, 3];
const POOL = [2, { outputSize: 1 }];
const ARGUMENTS: Record<string, unknown[]> = { RNN, GRU: RNN, LSTM: RNN, Unflatten: [1, [2]] };
Object.assign(ARGUMENTS, { FractionalMaxPool2d: POOL, FractionalMaxPool3d: POOL });

function build(name: string, required: string[]): Callable {
  const values = required.map((one) => {
    if (one.endsWith('_layer')) return new nn.Identity();
    return one === 'cutoffs' ? [1] : 2;
  });
  return new (nn as Callable)[name](...(ARGUMENTS[name] ?? values));
}

function refused(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error);
  }
  return 'nothing';
}

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

test.each(rows)('%s', (name, { required, optional, unknown, missing, last, surplus, ...row }) => {
  const module = build(name, row.constructor);
  // Lazy modules look at the dimensions first.
  const x = torch.ones(new Array<number>(Number(/\d(?=d$)/.exec(name)?.[0] ?? 1) + 1).fill(2));
  const named = Object.fromEntries([...required, ...optional].map((key) => [camelCase(key), x]));
  const position = required.map(() => x);
  // Of all names at once, and of one that nobody has, that one is refused, in Python's words.
  const refusal = unknown.replace(/^(\S+) .*/, `$1 ${taken} 'noSuchArgument'`);
  expect(refused(() => module({ ...named, noSuchArgument: 1 }))).toBe(refusal);
  expect(refused(() => module(...position, { noSuchArgument: 1 }))).toBe(refusal);
  expect(refused(() => module({}))).toBe(ours(missing));
  expect(refused(() => module())).toBe(ours(missing));
  expect(refused(() => module(...position.slice(1)))).toBe(ours(last));
  const tooMany = [...required, ...optional, 'one more'].map(() => x);
  expect(refused(() => module(...tooMany))).toBe(surplus);
  expect(refused(() => module(...tooMany, undefined))).toBe(surplus);
  const [first] = required;
  const text = `${missing.split(' ')[0]} got multiple values for argument '${camelCase(first)}'`;
  expect(refused(() => module(x, { [camelCase(first)]: x }))).toBe(text);
});

test.each(generic)('%s', (name) => {
  const module = build(name, []);
  const object = { noSuchArgument: 1 };
  expect(module(object)).toBe(object);
  expect(refused(() => module(1, 2))).toBe(signatures.forward[name as 'Identity'].surplus);
});

it('has every module', () => {
  const modules = Object.entries(nn as object).filter(
    ([name, value]) =>
      typeof value === 'function' && value.prototype instanceof nn.Module && !/^_/.test(name),
  );
  const known = [...generic, 'Container', 'ModuleList', 'ModuleDict', 'ParameterList', 'ParameterDict'];
  known.push('RNNBase', 'RNNCellBase', 'DataParallel');
  const names = modules.map(([name]) => name).filter((name) => !known.includes(name));
  expect(names.filter((name) => !(name in signatures.forward))).toEqual([]);
});

const random = (...shape: number[]): Tensor => torch.randn(shape);
const mask = torch.tensor([[0, -1], [-2, 0]]); // prettier-ignore
const padding = torch.tensor([[false, true], [false, false]]); // prettier-ignore
const ids = torch.tensor([0n, 1n, 1n]);
const [pooled, places] = new nn.MaxPool1d(2, { returnIndices: true })(random(1, 2, 6));
const layer = () => new nn.TransformerDecoderLayer(4, 2, 8, { batchFirst: true }).eval();
const encoderLayer = () => new nn.TransformerEncoderLayer(4, 2, 8, { batchFirst: true }).eval();
const transformer = {
  nhead: 2,
  numEncoderLayers: 1,
  numDecoderLayers: 1,
  dimFeedforward: 8,
  batchFirst: true,
};
const [s, t] = [random(2, 2, 4), random(2, 2, 4)];
const masks = [mask, mask, mask, padding, padding, padding];

// A module, what it gets by position, and the names of that.
const calls: [nn.Module, unknown[], string][] = [
  [new nn.RNN(2, 3), [random(4, 1, 2), random(1, 1, 3)], 'input hx'],
  [new nn.GRU(2, 3), [random(4, 1, 2), random(1, 1, 3)], 'input hx'],
  [new nn.LSTM(2, 3), [random(4, 1, 2), [random(1, 1, 3), random(1, 1, 3)]], 'input hx'],
  [new nn.RNNCell(2, 3), [random(1, 2), random(1, 3)], 'input hx'],
  [new nn.GRUCell(2, 3), [random(1, 2), random(1, 3)], 'input hx'],
  [new nn.LSTMCell(2, 3), [random(1, 2), [random(1, 3), random(1, 3)]], 'input hx'],
  [new nn.ConvTranspose1d(2, 3, 3, { stride: 2 }), [random(1, 2, 5), [12]], 'input outputSize'],
  [new nn.LazyConvTranspose1d(3, 3, { stride: 2 }), [random(1, 2, 5), [12]], 'input outputSize'],
  [new nn.MaxUnpool1d(2), [pooled, places, [7]], 'input indices outputSize'],
  [
    new nn.EmbeddingBag(3, 2, { mode: 'sum' }),
    [ids, ids.slice(0, 0, 2), random(3)],
    'input offsets perSampleWeights',
  ],
  [
    new nn.MultiheadAttention(4, 2, { batchFirst: true }),
    [s, t, t, padding, true, mask, false, false],
    'query key value keyPaddingMask needWeights attnMask averageAttnWeights isCausal',
  ],
  [encoderLayer(), [s, mask, padding, false], 'src srcMask srcKeyPaddingMask isCausal'],
  [
    new nn.TransformerEncoder(encoderLayer(), 2).eval(),
    [s, mask, padding, false],
    'src mask srcKeyPaddingMask isCausal',
  ],
  [
    layer(),
    [s, t, mask, mask, padding, padding, false, false],
    'tgt memory tgtMask memoryMask tgtKeyPaddingMask memoryKeyPaddingMask tgtIsCausal memoryIsCausal',
  ],
  [
    new nn.TransformerDecoder(layer(), 2).eval(),
    [s, t, mask, mask, padding, padding, false, false],
    'tgt memory tgtMask memoryMask tgtKeyPaddingMask memoryKeyPaddingMask tgtIsCausal memoryIsCausal',
  ],
  [
    new nn.Transformer(4, transformer).eval(),
    [s, t, ...masks, false, false, false],
    'src tgt srcMask tgtMask memoryMask srcKeyPaddingMask tgtKeyPaddingMask memoryKeyPaddingMask ' +
      'srcIsCausal tgtIsCausal memoryIsCausal',
  ],
  [new nn.CrossEntropyLoss(), [random(3, 4), ids], 'input target'],
  [new nn.GaussianNLLLoss(), [random(3), random(3), random(3).abs()], 'input target var'],
  [new nn.Linear(2, 3), [random(1, 2)], 'input'],
];

const lists = (value: unknown): unknown =>
  value instanceof torch.Tensor ? value.tolist() : Array.isArray(value) ? value.map(lists) : value;

const named = calls.map((row) => [row[0].constructor.name, ...row] as const);
test.each(named)('%s by position and by name', (_, module, position, names) => {
  const keys = names.split(' ');
  const call = module as Callable;
  const expected = lists(call(...position));
  for (let given = 0; given < keys.length; given++) {
    const named = Object.fromEntries(keys.slice(given).map((key, i) => [key, position[given + i]]));
    expect(lists(call(...position.slice(0, given), named))).toEqual(expected);
    const seen: unknown[] = [];
    const hook = module.registerForwardPreHook((_, args, kwargs) => void seen.push(args, kwargs), {
      withKwargs: true,
    });
    expect(lists(call(...position.slice(0, given), named))).toEqual(expected);
    hook.remove();
    const [args, kwargs] = seen as [unknown[], object];
    expect(args.every((one, i) => one === position[i]) && args.length === given).toBe(true);
    expect(Object.keys(kwargs)).toEqual(keys.slice(given));
  }
  expect(lists(call(...position, {}))).toEqual(expected);
});

it('leaves a forward of somebody else alone', () => {
  class Options extends nn.Linear {
    override forward(...args: Callable[]): Callable {
      return args;
    }
  }
  const call = new Options(1, 1) as Callable;
  expect(call(1, 2, 3)).toEqual([1, 2, 3]);
  expect(call(1, { input: 2 })).toEqual([1, { input: 2 }]);
  expect(func.functionalCall(call, {}, [1], {})).toEqual([1]);
  expect(func.functionalCall(call, {}, [1], { b: 2 })).toEqual([1, { b: 2 }]);
});
