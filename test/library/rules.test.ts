// Autocast and modes for custom operators, tags, fallbacks, against rules.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './rules.json';

const { library, overrides } = torch;
const X = torch.arange(4, { dtype: 'float32' });

const total = library
  .customOp('rules::sum', (x: Tensor, others: Tensor[]) => x.mul(others.length), {
    schema: '(Tensor x, Tensor[] others) -> Tensor',
  })
  .registerAutocast('cpu', torch.bfloat16);
const twice = library.customOp('rules::twice', (x: Tensor) => x.mul(2), {
  schema: '(Tensor x) -> Tensor',
  tags: [torch.Tag.pointwise, torch.Tag.core],
});

class Mode extends overrides.TorchDispatchMode {
  override torchDispatch(func: torch.overrides.DispatchedOperator, args: unknown[], kwargs: object): unknown {
    return func(...args, kwargs);
  }
}
class Derived extends Mode {}
const rule = (
  _: Mode,
  func: torch.overrides.DispatchedOperator,
  __: unknown,
  args: unknown[],
  kwargs: object,
) => (func(...args, kwargs) as Tensor).add(100);
twice.registerTorchDispatch(Mode, rule as torch.library.DispatchRule);

test('autocast casts what an operator gets', () => {
  const under = (x: Tensor, dtype: torch.DType = torch.bfloat16): string =>
    torch.autocast('cpu', { dtype }, () => total(x, [x, x]).dtype.name);
  const found = [under(X), under(X, torch.float16), under(X.double()), under(X.int()), under(X.half())];
  expect(found).toEqual(fixture.autocast);
  expect(total(X, [X]).dtype.name).toBe(fixture.outside);
});

test('a class of modes has rules of its own', () => {
  const found = [
    new Mode().run(() => twice(X)),
    new Derived().run(() => twice(X)),
    new Mode().run(() => X.mul(2)),
  ];
  expect(found.map((one) => one.tolist())).toEqual(fixture.rules);
  expect(() =>
    library.registerTorchDispatch('rules::twice', Mode, rule as torch.library.DispatchRule),
  ).toThrow('rules::twice already has a `__torch_dispatch__` rule registered for Mode');
});

function tagsOf(call: () => unknown, name: string): string[] {
  let tags: readonly string[] = [];
  class See extends overrides.TorchDispatchMode {
    override torchDispatch(
      func: torch.overrides.DispatchedOperator,
      args: unknown[],
      kwargs: object,
    ): unknown {
      if (String(func) === name) tags = func.tags;
      return func(...args, kwargs);
    }
  }
  new See().run(call);
  return tags.filter((tag) => tag !== 'pt2_compliant_tag').sort();
}

test('tags', () => {
  const calls: Record<string, () => unknown> = {
    'add.Tensor': () => X.add(X),
    'add_.Tensor': () => X.clone().add_(X),
    'rand.default': () => torch.rand([2]),
    'nonzero.default': () => X.nonzero(),
    'unsqueeze_.default': () => X.clone().unsqueeze_(0),
    'sum.default': () => X.sum(),
    'native_dropout.default': () => torch.nativeDropout(X, 0.5, true),
  };
  for (const [name, call] of Object.entries(calls)) {
    const expected = (fixture.tags as Record<string, string[]>)[name].filter(
      (tag) => tag !== 'pt2_compliant_tag',
    );
    expect([name, tagsOf(call, `aten.${name}`)]).toEqual([name, expected]);
  }
  expect(tagsOf(() => twice(X), 'rules.twice.default')).toEqual(fixture['own tags']);
  const wrong = () => library.define('rules::wrong', '() -> ()', { tags: 'best' as never });
  expect(classAndMessage(wrong)).toMatch(/^TypeError: .*names of torch\.Tag/);
});

test('a fallback has what has no kernel', () => {
  const [fell, seen] = fixture.fallback;
  const found: string[] = [];
  library.define('rules::nothing', '(Tensor x, float scale=2.0, *, bool flag=False) -> Tensor');
  const fallback = (op: torch.overrides.DispatchedOperator, x: Tensor, ...rest: unknown[]): Tensor => {
    // It stays for whatever else this process tests.
    if (!String(op).startsWith('rules.')) throw new torch.TorchError(`${op} has no kernel`);
    const last = rest.at(-1);
    const keys = typeof last === 'object' ? Object.keys(last!) : [];
    found.push(
      `${op} ${1 + rest.length - (keys.length > 0 ? 1 : 0)} [${keys.map((key) => `'${key}'`).join(', ')}]`,
    );
    return x.clone();
  };
  const lib = new library.Library('_', 'IMPL');
  lib.fallback(fallback, 'CPU');
  const { nothing } = torch.ops.rules;
  expect([nothing(X).tolist(), nothing(X, 3, { flag: true }).tolist()]).toEqual(fell);
  expect(found).toEqual(seen);
  expect(() => lib.fallback(fallback)).toThrow(fixture.errors.key.replace('AssertionError: ', ''));
  expect(() => lib.fallback(fallback, 'CPU')).toThrow('already a kernel');
  const named = new library.Library('rules', 'FRAGMENT');
  expect(() => named.fallback(fallback, 'CPU')).toThrow(
    fixture.errors.namespace.replace('RuntimeError: ', ''),
  );
});

test('an operator is a function', () => {
  expect(twice(X).tolist()).toEqual([0, 2, 4, 6]);
  expect([typeof twice, String(twice), twice.name]).toEqual([
    'function',
    '<CustomOpDef(rules::twice)>',
    'rules::twice',
  ]);
  expect(twice).toBeInstanceOf(library.CustomOpDef);
  expect(classAndMessage(() => total.registerAutocast('abacus', torch.bfloat16))).toMatch(
    /does not support autocast/,
  );
});
