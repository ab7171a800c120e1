// Programs whose sizes are open, exported here and read again. test/parity/written.ts has such ones read by Python.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import { digest, leavesOf } from '../nn/fixture';

const { Dim } = torch.export;
const F = nn.functional;
type Called = (...args: unknown[]) => unknown;
const called = (module: nn.Module, ...args: unknown[]): unknown => (module as unknown as Called)(...args);
const again = (program: torch.export.ExportedProgram) => torch.export.load(torch.export.save(program));

/** A module that is one function. */
class Of extends nn.Module {
  constructor(private readonly body: (x: Tensor, y: Tensor) => unknown) {
    super();
  }
  override forward(x: Tensor, y: Tensor): unknown {
    return this.body(x, y);
  }
}
const dynamic = (
  body: (x: Tensor, y: Tensor) => unknown,
  args: Tensor[],
  dynamicShapes: torch.export.DynamicShapes,
): torch.export.ExportedProgram =>
  torch.export.export(new Of(body), args, {
    dynamicShapes: args.length === 1 ? { x: (dynamicShapes as unknown[])[0] } : dynamicShapes,
  });
const ranges = ({ rangeConstraints }: torch.export.ExportedProgram) =>
  [...rangeConstraints].map(([name, { lower, upper }]) => [name, lower, upper]);

// The same bits as the function gives, at each of the sizes.
function checkSizes(
  body: (x: Tensor, y: Tensor) => unknown,
  args: Tensor[],
  shapes: torch.export.DynamicShapes,
  others: Tensor[][],
): void {
  const program = dynamic(body, args, shapes);
  for (const one of [program, again(program)]) {
    const module = one.module();
    for (const given of [args, ...others]) {
      const [found, expected] = [called(module, ...given), (body as Called)(...given)];
      expect(leavesOf(found).map(digest)).toEqual(leavesOf(expected).map(digest));
    }
  }
}
const randn = (...shape: number[]): Tensor => torch.randn(shape);
const batch = Dim('batch', { min: 1, max: 64 });

test('views, expansions and ranges of sizes', () => {
  const body = (x: Tensor): unknown => {
    const [b, t, c] = x.shape;
    const flat = x.reshape([b * t, c]).mul(2);
    const positions = torch.arange(t).unsqueeze(0).expand([b, t]);
    return [
      flat.view([b, t, c]),
      positions,
      flat.view([-1]),
      x.slice({ dim: 1, start: 1, end: t - 1 }),
      t,
      b * 2 + 1,
    ];
  };
  checkSizes(
    body,
    [randn(3, 5, 8)],
    [{ 0: batch, 1: Dim('seq', { max: 100 }) }],
    [[randn(1, 2, 8)], [randn(64, 9, 8)], [randn(2, 100, 8)]],
  );
});

test('floors of strides and of divisions, and what is made of them', () => {
  const weight = randn(4, 3, 3, 3);
  const body = (x: Tensor): unknown => {
    const y = F.maxPool2d(F.conv2d(x, weight, null, { stride: 2, padding: 1 }), 2) as Tensor;
    const [b, c, h, w] = y.shape;
    return [
      y.reshape([b, c * h * w]),
      x.slice({ dim: 2, start: 0, end: Math.floor(x.shape[2] / 3) }),
      y.div(h),
      y.mul(1 / w),
    ];
  };
  checkSizes(
    body,
    [randn(3, 3, 32, 30)],
    [{ 0: Dim.AUTO, 2: Dim('h', { min: 8 }), 3: Dim('w', { min: 8 }) }],
    [[randn(2, 3, 17, 40)], [randn(1, 3, 33, 9)], [randn(1, 3, 8, 63)]],
  );
});

test('a patch of 16, whose divisor more runs find', () => {
  const weight = randn(2, 3, 16, 16);
  const body = (x: Tensor): unknown => {
    const y = F.conv2d(x, weight, null, { stride: 16 });
    return y.reshape([y.shape[0], 2, y.shape[2] * y.shape[3]]).transpose(1, 2);
  };
  checkSizes(
    body,
    [randn(2, 3, 40, 50)],
    [{ 2: Dim('h', { min: 16, max: 200 }), 3: Dim('w', { min: 16, max: 200 }) }],
    [[randn(2, 3, 31, 32)], [randn(2, 3, 160, 175)]],
  );
});

test('attention with a mask that is made of sizes', () => {
  const body = (x: Tensor): unknown => {
    const [b, t, c] = x.shape;
    const heads = x.view([b, t, 2, c / 2]).transpose(1, 2);
    const mask = torch.tril(torch.ones([t, t])).view([1, 1, t, t]);
    const scores = heads.matmul(heads.transpose(-2, -1)).div(Math.sqrt(c / 2));
    const weights = F.softmax(scores.maskedFill(mask.eq(0), -Infinity), -1);
    return [
      weights.matmul(heads).transpose(1, 2).contiguous().view([b, t, c]),
      F.scaledDotProductAttention(heads, heads, heads),
    ];
  };
  checkSizes(
    body,
    [randn(3, 7, 8)],
    [[Dim.DYNAMIC, Dim.AUTO, Dim.AUTO]],
    [[randn(1, 12, 8)], [randn(5, 2, 8)]],
  );
});

test('a slice that takes all at the largest size', () => {
  const table = randn(16, 8);
  const body = (x: Tensor): unknown => x.add(table.at(`:${x.shape[1]}`));
  checkSizes(
    body,
    [randn(3, 5, 8)],
    [{ 1: Dim('length', { max: 16 }) }],
    [[randn(3, 16, 8)], [randn(3, 1, 8)]],
  );
});

test('arguments share a dimension, or one is a multiple of the other', () => {
  const body = (x: Tensor, y: Tensor): unknown => x.view([-1, 2]).sum(1).add(y);
  const n = Dim('n', { min: 2, max: 50 });
  const program = dynamic(body, [randn(6), randn(3)], { x: { 0: n.mul(2) }, y: { 0: n } });
  expect(program.guardsCode).toEqual(["L['x'].size()[0] == 2*L['y'].size()[0]"]);
  checkSizes(body, [randn(6), randn(3)], { x: { 0: n.mul(2) }, y: { 0: n } }, [[randn(100), randn(50)]]);
  checkSizes(
    (x, y) => x.add(y),
    [randn(3, 2), randn(3, 2)],
    { x: { 0: Dim.AUTO }, y: [Dim.AUTO, Dim.AUTO] },
    [[randn(9, 2), randn(9, 2)]],
  );
  expect(classAndMessage(() => called(again(program).module(), randn(8), randn(5)))).toMatch(
    /^AssertionError: Guard failed: x\.size\(\)\[0\] == 2 \* y\.size\(\)\[0\]/,
  );
  const alone = again(
    dynamic(
      (x) =>
        x
          .view([-1, 2])
          .sum(1)
          .add(x.shape[0] / 2),
      [randn(6)],
      [{ 0: n.mul(2) }],
    ),
  ).module();
  expect(classAndMessage(() => called(alone, randn(7)))).toMatch(
    /^AssertionError: Guard failed: x\.size\(\)\[0\] % 2 == 0/,
  );
  expect(classAndMessage(() => called(alone, randn(102)))).toMatch(
    /^AssertionError: Guard failed: x\.size\(\)\[0\] <= 100/,
  );
});

test('numbers, nested arguments and those by name', () => {
  class Nested extends nn.Module {
    override forward(pair: Tensor[], count: number, { bias }: { bias: { b: Tensor } }): unknown {
      return [pair[0].slice({ dim: 0, start: 0, end: count }), pair[1].add(bias.b), count];
    }
  }
  const program = torch.export.export(new Nested(), [[randn(9, 2), randn(3)], 4], {
    kwargs: { bias: { b: randn(3) } },
    dynamicShapes: { pair: [null, { 0: Dim('k') }], count: Dim.DYNAMIC, bias: { b: [Dim('k')] } },
  });
  const module = again(program).module();
  const [x, y, b] = [randn(9, 2), randn(5), randn(5)];
  const [cut, sum, count] = called(module, [x, y], 7, { bias: { b } }) as [Tensor, Tensor, number];
  expect([cut.shape, digest(sum), count]).toEqual([[7, 2], digest(y.add(b)), 7]);
});

test('what Dim.AUTO finds: bounds, equal sizes, and those that are fixed', () => {
  const found = (body: (x: Tensor, y: Tensor) => unknown, args: Tensor[]): unknown =>
    ranges(dynamic(body, args, args.length === 1 ? [{ 0: Dim.AUTO }] : [{ 0: Dim.AUTO }, { 0: Dim.AUTO }]));
  expect(found((x) => (x.shape[0] > 6 ? x.neg() : x.mul(2)), [randn(3)])).toEqual([['s0', 2, 6]]);
  expect(found((x) => (x.shape[0] === 3 ? x.neg() : x.mul(2)), [randn(3)])).toEqual([]);
  expect(found((x) => x.mul(2), [randn(1)])).toEqual([]);
  expect(found((x, y) => x.add(y), [randn(3), randn(3)])).toEqual([['s0', 2, null]]);
  expect(found((x, y) => x.sum().add(y), [randn(3), randn(4)])).toEqual([
    ['s0', 2, null],
    ['s1', 2, null],
  ]);
});

test('refuses what sizes decide, with the line, the node and the numbers', () => {
  const n = Dim('n', { max: 50 });
  const refusal = (body: (x: Tensor, y: Tensor) => unknown, x = randn(3, 4)): string =>
    classAndMessage(() => dynamic(body, [x], [{ 0: n }]));
  expect(refusal((x) => (x.shape[0] > 6 ? x.neg() : x.mul(2)))).toMatch(
    /^UserError: torch\.export: .*call 1 is aten::neg, and aten::mul\.Tensor \(where n = 3; n = 50\).*dynamic\.test\.ts/s,
  );
  expect(refusal((x) => x.mul(x.shape[0] ** 5))).toMatch(
    /node 0, aten::mul\.Tensor, is given as argument 2 243, 32, .*no expression of sizes.*dynamic\.test\.ts/s,
  );
  expect(refusal((x) => x.add(torch.tensor(Array.from({ length: x.shape[0] }, (_, i) => [i]))))).toMatch(
    /a tensor that is made of numbers of JavaScript is another one/,
  );
  expect(refusal((x) => x.view([3, 4]))).toMatch(
    /^UserError: torch\.export\.export\(\): forward fails where n = 2: /,
  );
  expect(classAndMessage(() => dynamic((x) => x, [randn(2)], [{ 0: Dim('m', { max: 2 }) }]))).toMatch(
    /^UserError: .*m has no two sizes above 1 between 0 and 2/,
  );
  expect(refusal((x) => x, randn(1, 4))).toMatch(
    /^UserError: You marked n as dynamic but your code specialized it to be a constant \(1\)/,
  );
  expect(classAndMessage(() => dynamic((x) => x, [randn(51)], [{ 0: n }]))).toBe(
    'ConstraintViolationError: 51 not in range [0, 50]',
  );
  expect(classAndMessage(() => dynamic((x) => x.view([3]), [randn(3)], [{ 0: Dim.DYNAMIC }]))).toMatch(
    /^UserError: You marked L\['x'\]\.size\(\)\[0\] as dynamic but your code specialized it to be a constant \(3\)/,
  );
});

test('dynamicShapes must be nested as the arguments are', () => {
  const n = Dim('n');
  const refusal = (shapes: unknown, args = [randn(3, 4), randn(3, 4)]): string =>
    classAndMessage(() => torch.export.export(new Of((x) => x), args, { dynamicShapes: shapes as never }));
  expect(refusal({ x: { 0: n } })).toMatch(
    /^UserError: When `dynamic_shapes` is specified as a dict, .*\['x', 'y'\].*they are \['x'\]/,
  );
  expect(refusal([{ 0: n }])).toMatch(
    /^UserError: Detected mismatch.*`inputs` has 2 elements, but `dynamic_shapes` has 1/,
  );
  expect(refusal([[n], null])).toMatch(
    /^UserError: Expected dynamic shape spec.*expected 2, but got 1 instead/,
  );
  expect(refusal([{ 5: n }, null])).toMatch(/^IndexError/);
  expect(refusal([{ 0: 'batch' }, null])).toMatch(
    /^UserError: Unexpected dimension mapped to index 0.*but got batch instead/,
  );
  expect(refusal([{ 0: 4 }, null])).toBe(
    "ConstraintViolationError: Static shape constraint of 4 does not match input size of 3, for L['x'].size()[0]",
  );
  expect(refusal([{ 0: n }, { 0: n }], [randn(3, 4), randn(4, 4)])).toMatch(
    /^UserError: L\['y'\]\.size\(\)\[0\] = 4 is not equal/,
  );
  expect(refusal([{ 0: n }, { 0: Dim('n', { min: 2 }) }])).toMatch(/^UserError: Found different definitions/);
  expect(refusal([{ 0: n.mul(2) }, null])).toMatch(
    /^UserError: Expected input .* = 3 to be of the form 2\*n/,
  );
  expect(refusal('x')).toMatch(/^TypeError/);
  expect(refusal([{ 0: 3, 1: null }, [Dim.STATIC, null]])).toBe('nothing');
});

test('dimensions have names, bounds and lines', () => {
  expect(String(Dim('n'))).toBe("Dim('n', min=0)");
  const line = Dim('n', { min: 3, max: 5 }).add(1).mul(2).sub(1);
  expect([String(line), line.min, line.max]).toEqual(['2*n + 1', 7, 11]);
  expect(classAndMessage(() => Dim('1b'))).toBe('ValueError: Dim name must be a valid identifier, got 1b');
  expect(classAndMessage(() => Dim('n', { min: 4, max: 4 }))).toBe(
    'ValueError: Cannot create Dim with inconsistent min=4, max=4',
  );
  expect(classAndMessage(() => Dim('n', { min: -1 }))).toMatch(/^TypeError/);
  expect(classAndMessage(() => Dim('n').mul(0))).toBe(
    'NotImplementedError: Attempted to multiply 0 with n, where a positive integer was expected. (Only increasing linear ' +
      'operations with integer coefficients are supported.)',
  );
  expect(classAndMessage(() => Dim('n').sub(1))).toBe(
    'ValueError: Expected derived min value of n - 1 to be >= 0. Please specify an appropriate min value for n (currently 0).',
  );
});
