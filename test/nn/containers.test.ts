// Containers: Python's lists and dicts of modules and parameters.
import torch, { nn } from 'nodetorch';

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

test('Sequential keeps names, also in a slice', () => {
  const net = new nn.Sequential({ a: relu(), b: new nn.Tanh(), c: relu() });
  expect([...net.slice(1).namedChildren()].map(([name]) => name)).toEqual(['b', 'c']);
  expect(text(net.repeat(2))).toBe('ReLU() Tanh() ReLU() ReLU() Tanh() ReLU()');
});

test('ModuleDict is a dict', () => {
  const dict = new nn.ModuleDict({ a: relu() });
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
