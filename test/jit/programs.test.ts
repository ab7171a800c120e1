// Modules that Python scripted and traced: results, gradients, state after three steps and texts are Python's, to the bit.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor, optim } from 'nodetorch';
import { classAndMessage } from '../errors';

interface Expected {
  calls: { args: unknown[]; out: unknown }[];
  train: { grads: Record<string, Tensor | null>; state: Record<string, Tensor> } | null;
}
interface Texts {
  repr: string;
  graph: string;
  inlined_graph: string;
  code: string;
  schema: string;
  parameters: string[];
  buffers: string[];
  modules: string[];
  keys: string[];
  training: boolean;
}

torch.setNumThreads(1); // as the fixture

const results = torch.load<Record<string, Expected>>(join(__dirname, 'programs.pt'), { objects: true });
const { errors, ...texts } = JSON.parse(readFileSync(join(__dirname, 'programs.json'), 'utf8')) as Record<
  string,
  Texts
> & { errors: Record<string, [string, string]> };
const read = (name: string) => torch.jit.load(join(__dirname, 'programs', `${name}.pt`));
const names = Object.keys(texts);

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());

const plain = (tree: unknown): unknown => {
  if (tree instanceof torch.Tensor)
    return { dtype: String(tree.dtype), shape: [...tree.shape], values: tree.detach().tolist() };
  if (Array.isArray(tree)) return [...(tree as unknown[])].map(plain);
  const entries = tree instanceof Map ? [...tree] : null;
  if (entries)
    return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]) as [string, unknown][]);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, plain(value)]));
};
const same = (found: unknown, expected: unknown): void => expect(plain(found)).toEqual(plain(expected));
const sumOf = (tree: unknown): Tensor => {
  if (tree instanceof torch.Tensor) return tree.isFloatingPoint() ? tree.sum() : torch.tensor(0);
  const all = tree instanceof Map ? [...(tree.values() as Iterable<unknown>)] : (tree as unknown[]);
  return all.map(sumOf).reduce((a, b) => a.add(b), torch.tensor(0));
};

describe.each(names)('%s', (name) => {
  test('gives what Python gives, awaited too', async () => {
    for (const asynchronous of [false, true]) {
      const module = read(name).eval();
      for (const { args, out } of results[name].calls) {
        torch.manualSeed(1);
        same(asynchronous ? await module.callAsync(...args) : module(...args), out);
      }
    }
  });

  test('has the parameters, buffers, modules and texts of Python', () => {
    const module = read(name);
    const expected = texts[name];
    expect({
      repr: String(module),
      graph: module.graph,
      inlined_graph: module.inlinedGraph,
      code: module.code,
      schema: module.getMethod('forward').schema,
      parameters: [...module.namedParameters()].map(([key]) => key),
      buffers: [...module.namedBuffers()].map(([key]) => key),
      modules: [...module.namedModules()].map(([key]) => key),
      keys: [...module.stateDict().keys()],
      training: module.training,
    }).toEqual(expected);
  });

  test('trains as in Python, also read again from what was saved', () => {
    const { train, calls } = results[name];
    if (train === null) return expect([...read(name).parameters()]).toEqual([]);
    for (const module of [read(name), torch.jit.load(read(name).saveToBuffer())]) {
      // The state of before, that of the calls, is in the module that Python trained.
      module.eval();
      for (const { args } of calls) {
        torch.manualSeed(1);
        module(...args);
      }
      module.train();
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
      torch.manualSeed(2);
      for (let step = 0; step < 3; step++) {
        optimizer.zeroGrad();
        sumOf(module(...calls[0].args)).backward();
        optimizer.step();
      }
      const grads = [...module.namedParameters()].map(([key, { grad }]) => [key, grad] as const);
      same(Object.fromEntries(grads), train.grads);
      same(module.stateDict(), train.state);
    }
  });
});

test.each(Object.keys(errors))('the error is Python’s: %s', (name) => {
  const module = read('mlp');
  const x = torch.ones([1, 4]);
  const calls: Record<string, () => unknown> = {
    missing: () => module(),
    'wrong type': () => module(3),
    'too many': () => module(x, 1, 2),
    'unknown keyword': () => module(x, { nothing: 1 }),
    'wrong keyword': () => module(x, { times: 'a' }),
    inside: () => module(torch.ones([1, 3])),
    raised: () => read('control')(torch.zeros([1, 1, 1]), 0),
    'no method': () => module.getMethod('nothing'),
    attribute: () => ((module as unknown as { scale: unknown }).scale = 'a'),
    'freeze in training': () => torch.jit.freeze(module.train()),
  };
  // JavaScript's names of types, and no pybind11, in these.
  const others: Record<string, string> = {
    'wrong type':
      "forward() Expected a value of type 'Tensor' for argument 'x' but instead found type 'number'.",
    'wrong keyword':
      "forward() Expected a value of type 'int' for argument 'times' but instead found type 'string'.",
    'no method': "Method 'nothing' is not defined.",
    attribute: "Expected a value of type 'float' for field 'scale', but found 'string'",
  };
  expect(classAndMessage(calls[name])).toContain(others[name] ?? errors[name][1].trimEnd());
});
