// Programs that Python exported: outputs, gradients and state after three steps are Python's, to the bit.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor, TorchError, optim } from 'nodetorch';

interface Expected {
  args: unknown[];
  kwargs: Record<string, unknown>;
  given: [unknown[], Record<string, unknown>];
  out: unknown[];
  failure: string | null;
  grads: Record<string, Tensor | null>;
  state: Record<string, Tensor>;
  others: { args: unknown[]; out: unknown[] }[];
  bad: unknown[][];
}
interface Texts {
  program: string;
  code: string;
  graph: string;
  signature: string;
  keys: string[];
  ranges: string;
  in_spec: string;
  out_spec: string;
  bad: ([string, string] | null)[];
}

torch.setNumThreads(1); // as the fixture

const folder = join(__dirname, 'programs');
const names = readdirSync(folder).map((name) => name.replace(/\.pt2$/, ''));
const results = torch.load<Record<string, Expected>>(join(__dirname, 'programs.pt'), { objects: true });
const texts = JSON.parse(readFileSync(join(__dirname, 'programs.json'), 'utf8')) as Record<string, Texts>;
const read = (name: string) => torch.export.load(join(folder, `${name}.pt2`));

function leavesOf(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return [...(tree as unknown[])].flatMap(leavesOf);
  if (tree instanceof torch.Tensor || typeof tree !== 'object' || tree === null) return [tree];
  return Object.values(tree).flatMap(leavesOf);
}
const copied = (tree: unknown): unknown => {
  if (tree instanceof torch.Tensor) return tree.clone();
  if (Array.isArray(tree)) return tree.map(copied);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, copied(value)]));
};

function expectSame(found: unknown, expected: unknown): void {
  if (!(expected instanceof torch.Tensor)) return expect(found).toEqual(expected);
  const tensor = found as Tensor;
  expect([String(tensor.dtype), tensor.shape]).toEqual([String(expected.dtype), expected.shape]);
  const bytes = (t: Tensor) => {
    const dense = torch.emptyLike(t, { memoryFormat: torch.contiguousFormat }).copy_(t.detach());
    return Buffer.from(dense.view([-1]).view(torch.uint8).toTypedArray() as Uint8Array);
  };
  expect(bytes(tensor).equals(bytes(expected))).toBe(true);
}
const callArgs = (args: unknown[], kwargs: Record<string, unknown>): unknown[] =>
  Object.keys(kwargs).length > 0 ? [...args, kwargs] : args;

function refusal(module: (...args: unknown[]) => unknown, args: unknown[]): [string, string] | null {
  try {
    module(...args);
  } catch (error) {
    // What follows is where it was.
    return error instanceof TorchError
      ? [error.kind, error.message.split('\n  node ')[0]]
      : ['', String(error)];
  }
  return null;
}

test('every program of the fixtures is here', () => {
  expect(names.sort()).toEqual(Object.keys(results).sort());
  expect(names.length).toBeGreaterThan(60);
});

describe.each(names)('%s', (name) => {
  const { args, kwargs, given, out, grads, failure, state, others, bad } = results[name];
  const text = texts[name];
  const program = read(name);

  test('output, what is written to arguments, gradients, three steps', () => {
    const module = program.module();
    const parameters = [...module.parameters()];
    const optimizer = parameters.length > 0 ? new optim.SGD(parameters, { lr: 0.1 }) : null;
    for (let step = 0; step < 3; step++) {
      torch.manualSeed(step);
      const passed = copied([args, kwargs]) as [unknown[], Record<string, unknown>];
      const leaves = leavesOf(module(...callArgs(...passed)));
      if (step === 0) {
        expect(leaves.length).toBe(out.length);
        leaves.forEach((leaf, i) => expectSame(leaf, out[i]));
        leavesOf(passed).forEach((leaf, i) => expectSame(leaf, leavesOf(given)[i]));
      }
      const losses = leaves.flatMap((leaf) =>
        leaf instanceof torch.Tensor && leaf.requiresGrad ? leaf.float().square().mean() : [],
      );
      if (losses.length === 0) continue;
      optimizer?.zeroGrad();
      const loss = losses.reduce((a, b) => a.add(b), torch.tensor(0));
      if (failure !== null) {
        expect(() => loss.backward()).toThrow(failure.split(' is at version ')[0]);
        break;
      }
      loss.backward();
      if (step === 0) {
        for (const [key, parameter] of module.namedParameters()) expectSame(parameter.grad, grads[key]);
      }
      optimizer?.step();
    }
    expect([...module.stateDict().keys()]).toEqual(Object.keys(state));
    for (const [key, value] of module.stateDict()) expectSame(value, state[key]);
  });

  test('other arguments', () => {
    for (const { args: passed, out: expected } of others) {
      const leaves = leavesOf(read(name).module()(...passed));
      expect(leaves.length).toBe(expected.length);
      leaves.forEach((leaf, i) => expectSame(leaf, expected[i]));
    }
  });

  test('refuses other arguments in words of Python', () => {
    const module = program.module();
    expect(bad.map((wrong) => refusal(module, wrong))).toEqual(text.bad);
  });

  test('signature and keys', () => {
    expect(String(program.graphSignature)).toBe(text.signature);
    expect([...program.module().stateDict().keys()]).toEqual(text.keys);
    expect(String(program.callSpec.inSpec)).toBe(text.in_spec);
    expect(String(program.callSpec.outSpec)).toBe(text.out_spec);
  });

  test('texts', () => {
    expect(program.code).toBe(text.code);
    expect(program.graphText).toBe(text.graph);
    expect(String(program)).toBe(text.program);
  });
});

test.each(names)('%s is the same when it is saved again', (name) => {
  const program = read(name);
  const again = torch.export.load(torch.export.save(program));
  expect(String(again)).toBe(String(program));
  expect([again.guardsCode, again.argumentNames]).toEqual([program.guardsCode, program.argumentNames]);
  expect(String(again.callSpec.inSpec)).toBe(String(program.callSpec.inSpec));
});
