// Packed weights: operators that take and give objects of classes, and the methods of these, with Python's numbers.
import { camelCase } from '../../lib/core/names';
import { classAndMessage } from '../errors';
import fixture from './quantized.json';
import { classes, dtypes, native, ops, ScriptObject, tensor, Tensor, torch } from './support/torch';

native.setNumThreads(1);
afterAll(() => native.setNumThreads(2));

/** Python's names, as the expressions have them. */
const python = new Proxy({ ...torch, tensor } as typeof torch, {
  get: (functions, name: string) =>
    (dtypes as Record<string, unknown>)[name] ?? functions[name] ?? functions[camelCase(name)],
});
const scope: Record<string, unknown> = {
  torch: python,
  aten: ops.aten,
  quantized: ops.quantized,
  prepacked: ops.mkldnn_prepacked,
  profiler: ops.profiler,
  wave: (shape: number[], size: number): Tensor =>
    (torch.arange(shape.reduce((a, b) => a * b)) as Tensor).mul(0.7).sin().mul(size).reshape(shape),
};
const evaluate = (expression: string): unknown =>
  (new Function(...Object.keys(scope), `return ${expression};`) as (...args: unknown[]) => unknown)(
    ...Object.values(scope),
  );
for (const [name, expression] of Object.entries(fixture.values)) scope[name] = evaluate(expression);

/** As quantized.py makes it. */
function plain(value: unknown): unknown {
  if (value instanceof ScriptObject) return { object: value.qualifiedName };
  if (Array.isArray(value)) return Array.from(value, plain);
  if (!(value instanceof Tensor)) return value;
  const isQuantized = String(value.dtype).startsWith('torch.q');
  const isPerTensor = isQuantized && value.qscheme() === 0;
  return {
    dtype: String(value.dtype),
    shape: value.shape,
    values: Array.from(
      (isQuantized ? value.intRepr() : value).double().flatten().toTypedArray() as Float64Array,
    ),
    quantized: isPerTensor ? [value.qScale(), value.qZeroPoint()] : null,
  };
}

test.each(fixture.rows.map((row) => [row.typescript, row.result] as const))('%s', (expression, result) => {
  expect(plain(evaluate(expression))).toEqual(result);
});

const object = (name: string): ScriptObject => scope[name] as ScriptObject;

describe('an object', () => {
  // The state of a convolution is of the type Any, and a tuple.
  test.each(['linear', 'conv2d', 'conv3d', 'embedding', 'cell'])(
    '%s takes the state back that it gave',
    (name) => {
      const state: unknown = object(name).__getstate__();
      object(name).__setstate__(state);
      expect(plain(object(name).__getstate__())).toEqual(plain(state));
    },
  );

  test('has methods in camelCase, too', () => {
    expect(object('conv_t').outputPadding()).toEqual([1, 1]);
    expect(object('embedding').bitRate({})).toBe(8);
  });

  test('of another class is an error that names both', () => {
    expect(classAndMessage(() => ops.quantized.linear_dynamic(scope.x, scope.conv2d))).toContain(
      "TypeError: torch.ops.quantized::linear_dynamic(): argument 'WPrepack' (position 2) must be " +
        'torch.classes.quantized.LinearPackedParamsBase, not torch.classes.quantized.Conv2dPackedParamsBase; got',
    );
    expect(
      () => torch.quantizedLstm(scope.steps, [scope.h, scope.h], [scope.linear], true) as unknown,
    ).toThrow(
      'torch.classes.rnn.CellParamsBase[], not array of torch.classes.quantized.LinearPackedParamsBase',
    );
  });

  test('without a constructor cannot be made', () => {
    const { LinearPackedParamsBase } = classes.quantized;
    expect(classAndMessage(() => new LinearPackedParamsBase())).toBe(
      "RuntimeError: Custom C++ class: '__torch__.torch.classes.quantized.LinearPackedParamsBase' does not " +
        "have an '__init__' method bound. Did you forget to add '.def(torch::init<...>)' to its registration?",
    );
    expect(() => classes.quantized.Nothing).toThrow("Tried to instantiate class 'quantized.Nothing'");
  });
});
