// The errors of autograd say what Python's say: every message of fixtures/autograd.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import fixture from '../fixtures/autograd.json';

const { grad, Function } = torch.autograd;
type Context = torch.autograd.FunctionContext;

const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });
const inference = () => torch.inferenceMode(() => torch.ones([1]));

class TooMany extends Function {
  static override forward = (_: Context, x: Tensor) => x.mul(2);
  static override backward = (_: Context, g: Tensor) => [g, g];
}
class ForNumber extends Function {
  static override forward = (_: Context, x: Tensor, _y: number) => x.mul(2);
  static override backward = (_: Context, g: Tensor) => [g, g];
}
class SavesInput extends Function {
  static override forward(ctx: Context, x: Tensor) {
    ctx.saveForBackward(x);
    return x.mul(2);
  }
  static override backward(ctx: Context, g: Tensor) {
    return g.mul(ctx.savedTensors[0]);
  }
}
class Wrong extends Function {
  static override forward = (_: Context, x: Tensor) => x.mul(2);
  static override backward = (_: Context, g: Tensor) => g.mul(3);
}

const twice = (y: Tensor) => {
  y.backward();
  y.backward();
};

const bodies: Record<string, () => unknown> = {
  'backward needs a scalar': () => leaf(1, 2).mul(2).backward(),
  'backward twice': () => twice(leaf(1).exp().sum()),
  'backward without a graph': () => torch.ones([1]).backward(),
  'gradient of another shape': () =>
    leaf(1, 2)
      .mul(2)
      .backward(torch.ones([3])),
  'unused input': () => {
    const x = leaf(1);
    grad(x.mul(2).sum(), [x, leaf(2)]);
  },
  'batched gradients of another shape': () =>
    grad(leaf(1, 2).exp(), [leaf(1)], { gradOutputs: torch.ones([2]), isGradsBatched: true }),
  'input that needs no grad': () => grad(leaf(1).mul(2).sum(), [torch.ones([1])]),
  'empty inputs': () => leaf(1).sum().backward(null, { inputs: [] }),
  'non-leaf requires_grad_(False)': () => leaf(1).mul(2).requiresGrad_(false),
  'requires_grad_ of integers': () => torch.ones([2], { dtype: 'int64' }).requiresGrad_(),
  'in-place on a leaf': () => leaf(1).add_(1),
  'in-place on a saved tensor': () => {
    const y = leaf(1).exp();
    y.add_(1);
    y.sum().backward();
  },
  'in-place on a view of a leaf': () => leaf(1, 2).at(0).add_(1),
  'own grad': () => {
    const x = leaf(1);
    x.grad = x;
  },
  'retain_grad without requires_grad': () => torch.ones([1]).retainGrad(),
  'hook without requires_grad': () => torch.ones([1]).registerHook(() => {}),
  'post-accumulate hook on a non-leaf': () =>
    leaf(1)
      .mul(2)
      .registerPostAccumulateGradHook(() => {}),
  'inference tensor in a graph': () => inference().mul(leaf(1)),
  'inference tensor requires_grad_': () => inference().requiresGrad_(),
  'in-place on an inference tensor': () => inference().add_(1),
  anomaly: () => torch.autograd.detectAnomaly(() => torch.sqrt(leaf(0)).mul(0).sum().backward()),
  'Function: too many gradients': () => (TooMany.apply(leaf(1)) as Tensor).sum().backward(),
  'Function: a gradient for a number': () => (ForNumber.apply(leaf(1), 2) as Tensor).sum().backward(),
  'Function: a saved tensor was changed': () => {
    const x = leaf(1).mul(1);
    const y = SavesInput.apply(x);
    x.add_(1);
    y.sum().backward();
  },
  'Function: backward twice': () => twice(SavesInput.apply(leaf(1)).sum()),
  'gradcheck: wrong': () =>
    torch.autograd.gradcheck(
      (x) => Wrong.apply(x) as Tensor,
      torch.tensor([1, 2], { dtype: 'float64', requiresGrad: true }),
    ),
  'data of another type': () => {
    leaf(1).data = torch.ones([1], { dtype: 'int64' });
  },
};

const recorded = fixture.results as unknown as Record<string, { error: string; message: string }>;

describe.each(Object.entries(bodies))('%s', (name, body) => {
  test('throws what Python throws', () => {
    const { message } = recorded[name];
    expect(body).toThrow(expect.objectContaining({ message }));
  });
});

test('options of grad that exclude each other', () => {
  const x = leaf(1);
  expect(() => grad(x.sum(), [x], { allowUnused: false, materializeGrads: true })).toThrow('allowUnused');
});

test('a gradient of another dtype, shape or type', () => {
  expect(() => (leaf(1).grad = torch.ones([1], { dtype: 'float64' }))).toThrow('assign');
  expect(() => (leaf(1).grad = torch.ones([2]))).toThrow('size');
  expect(() => ((leaf(1) as { grad: unknown }).grad = 3)).toThrow(
    expect.objectContaining({ name: 'TypeError' }),
  );
});
