// Tensors as text, against fixtures/print.json: what Python's repr prints.
import { inspect } from 'node:util';
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import { live } from './fixtures/live';
import fixture from './fixtures/print.json';

interface Row {
  build: object;
  expected: string;
  default?: torch.DTypeName;
  options?: Record<string, unknown>;
}

type Functions = Record<string, (...args: unknown[]) => Tensor>;

const camel = (name: string) =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
const float = (text: string) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN })[text] ?? Number(text);
const keys = (object: object) => Object.entries(object).map(([key, value]) => [camel(key), decode(value)]);

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const it = value as Record<string, never>;
  if ('int' in it) return BigInt(it.int);
  if ('float' in it) return float(it.float);
  if ('complex' in it) return new torch.Complex(...(decode(it.complex) as [number, number]));
  if ('layout' in it) return (torch as unknown as Record<string, unknown>)[camel(it.layout)];
  if ('tensor' in it) return torch.tensor(decode(it.tensor) as number[], { dtype: it.dtype });
  if ('dtype' in it) return (torch as unknown as Record<string, unknown>)[it.dtype];
  return run(it.method, it.call, decode(it.args) as unknown[], Object.fromEntries(keys(it.kwargs)));
}

function run(
  method: string | undefined,
  name: string,
  args: unknown[],
  keywords: Record<string, unknown>,
): Tensor {
  if (name === 'Parameter')
    return new nn.Parameter(args[0] as Tensor, keywords.requiresGrad as boolean | undefined);
  if (Object.keys(keywords).length > 0) args.push(keywords);
  if (method === undefined) return (torch as unknown as Functions)[camel(name)](...args);
  return (args[0] as Functions & Tensor)[camel(method)](...args.slice(1));
}

afterEach(() => {
  torch.setPrintoptions({ profile: 'default' });
  torch.setDefaultDtype('float32');
});

describe('prints as Python', () => {
  test.each((fixture.rows as Row[]).map((row) => [row.expected, row] as const))('%j', (_, row) => {
    torch.manualSeed(fixture.seed);
    if (row.default) torch.setDefaultDtype(row.default);
    if (row.options) torch.setPrintoptions(Object.fromEntries(keys(row.options)));
    expect(String(decode(row.build))).toBe(row.expected);
  });
});

test('util.inspect prints the same', () => {
  const x = torch.tensor([1.5, 2], { requiresGrad: true });
  expect(inspect(x)).toBe('tensor([1.5000, 2.0000], requires_grad=True)');
  expect(inspect({ x })).toBe('{ x: tensor([1.5000, 2.0000], requires_grad=True) }');
});

test('leaves no tensor behind and does not touch the graph', () => {
  const x = torch.randn([60, 60], { requiresGrad: true });
  const y = x.mul(2);
  const { tensors } = live();
  expect(String(y)).toContain('grad_fn=<MulBackward0>');
  expect(String(x.grad)).toBe('null');
  expect(torch.memory().tensors).toBe(tensors);
  y.sum().backward();
  expect(x.grad!.equal(torch.full([60, 60], 2))).toBe(true);
});

test('reads only what it shows', () => {
  const huge = torch.zeros([1]).expand([2 ** 20, 2 ** 20, 2 ** 20]);
  expect(String(huge)).toContain('...');
  expect(String(torch.zeros([1]).expand([7, 2 ** 40]))).toContain(' ...');
});

describe('options', () => {
  test('start as in PyTorch', () => {
    expect(torch.getPrintoptions()).toEqual({
      precision: 4,
      threshold: 1000,
      edgeitems: 3,
      linewidth: 80,
      sciMode: null,
    });
  });

  test('stay until they are set, but sciMode', () => {
    torch.setPrintoptions({ precision: 2, sciMode: true });
    torch.setPrintoptions({ edgeitems: 5 });
    expect(torch.getPrintoptions()).toMatchObject({ precision: 2, edgeitems: 5, sciMode: null });
  });

  test('printoptions() puts the old ones back, after an error too', () => {
    const x = torch.tensor([1.12345]);
    expect(torch.printoptions({ precision: 2 }, () => String(x))).toBe('tensor([1.12])');
    const failing = () =>
      torch.printoptions({ precision: 2 }, () => {
        throw new Error('mine');
      });
    expect(failing).toThrow('mine');
    expect(String(x)).toBe('tensor([1.1235])');
  });

  test.each([
    { precision: -1 },
    { precision: 1.5 },
    { precision: 100 },
    { edgeitems: NaN },
    { linewidth: '80' },
    { sciMode: 1 },
    { threshold: -1 },
    { profile: 'long' },
    { width: 3 },
  ])('refuses %j', (options) => {
    const before = torch.getPrintoptions();
    expect(() => torch.setPrintoptions(options as object)).toThrow(
      expect.objectContaining({ name: 'TypeError' }),
    );
    expect(torch.getPrintoptions()).toEqual(before);
  });
});
