// makeTensor gives Python's bits for a seed, and Python's errors.
import torch from 'nodetorch';
import { type MakeTensorOptions, makeTensor } from 'nodetorch/testing';
import { classAndMessage } from '../errors';
import rows from './make_tensor.json';

type Given = Record<string, unknown> & { shape?: number[] };
interface Expected {
  bytes?: string;
  stride?: number[];
  requiresGrad?: boolean;
  error?: string;
}
const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function optionsOf({ shape: _, ...given }: Given, dtype: string): MakeTensorOptions {
  const entries = Object.entries(given).map(([name, value]): [string, unknown] => {
    if (name === 'memory_format') return [camelCase(name), (torch as never)[camelCase(value as string)]];
    return [camelCase(name), typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : value];
  });
  return { ...Object.fromEntries(entries), dtype: dtype as torch.DTypeLike };
}

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());
afterAll(() => jest.restoreAllMocks());

// Python writes 1e+40 where JavaScript has all digits, and 5.0 for a float that is whole.
const numbersAside = (text: string): string => text.replace(/-?\d+(\.\d+)?(e\+?\d+)?|-?inf\b|nan/gi, '#');

test.each(rows as unknown as [string, Given, Expected][])('%s %j', (dtype, given, expected) => {
  torch.manualSeed(7);
  const make = () => makeTensor(given.shape ?? [2, 3], optionsOf(given, dtype));
  if (expected.error !== undefined) {
    expect(numbersAside(classAndMessage(make))).toBe(numbersAside(expected.error));
    return;
  }
  const made = make();
  const plain = made.detach().contiguous();
  const bytes = (plain.dim() === 0 ? plain.reshape([1]) : plain).view(torch.uint8).toTypedArray();
  expect({
    bytes: Buffer.from(bytes as Uint8Array).toString('hex'),
    stride: [...made.stride()],
    requiresGrad: made.requiresGrad,
  }).toEqual(expected);
});

test('sizes may be given one by one, and a name of the dtype', () => {
  torch.manualSeed(3);
  const a = makeTensor([2, 3], { dtype: torch.float32, device: 'cpu' });
  torch.manualSeed(3);
  expect(makeTensor(2, 3, { dtype: 'float32' }).equal(a)).toBe(true);
});

test.each<[string, () => unknown, RegExp]>([
  ['no dtype', () => makeTensor([2], {} as never), /missing 1 required keyword-only argument: 'dtype'/],
  ['no options', () => Reflect.apply(makeTensor, null, [[2]]) as unknown, /missing 1 required .*'dtype'/],
  ['an unknown option', () => makeTensor([2], { dtype: 'int8', hihg: 1 } as never), /'hihg'/],
  ['a wrong dtype', () => makeTensor([2], { dtype: 'float3' as never }), /must be a DType/],
  ['a wrong shape', () => makeTensor(['a'] as never, { dtype: 'int8' }), /argument 'shape' must be numbers/],
  [
    'a text for low',
    () => makeTensor([2], { dtype: 'int8', low: 'a' as never }),
    /argument 'low' must be a number/,
  ],
])('%s is refused', (_, call, message) => {
  expect(classAndMessage(call)).toMatch(message);
  expect(classAndMessage(call)).toMatch(/^TypeError: /);
});
