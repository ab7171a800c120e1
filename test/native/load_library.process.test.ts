// torch.ops.loadLibrary: a user's own operators and classes are used like libtorch's.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { classAndMessage } from '../errors';
import torch, { type Tensor } from 'nodetorch';
import expected from '../export/custom_objects.json';
import { lastLine, runChild } from './support/child';
import {
  classes,
  collect,
  Complex,
  device,
  dtypes,
  memory,
  ops,
  ScriptObject,
  tensor,
} from './support/torch';

const root = path.join(__dirname, '../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-library-'));
const programs = path.join(root, 'test/export/functionalized');
const program = (name: string) => torch.export.load(path.join(programs, `${name}.pt2`));
const ofObjects = path.join(root, 'test/export/custom_objects.pt2');
const library = path.join(folder, 'custom_library.so');

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const note = fs.readFileSync(path.join(root, 'build/Release/libtorch.json'), 'utf8');
  const { path: libtorch } = JSON.parse(note) as { path: string };
  const source = path.join(__dirname, 'support/custom_library.cc');
  const include = ['include', 'include/torch/csrc/api/include'].map(
    (name) => `-I${path.join(libtorch, name)}`,
  );
  const link = [`-L${path.join(libtorch, 'lib')}`, '-ltorch_cpu', '-lc10'];
  const built = spawnSync(
    process.env.CXX ?? 'c++',
    ['-std=c++20', '-shared', '-fPIC', '-w', ...include, source, '-o', library, ...link],
    { encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(`cannot build the library: ${built.stderr}`);
  // Its names may have been looked for before.
  expect(() => ops.nodetorch_test.mix).toThrow('no such operator');
  expect(() => program('base').module()).toThrow('torch.ops.nodetorch_test.shift_.default: no such operator');
  expect(() => classes.nodetorch_test.Tally).toThrow(missing);
  expect(() => torch.export.load(ofObjects)).toThrow(
    'an object of the class __torch__.torch.classes.nodetorch_test.Tally, which no library has that is loaded',
  );
  ops.loadLibrary(library);
}, 300_000);

const missing =
  "Tried to instantiate class 'nodetorch_test.Tally', but it does not exist! Ensure that it is registered via torch::class_";

const { nodetorch_test } = ops;
const tally = (...args: unknown[]): ScriptObject => new classes.nodetorch_test.Tally(...args);

test('its operators are called by name, with keywords, and are differentiable', () => {
  const { mix } = nodetorch_test;
  const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 6])];
  expect(mix(a, b).tolist()).toEqual([2, 4]);
  expect(mix(a, b, 0.25).tolist()).toEqual([2.5, 5]);
  expect(mix(a, b, { share: 0.25, swap: true }).tolist()).toEqual([1.5, 3]);
  expect(nodetorch_test['mix.default'](a, b).tolist()).toEqual([2, 4]);
  mix(a, b, 0.25).sum().backward();
  expect(a.grad?.tolist()).toEqual([0.25, 0.25]);
});

test('a wrong call lists its signature', () => {
  expect(() => nodetorch_test.mix(tensor([1]), 'b')).toThrow(
    /torch\.ops\.nodetorch_test::mix\(\): argument 'other' \(position 2\) must be Tensor, not string[^]*share: float = 0\.5/,
  );
});

// auto_functionalized and auto_functionalized_v2 call such operators with copies.
describe('a program of operators that write to their arguments', () => {
  interface Expected {
    args: Tensor[];
    out: Tensor[];
    given: Tensor[];
    state: Record<string, Tensor>;
  }
  const results = torch.load<Record<string, Expected>>(`${programs}.pt`, { objects: true });
  const lists = (tensors: Iterable<Tensor>) => [...tensors].map((one) => one.tolist());

  test.each(Object.keys(results))('%s', (name) => {
    const { args, out, given, state } = results[name];
    const module = program(name).module();
    expect(lists(module(...args) as Tensor[])).toEqual(lists(out));
    expect(lists(args)).toEqual(lists(given));
    expect(lists(module.stateDict().values())).toEqual(lists(Object.values(state)));
  });
});

describe('a class of it', () => {
  test('is made with what its C++ constructor takes', () => {
    const total = (...args: unknown[]) => tally(...args).running_total as number;
    expect([total('a'), total('a', 3), total('a', { first_total: 4 })]).toEqual([0, 3, 4]);
    expect(total({ label: 'b', firstTotal: 5 })).toBe(5);
    expect(tally('a')).toBeInstanceOf(ScriptObject);
    expect(tally('a')).toBeInstanceOf(classes.nodetorch_test.Tally);
    expect(tally('a').qualifiedName).toBe('__torch__.torch.classes.nodetorch_test.Tally');
    expect(classes.nodetorch_test.Tally.qualifiedName).toBe('__torch__.torch.classes.nodetorch_test.Tally');
  });

  test('has methods by both spellings, with defaults and keywords', () => {
    const one = tally('a', 3);
    expect([one.add_to_total(4), one.addToTotal(), one.addToTotal({ by: 2 })]).toEqual([7, 8, 10]);
    expect(one.reset()).toBeNull();
    expect(one.totals()).toEqual(new Map([['a', [0, 0]]]));
  });

  test('has properties', () => {
    const one = tally('a', 3);
    one.running_total = 9;
    expect([one.runningTotal, one.label]).toEqual([9, 'a']);
    expect(() => (one.label = 'b')).toThrow(TypeError);
    expect(() => (one.runningTotal = 'b')).toThrow("argument '_1' (position 1) must be int, not string");
  });

  test('has static methods', () => {
    const { Tally } = classes.nodetorch_test;
    expect([Tally.of_total(5).running_total, Tally.of_total(5).label]).toEqual([5, 'static']);
    expect([Tally.nothing, Tally.add_to_total, 'of_total' in Tally]).toEqual([undefined, undefined, false]);
  });

  test('takes tuples, dicts and lists of lists', () => {
    const { describe } = tally('a');
    const told = (...args: unknown[]): unknown => describe.apply(tally('a'), args);
    expect(told(['x', null], new Map([['a', 0.5]]), [[1, 2], []])).toBe('x none a=5 2 0');
    expect(told(['x', 7], { a: 0.5, b: 1 }, [])).toBe('x7 a=5 b=10');
    expect(told(['x', 7], {}, [])).toBe('x7');
    for (const [args, problem] of [
      [[['x'], {}, []], "'_1' (position 1) must be [string, int?], not array of string"],
      [[['x', 1, 2], {}, []], "'_1' (position 1) must be [string, int?], not array of string"],
      [[['x', 1], { a: 'b' }, []], "'_2' (position 2) must be Map<string, float>, not object"],
      [[['x', 1], [['a', 1]], []], "'_2' (position 2) must be Map<string, float>, not array of arrays"],
      [[['x', 1], {}, [1]], "'_3' (position 3) must be int[][], not array of number"],
      [[['x', 1], new Map()], "missing argument '_3' (position 3)"],
      [[['x', 1], {}, [], 1], 'takes 3 positional arguments but 4 were given'],
    ] as const) {
      expect(classAndMessage(() => told(...args))).toContain(
        `TypeError: torch.classes.nodetorch_test.Tally.describe(): ${problem.startsWith("'") ? 'argument ' : ''}${problem}`,
      );
    }
  });

  test('is an argument and a result of operators', () => {
    const { tally_of, sum_of, tally_or_none, new_tally } = nodetorch_test;
    expect([tally_of(tally('a', 3)), tally_of({ tally: tally('a', 4) })]).toEqual([3, 4]);
    expect([sum_of([]), sum_of([tally('a', 1), tally('b', 2)], { plus: 10 })]).toEqual([0, 13]);
    expect([tally_or_none(), tally_or_none(null), tally_or_none(tally('a', 5))]).toEqual([null, null, 5]);
    expect(new_tally(tensor([1n, 2n])).running_total).toBe(3);
  });

  test.each([
    ['another class', () => new classes.nodetorch_test.Empty(), 'torch.classes.nodetorch_test.Empty'],
    ['what was disposed', () => disposed(tally('a')), 'a disposed ScriptObject'],
    ['a tensor', () => tensor([1]), 'Tensor'],
    ['a number', () => 1, 'number'],
    ['the class itself', () => classes.nodetorch_test.Tally, 'function'],
  ])('%s in its place is an error that says so', (_, make, name) => {
    const expected = 'must be torch.classes.nodetorch_test.Tally';
    expect(classAndMessage(() => nodetorch_test.tally_of(make()) as unknown)).toContain(
      `TypeError: torch.ops.nodetorch_test::tally_of(): argument 'tally' (position 1) ${expected}, not ${name}; got`,
    );
    expect(() => nodetorch_test.sum_of([tally('a'), make()]) as unknown).toThrow(`${expected}[], not array`);
    expect(() => tally('a').copy.call(make()) as unknown).toThrow(`argument '_0' ${expected}, not ${name}`);
  });

  test('throws what its methods throw', () => {
    expect(classAndMessage(() => tally('a').fail() as unknown)).toBe('RuntimeError: the tally is closed');
    expect(classAndMessage(() => tally())).toMatch(
      /^TypeError: torch\.classes\.nodetorch_test\.Tally\.__init__\(\): missing argument 'label' \(position 1\)/,
    );
    expect(() => tally('a').nothing as unknown).not.toThrow();
  });

  test('gives its state and takes it back', () => {
    const one = tally('a', 3);
    expect(one.__getstate__()).toEqual(['a', 3]);
    one.__setstate__(['b', 4]);
    expect([one.label, one.running_total]).toEqual(['b', 4]);
    expect(() => one.__setstate__(['b']) as unknown).toThrow('must be [string, int]');
  });

  test('knows one object of C++ in two of JavaScript', () => {
    const one = tally('a');
    expect([one.itself() === one, one.itself().isSame(one), one.copy().isSame(one)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(() => one.isSame(1 as never)).toThrow('must be a ScriptObject, not number');
  });

  test('prints as in Python, or as its class says', () => {
    const empty = new classes.nodetorch_test.Empty();
    const text = 'ScriptObject <__torch__.torch.classes.nodetorch_test.Empty>';
    expect([String(empty), inspect(empty)]).toEqual([text, text]);
    expect([`${tally('a') as unknown as string}`, inspect(tally('a'))]).toEqual([
      'ScriptObject <__torch__.torch.classes.nodetorch_test.Tally>',
      'Tally(a)',
    ]);
    expect(inspect(disposed(tally('a')))).toBe(
      'ScriptObject <__torch__.torch.classes.nodetorch_test.Tally, disposed>',
    );
  });
});

const { float32 } = dtypes;
const object = '__torch__.torch.classes.nodetorch_test.Tally';
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe('a value of the type Any', () => {
  test.each<[make: () => unknown, type: string]>([
    [() => null, 'NoneType'],
    [() => true, 'bool'],
    [() => 3, 'int'],
    [() => 3n, 'int'],
    [() => 0.5, 'float'],
    [() => -0, 'float'],
    [() => NaN, 'float'],
    [() => 'text', 'str'],
    [() => new Complex(1, 2), 'complex'],
    [() => tensor([1, 2]), 'Tensor'],
    [() => [1, 2n], 'List[int]'],
    [() => [1, 0.5], 'List[float]'],
    [() => [1, null], 'List[Optional[int]]'],
    [() => [0.5, 1, null], 'List[Optional[float]]'],
    [() => [true], 'List[bool]'],
    [() => ['a', 'b'], 'List[str]'],
    [() => [tensor([1]), tensor([2, 3])], 'List[Tensor]'],
    [() => [[1], [2, 3]], 'List[List[int]]'],
    [() => [], 'List[Any]'],
    [() => [1, 'a', [2]], 'Tuple[int, str, List[int]]'],
    [() => new Map([['a', 1]]), 'Dict[str, int]'],
    [() => new Map([[1, tensor([1])]]), 'Dict[int, Tensor]'],
    [() => new Map<string, unknown>([['a', 1], ['b', 'c']]), 'Dict[str, Any]'], // prettier-ignore
    [() => [{ a: 1, b: 0.5 }], 'List[Dict[str, float]]'],
    [() => tally('a'), object],
    [() => [tally('a'), tally('b')], `List[${object}]`],
  ])('%s is a %s, and comes back', (make, type) => {
    const value = make();
    expect(tally('x').type_of(value)).toBe(type);
    const back: unknown = tally('x').echo(value);
    const plain = (one: unknown): unknown => {
      if (Array.isArray(one)) return one.map(plain);
      if (one instanceof Map) return new Map([...one].map(([key, each]) => [key, plain(each)] as const));
      if (one instanceof ScriptObject) return inspect(one);
      if (typeof one === 'object' && one !== null && 'tolist' in one) return (one as typeof tally & { tolist(): unknown }).tolist(); // prettier-ignore
      if (typeof one === 'object' && one?.constructor === Object) return plain(new Map(Object.entries(one)));
      return typeof one === 'bigint' ? Number(one) : one;
    };
    expect(plain(back)).toEqual(plain(value));
  });

  test('is an int where it is a code of PyTorch, and a text where it is a device', () => {
    expect([tally('x').type_of(float32), tally('x').echo(float32)]).toEqual(['int', 6]);
    expect(tally('x').echo(device('cpu'))).toBe('cpu');
  });

  test.each<[text: string, make: () => unknown, problem: string]>([
    ['a function', () => () => 1, 'must be Any, not function'],
    ['a symbol', () => Symbol('a'), 'must be Any, not symbol'],
    ['undefined in a list', () => [undefined], 'must be Any, not array of undefined'],
    ['an int that has more than 64 bits', () => 2n ** 64n, 'must be Any, not bigint'],
    ['an int that is no int64', () => 2n ** 63n, 'must be Any, not bigint'],
    ['a disposed tensor', () => disposed(tensor([1])), 'must be Any, not a disposed Tensor'],
    ['a typed array', () => new Float32Array(2), 'must be Any, not typed array'],
    ['an object of a class of yours', () => new (class Mine {})(), 'must be Any, not object'],
    ['a list that is nested too deep', () => nested(12), 'nested too deep'],
  ])('%s is an error', (_, make, problem) => {
    expect(() => tally('x').echo(make()) as unknown).toThrow(problem);
  });

  test('of a plain object that comes last is one of keywords', () => {
    expect(() => tally('x').echo({ a: 1 }) as unknown).toThrow(
      "missing argument '_1' (position 1); got (a=number)",
    );
    expect(tally('x').echo({ _1: { a: 1 } })).toEqual(new Map([['a', 1]]));
  });
});

function disposed<T extends { dispose(): void }>(value: T): T {
  value.dispose();
  return value;
}

describe('an object', () => {
  const alive = (): number => nodetorch_test.tallies() as number;

  test('goes with dispose() and with `using`', () => {
    const before = [alive(), memory().objects];
    const one = tally('a');
    expect([alive(), memory().objects, one.isDisposed]).toEqual([before[0] + 1, before[1] + 1, false]);
    one.dispose();
    one.dispose();
    expect([alive(), memory().objects, one.isDisposed]).toEqual([...before, true]);
    tally('b')[Symbol.dispose]();
    expect([alive(), memory().objects]).toEqual(before);
    expect(() => one.add_to_total() as unknown).toThrow('not a disposed ScriptObject');
    expect(() => one.running_total as unknown).toThrow('not a disposed ScriptObject');
  });

  test('goes with its last reference', () => {
    collect(true);
    const before = { alive: alive(), objects: memory().objects };
    const make = (): void => {
      for (let i = 0; i < 100; i++) tally('a', i).itself();
    };
    make();
    expect(alive()).toBeGreaterThan(before.alive);
    collect(true);
    expect(alive()).toBe(before.alive);
    // Objects of earlier tests may have gone as well.
    expect(memory().objects).toBeLessThanOrEqual(before.objects);
  });

  test('is kept by another in C++', () => {
    const one = tally('a', 3);
    const other = one.itself();
    one.dispose();
    expect(other.running_total).toBe(3);
  });

  // Its memory counts as that of the tensors that it was made of: nothing else drives the collector here.
  test('that is garbage is freed in the middle of a loop', () => {
    const values = new Array<number>(1 << 16).fill(1);
    const ints = tensor(values, { dtype: dtypes.int64 });
    let most = 0;
    for (let i = 0; i < 2000; i++) {
      nodetorch_test.new_tally(ints);
      most = Math.max(most, alive());
    }
    expect(most).toBeLessThan(1000);
  });
});

test('a program of torch.export holds an object, gives it to an operator, and calls a method of it', () => {
  const loaded = torch.export.load(ofObjects);
  expect(inspect([...loaded.constants.values()])).toBe('[ Tally(tally) ]');
  expect([loaded.graphText, loaded.code]).toEqual([expected.graph, expected.code]);
  const output = loaded.module()(tensor(expected.input)) as Tensor[];
  expect(output.map((one) => one.tolist())).toEqual(expected.output);
});

test("kernels that it puts in the place of libtorch's are called, whatever the size and the mode", () => {
  const pair = (value: number) => [value, value];
  const sine = Math.fround(Math.sin(1));
  const env = { NODETORCH_TEST_REPLACE: '1' };
  expect(lastLine(runChild('replacing_child.ts', [library], { env }))).toEqual([
    [pair(-1), pair(1), pair(3), pair(sine), pair(sine)],
    [pair(7), pair(8), pair(8), pair(9), pair(9)],
  ]);
});
