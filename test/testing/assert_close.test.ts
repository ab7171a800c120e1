// assertClose against assert_close.json: whole messages of Python's torch.testing.assert_close.
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import { assertClose, assertEqual, type CloseOptions } from 'nodetorch/testing';
import { classAndMessage } from '../errors';
import fixture from './assert_close.json';

type Spec = Record<string, never>;
type Step = [method: string, ...args: unknown[]];

const camel = (name: string) =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const float = (text: string) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN })[text] ?? Number(text);
const complex = ([re, im]: [number, number]) => new torch.Complex(re, im);

function elements(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(elements);
  if (typeof value === 'string') return float(value);
  if (value === null || typeof value !== 'object') return value;
  return 'int' in value ? BigInt(value.int as string) : complex((value as Spec).complex);
}

function decode(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(decode);
  const spec = value as Spec;
  if ('int' in spec) return BigInt(spec.int);
  if ('float' in spec) return float(spec.float);
  if ('complex' in spec) return complex(spec.complex);
  if ('dict' in spec)
    return Object.fromEntries(Object.entries(spec.dict).map(([key, one]) => [key, decode(one)]));
  if ('parameter' in spec) return new nn.Parameter(decode(spec.parameter) as Tensor);
  if ('quantized' in spec) {
    const [values, scale, zeroPoint] = spec.quantized as [number[], number, number];
    return torch.quantizePerTensor(torch.tensor(values), scale, zeroPoint, torch.quint8);
  }
  let tensor = torch.tensor(elements(spec.tensor) as number[], { dtype: spec.dtype });
  for (const [method, ...args] of spec.do as Step[]) {
    tensor = (tensor as unknown as Record<string, (...args: unknown[]) => Tensor>)[camel(method)](...args);
  }
  return tensor;
}

function decodeOptions(options: Record<string, unknown>): CloseOptions {
  const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));
  const around = (given.msg as { around?: string } | undefined)?.around;
  if (around !== undefined) given.msg = (message: string) => around.replace('{}', message);
  return given;
}

interface Row {
  actual: unknown;
  expected: unknown;
  options: Record<string, unknown>;
  outcome: string | null;
}

test.each((fixture.rows as Row[]).map((row, i) => [i, row.outcome?.split('\n')[0] ?? 'close', row] as const))(
  '%i: %s',
  (_, __, { actual, expected, options, outcome }) => {
    const result = classAndMessage(() => {
      assertClose(decode(actual), decode(expected), decodeOptions(options));
    });
    expect(result).toBe(outcome ?? 'nothing');
  },
);

const f32 = (values: number[]) => torch.tensor(values);

describe('what Python has not', () => {
  test.each<[what: string, actual: unknown, expected: unknown, outcome: string]>([
    ['a Map and an object', new Map([['a', f32([1])]]), { a: f32([1]) }, 'nothing'],
    ['typed arrays', new Float32Array([1, 2]), new Float32Array([1, 2 + 1e-6]), 'nothing'],
    [
      'typed arrays of two types',
      new Float32Array([1]),
      new Float64Array([1]),
      "AssertionError: The values for attribute 'dtype' do not match: torch.float32 != torch.float64.",
    ],
    ['undefined', undefined, null, 'nothing'],
    ['a Buffer', new nn.Buffer(f32([1])), new nn.Parameter(f32([1])), 'nothing'],
    [
      'booleans in an array',
      [[true]],
      [[false]],
      'AssertionError: Booleans mismatch: True is not False\n\nThe failure occurred for item [0][0]',
    ],
    [
      'a boolean and a number',
      true,
      1,
      "TypeError: No comparison pair was able to handle inputs of type <class 'bool'> and <class 'float'>.",
    ],
    [
      'modules',
      new nn.ReLU(),
      new nn.ReLU(),
      "TypeError: No comparison pair was able to handle inputs of type <class 'function'> and <class 'function'>.",
    ],
    [
      'nested tensors',
      torch.ops.aten._nested_tensor_from_tensor_list([f32([1]), f32([1, 2])]),
      torch.ops.aten._nested_tensor_from_tensor_list([f32([1]), f32([1, 3])]),
      'AssertionError: Tensor-likes are not close!\n\nMismatched elements: 1 / 2 (50.0%)\n' +
        'Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)\n' +
        'Greatest relative difference: 0.3333333432674408 at index (1,) (up to 1.3e-06 allowed)\n\n' +
        'The failure occurred for item [1]',
    ],
  ])('%s', (_, actual, expected, outcome) => {
    expect(classAndMessage(() => assertClose(actual, expected))).toBe(outcome);
  });

  test('an unknown option is refused', () => {
    expect(classAndMessage(() => assertClose(1, 1, { equal_nan: true } as never))).toMatch(
      /^TypeError: .*equal_nan/,
    );
  });

  test('the gradient and the graph are left alone, and no tensor stays', () => {
    const x = torch.ones(3, { requiresGrad: true });
    const y = x.mul(2);
    const before = torch.memory().tensors;
    expect(() => assertClose(y, torch.ones(3))).toThrow('Mismatched elements: 3 / 3');
    expect(torch.memory().tensors - before).toBe(1); // torch.ones(3)
    y.sum().backward();
    expect(x.grad!.tolist()).toEqual([2, 2, 2]);
  });
});

describe('assertEqual', () => {
  test.each<[what: string, actual: unknown, expected: unknown, message: string]>([
    ['equal values', f32([1, NaN, -0]), f32([1, NaN, 0]), 'nothing'],
    [
      'the next float32',
      f32([1]),
      f32([1 + 2 ** -23]),
      'AssertionError: Tensor-likes are not equal!\n\nMismatched elements: 1 / 1 (100.0%)\n' +
        'Greatest absolute difference: 1.1920928955078125e-07 at index (0,)\n' +
        'Greatest relative difference: 1.1920927533992653e-07 at index (0,)',
    ],
    [
      'another dtype',
      f32([1]),
      torch.tensor([1n]),
      "AssertionError: The values for attribute 'dtype' do not match: torch.float32 != torch.int64.",
    ],
  ])('%s', (_, actual, expected, message) => {
    expect(classAndMessage(() => assertEqual(actual, expected))).toBe(message);
  });

  test('takes no tolerance', () => {
    expect(classAndMessage(() => assertEqual(1, 1, { rtol: 1 } as never))).toMatch(/rtol/);
  });
});
