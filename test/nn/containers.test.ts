// Containers: Python's lists and dicts of modules and parameters.
import torch, { nn } from 'nodetorch';
import { live } from '../fixtures/live';

const relu = (): nn.ReLU => new nn.ReLU();
const text = (modules: Iterable<unknown>): string => [...modules].map((module) => String(module)).join(' ');

describe.each([
  ['Sequential', (...modules: nn.Module[]) => new nn.Sequential(...modules)],
  ['ModuleList', (...modules: nn.Module[]) => new nn.ModuleList(modules)],
] as const)('%s', (_, make) => {
  test('has a length, indices and iteration', () => {
    const list = make(relu(), new nn.Tanh());
    expect([list.length, String(list[0]), String(list.at(-1)), text(list)]).toEqual([
      2,
      'ReLU()',
      'Tanh()',
      'ReLU() Tanh()',
    ]);
    expect(() => list.at(2)).toThrow(new RangeError('index 2 is out of range'));
    expect(() => list.at(-3)).toThrow(RangeError);
  });

  test('grows and shrinks, and stays numbered', () => {
    const list = make(relu());
    list.append(new nn.Tanh()).extend([new nn.Sigmoid(), new nn.GELU()]);
    list.insert(1, new nn.Identity());
    expect(text(list)).toBe("ReLU() Identity() Tanh() Sigmoid() GELU(approximate='none')");
    list.delete(0);
    expect(String(list.pop())).toBe("GELU(approximate='none')");
    expect(String(list.pop(0))).toBe('Identity()');
    list.setAt(-1, relu());
    expect(text(list)).toBe('Tanh() ReLU()');
    expect([...list.namedChildren()].map(([name]) => name)).toEqual(['0', '1']);
    expect(list[2]).toBe(undefined);
  });

  test('has entries, keys, values and map, as an array', () => {
    const list = make(relu(), new nn.Tanh());
    expect([...list.entries()].map(([i, module]) => `${i} ${module}`)).toEqual(['0 ReLU()', '1 Tanh()']);
    expect([[...list.keys()], text(list.values())]).toEqual([[0, 1], 'ReLU() Tanh()']);
    expect(list.map((module, i) => `${module} ${i}`)).toEqual(['ReLU() 0', 'Tanh() 1']);
  });

  test('is sliced and joined', () => {
    const list = make(relu(), new nn.Tanh(), new nn.Sigmoid());
    expect(text(list.slice(1))).toBe('Tanh() Sigmoid()');
    expect(text(list.slice(null, null, -2))).toBe('Sigmoid() ReLU()');
    expect(text(list.slice(-2, -1))).toBe('Tanh()');
    expect(text(list.concat(make(relu()) as nn.Sequential & nn.ModuleList))).toBe(
      'ReLU() Tanh() Sigmoid() ReLU()',
    );
  });

  test('takes modules only', () => {
    expect(() => make(relu()).append(3 as never)).toThrow('number is not a Module subclass');
    expect(() => make(relu()).extend(3 as never)).toThrow(
      /extend should be called with an iterable, but got number/,
    );
  });
});

// Python fails below 0 with KeyError '-1', and names the new one '3' above the length.
test.each([-9, -1, 3, NaN])('ModuleList.insert refuses position %d of two modules', (index) => {
  const list = new nn.ModuleList([relu(), relu()]);
  expect(() => list.insert(index, relu())).toThrow(new RangeError(`Index out of range: ${index}`));
  expect([...list.namedChildren()].map(([name]) => name)).toEqual(['0', '1']);
});

test('Sequential keeps names, also in a slice', () => {
  const net = new nn.Sequential({ a: relu(), b: new nn.Tanh(), c: relu() });
  expect([...net.slice(1).namedChildren()].map(([name]) => name)).toEqual(['b', 'c']);
  expect(text(net.repeat(2))).toBe('ReLU() Tanh() ReLU() ReLU() Tanh() ReLU()');
});

test('ModuleDict is a dict', () => {
  const dict: nn.ModuleDict = new nn.ModuleDict({ a: relu() });
  dict.update([['b', new nn.Tanh()]]);
  dict.update(new nn.ModuleDict({ c: new nn.Sigmoid() }));
  dict.set('a', new nn.GELU());
  expect([dict.length, [...dict], text(dict.values())]).toEqual([
    3,
    ['a', 'b', 'c'],
    "GELU(approximate='none') Tanh() Sigmoid()",
  ]);
  expect([dict.has('a'), dict.has('x'), String(dict.get('b'))]).toEqual([true, false, 'Tanh()']);
  dict.delete('b');
  expect([...dict.items()].map(([name]) => name)).toEqual(['a', 'c']);
  dict.clear();
  expect(dict.length).toBe(0);
  expect(() => dict.get('a')).toThrow("ModuleDict has no module 'a'");
  expect(() => dict.update([['a']] as never)).toThrow(
    'ModuleDict update sequence element #0 has length 1; 2 is required',
  );
});

test('ParameterList makes parameters of tensors', () => {
  const list = new nn.ParameterList([torch.ones([2])]);
  list.append(torch.zeros([1])).extend([new nn.Parameter(torch.ones([1]), false)]);
  expect([...list].every((param) => param instanceof nn.Parameter)).toBe(true);
  expect([list.length, list[0] === list.at(0), list.at(-1).requiresGrad]).toEqual([3, true, false]);
  list.setAt(0, torch.full([2], 7));
  expect(list[0].tolist()).toEqual([7, 7]);
  expect(list.slice(1).length).toBe(2);
  expect([...list.stateDict().keys()]).toEqual(['0', '1', '2']);
  expect(() => list.extend(torch.ones([2]) as never)).toThrow(
    'ParameterList.extend should be called with an iterable',
  );
});

describe('Sequential frees what passes between its modules', () => {
  class Recorder extends nn.Module<[torch.Tensor], torch.Tensor> {
    readonly seen: torch.Tensor[] = [];
    override forward(x: torch.Tensor): torch.Tensor {
      this.seen.push(x, x.add(1));
      return this.seen.at(-1)!;
    }
  }
  const disposed = (tensors: torch.Tensor[]): boolean[] => tensors.map((one) => one.isDisposed);
  const x = torch.ones([2, 3]);

  test('at once, where there is no graph', () => {
    const model = new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU(), new nn.Flatten(), new nn.Tanh());
    const expected = torch.noGrad(() =>
      [...model].reduce((value, module) => module(value) as torch.Tensor, x),
    );
    const before = live().tensors;
    const y = torch.noGrad(() => model(x));
    expect(torch.memory().tensors).toBe(before + 1);
    expect(y.tolist()).toEqual(expected.tolist());
    expect(disposed([x, y])).toEqual([false, false]);
  });

  test('but not what a module, a hook or a method has seen', () => {
    const recorder = new Recorder();
    const hooked = new nn.Tanh();
    const own = new nn.Sigmoid();
    const seen: torch.Tensor[] = [];
    hooked.registerForwardHook(
      (_, [input], output) => void seen.push(input as torch.Tensor, output as torch.Tensor),
    );
    own.forward = (input) => {
      seen.push(input, input.exp());
      return seen.at(-1)!;
    };
    const relus = [relu(), relu(), relu(), relu()];
    const model = new nn.Sequential(relus[0], recorder, relus[1], hooked, relus[2], own, relus[3]);
    torch.noGrad(() => model(x));
    expect(disposed([...recorder.seen, ...seen])).toEqual(Array(6).fill(false));
  });

  test('nor what comes out of a module as it went in', () => {
    const inplace = new nn.ReLU({ inplace: true });
    const model = new nn.Sequential(new nn.Identity(), new nn.Dropout().eval(), inplace, new nn.Flatten(0));
    const input = torch.tensor([1, -1]);
    expect(torch.noGrad(() => model(input)).tolist()).toEqual([1, 0]);
    expect(input.tolist()).toEqual([1, 0]);
    const longer = new nn.Sequential(new nn.Tanh(), ...model, inplace);
    expect(torch.noGrad(() => longer(input)).tolist()).toEqual([torch.tensor(1.0).tanh().item(), 0]);
  });

  test('nor what a graph needs', () => {
    const model = new nn.Sequential(new nn.Linear(3, 3), new nn.Tanh(), new nn.Linear(3, 1));
    model(x).sum().backward();
    expect([...model.parameters()].every(({ grad }) => grad !== null)).toBe(true);
  });
});

test('ParameterDict is a dict', () => {
  const dict = new nn.ParameterDict({ b: torch.ones([1]), a: torch.zeros([1]) });
  expect([...dict]).toEqual(['a', 'b']);
  dict.set('10', torch.ones([2]));
  expect(dict.get('10')).toBeInstanceOf(nn.Parameter);
  expect([dict.get('x'), dict.get('x', 3), dict.setdefault('n', 4), dict.length]).toEqual([null, 3, 4, 4]);
  expect([...dict.copy().keys()]).toEqual(['a', 'b', '10', 'n']);
  expect(dict.copy().get('a')).toBe(dict.get('a'));
  expect(dict.popitem()).toEqual(['n', 4]);
  expect(dict.pop('a').tolist()).toEqual([0]);
  expect([...dict.stateDict().keys()]).toEqual(['b', '10']);
  dict.clear();
  expect([dict.length, [...dict.parameters()].length]).toEqual([0, 0]);
  expect([...dict.fromkeys(['x', 'y'], 1).items()]).toEqual([
    ['x', 1],
    ['y', 1],
  ]);
});
