// What JavaScript does with an object of ours without a word, and Python with an error: each is an error here, too.
import assert from 'node:assert';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageChannel, Worker } from 'node:worker_threads';
import * as torch from 'nodetorch';
import { nn, optim, type Tensor } from 'nodetorch';
import * as safetensors from 'nodetorch/safetensors';
import { NDArray, NumpyDType } from '../lib/serialization/pickle/numpy';
import { classAndMessage } from './errors';

/* eslint-disable @typescript-eslint/no-explicit-any -- what is written here does not compile without it */

// Each kind of object that has operators in Python, or that holds one that has.
const sparse = () => torch.sparseCooTensor(torch.tensor([[1n]]), torch.tensor([2]), [3]);
const scriptObject = () =>
  torch.ops.quantized.linear_prepack(torch.quantizePerTensor(torch.ones([2, 2]), 0.1, 0, torch.qint8), null);
const objects: [kind: string, make: () => any, sentence: RegExp][] = [
  ['Tensor', () => torch.tensor([1, 2]), /^TypeError: A Tensor has no operators .*x\.neg\(\).*x\.item\(\)/],
  ['Tensor of one number', () => torch.tensor(0.5), /x\.add\(1\).*x\.lt|a\.lt\(b\)/],
  ['sparse Tensor', sparse, /x\.neg\(\)/],
  ['nested Tensor', () => torch.ops.aten._nested_tensor_from_tensor_list([torch.ones(1)]), /x\.neg\(\)/],
  ['Parameter', () => new nn.Parameter(torch.ones(2)), /x\.neg\(\)/],
  ['Buffer', () => new nn.Buffer(torch.ones(2)), /x\.neg\(\)/],
  ['UninitializedParameter', () => new nn.UninitializedParameter(), /x\.neg\(\)/],
  ['UninitializedBuffer', () => new nn.UninitializedBuffer(), /x\.neg\(\)/],
  ['ScriptObject', scriptObject, /A ScriptObject has .*call its methods/],
  ['Complex', () => torch.tensor([1]).to('complex64').at(0).item<torch.Complex>(), /A Complex has .*x\.re/],
  ['PackedSequence', () => nn.utils.rnn.packSequence([torch.ones(2)]), /A PackedSequence has .*x\.data/],
  ['Module', () => new nn.Linear(1, 1), /A Module has .*m\(x\)/],
  ['Sequential', () => new nn.Sequential(new nn.ReLU()), /\.\.\.a, \.\.\.b\) for a \+ b/],
  [
    'NDArray',
    () => new NDArray(new NumpyDType('f4'), [1], new Uint8Array(4)),
    /An NDArray has .*x\.tensor\(\)/,
  ],
];

/* eslint-disable eqeqeq, no-useless-assignment -- that is what is tested */
const mistakes: [written: string, mistake: (x: any) => unknown][] = [
  ['x + 1', (x) => x + 1],
  ["x + ''", (x) => x + ''],
  ["'loss ' + x", (x) => 'loss ' + x],
  ['x + x', (x) => x + x],
  ['x - 1', (x) => x - 1],
  ['x * 2', (x) => x * 2],
  ['2 / x', (x) => 2 / x],
  ['x ** 2', (x) => x ** 2],
  ['x % 2', (x) => x % 2],
  ['-x', (x) => -x],
  ['+x', (x) => +x],
  ['~x', (x) => ~x],
  ['x | 0', (x) => x | 0],
  ['x < x', (x) => x < x],
  ['x > 0', (x) => x > 0],
  ['0 <= x', (x) => 0 <= x],
  ['x == 1', (x) => x == 1],
  ["x != 'a'", (x) => x != 'a'],
  [
    'total += x',
    (x) => {
      let total: any = 0;
      total += x;
      return total;
    },
  ],
  ['x++', (x) => x++],
  ['Number(x)', (x) => Number(x)],
  ['BigInt(x)', (x) => BigInt(x)],
  ['Math.max(x, 0)', (x) => Math.max(x, 0)],
  ['isNaN(x)', (x) => isNaN(x)],
];
/* eslint-enable eqeqeq, no-useless-assignment */

describe.each(objects)('%s with operators', (_, make, sentence) => {
  test.each(mistakes)('%s', (_, mistake) => {
    expect(classAndMessage(() => mistake(make()))).toMatch(sentence);
  });
});

test.each([
  ['`${x}`', (x: unknown) => `loss ${x as string}`, 'loss tensor(0.5000)'],
  ['String(x)', (x: unknown) => String(x), 'tensor(0.5000)'],
  ['join', (x: unknown) => [x, x].join(' '), 'tensor(0.5000) tensor(0.5000)'],
  ["''.concat(x)", (x: unknown) => ''.concat(x as string), 'tensor(0.5000)'],
  ['x == null', (x: unknown) => x == null, false],
  ['x === x', (x: unknown) => x === x, true],
])('a Tensor in %s is as before', (_, use, expected) => {
  expect(use(torch.tensor(0.5))).toBe(expected);
});

test('the text of a Module, a Complex and a PackedSequence is as before', () => {
  expect(`${new nn.ReLU() as unknown as string}`).toBe('ReLU()');
  expect(`${new torch.Complex(1, -2) as unknown as string}`).toBe('(1-2j)');
  expect(`${nn.utils.rnn.packSequence([torch.ones(1)]) as unknown as string}`).toMatch(
    /^PackedSequence\(data=tensor/,
  );
});

describe('as JSON', () => {
  const model = new nn.Linear(1, 1);
  const adam = new optim.Adam(model.parameters());
  const packed = nn.utils.rnn.packSequence([torch.ones(1)]);
  test.each<[kind: string, value: unknown, sentence: RegExp]>([
    ['a Tensor', torch.ones(2), /^TypeError: A Tensor cannot be written as JSON: .*tolist\(\).*item\(\)/],
    ['a Parameter', new nn.Parameter(torch.ones(2)), /tolist\(\)/],
    ['a sparse Tensor', sparse(), /tolist\(\)/],
    ['a PackedSequence', packed, /tolist\(\)/],
    ['a Module', model, /A Module .*torch\.save\(module\.stateDict\(\), file\)/],
    ["a Module's state", model.stateDict(), /A state_dict .*torch\.save\(state, file\)/],
    ['an Optimizer', adam, /An Optimizer .*optimizer\.stateDict\(\)/],
    ["an Optimizer's state", adam.stateDict(), /An optimizer's state .*torch\.save\(state, file\)/],
    ['a scheduler', new optim.lrScheduler.StepLR(adam, 1), /A scheduler .*scheduler\.stateDict\(\)/],
    ['a GradScaler', new torch.GradScaler('cpu'), /A GradScaler .*scaler\.stateDict\(\)/],
    ['a Generator', new torch.Generator(), /A Generator .*getState\(\)/],
    ['a ScriptObject', scriptObject(), /A ScriptObject .*its methods give/],
  ])('%s is an error, alone and in an object', (_, value, sentence) => {
    expect(classAndMessage(() => JSON.stringify(value))).toMatch(sentence);
    expect(classAndMessage(() => JSON.stringify({ list: [1, value] }))).toMatch(sentence);
  });

  test.each<[string, unknown, string]>([
    ["a tensor's numbers", torch.tensor([1, 2.5]).tolist(), '[1,2.5]'],
    [
      "a scheduler's state",
      { last: new optim.lrScheduler.StepLR(adam, 3).stateDict().step_size },
      '{"last":3}',
    ],
    ['a device', torch.device('cpu'), '"cpu"'],
  ])('%s is as before', (_, value, expected) => {
    expect(JSON.stringify(value)).toBe(expected);
  });

  const read = (value: unknown): unknown => torch.load(torch.save(value));
  const { Counter, DefaultDict, FrozenSet, OrderedDict } = torch.serialization;
  // Python's json.dumps gives the same.
  test.each<[string, unknown, string]>([
    ['a dict', read({ lr: 0.1, steps: [1, { last: null }] }), '{"lr":0.1,"steps":[1,{"last":null}]}'],
    [
      'keys that are no texts',
      read(
        new Map<unknown, number>([
          [1, 2],
          [null, 3],
          [true, 4],
        ]),
      ),
      '{"1":2,"null":3,"true":4}',
    ],
    [
      'an OrderedDict',
      new OrderedDict([
        ['b', 1],
        ['a', 2],
      ]),
      '{"b":1,"a":2}',
    ],
    ['a Counter', read(new Counter([['a', 2]])), '{"a":2}'],
    ['a defaultdict', new DefaultDict('list', [['a', [1]]]), '{"a":[1]}'],
    ['an empty dict of tensors', safetensors.load(safetensors.save({})), '{}'],
  ])('%s from a file is its entries', (_, value, expected) => {
    expect(JSON.stringify(value)).toBe(expected);
  });

  test.each<[string, unknown, RegExp]>([
    ['tensors', read({ weight: torch.ones(1) }), /A Tensor .*tolist\(\)/],
    [
      'tensors of .safetensors',
      safetensors.load(safetensors.save({ a: torch.ones(1) })),
      /A Tensor .*tolist\(\)/,
    ],
    [
      'two keys of one text',
      read(
        new Map<unknown, number>([
          [1, 2],
          ['1', 3],
        ]),
      ),
      /two keys '1'; write \[\.\.\.dict\]/,
    ],
    ['a key that is a tuple', read(new Map([[torch.serialization.tuple(1, 2), 3]])), /key 1,2 is no text/],
    ['a set', read(new Set([1])), /A set cannot be written as JSON: write \[\.\.\.set\]/],
    ['a frozenset', new FrozenSet([1]), /A set cannot be written as JSON/],
  ])('%s from a file cannot be written', (_, value, sentence) => {
    expect(classAndMessage(() => JSON.stringify({ value }))).toMatch(sentence);
  });

  test('a state still prints, saves and loads as before', () => {
    expect(inspect(adam.stateDict())).toMatch(/^\{\n {2}state: Map\(0\) \{\},\n {2}param_groups: \[/);
    expect(inspect(new nn.ReLU().stateDict())).toBe('Map(0) {}');
    const { weight } = model;
    const file = join(mkdtempSync(join(tmpdir(), 'nodetorch-')), 'state.pt');
    torch.save(model.stateDict(), file);
    const loaded = torch.load<Map<string, Tensor>>(file);
    expect(Object.getOwnPropertyNames(loaded)).toEqual(['_metadata']);
    expect(loaded.get('weight')!.equal(weight)).toBe(true);
  });
});

describe('copied by value', () => {
  const generator = /generator\.getState\(\)/;
  const values: [kind: string, value: unknown, sentence: RegExp][] = [
    ['a Tensor', torch.ones(2), /torch\.share\(tensor\).*could not be cloned/],
    ['a Parameter', new nn.Parameter(torch.ones(2)), /torch\.share\(tensor\)/],
    ['a Buffer', new nn.Buffer(torch.ones(2)), /torch\.share\(tensor\)/],
    ['a sparse Tensor', sparse(), /torch\.share\(tensor\)/],
    ['a state_dict', new nn.Linear(1, 1).stateDict(), /torch\.share\(tensor\)/],
    ['a PackedSequence', nn.utils.rnn.packSequence([torch.ones(1)]), /torch\.share\(tensor\)/],
    ['an object with a view', { y: torch.ones(2, 2).at(0) }, /torch\.share\(tensor\)/],
    ['a Generator', new torch.Generator(), generator],
    ['the default Generator', torch.defaultGenerator(), generator],
    ['a ScriptObject', scriptObject(), /stays in the thread/],
  ];
  const message = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return String(error);
    }
    return 'nothing';
  };

  test.each(values)('%s is an error', (_, value, sentence) => {
    const { port1 } = new MessageChannel();
    const worker = new Worker('', { eval: true });
    expect(message(() => structuredClone(value))).toMatch(sentence);
    expect(message(() => port1.postMessage(value))).toMatch(sentence);
    expect(message(() => worker.postMessage({ value }))).toMatch(sentence);
    expect(message(() => serialize(value))).toMatch(sentence);
    port1.close();
    return worker.terminate();
  });

  test('torch.share makes what can be copied', () => {
    const tensor = torch.tensor([1, 2]);
    const received = torch.receive(structuredClone(torch.share(tensor)));
    expect(received.dataPtr()).toBe(tensor.dataPtr());
    expect(torch.receive(deserialize(serialize(torch.share(tensor))) as torch.SharedTensor).tolist()).toEqual(
      [1, 2],
    );
  });

  test('what a program sets on a tensor is saved, and nothing else', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'nodetorch-')), 'tensor.pt');
    torch.save([torch.ones(1), Object.assign(torch.ones(1), { note: 'a' })], file);
    const loaded = torch.load<Tensor[]>(file).map((tensor) => Object.keys(tensor));
    expect(loaded).toEqual([['uncloneable'], ['uncloneable', 'note']]);
  });
});

// Two tensors that compare as equal only if nothing but their fields is looked at.
const pairs: [string, () => Tensor, () => Tensor][] = [
  ['other values', () => torch.zeros([2]), () => torch.ones([2])],
  ['the same values', () => torch.ones([2]), () => torch.ones([2])],
  ['no dimensions', () => torch.tensor(1), () => torch.tensor(2)],
  ['no elements', () => torch.ones([0]), () => torch.ones([0])],
  ['sparse', sparse, sparse],
  ['disposed', () => disposed(), () => disposed()],
  ['meta', () => torch.ones([2], { device: 'meta' }), () => torch.ones([2], { device: 'meta' })],
  ['Parameters', () => new nn.Parameter(torch.zeros(2)), () => new nn.Parameter(torch.ones(2))],
];
function disposed(): Tensor {
  const tensor = torch.ones(1);
  tensor.dispose();
  return tensor;
}

describe.each(pairs)('compared: %s', (_, make, makeOther) => {
  const [a, b] = [make(), makeOther()];
  const inside: [string, (tensor: Tensor) => unknown][] = [
    ['alone', (tensor) => tensor],
    ['in an array', (tensor) => [1, tensor]],
    ['in an object', (tensor) => ({ tensor })],
    ['in a Map', (tensor) => new Map([['a', tensor]])],
  ];
  test.each(inside)('a tensor is equal to itself, %s', (_, put) => {
    assert.deepEqual(put(a), put(a));
    assert.deepStrictEqual(put(a), put(a));
    expect(isDeepStrictEqual(put(a), put(a))).toBe(true);
    expect(put(a)).toEqual(put(a));
    expect(put(a)).toStrictEqual(put(a));
    expect({ value: put(a) }).toMatchObject({ value: put(a) });
    expect([put(a)]).toContainEqual(put(a));
    expect({ value: put(a) }).toEqual(expect.objectContaining({ value: put(a) }));
  });

  test.each(inside)('and to no other one, %s', (_, put) => {
    assert.notDeepEqual(put(a), put(b));
    assert.notDeepStrictEqual(put(a), put(b));
    expect(isDeepStrictEqual(put(a), put(b))).toBe(false);
    expect(put(a)).not.toEqual(put(b));
    expect(put(a)).not.toStrictEqual(put(b));
    expect({ value: put(a) }).not.toMatchObject({ value: put(b) });
    expect([put(a)]).not.toContainEqual(put(b));
  });
});

test('toBe', () => {
  const a = torch.tensor(1);
  expect(a).toBe(a);
  expect(a).not.toBe(torch.tensor(1));
});

test.each<[name: string, assertion: () => void]>([
  ['assert.deepEqual', () => assert.deepEqual(torch.zeros([2]), torch.ones([2]))],
  ['assert.deepStrictEqual', () => assert.deepStrictEqual([torch.zeros([2])], [torch.ones([2])])],
  ['assert.strictEqual', () => assert.strictEqual(torch.zeros([2]), torch.ones([2]))],
  ['toEqual', () => expect(torch.zeros([2])).toEqual(torch.ones([2]))],
  ['toStrictEqual', () => expect({ a: torch.zeros([2]) }).toStrictEqual({ a: torch.ones([2]) })],
  ['toBe', () => expect(torch.zeros([2])).toBe(torch.ones([2]))],
  ['toContain', () => expect([torch.zeros([2])]).toContain(torch.ones([2]))],
])('a failing %s shows both tensors', (_, assertion) => {
  expect(assertion).toThrow(
    /tensor\(\[0\., 0\.\]\)[^]*tensor\(\[1\., 1\.\]\)|tensor\(\[1\., 1\.\]\)[^]*tensor\(\[0\., 0\.\]\)/,
  );
});

// Jest shows of what it has received the fields that are expected, too: a tensor's only one.
test('a failing toMatchObject shows what is expected', () => {
  expect(() => expect({ a: torch.zeros([2]) }).toMatchObject({ a: torch.ones([2]) })).toThrow(
    'tensor([1., 1.])',
  );
});

// What stands for something whose contents nobody can look at is equal to itself alone.
const file = join(mkdtempSync(join(tmpdir(), 'nodetorch-')), 'a.safetensors');
safetensors.saveFile({ a: torch.ones(2) }, file);
const shared = new nn.Linear(1, 1);
const graph = torch.ones(1, { requiresGrad: true }).mul(2);
const sgd = () => new optim.SGD(shared.parameters(), 0.1);
const handles: [kind: string, make: () => object][] = [
  ['Generator', () => new torch.Generator()],
  ['Generators of one seed', () => new torch.Generator().manualSeed(1)],
  ['ScriptObject', () => scriptObject() as object],
  ['node of a graph', () => graph.mul(2).gradFn!],
  ['handle of a module', () => shared.registerForwardHook(() => undefined)],
  ['handle of a tensor', () => graph.registerHook(() => undefined)],
  ['handle of a leaf', () => shared.weight.registerPostAccumulateGradHook(() => undefined)],
  ['handle of an optimizer', () => sgd().registerStepPreHook(() => undefined)],
  ['open file', () => safetensors.safeOpen(file)],
  ['slice of a file', () => safetensors.safeOpen(file).getSlice('a')],
  ['Module', () => new nn.ReLU()],
  ['Module with parameters', () => new nn.Linear(1, 1)],
  ['Optimizer', sgd],
  ['scheduler', () => new optim.lrScheduler.StepLR(sgd(), 1)],
  ['GradScaler', () => new torch.GradScaler('cpu')],
  ['context of a Function', () => Reflect.construct(torch.autograd.FunctionContext, []) as object],
  ['PackedSequence', () => nn.utils.rnn.packSequence([torch.ones(1)])],
];
test.each(handles)('%s: equal to itself alone', (_, make) => {
  const [a, b] = [make(), make()];
  for (const put of [(one: object) => one, (one: object) => ({ one })]) {
    assert.deepEqual(put(a), put(a));
    assert.deepStrictEqual(put(a), put(a));
    expect(put(a)).toEqual(put(a));
    assert.notDeepEqual(put(a), put(b));
    assert.notDeepStrictEqual(put(a), put(b));
    expect(put(a)).not.toEqual(put(b));
    expect(put(a)).not.toStrictEqual(put(b));
  }
});

// Values: equal where what they hold is.
test.each<[kind: string, a: object, same: object, other: object]>([
  ['DType', torch.float32, torch.float, torch.float64],
  ['Device', torch.device('cpu'), new torch.Device('cpu'), torch.device('meta')],
  ['Layout', torch.strided, torch.ones(1).layout, torch.sparseCoo],
  ['MemoryFormat', torch.channelsLast, torch.channelsLast, torch.contiguousFormat],
  ['Complex', new torch.Complex(1, 2), new torch.Complex(1, 2), new torch.Complex(1, 3)],
  ['Slice', torch.slice(1, 2), torch.slice(1, 2), torch.slice(1, 3)],
  ['Size', torch.ones(2, 3).shape, torch.zeros(2, 3).shape, torch.ones(3, 2).shape],
  ['storage()', graph.storage(), graph.detach().storage(), torch.ones(2).storage()],
  ['finfo', torch.finfo('float32'), torch.finfo('float32'), torch.finfo('float64')],
])('%s: equal by value', (_, a, same, other) => {
  assert.deepStrictEqual(a, same);
  expect(a).toEqual(same);
  assert.notDeepStrictEqual(a, other);
  expect(a).not.toEqual(other);
});

test('the prototype is no tensor', () => {
  expect(Object.prototype.toString.call(torch.Tensor.prototype)).toMatch(/^\[object /);
  expect(torch.ones([1]).add(1).item()).toBe(2);
});

test('what is printed is as before', () => {
  expect(inspect({ a: torch.zeros([2]) })).toBe('{ a: tensor([0., 0.]) }');
  expect(inspect(new nn.Parameter(torch.zeros([1])))).toMatch(/^Parameter containing:\n/);
  expect(inspect(new nn.ReLU())).toBe('ReLU()');
});

// What else somebody may write who lives in JavaScript: each works as expected, or is refused by a sentence.
describe('other values and habits', () => {
  const x: any = torch.tensor([1, 2]);
  const scalar: any = torch.tensor(3);
  const image = torch.ones([1, 1, 2, 2]);
  const model = new nn.Linear(2, 2);
  const pool = (given: any) => nn.functional.avgPool2d(image, given).item();
  const ones = (given: any) => torch.ones([1], given);
  class Options {
    dtype = 'int8';
    kernelSize = 2;
  }
  const counted = { times: 0 };
  const counting = {
    get kernelSize() {
      counted.times++;
      return 2;
    },
  };

  test.each<[written: string, use: () => unknown, expected: unknown]>([
    ['[...x]', () => [...x].length, 2],
    ['Array.from(x)', () => Array.from(x as Iterable<Tensor>).map((one) => one.item()), [1, 2]],
    ['const [a, b] = x', () => ((([a, b]) => [a.item(), b.item()]) as (all: any) => unknown)(x), [1, 2]],
    ["'then' in x: await gives the tensor itself", () => 'then' in x, false],
    ['new Map([[x, 1]]).get(x)', () => new Map([[x, 1]]).get(x), 1],
    ['new Set([x, x.view(2)])', () => new Set([x, x.view([2])]).size, 2],
    ['[...model.parameters()]', () => [...model.parameters()].length, 2],
    ['Array.from(model.parameters())', () => Array.from(model.parameters()).length, 2],
    ['torch.tensor(-0)', () => Object.is(torch.tensor(-0).item(), -0), true],
    ['torch.zeros([-0])', () => [...torch.zeros([-0]).shape], [0]],
    ['x.at(-0)', () => x.at(-0).item(), 1],
    ['x.sum(-0)', () => x.sum(-0).item(), 3],
    ['numbers and bigints in one list', () => torch.tensor([1, 2n]).tolist(), [1, 2]],
    ['x.add(1n)', () => x.add(1n).tolist(), [2, 3]],
    ['torch.zeros([2n])', () => torch.zeros([2n] as any).numel(), 2],
    ['x.at(1n)', () => x.at(1n).item(), 2],
    ['x.add(true)', () => x.add(true).tolist(), [2, 3]],
    ['a Buffer', () => torch.tensor(Buffer.from([1, 2])).tolist(), [1, 2]],
    ['a Uint8ClampedArray', () => torch.tensor(new Uint8ClampedArray([1, 300])).tolist(), [1, 255]],
    [
      'an array over shared memory',
      () => torch.tensor(new Float32Array(new SharedArrayBuffer(8))).tolist(),
      [0, 0],
    ],
    [
      'a typed array of another realm',
      () => torch.tensor(runInNewContext('new Float32Array([1, 2])') as any).tolist(),
      [1, 2],
    ],
    [
      'an array of another realm',
      () => torch.tensor(runInNewContext('[[1], [2]]') as any).tolist(),
      [[1], [2]],
    ],
    ['a size of another realm', () => torch.zeros(runInNewContext('[2]') as any).numel(), 2],
    ['options of another realm', () => ones(runInNewContext("({ dtype: 'int8' })")).dtype, torch.int8],
    ['keywords of another realm', () => pool(runInNewContext('({ kernelSize: 2 })')), 1],
    ['frozen options', () => ones(Object.freeze({ dtype: 'int8' })).dtype, torch.int8],
    [
      'options without a prototype',
      () => ones(Object.assign(Object.create(null), { dtype: 'int8' })).dtype,
      torch.int8,
    ],
    ['a frozen list', () => torch.tensor(Object.freeze([1, 2]) as any).tolist(), [1, 2]],
    ['a frozen group of parameters', () => frozenGroup(model).lr, 3],
    ['a Proxy of options', () => ones(new Proxy({ dtype: 'int8' }, {})).dtype, torch.int8],
    ['a Proxy of keywords', () => pool(new Proxy({ kernelSize: 2 }, {})), 1],
    ['a Proxy of a list', () => torch.tensor(new Proxy([1, 2], {})).tolist(), [1, 2]],
    ['a Proxy of a tensor', () => torch.add(new Proxy(x, {}), 1).tolist(), [2, 3]],
    ['a getter of a keyword is asked once', () => [pool(counting), counted.times], [1, 1]],
  ])('%s', (_, use, expected) => {
    expect(use()).toEqual(expected);
  });

  test.each<[written: string, use: () => unknown, sentence: RegExp]>([
    ['[...scalar]', () => [...scalar], /^TypeError: iteration over a 0-d tensor/],
    ['Math.max(x)', () => Math.max(scalar), /^TypeError: A Tensor has no operators/],
    ['isFinite(x)', () => isFinite(scalar), /A Tensor has no operators/],
    ['new Date(x)', () => new Date(scalar), /A Tensor has no operators/],
    ['i < x in a loop', () => 0 < scalar, /A Tensor has no operators/],
    ["'a'.repeat(x)", () => 'a'.repeat(scalar), /A Tensor has no operators/],
    ['[1, 2].slice(x)', () => [1, 2].slice(scalar), /A Tensor has no operators/],
    ['Float32Array.from(x)', () => Float32Array.from(x), /A Tensor has no operators/],
    [
      'list.sort((a, b) => a - b)',
      () => [scalar, scalar].sort((a: any, b: any) => a - b),
      /A Tensor has no operators/,
    ],
    [
      'list.reduce((a, b) => a + b)',
      () => [scalar, scalar].reduce((a: any, b: any) => a + b),
      /A Tensor has no operators/,
    ],
    [
      'x.requires_grad = true',
      () => (x.requires_grad = true),
      /^TypeError: A Tensor has no requires_grad here: write x\.requiresGrad/,
    ],
    ['if (x.requires_grad)', () => x.requires_grad, /write x\.requiresGrad/],
    ['x.grad_fn', () => x.grad_fn, /write x\.gradFn/],
    ['x.is_cuda', () => x.is_cuda, /write x\.isCuda/],
    ['weight.is_leaf', () => (model.weight as any).is_leaf, /write x\.isLeaf/],
    [
      'a Date',
      () => torch.tensor(new Date(0) as any),
      /data must hold numbers, bigints or booleans, got object/,
    ],
    ['x.add(new Date())', () => x.add(new Date(0)), /must be Tensor, not object/],
    ['x.add(new Number(2))', () => x.add(new Number(2)), /must be Tensor, not object/],
    ["x.add('1')", () => x.add('1'), /must be Tensor, not string/],
    [
      '[1, , 2]',
      // eslint-disable-next-line no-sparse-arrays
      () => torch.tensor([1, , 2] as any),
      /data must hold numbers, bigints or booleans, got undefined/,
    ],
    ['new Array(2)', () => torch.tensor(new Array(2)), /got undefined/],
    ['{ 0: 1, length: 1 }', () => torch.tensor({ 0: 1, length: 1 } as any), /got object/],
    ['a Set', () => torch.tensor(new Set([1]) as any), /got object/],
    ['an ArrayBuffer', () => torch.tensor(new ArrayBuffer(8) as any), /got object/],
    [
      'a DataView',
      () => torch.tensor(new DataView(new ArrayBuffer(8)) as any),
      /must be a typed array, not DataView/,
    ],
    ['a size of 1.5', () => torch.zeros([1.5]), /must be int\[\], not array of fractional number/],
    ["a size of '2'", () => torch.zeros(['2'] as any), /must be int\[\], not array of string/],
    ['x.at(1.5)', () => x.at(1.5), /^IndexError: .*whole number, not 1\.5/],
    ['x.at(NaN)', () => x.at(NaN), /^IndexError: .*whole number, not NaN/],
    ['new nn.Linear(2n, 2)', () => new nn.Linear(2n as any, 2), /'inFeatures' must be a number, not bigint/],
    ['manualSeed(1.5)', () => torch.manualSeed(1.5), /whole number/],
    ['300 as uint8', () => torch.tensor([300], { dtype: torch.uint8 }), /300 cannot be held by torch\.uint8/],
    [
      'options of a class',
      () => torch.tensor([1], new Options() as any),
      /'options' must be an object, not Options/,
    ],
    [
      'keywords of a class',
      () => pool(new Options()),
      /'kernelSize' must be a number or an array of numbers, not Options/,
    ],
    [
      'inherited keywords',
      () => pool(Object.create({ kernelSize: 2 })),
      /'kernelSize' must be a number or an array/,
    ],
    ['an object of an unnamed class', () => pool(new (class {})()), /not object/],
    ['a key __proto__', () => ones(JSON.parse('{"__proto__": 1}')), /unexpected keyword '__proto__'/],
    [
      'relu({ ...x })',
      () => nn.functional.relu({ ...x } as any),
      /unexpected keyword argument 'uncloneable'/,
    ],
    [
      'torch.add({ ...x }, 1)',
      () => torch.add({ ...x } as any, 1),
      /argument 'input' .* must be Tensor, not object/,
    ],
    ['x.add({ ...x })', () => x.add({ ...x } as any), /missing argument 'other'/],
    ['cat([x, { ...x }])', () => torch.cat([x, { ...x } as any]), /must be .*Tensor/],
    ['sgd([{ ...x }])', () => new torch.optim.SGD([{ ...x } as any], { lr: 1 }), /KeyError: 'params'/],
    ['x[0]', () => (x as any)[0], /x\[0\] is nothing here: write x\.at\(0\)/],
    ['x[-1] = 1', () => ((x as any)[-1] = 1), /write x\.at\(-1\), or x\.setAt\(-1, value\)/],
    ['i < x.length', () => 0 < (x as any).length, /no length here: write x\.size\(0\), or x\.numel\(\)/],
    ['parameters() used twice', () => usedTwice(model), /^ValueError: optimizer got an empty parameter list/],
    [
      'JSON.stringify of an optimizer',
      () => JSON.stringify(sgd().stateDict()),
      /An optimizer's state .*torch\.save/,
    ],
  ])('%s is refused', (_, use, sentence) => {
    expect(classAndMessage(use)).toMatch(sentence);
  });

  test("an error of the program's own getter is the program's", () => {
    const options = {
      get dtype(): never {
        throw new SyntaxError('mine');
      },
    };
    expect(() => ones(options)).toThrow(new SyntaxError('mine'));
  });

  test('await gives the tensor itself', async () => {
    expect((await Promise.all([x]))[0]).toBe(x);
  });
});

function frozenGroup(model: nn.Module): { lr: unknown } {
  const group = Object.freeze({ params: [...model.parameters()], lr: 0.1 });
  const [made] = new optim.SGD([group], 0.2).paramGroups;
  made.lr = 3;
  return made;
}

function usedTwice(model: nn.Module): unknown {
  const parameters = model.parameters();
  new optim.SGD(parameters, 0.1);
  return new optim.SGD(parameters, 0.1);
}
