import { testRule } from '../tester';

testRule('no-tensor-operators', {
  valid: [
    'x.add(1).neg();',
    'n + 1 < 2;',
    's + n;',
    'const text = `${x}`;',
    // Identity, which the weights of two layers may have.
    'x === y;',
    'x !== y;',
    'maybe == null;',
    'maybe != undefined;',
    'const shape = x.shape[0] * 2;',
    // A class of the same name is another's.
    'namespace other { class Tensor {} declare const t: Tensor; export const u = -t; }',
  ],
  invalid: [
    { code: 'x.add(-y);', errors: ['`y.neg()`'], output: 'x.add(y.neg());' },
    { code: 'const z = ~x;', errors: ['`x.bitwiseNot()`'], output: 'const z = x.bitwiseNot();' },
    {
      code: 'const z = x + 1;',
      errors: ['no `+` of tensors: write `x.add(1)`'],
      output: 'const z = x.add(1);',
    },
    { code: 'x - y;', errors: ['`x.sub(y)`'], output: 'x.sub(y);' },
    { code: 'p * 2;', errors: ['`p.mul(2)`'], output: 'p.mul(2);' },
    { code: 'x % 3;', errors: ['`x.remainder(3)`'], output: 'x.remainder(3);' },
    { code: 'x ** 2;', errors: ['`x.pow(2)`'], output: 'x.pow(2);' },
    {
      code: 'x.gt(0) & x.lt(1);',
      errors: ['`x.gt(0).bitwiseAnd(x.lt(1))`'],
      output: 'x.gt(0).bitwiseAnd(x.lt(1));',
    },
    // What Python's number before a tensor does.
    { code: '1 + x;', errors: ['`x.add(1)`'], output: 'x.add(1);' },
    { code: '1 - x;', errors: ['`x.rsub(1)`'], output: 'x.rsub(1);' },
    { code: '-1 / x;', errors: ['`x.reciprocal().mul(-1)`'], output: 'x.reciprocal().mul(-1);' },
    { code: '2 ** x;', errors: ['`torch.pow(2, x)`'] },
    { code: 'Math.random() * x;', errors: ['`x.mul(Math.random())`'] },
    // Operators in operators: each pass takes those that do not overlap.
    {
      code: 'const z = x * y + 1;',
      errors: ['`(x * y).add(1)`', '`x.mul(y)`'],
      output: 'const z = x.mul(y) + 1;',
    },
    {
      code: 'const z = 1 + x * y;',
      errors: ['`(x * y).add(1)`', '`x.mul(y)`'],
      output: 'const z = (x * y).add(1);',
    },
    { code: 'maybe! + 1;', errors: ['`maybe!.add(1)`'], output: 'maybe!.add(1);' },
    { code: 'maybe + 1;', errors: ['`maybe.add(1)`'] },
    { code: '-x.grad;', errors: ['`x.grad.neg()`'] },
    ...[
      'either + 1;',
      '2 * either;',
      '-either;',
      '-either + 1;',
      'either < 1;',
      'either += 1;',
      'either++;',
    ].map((code) => ({
      code,
      errors: Array(code === '-either + 1;' ? 2 : 1).fill('It may be a tensor') as string[],
    })),
    { code: 'x + /* one */ 1;', errors: ['`x.add(1)`'] },
    // Comparisons.
    { code: 'const mask = x < y;', errors: ['`x.lt(y)`, with `.item()`'], output: 'const mask = x.lt(y);' },
    { code: 'if (x < y) torch;', errors: ['`x.lt(y)`'], output: 'if (x.lt(y).item()) torch;' },
    { code: '0 <= x;', errors: ['`x.ge(0)`'], output: 'x.ge(0);' },
    {
      code: 'x == y;',
      errors: ['`x.eq(y)` for the elements'],
      suggestions: [{ 'Write `x.eq(y)`.': 'x.eq(y);' }],
    },
    {
      code: 'n != maybe!;',
      errors: ['`maybe!.ne(n)`'],
      suggestions: [{ 'Write `maybe!.ne(n)`.': 'maybe!.ne(n);' }],
    },
    // Texts and numbers.
    {
      code: "'loss ' + x;",
      errors: ['`String(x)`'],
      suggestions: [{ 'Write `String(x)`.': "'loss ' + String(x);" }],
    },
    { code: '+x;', errors: ['`x.item()`'], suggestions: [{ 'Write `x.item()`.': 'x.item();' }] },
    // Assignments.
    {
      code: 'x += y;',
      errors: ['`x.add_(y)`'],
      suggestions: [{ 'Write `x.add_(y)`.': 'x.add_(y);', 'Write `x = x.add(y)`.': 'x = x.add(y);' }],
    },
    {
      code: 'x **= 2;',
      errors: ['`x.pow_(2)`'],
      suggestions: [{ 'Write `x.pow_(2)`.': 'x.pow_(2);', 'Write `x = x.pow(2)`.': 'x = x.pow(2);' }],
    },
    {
      code: 'n += x;',
      errors: ['`x.item()` for numbers'],
      suggestions: [{ 'Write `x.item()`.': 'n += x.item();' }],
    },
    { code: 's += x;', errors: ['`String(x)`'], suggestions: [{ 'Write `String(x)`.': 's += String(x);' }] },
    {
      code: 'x++;',
      errors: ['`x.add_(1)`'],
      suggestions: [{ 'Write `x.add_(1)`.': 'x.add_(1);', 'Write `x = x.add(1)`.': 'x = x.add(1);' }],
    },
    { code: 'const z = x++;', errors: ['`x.add_(1)`'] },
    // Type parameters, subclasses.
    {
      code: 'function f<T extends Tensor>(t: T) { return -t; }',
      errors: ['`t.neg()`'],
      output: 'function f<T extends Tensor>(t: T) { return t.neg(); }',
    },
    {
      code: 'const b = new nn.Buffer(x); const z = b * 2;',
      errors: ['`b.mul(2)`'],
      output: 'const b = new nn.Buffer(x); const z = b.mul(2);',
    },
  ],
});
