// Values of TorchScript on their way in and out: what each becomes, and what is refused.
import { join } from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());

interface Values {
  [method: string]: torch.jit.ScriptFunction & ((...args: unknown[]) => never);
}
const values = torch.jit.load<Values>(join(__dirname, 'programs', 'values.pt'));
const list = (value: unknown): unknown =>
  Array.isArray(value) ? [...(value as unknown[])].map(list) : value;

test('int, float, bool and str go by the schema', () => {
  expect(list(values.numbers(1, 3, true, 'a'))).toEqual([2, 1.5, false, 'a!']);
  expect(list(values.numbers(1n, 0.5, false, ''))).toEqual([2, 0.25, true, '!']);
  expect(classAndMessage(() => values.numbers(1.5, 1, true, ''))).toContain("type 'int' for argument 'i'");
  expect(classAndMessage(() => values.numbers(torch.tensor(1n), 1, true, ''))).toContain("type 'int'");
  expect(classAndMessage(() => values.numbers(1, 1, 1, ''))).toContain("type 'bool' for argument 'b'");
});

test('an int beyond 2^53 is a bigint', () => {
  expect(values.big(2n ** 53n)).toBe(2n ** 53n + 1n);
  expect(values.big(4)).toBe(5);
});

test('complex numbers', () => {
  const z = values.complexNumber(new torch.Complex(1, 2)) as torch.Complex;
  expect([z.re, z.im]).toEqual([2, 4]);
  expect((values.complexNumber(3) as torch.Complex).re).toBe(6);
});

test('lists, in lists too; typed arrays are lists of numbers', () => {
  expect(list(values.lists([1], [1, 2], [true], ['a'], [[2, 3], []]))).toEqual([
    [1, 1],
    [1, 2, 0.5],
    [true],
    ['a'],
    [[2, 3], [], [1]],
  ]);
  expect(list(values.lists([], [], [], [], []))).toEqual([[1], [0.5], [], [], [[1]]]);
  const typed = values.lists(new Int32Array([2]), new Float64Array([2.5]), [], [], []);
  expect(list(typed)).toEqual([[2, 1], [2.5, 0.5], [], [], [[1]]]);
  expect(classAndMessage(() => values.lists([1.5], [], [], [], []))).toContain("type 'List[int]'");
  expect(classAndMessage(() => values.lists([1], [], [], [], [[1], 2]))).toContain("type 'List[List[int]]'");
});

test('dicts are Maps; plain objects are taken, also as the last argument', () => {
  const [dict, nested] = values.dicts({ a: torch.ones([1]) }, new Map([[1, { x: 2 }]])) as [
    Map<string, Tensor>,
    Map<number, Map<string, number>>,
  ];
  expect(dict.get('a')!.tolist()).toEqual([2]);
  expect(nested.get(1)!.get('x')).toBe(2);
  expect(classAndMessage(() => values.dicts({ a: 1 }, {}))).toContain("type 'Dict[str, Tensor]'");
});

test('None, and arguments that are left out', () => {
  expect(values.optional(null)).toBeNull();
  expect(values.optional(null, 4)).toBe(4);
  expect(values.optional(null, { i: 5 })).toBe(5);
  expect(values.optional(null, undefined)).toBeNull();
  expect(values.optional(torch.ones([2]))).toBe(2);
  expect(values.optional({ x: torch.ones([3]) })).toBe(3);
  expect(values.nothing()).toBeNull();
});

test('a NamedTuple is an array with names', () => {
  const point = values.point({ y: 2, x: torch.ones([1]) }) as [Tensor, number] & { x: Tensor; y: number };
  expect([point.x.item(), point.y, point[1], point.length]).toEqual([2, 3, 3, 2]);
  const points = values.points([point, [torch.zeros([1]), 7]]) as Map<string, { y: number }>;
  expect([...points.keys()]).toEqual(['3', '7']);
  expect(points.get('7')!.y).toBe(7);
  expect(classAndMessage(() => values.point({ x: torch.ones([1]) }))).toContain("argument 'p'");
  expect(classAndMessage(() => values.point({ x: torch.ones([1]), y: 1, z: 1 }))).toContain("argument 'p'");
});

test('a member of an enum, also by its name', () => {
  const green = values.color('RED') as torch.jit.ScriptValue;
  expect([green.name, green.value, String(green)]).toEqual(['GREEN', 2, 'models.Color.GREEN']);
  expect((values.color(green) as torch.jit.ScriptValue).name).toBe('RED');
  expect(classAndMessage(() => values.color('BLUE'))).toContain("argument 'c'");
});

test('a union takes each of its types', () => {
  expect([values.union(1), values.union('a'), values.union([1, 2]), values.union([])]).toEqual([
    'int',
    'str',
    'list',
    'list',
  ]);
  expect(classAndMessage(() => values.union(1.5))).toContain("argument 'v'");
});

test('devices and dtypes', () => {
  expect(values.deviceOf(torch.ones([1]), 'cpu')).toBe('cpu');
  expect(values.deviceOf(torch.ones([1]), torch.device('meta'))).toBe('meta');
  expect((values.cast(torch.ones([1]), torch.float64) as Tensor).dtype).toBe(torch.float64);
  expect(values.dtypeOf(torch.ones([1]))).toBe(6); // an int there: Python gives 6, too
});

test('an object of a class that the archive brings', () => {
  const counter = values.counter(5) as torch.jit.ScriptValue;
  expect(counter.value).toBe(5);
  expect((counter.add as (by: number) => number)(2)).toBe(7);
  expect(values.countOn(counter)).toBe(17);
  counter.value = 1;
  expect(values.countOn(counter)).toBe(11);
  expect(classAndMessage(() => values.countOn(3))).toContain("argument 'c'");
  expect(String(counter)).toBe('<models.Counter object>');
});

test('a tensor that comes back is the object that was given', async () => {
  const x = torch.ones([2]);
  const [a, b] = values.same(x) as Tensor[];
  expect(a).toBe(x);
  expect(b).toBe(x);
  const [c] = (await values.same.callAsync(x)) as Tensor[];
  expect(c).toBe(x);
  expect(x.tolist()).toEqual([3, 3]);
});

test('attributes are read and written by their types', () => {
  const m = torch.jit.load<{ at: number | null; table: Map<string, number[]>; pair: [number, string] }>(
    join(__dirname, 'programs', 'values.pt'),
  );
  expect([m.at, list(m.table.get('a')), list(m.pair)]).toEqual([null, [1, 2], [3, 'x']]);
  m.at = 4;
  (m as { table: unknown }).table = { b: [0.5] };
  m.pair = [1, 'y'];
  expect([m.attr('at'), [...m.table.keys()], list(m.pair)]).toEqual([4, ['b'], [1, 'y']]);
  expect(classAndMessage(() => m.setAttr('at', 'a'))).toContain("Expected a value of type 'Optional[int]'");
  const again = torch.jit.load<{ at: number }>(m.saveToBuffer());
  expect(again.at).toBe(4);
});

test('forked work is waited for', () => {
  expect((values.forked(torch.ones([1])) as Tensor).item()).toBe(0);
});
