// Control flow in programs that are exported here, against control.json: what Python's export makes of the same models.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import { leavesOf } from '../nn/fixture';
import { Choice, controlModels, x } from './control_models';
import fixture from './control.json';

torch.setNumThreads(1);
type Called = (...args: unknown[]) => unknown;
const called = (module: nn.Module, args: unknown[]): unknown[] =>
  leavesOf((module as unknown as Called)(...args)).map((one) => (one as Tensor).tolist());
const programs = fixture.programs as Record<string, { code: string; outputs: unknown[] }>;

// What `print_readable` prints, without comments. A number of JavaScript is a float.
function plain(program: torch.export.ExportedProgram): string {
  const text = String(program).split('\nGraph signature:')[0].replace('ExportedProgram:\n', '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return lines.map((line) => line.slice(4)).join('\n');
}

describe.each(Object.entries(controlModels))('%s', (name, { make, calls, dynamicShapes }) => {
  torch.manualSeed(0);
  const module = make();
  const program = torch.export.export(module, calls[0], { dynamicShapes });
  const read = torch.export.load(torch.export.save(program));

  test('is the graph of Python', () => {
    const code = programs[name].code;
    expect(plain(read)).toBe(code);
    expect(plain(program)).toBe(code);
  });
  test('gives the numbers of Python, whatever way it goes', () => {
    for (const one of [module, program.module(), read.module()]) {
      expect(calls.map((args) => called(one, args))).toEqual(programs[name].outputs);
    }
  });
});

const refusals: Record<string, [(x: Tensor) => unknown, (x: Tensor) => unknown]> = {
  input: [(x) => x, (x) => x.add(1)],
  view: [(x) => x.t(), (x) => x.add(1).t()],
  'one result twice': [
    (x) => {
      const y = x.add(1);
      return [y, y];
    },
    (x) => [x.add(1), x.add(2)],
  ],
  write: [(x) => x.add_(1).clone(), (x) => x.add(1)],
  'write to a view': [(x) => x.view([-1]).add_(1).clone(), (x) => x.view([-1]).add(1)],
  dtype: [(x) => x.double(), (x) => x.add(1)],
  'number of results': [(x) => [x.add(1), x.add(2)], (x) => [x.add(1)]],
};

test.each(Object.entries(refusals))('refuses what Python refuses: %s', (name, branches) => {
  const before = x.tolist();
  const expected = (fixture.messages as Record<string, string>)[name];
  const message = classAndMessage(() => torch.export.export(new Choice(branches), [x]));
  expect(message.replaceAll(/\s+/g, ' ')).toContain(expected);
  if (/aliasing|mutation/.test(expected)) expect(message).toMatch(/control(_models|\.test)\.ts:\d+/);
  expect(x.tolist()).toEqual(before);
});

const { map, whileLoop } = torch.higherOrder;
const leaks: Record<string, (x: Tensor) => Tensor> = {
  'of a branch, after it': (x) => {
    let own!: Tensor;
    const kept = (x: Tensor): Tensor => (own = x.sin()).mul(2);
    return torch.cond(x.sum().gt(0), kept, (x: Tensor) => x.cos(), [x]).add(own);
  },
  'of a branch, as the result': (x) => {
    let own!: Tensor;
    const kept = (x: Tensor): Tensor => (own = x.sin()).mul(2);
    torch.cond(x.sum().gt(0), kept, (x: Tensor) => x.cos(), [x]);
    return own;
  },
  'of a branch, in the other': (x) => {
    let own!: Tensor;
    const kept = (x: Tensor): Tensor => (own = x.sin()).mul(2);
    return torch.cond(x.sum().gt(0), kept, () => own.cos(), [x]);
  },
  'of the condition, in the loop': (x) => {
    let sum!: Tensor;
    return whileLoop(
      (y: Tensor) => (sum = y.sum()).lt(9),
      (y: Tensor) => [y.mul(sum)],
      [x],
    )[0];
  },
  'what a loop carries': (x) => {
    let own!: Tensor;
    const next = (y: Tensor): Tensor[] => [(own = y).mul(2)];
    return whileLoop((y: Tensor) => y.sum().lt(9), next, [x])[0].add(own);
  },
  'a slice': (x) => {
    let own!: Tensor;
    return (map((row: Tensor) => (own = row).mul(2), x) as Tensor).add(own);
  },
};

class Leaking extends nn.Module {
  constructor(private readonly leak: (x: Tensor) => Tensor) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return this.leak(x);
  }
}

test.each(Object.entries(leaks))('refuses values that leave their graph: %s', (_, leak) => {
  expect(classAndMessage(() => torch.export.export(new Leaking(leak), [x]))).toMatch(
    /^UncapturedHigherOrderOpError: torch\..* is used outside of them: .*control\.test\.ts:\d+/,
  );
});

test('a loop of a program asks for a tensor, and branches name the values that differ', () => {
  const loop = new Leaking(
    (x) =>
      whileLoop(
        (_: Tensor) => true,
        (y: Tensor) => [y.mul(2)],
        [x],
      )[0],
  );
  expect(() => torch.export.export(loop, [x])).toThrow(
    'whileLoop(): condFn must return a boolean scalar tensor in a program but got boolean',
  );
  const numbers = new Choice([(x) => [x.sin(), 3], (x) => [x.cos(), 4]]);
  expect(() => torch.export.export(numbers, [x])).toThrow('expected the same value but got 3 and 4');
});
