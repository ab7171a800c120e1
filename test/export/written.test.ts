// Programs that are exported here, read again: programs of test/parity/written.ts are read by Python.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import * as rows from '../nn/cases';
import { decodeInputs, digest, fixtureOf, leavesOf } from '../nn/fixture';

type Called = (...args: unknown[]) => unknown;
const called = (module: nn.Module, ...args: unknown[]): unknown => (module as unknown as Called)(...args);
const again = (program: torch.export.ExportedProgram) => torch.export.load(torch.export.save(program));
// What Python refuses, too, but for LinearCrossEntropyLoss in pieces, which is an operator of Python's own in a program.
const refused = [
  'AdaptiveLogSoftmaxWithLoss',
  'AdaptiveLogSoftmaxWithLoss/bias',
  'AdaptiveLogSoftmaxWithLoss/one',
  'AdaptiveLogSoftmaxWithLoss/unbatched',
  'BatchNorm1d/momentum',
  'GaussianNLLLoss',
  'GaussianNLLLoss/options',
  'GaussianNLLLoss/sum',
  'LinearCrossEntropyLoss/chunks',
  'LinearCrossEntropyLoss/chunks none',
  'LinearCrossEntropyLoss/chunks sum',
  'LinearCrossEntropyLoss/unbatched',
  'SyncBatchNorm/options',
];

class Trees extends nn.Module {
  readonly linear = new nn.Linear(3, 2);
  readonly offset = torch.ones([2]);
  override forward(x: Tensor, pair: Tensor[], { scale }: { scale: Tensor }) {
    const y = this.linear(x).add(pair[0]).mul(scale).add(this.offset);
    return { sum: y.add(torch.tensor([1, 2])), parts: [y.max(1), 3, null] };
  }
}
class Counting extends nn.Module {
  declare readonly counted: Tensor;
  declare readonly scratch: Tensor;
  constructor() {
    super();
    this.registerBuffer('counted', torch.zeros([2]));
    this.registerBuffer('scratch', torch.ones([2]), { persistent: false });
  }
  override forward(x: Tensor): Tensor {
    this.counted.add_(x.sum(0));
    return x.mul(this.counted).add(this.scratch);
  }
}
class Tied extends nn.Module {
  readonly first = new nn.Linear(3, 3);
  readonly last = new nn.Linear(3, 3);
  constructor() {
    super();
    this.last.weight = this.first.weight;
  }
  override forward(x: Tensor): Tensor {
    return this.last(this.first(x));
  }
}
class Deciding extends nn.Module {
  override forward(x: Tensor): Tensor {
    return (x.sum().item() as number) > 0 ? x : x.neg();
  }
}
class Assigning extends nn.Module {
  declare state: Tensor;
  constructor() {
    super();
    this.registerBuffer('state', torch.zeros([2]));
  }
  override forward(x: Tensor): Tensor {
    this.state = this.state.add(x);
    return this.state;
  }
}
class Silent extends nn.Module {
  readonly linear = new nn.Linear(2, 2);
  override forward(x: Tensor): Tensor {
    return torch.noGrad(() => this.linear(x));
  }
}

test('nested arguments and results, those by name, constants, numbers', () => {
  const module = new Trees();
  const [x, y, scale] = [torch.randn([4, 3]), torch.randn([4, 2]), torch.randn([2])];
  const program = torch.export.export(module, [x, [y, y]], { kwargs: { scale } });
  const expected = called(module, x, [y, y], { scale }) as Record<string, unknown>;
  expect(program.graphSignature.userInputs.length).toBe(4);
  for (const one of [program, again(program)]) {
    const found = called(one.module(), x, [y, y], { scale }) as typeof expected;
    expect(Object.keys(found)).toEqual(['sum', 'parts']);
    const [sum, parts] = [found, expected].map((each) => leavesOf(Object.values(each)).map(digest));
    expect(sum).toEqual(parts);
  }
});

test('each node says which modules are at work, and a file names all of them', () => {
  const tied = new Tied();
  (tied as unknown as Record<string, nn.Module>).unused = new nn.Linear(1, 1);
  const module = new nn.Sequential(new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU()), tied);
  const program = torch.export.export(module, [torch.randn([2, 3])]);
  const stack = (one: torch.export.ExportedProgram) =>
    one.graph.nodes.map(({ target, metadata }) => [
      target.split('.')[3],
      metadata.get('nn_module_stack')!.replaceAll('L__self__', '~'),
    ]);
  const [sequential, linear] = ['container.Sequential', 'linear.Linear'].map(
    (one) => `torch.nn.modules.${one}`,
  );
  const outer = `~,,${sequential}`;
  expect(stack(program)).toEqual([
    ['linear', `${outer};~0,0,${sequential};~0.0,0.0,${linear}`],
    ['relu', `${outer};~0,0,${sequential};~0.1,0.1,torch.nn.modules.activation.ReLU`],
    ['linear', `${outer};~1,1,Tied;~1.first,1.first,${linear}`],
    ['linear', `${outer};~1,1,Tied;~1.last,1.last,${linear}`],
  ]);
  const read = again(program);
  expect(stack(read)).toEqual(stack(program));
  const paths = ['0', '0.0', '0.1', '1', '1.first', '1.last', '1.unused'];
  for (const one of [program, read])
    expect(one.moduleCalls).toEqual(paths.map((fqn) => ({ fqn, signature: null })));
});

test('buffers change at each call, and not when a module is exported', () => {
  const module = new Counting();
  const x = torch.ones([3, 2]);
  const program = torch.export.export(module, [x]);
  expect(module.counted.tolist()).toEqual([0, 0]);
  const read = again(program).module();
  expect([called(read, x), called(read, x)].map((y) => (y as Tensor).tolist())).toEqual([
    [4, 4, 4].map((one) => [one, one]),
    [7, 7, 7].map((one) => [one, one]),
  ]);
  expect([...read.stateDict().keys()]).toEqual(['counted']);
  expect(module.counted.tolist()).toEqual([0, 0]);
});

test('a parameter with two paths is one piece of memory', () => {
  const module = new Tied();
  const x = torch.randn([2, 3]);
  const read = again(torch.export.export(module, [x]));
  expect([...read.stateDict.keys()].sort()).toEqual([
    'first.bias',
    'first.weight',
    'last.bias',
    'last.weight',
  ]);
  expect(read.stateDict.get('first.weight')!.dataPtr()).toBe(read.stateDict.get('last.weight')!.dataPtr());
  expect(digest(called(read.module(), x))).toBe(digest(called(module, x)));
});

test('what is trained here can be saved again', () => {
  const x = torch.randn([2, 3]);
  const program = again(torch.export.export(new nn.Linear(3, 2), [x]));
  const module = program.module();
  const optimizer = new torch.optim.SGD(module.parameters(), { lr: 0.1 });
  (called(module, x) as Tensor).sum().backward();
  optimizer.step();
  expect(digest(called(again(program).module(), x))).toBe(digest(called(module, x)));
});

test('the same program gives the same bytes', () => {
  const program = torch.export.export(new nn.Linear(3, 2), [torch.ones([1, 3])]);
  expect(Buffer.from(torch.export.save(program)).equals(torch.export.save(program))).toBe(true);
});

test('refuses what a program cannot follow', () => {
  const x = torch.ones([2]);
  const exported = (module: nn.Module, options = {}) =>
    classAndMessage(() => torch.export.export(module, [x], options));
  expect(exported(new Deciding())).toMatch(
    /^RuntimeError: torch\.export\.export\(\): item\(\).* which a program cannot follow.*Deciding\.forward/,
  );
  expect(exported(new Assigning())).toBe(
    "RuntimeError: torch.export.export(): forward has assigned 'state': write to it in place",
  );
  expect(exported(new Silent())).toMatch(/noGrad/);
  expect(classAndMessage(() => torch.export.save({} as never))).toMatch(/^TypeError: torch\.export\.save/);
});

const modules = rows.families.flatMap(({ modules = {} }, i) => {
  const fixtures = fixtureOf(rows.names[i]).modules;
  return Object.entries(modules).flatMap(([name, row]) => {
    const inputs = fixtures[name]?.inputs; // none where another version cannot make the row
    return inputs && typeof row === 'function' && !/lazy/i.test(name) ? [{ name, row, inputs }] : [];
  });
});

test.each(modules)('$name gives the same bits', ({ name, row, inputs }) => {
  torch.manualSeed(7);
  const module = row();
  let read: nn.Module;
  const refusal = classAndMessage(() => {
    read = again(torch.export.export(module, decodeInputs(inputs))).module();
  });
  expect(refusal.startsWith('RuntimeError: torch.export.export(): ')).toBe(refused.includes(name));
  if (refused.includes(name)) return;
  expect(refusal).toBe('nothing');
  const run = (one: nn.Module): unknown[] => {
    torch.manualSeed(8);
    return leavesOf(called(one, ...decodeInputs(inputs))).map(digest);
  };
  expect(run(read!)).toEqual(run(module));
});
