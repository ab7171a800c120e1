// Programs written by hand, in the form that lib/export makes of exported models: what the addon runs of them.
import fs from 'node:fs';
import path from 'node:path';
import { within, Scope } from '../../lib/native/scope';
import { Program } from '../../lib/native/program';
import type { ProgramArgument, ProgramDescription, ProgramNode } from '../../typings/native';
import { dtypes, native, tensor, Tensor, torch } from './support/torch';

interface ControlFlow {
  readonly outputs: unknown[];
  readonly gradients: unknown[];
}
const python = JSON.parse(fs.readFileSync(path.join(__dirname, 'program.json'), 'utf8')) as {
  targets: string[];
  numbers: string[];
  controlFlow: { xs: number[][]; w: number[]; while: ControlFlow } & Record<
    'map' | 'scan' | 'cond',
    ControlFlow
  >;
};

const slot = (number: number): ProgramArgument => ({ slot: number });
const constant = (value: unknown): ProgramArgument => ({ constant: value });
const list = (...items: ProgramArgument[]): ProgramArgument => ({ list: items });
const graph = (description: ProgramDescription): ProgramArgument => ({ graph: description });

/** A node of an aten operator, or of another target with dots in it. */
function node(
  operator: string,
  args: ProgramArgument[],
  outputs: ProgramNode['outputs'],
  more: Partial<ProgramNode> = {},
): ProgramNode {
  const target = operator.includes('.') && /^(_operator|math|torch)\b/.test(operator);
  const full = target ? operator : `torch.ops.aten.${operator}`;
  return { name: operator.replaceAll('.', '_'), operator: full, arguments: args, outputs, ...more };
}

function describe_(
  slots: number,
  inputs: ProgramDescription['inputs'],
  nodes: ProgramNode[],
  outputs: ProgramArgument[],
): ProgramDescription {
  return { slots, inputs, nodes, outputs };
}

const run = (description: ProgramDescription, ...inputs: unknown[]): unknown[] =>
  new Program(description).run(inputs);
/** Of a program with one node, and one result. */
const one = (operator: string, args: ProgramArgument[], ...inputs: unknown[]): unknown => {
  const count = inputs.length;
  const types = inputs.map((input, i) => (input instanceof Tensor ? i : { slot: i, type: 'any' as const }));
  return run(describe_(count + 1, types, [node(operator, args, [count])], [slot(count)]), ...inputs)[0];
};
const toTensor = (value: unknown): Tensor => value as Tensor;
const problemOf = (description: unknown): string => {
  try {
    new Program(description as ProgramDescription);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'none';
};

const x = tensor([
  [1, -2, 3],
  [-4, 5, -6],
]);

describe('operators', () => {
  const mlp = describe_(
    6,
    [0, 1, 2],
    [
      node('linear.default', [slot(0), slot(1), slot(2)], [3]),
      node('relu.default', [slot(3)], [4]),
      node('sum.dim_IntList', [slot(4), constant([1])], [5], { keywords: { keepdim: constant(true) } }),
    ],
    [slot(5), slot(4)],
  );

  test('run one behind the other; outputs may be any values on the way', () => {
    const [w, b] = [torch.arange(12).reshape([4, 3]).sub(5).float(), tensor([1, 2, 3, 4])];
    const hidden = toTensor(torch.relu(torch.linear(x, w, b)));
    const outputs = run(mlp, x, w, b).map((output) => toTensor(output).tolist());
    expect(outputs).toEqual([hidden.sum(1, true).tolist(), hidden.tolist()]);
  });

  test('gradients go through them', () => {
    const parameters = () => [
      torch.ones([4, 3], { requiresGrad: true }),
      torch.ones([4], { requiresGrad: true }),
    ];
    const [[w, b], [v, c]] = [parameters(), parameters()] as Tensor[][];
    toTensor(run(mlp, x, w, b)[0])
      .sum()
      .backward();
    toTensor(torch.relu(torch.linear(x, v, c)))
      .sum()
      .backward();
    expect([w.grad!.tolist(), b.grad!.tolist()]).toEqual([v.grad!.tolist(), c.grad!.tolist()]);
    const [output] = within('noGrad', Scope.grad, () => run(mlp, x, w, b), false);
    expect(toTensor(output).requiresGrad).toBe(false);
  });

  test('constants are of the type that the schema wants', () => {
    expect(toTensor(one('add.Tensor', [slot(0), constant(2)], x)).tolist()).toEqual(x.add(2).tolist());
    const whole = tensor([1n, 2n]);
    expect(toTensor(one('add.Scalar', [slot(0), constant(1)], whole)).dtype).toBe(dtypes.int64);
    expect(toTensor(one('add.Scalar', [slot(0), { float: 1 }], whole)).dtype).toBe(dtypes.float32);
    expect(toTensor(one('add.Tensor', [slot(0), { float: 1 }], whole)).dtype).toBe(dtypes.float32);
    const full = one('full.default', [constant([2, 2]), constant(2n ** 53n + 1n)]);
    expect(toTensor(full).max().itemBigInt()).toBe(2n ** 53n + 1n);
    const cast = one('_to_copy.default', [slot(0)], x);
    expect(toTensor(cast).dtype).toBe(dtypes.float32);
    const nodes = [
      node('_to_copy.default', [slot(0)], [1], { keywords: { dtype: constant(dtypes.float64) } }),
      node('to.device', [slot(1), constant('cpu'), constant(dtypes.float16)], [2]),
    ];
    expect(toTensor(run(describe_(3, [0], nodes, [slot(2)]), x)[0]).dtype).toBe(dtypes.float16);
    const pooled = one('avg_pool2d.default', [slot(0), constant(2)], torch.ones([1, 1, 4, 4]));
    expect(toTensor(pooled).shape).toEqual([1, 1, 2, 2]); // one number for an int[2]
    expect(toTensor(one('mul.Tensor', [slot(0), constant(x)], x)).tolist()).toEqual(x.mul(x).tolist());
    expect(toTensor(one('clamp.default', [slot(0), constant(null), constant(1.5)], x)).tolist()).toEqual(
      x.clamp(null, 1.5).tolist(),
    );
  });

  test('numbers in slots are what the schema wants, too', () => {
    const nodes = [
      node('sym_size.int', [slot(0), constant(1)], [1]),
      node('_operator.mul', [slot(1), constant(2)], [2]),
      node('view.default', [slot(0), list(slot(2), constant(-1))], [3]), // int[]
      node('add.Tensor', [slot(3), slot(1)], [4]), // Tensor
      node('mul.Scalar', [slot(4), slot(2)], [5]), // Scalar
      node('dropout.default', [slot(5), slot(6), constant(false)], [7]), // float
    ];
    const [y] = run(describe_(8, [0, { slot: 6, type: 'int' }], nodes, [slot(7)]), x, 0);
    expect(toTensor(y).tolist()).toEqual(x.view([6, 1]).add(3).mul(6).tolist());
  });

  test('lists go in and come out, with gaps', () => {
    const cat = node('cat.default', [list(slot(0), slot(0)), constant(1)], [1]);
    const split = node('split.Tensor', [slot(1), constant(2), constant(1)], [[2, null, 3]]);
    const [left, right] = run(describe_(4, [0], [cat, split], [slot(2), slot(3)]), x).map(toTensor);
    expect([left.tolist(), right.tolist()]).toEqual([x.slice(1, 0, 2).tolist(), x.slice(1, 1, 3).tolist()]);
    const whole = [cat, node('split.Tensor', [slot(1), constant(3), constant(1)], [2])];
    const last = node('_operator.getitem', [slot(2), constant(-1)], [3]);
    expect(toTensor(run(describe_(4, [0], [...whole, last], [slot(3)]), x)[0]).tolist()).toEqual(x.tolist());
    const index = node('index.Tensor', [slot(0), list(constant(null), slot(1))], [2]);
    const picked = toTensor(run(describe_(3, [0, 1], [index], [slot(2)]), x, tensor([2n, 0n]))[0]);
    expect(picked.tolist()).toEqual([
      [3, 1],
      [-6, -4],
    ]);
  });

  test('several results, of which not all are wanted', () => {
    const sort = node('sort.default', [slot(0)], [null, 1]);
    expect(toTensor(run(describe_(2, [0], [sort], [slot(1)]), x)[0]).tolist()).toEqual([
      [1, 0, 2],
      [2, 0, 1],
    ]);
    const unwanted = node('sort.default', [slot(0)], []);
    expect(run(describe_(1, [0], [unwanted], []), x)).toEqual([]);
  });

  test('what is changed in place is changed; what is given back is the very object', () => {
    const y = torch.zeros([3]) as Tensor;
    const add = node('add_.Tensor', [slot(0), constant(1)], [1]);
    const [same, input] = run(describe_(2, [0], [add], [slot(1), slot(0)]), y);
    expect([same, input]).toEqual([y, y]);
    expect(same).toBe(y);
    expect(input).toBe(y);
    expect(y.tolist()).toEqual([1, 1, 1]);
  });

  test('a tensor that was changed in place to be in a graph is still one that grows', () => {
    const y = torch.zeros([2]) as Tensor;
    const w = torch.ones([2], { requiresGrad: true }) as Tensor;
    run(describe_(3, [0, 1], [node('add_.Tensor', [slot(0), slot(1)], [2])], []), y, w);
    y.mul(3).sum().backward();
    expect(w.grad!.tolist()).toEqual([3, 3]);
  });

  test('a value is freed after its last use', () => {
    // 20 results of 4 MB, of which two are alive at a time.
    const nodes = Array.from({ length: 20 }, (_, i) => node('add.Tensor', [slot(i), constant(1)], [i + 1]));
    const program = new Program(describe_(21, [0], nodes, [slot(20)]));
    const big = torch.zeros([1 << 20]) as Tensor;
    native.emptyCpuCache();
    const made = () => native.cpuCache(null)[3];
    const before = made();
    const [y] = program.run([big]).map(toTensor);
    expect(made() - before).toBeLessThan(4);
    expect(y.slice(0, 0, 1).tolist()).toEqual([20]);
  });

  test('inputs must be what the program takes', () => {
    const program = new Program(mlp);
    expect(() => program.run([x])).toThrow('a program of 3 inputs was given 1');
    expect(() => program.run([x, 3, null])).toThrow('input 1 of a program must be a Tensor, not number');
    expect(() => program.run([x, x, x, x])).toThrow('a program of 3 inputs was given more');
  });
});

describe('symbolic numbers', () => {
  const decoded = (text: string): unknown => {
    const value = text.slice(1);
    if (text[0] === 'i') return BigInt(value);
    if (text[0] === 'b') return value === 'True';
    return value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value === 'nan' ? NaN : Number(value);
  };
  const typeOf = { i: 'int', f: 'float', b: 'bool' } as const;
  const dtypeOf = { i: 4, f: 6, b: 11 }; // libtorch's numbers of int64, float32 and bool
  const programs = new Map<string, Program>();

  /** The result, and whether it is an int, a float or a bool: JavaScript has one number for two of them. */
  function compute(target: string, args: string[]): unknown {
    const types = args.map((arg) => typeOf[arg[0] as 'i']);
    const key = [target, ...types].join(' ');
    const count = args.length;
    if (!programs.has(key)) {
      const nodes = [
        node(
          target,
          args.map((_, i) => slot(i)),
          [count],
        ),
        node('result_type.Scalar_Scalar', [slot(count), constant(false)], [count + 1]),
      ];
      const inputs = types.map((type, i) => ({ slot: i, type }));
      programs.set(key, new Program(describe_(count + 2, inputs, nodes, [slot(count), slot(count + 1)])));
    }
    return programs.get(key)!.run(args.map(decoded));
  }

  const seen = new Set<string>();
  test('give what Python gives, ints exact and floats to the bit', () => {
    const wrong: string[] = [];
    for (const row of python.numbers) {
      const [left, expected] = row.split(' -> ');
      const [target, ...args] = left.split(' ');
      seen.add(target);
      let got: unknown;
      try {
        got = compute(target, args);
      } catch (error) {
        if (!expected.startsWith('!')) wrong.push(`${row}: ${(error as Error).message}`);
        continue;
      }
      const [value, dtype] = got as [unknown, number];
      const exact = expected[0] === 'i' ? BigInt(value as number) : value;
      const right = Object.is(exact, decoded(expected)) && dtype === dtypeOf[expected[0] as 'i'];
      if (!right) wrong.push(`${row}: ${String(value)}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(python.numbers.length).toBeGreaterThan(8000);
  });

  test('all that PyTorch writes into files are here', () => {
    expect(python.targets.filter((target) => !seen.has(target))).toEqual([]);
  });

  test('sums of lists, roots and choices', () => {
    expect(one('torch.sym_sum', [list(slot(0), constant(4))], 3)).toBe(7);
    expect(one('torch._sym_log2', [slot(0)], 8)).toBe(3);
    expect(one('torch.sym_ite', [constant(false), constant(1), slot(0)], 2)).toBe(2);
    expect(one('_operator.not_', [slot(0)], 0)).toBe(true);
  });

  test('come from tensors', () => {
    expect(one('item.default', [slot(0)], tensor([7n]))).toBe(7);
    expect(one('_local_scalar_dense.default', [slot(0)], tensor(2n ** 60n))).toBe(2n ** 60n);
    expect(one('sym_numel.default', [slot(0)], x)).toBe(6);
    expect(one('sym_stride.int', [slot(0), constant(0)], x)).toBe(3);
    expect(one('sym_storage_offset.default', [slot(0)], x.select(0, 1))).toBe(3);
  });
});

describe('operators of graphs', () => {
  const { controlFlow } = python;
  const row = graph(
    describe_(
      5,
      [0, 1],
      [
        node('mul.Tensor', [slot(0), slot(1)], [2]),
        node('sin.default', [slot(2)], [3]),
        node('add.Tensor', [slot(3), slot(1)], [4]),
      ],
      [slot(4)],
    ),
  );
  const step = graph(
    describe_(
      6,
      [0, 1],
      [
        node('mul.Tensor', [slot(0), slot(1)], [2]),
        node('tanh.default', [slot(2)], [3]),
        node('add.Tensor', [slot(3), slot(1)], [4]),
        node('mul.Tensor', [slot(4), constant(2)], [5]),
      ],
      [slot(4), slot(5)],
    ),
  );
  const product = graph(describe_(3, [0, 1], [node('mul.Tensor', [slot(0), slot(1)], [2])], [slot(2)]));
  const sigmoid = graph(
    describe_(
      4,
      [0, 1],
      [node('add.Tensor', [slot(0), slot(1)], [2]), node('sigmoid.default', [slot(2)], [3])],
      [slot(3)],
    ),
  );
  const cond = describe_(
    5,
    [0, 1],
    [
      node('sum.default', [slot(0)], [2]),
      node('gt.Scalar', [slot(2), constant(100)], [3]),
      node('torch.ops.higher_order.cond', [slot(3), product, sigmoid, list(slot(0), slot(1))], [4]),
    ],
    [slot(4)],
  );
  const map = describe_(
    3,
    [0, 1],
    [node('torch.ops.higher_order.map_impl', [row, list(slot(0)), list(slot(1))], [2])],
    [slot(2)],
  );
  const scan = describe_(
    4,
    [0, 1],
    [node('torch.ops.higher_order.scan', [step, list(slot(1)), list(slot(0)), constant([])], [2, 3])],
    [slot(2), slot(3)],
  );

  test.each([
    ['cond', cond],
    ['map', map],
    ['scan', scan],
  ] as const)('%s gives what Python gives, gradients too', (name, description) => {
    const xs = tensor(controlFlow.xs, { requiresGrad: true });
    const w = tensor(controlFlow.w, { requiresGrad: true });
    const outputs = run(description, xs, w).map(toTensor);
    expect(outputs.map((output) => output.tolist())).toEqual(controlFlow[name].outputs);
    outputs
      .map((output) => output.mul(output).sum())
      .reduce((a, b) => a.add(b))
      .backward();
    expect([xs.grad!.tolist(), w.grad!.tolist()]).toEqual(controlFlow[name].gradients);
  });

  test('cond takes a number, too', () => {
    const description = describe_(
      4,
      [0, 1, { slot: 2, type: 'bool' }],
      [node('torch.ops.higher_order.cond', [slot(2), product, sigmoid, list(slot(0), slot(1))], [3])],
      [slot(3)],
    );
    const [y, z] = [true, false].map((flag) => toTensor(run(description, x, x, flag)[0]));
    expect(y.tolist()).toEqual(x.mul(x).tolist());
    expect(z.tolist()).toEqual(x.add(x).sigmoid().tolist());
  });

  const loop = (limit: number) =>
    describe_(
      6,
      [0, 1, 2],
      [
        node(
          'torch.ops.higher_order.while_loop',
          [
            graph(describe_(4, [0, 1, 2], [node('lt.Scalar', [slot(0), constant(limit)], [3])], [slot(3)])),
            graph(
              describe_(
                7,
                [0, 1, 2],
                [
                  node('add.Tensor', [slot(0), constant(1)], [3]),
                  node('mul.Tensor', [slot(1), slot(2)], [4]),
                  node('cos.default', [slot(4)], [5]),
                  node('mul.Tensor', [slot(2), constant(2)], [6]),
                ],
                [slot(3), slot(5), slot(6)],
              ),
            ),
            list(slot(0), slot(1), slot(2)),
            list(),
          ],
          [3, 4, 5],
        ),
      ],
      [slot(4), slot(5)],
    );

  test('while_loop gives what Python gives, and copies where it does not loop', () => {
    const [xs, w] = [tensor(controlFlow.xs), tensor(controlFlow.w)];
    const outputs = run(loop(3), tensor(0n), xs, w).map((output) => toTensor(output).tolist());
    expect(outputs).toEqual(controlFlow.while.outputs);
    const [same] = run(loop(0), tensor(0n), xs, w);
    expect(same).not.toBe(xs);
    expect(toTensor(same).tolist()).toEqual(xs.tolist());
  });

  test('regions of the gradient mode and of autocast', () => {
    const w = torch.ones([3, 3], { requiresGrad: true }) as Tensor;
    const matmul = graph(describe_(3, [0, 1], [node('matmul.default', [slot(0), slot(1)], [2])], [slot(2)]));
    const region = (operator: string, ...args: ProgramArgument[]) =>
      describe_(
        4,
        [0, 1],
        [
          node(`torch.ops.higher_order.${operator}`, [...args, matmul, slot(0), slot(1)], [2]),
          node('matmul.default', [slot(0), slot(1)], [3]),
        ],
        [slot(2), slot(3)],
      );
    const [without, after] = run(region('wrap_with_set_grad_enabled', constant(false)), x, w).map(toTensor);
    expect([without.requiresGrad, after.requiresGrad]).toEqual([false, true]);
    const cast = [constant('cpu'), constant(dtypes.bfloat16), constant(true), constant(null)];
    const [half, whole] = run(region('wrap_with_autocast', ...cast), x, w).map(toTensor);
    expect([half.dtype, whole.dtype]).toEqual([dtypes.bfloat16, dtypes.float32]);
    const [plain] = run(region('wrap'), x, w).map(toTensor);
    expect(plain.tolist()).toEqual(x.matmul(w).tolist());
  });

  test('the modes are back where they were when a region fails', () => {
    const bad = graph(describe_(3, [0, 1], [node('matmul.default', [slot(0), slot(1)], [2])], [slot(2)]));
    const args = [constant(false), bad, slot(0), slot(0)];
    const description = describe_(
      2,
      [0],
      [node('torch.ops.higher_order.wrap_with_set_grad_enabled', args, [1])],
      [slot(1)],
    );
    expect(() => run(description, x)).toThrow('mat1 and mat2 shapes cannot be multiplied');
    const y = torch.ones([1], { requiresGrad: true }) as Tensor;
    expect(y.mul(2).requiresGrad).toBe(true);
  });
});

describe('errors', () => {
  const relu = (more: Partial<ProgramNode> = {}) => node('relu.default', [slot(0)], [1], more);
  const valid = describe_(2, [0], [relu()], [slot(1)]);

  test('of a run name the node, the operator and the place in the Python program', () => {
    const trace = '  File "model.py", line 12, in forward\n    return self.fc(x)\n';
    const description = describe_(
      2,
      [0],
      [node('mm.default', [slot(0), slot(0)], [1], { trace })],
      [slot(1)],
    );
    let error: unknown;
    try {
      run(description, x);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      name: 'TorchError',
      kind: 'RuntimeError',
      message:
        'mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)\n' +
        '  node mm_default: torch.ops.aten.mm.default\n' +
        '  File "model.py", line 12, in forward\n    return self.fc(x)',
    });
  });

  test('keep their kind', () => {
    const pick = describe_(2, [0], [node('select.int', [slot(0), constant(0), constant(9)], [1])], [slot(1)]);
    expect(() => run(pick, x)).toThrow(expect.objectContaining({ kind: 'IndexError' }) as Error);
    const type = describe_(
      3,
      [0, { slot: 1, type: 'any' }],
      [node('select.int', [slot(0), slot(1), constant(0)], [2])],
      [],
    );
    expect(() => run(type, x, 'text')).toThrow(
      expect.objectContaining({
        kind: 'TypeError',
        message: "argument 'dim' must be int, not string\n  node select_int: torch.ops.aten.select.int",
      }) as Error,
    );
  });

  test('a node outside and a node inside of a graph are both named', () => {
    const inner = graph(describe_(2, [0], [node('mm.default', [slot(0), slot(0)], [1])], [slot(1)]));
    const outer = node('torch.ops.higher_order.wrap', [inner, slot(0)], [1]);
    expect(() => run(describe_(2, [0], [outer], [slot(1)]), x)).toThrow(
      /\(2x3 and 2x3\)\n {2}node mm_default: .*\n {2}node torch_ops_higher_order_wrap: /,
    );
  });

  test.each<[string, unknown, string]>([
    ['no object', 3, 'a graph must be an object, not number'],
    ['no slots', { ...valid, slots: undefined }, 'a graph must have a whole number from 0 to'],
    ['too many slots', { ...valid, slots: 1e12 }, 'a graph must have a whole number from 0 to'],
    ['no nodes', { ...valid, nodes: undefined }, 'a graph must have nodes'],
    ['nodes of another kind', { ...valid, nodes: 'relu' }, 'must be an array, not string'],
    ['a slot beyond', { ...valid, inputs: [7] }, 'a slot must be a whole number below 2, not number'],
    [
      'a slot between',
      { ...valid, inputs: [0.5] },
      'a slot must be a whole number below 2, not fractional number',
    ],
    ['two values for a slot', describe_(2, [0, 0], [], []), 'slot 0 is given a value twice'],
    [
      'a result for an input',
      describe_(2, [0, 1], [relu()], []),
      'relu.default: slot 1 is given a value twice',
    ],
    ['no value for a slot', describe_(2, [0], [], [slot(1)]), 'slot 1 is used before it has a value'],
    [
      'a use before',
      describe_(3, [0], [node('relu.default', [slot(2)], [1]), node('relu.default', [slot(0)], [2])], []),
      "node relu_default: torch.ops.aten.relu.default: argument 'self': slot 2 is used before it has a value",
    ],
    [
      'an unknown operator',
      describe_(2, [0], [node('nothing.default', [slot(0)], [1])], []),
      'no such operator',
    ],
    [
      'an unknown overload',
      describe_(2, [0], [node('relu.nothing', [slot(0)], [1])], []),
      'no such operator',
    ],
    [
      'an unknown operator of graphs',
      describe_(1, [0], [node('torch.ops.higher_order.nothing', [], [])], []),
      'a program cannot run this operator',
    ],
    [
      'an argument missing',
      describe_(2, [0], [node('relu.default', [], [1])], []),
      "argument 'self' is missing",
    ],
    [
      'too many arguments',
      describe_(2, [0], [node('relu.default', [slot(0), slot(0)], [1])], []),
      'takes 1 positional arguments but more were given',
    ],
    [
      'an unknown keyword',
      describe_(2, [0], [relu({ keywords: { dim: constant(1) } })], []),
      "takes no argument 'dim'",
    ],
    [
      'a keyword twice',
      describe_(2, [0], [relu({ keywords: { self: slot(0) } })], []),
      "argument 'self' is given twice",
    ],
    [
      'a constant of another type',
      describe_(2, [0], [node('select.int', [slot(0), constant('a'), constant(0)], [1])], []),
      "argument 'dim': must be int, not string",
    ],
    [
      'a float for an int',
      describe_(2, [0], [node('select.int', [slot(0), { float: 1 }, constant(0)], [1])], []),
      "argument 'dim': must be int, not float",
    ],
    [
      'a list for a tensor',
      describe_(2, [0], [node('relu.default', [list(slot(0))], [1])], []),
      "argument 'self': must be Tensor, not a list",
    ],
    [
      'a graph for a tensor',
      describe_(2, [0], [node('relu.default', [graph(valid)], [1])], []),
      "argument 'self': must not be a graph",
    ],
    [
      'an argument that is nothing',
      describe_(2, [0], [node('relu.default', [{} as never], [1])], []),
      'must have a slot',
    ],
    [
      'too many results',
      describe_(3, [0], [node('relu.default', [slot(0)], [1, 2])], []),
      'gives 1 results, and has 2',
    ],
    [
      'a list of results',
      describe_(3, [0], [node('relu.default', [slot(0)], [[1, 2]])], []),
      'gives no list, and has a list of outputs',
    ],
    [
      'no name',
      describe_(2, [0], [{ ...relu(), name: undefined } as never], []),
      'a node must have a string as its `name`',
    ],
    [
      'arguments of a number operator',
      describe_(2, [0], [node('_operator.add', [slot(0)], [1])], []),
      'takes 2 arguments but 1 were given',
    ],
    [
      'no graphs for cond',
      describe_(2, [0], [node('torch.ops.higher_order.cond', [slot(0), slot(0), slot(0), list()], [1])], []),
      'argument 2 must be a graph',
    ],
    [
      'a branch of another number of inputs',
      describe_(
        2,
        [0],
        [node('torch.ops.higher_order.cond', [slot(0), graph(valid), graph(valid), list()], [1])],
        [],
      ),
      'argument 2 is a graph of 1 inputs, and is given 0',
    ],
    [
      'results that the graphs do not give',
      describe_(3, [0], [node('torch.ops.higher_order.wrap', [graph(valid), slot(0)], [1, 2])], []),
      'gives 1 results, and has 2 outputs',
    ],
    [
      'a type that is none',
      describe_(1, [{ slot: 0, type: 'list' as never }], [], []),
      "'list' is no type of an input",
    ],
  ])('a description with %s is refused', (_, description, message) => {
    expect(problemOf(description)).toContain(message);
    expect(problemOf(description)).toMatch(/^TypeError: /);
  });

  test('graphs in graphs, and lists in lists, as deep as a stack allows', () => {
    let inner = describe_(2, [0], [relu()], [slot(1)]);
    const outside = (one_: ProgramDescription) =>
      describe_(2, [0], [node('torch.ops.higher_order.wrap', [graph(one_), slot(0)], [1])], [slot(1)]);
    for (let i = 0; i < 24; i++) inner = outside(inner);
    expect(toTensor(run(inner, x)[0]).tolist()).toEqual(x.relu().tolist());
    expect(problemOf(outside(inner))).toContain('graphs are nested more than 24 deep');
    let deep = constant(1);
    for (let i = 0; i < 100; i++) deep = list(deep);
    expect(problemOf(describe_(1, [], [node('_operator.neg', [deep], [0])], []))).toContain(
      'nested too deep',
    );
    const round: { slots: number; inputs: number[]; outputs: never[]; nodes: ProgramNode[] } = {
      slots: 1,
      inputs: [0],
      outputs: [],
      nodes: [],
    };
    round.nodes.push(node('torch.ops.higher_order.wrap', [graph(round), slot(0)], []));
    expect(problemOf(round)).toContain('graphs are nested more than 24 deep');
  });

  test('an operator whose argument no program can give is refused, unless it is left out', () => {
    const storage = node('set_.source_Storage', [slot(0), slot(0)], [1]);
    expect(problemOf(describe_(2, [0], [storage], []))).toContain('is of a type that a program cannot give');
  });
});
