// gradcheck: right functions pass, wrong ones do not.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';

const { gradcheck, gradgradcheck, Function } = torch.autograd;
type Context = torch.autograd.FunctionContext;
const input = (...shape: number[]) => torch.randn(shape, { dtype: 'float64', requiresGrad: true });

class Wrong extends Function {
  static override forward = (_: Context, x: Tensor) => x.pow(2);
  static override backward = (_: Context, g: Tensor) => g.mul(2);
}

beforeEach(() => void torch.manualSeed(0));

test.each<[string, (...inputs: Tensor[]) => Tensor | Tensor[], Tensor[]]>([
  ['sin', (x) => x.sin(), [input(4)]],
  ['matmul', (a, b) => a.matmul(b), [input(2, 3), input(3, 2)]],
  [
    'conv2d',
    (x, w, b) => torch.conv2d(x, w, b, [1, 1], [1, 1]),
    [input(1, 2, 4, 4), input(3, 2, 3, 3), input(3)],
  ],
  ['layerNorm', (x, w, b) => torch.layerNorm(x, [4], w, b), [input(2, 4), input(4), input(4)]],
  ['several outputs', (x) => [x.exp(), x.mul(2)], [input(3)]],
  ['an input that is not used', (x) => x.mul(2), [input(2), input(2)]],
  ['an input that needs no gradient', (x, y) => x.mul(y), [input(2), torch.ones([2], { dtype: 'float64' })]],
])('%s', (_, fn, inputs) => {
  expect(gradcheck(fn, inputs)).toBe(true);
});

test('a wrong gradient throws, or gives false', () => {
  const fn = (x: Tensor) => Wrong.apply(x) as Tensor;
  expect(() => gradcheck(fn, input(2))).toThrow('Jacobian mismatch for output 0 with respect to input 0');
  expect(gradcheck(fn, input(2), { raiseException: false })).toBe(false);
});

test('leaves the inputs as they were', () => {
  const x = input(3);
  const before = x.tolist();
  gradcheck((y) => y.sin(), x);
  expect([x.tolist(), x.grad]).toEqual([before, null]);
});

test('needs an input that requires grad', () => {
  expect(() => gradcheck((x) => x, torch.ones([1]))).toThrow('at least one');
});

test('gradgradcheck looks at the second derivative', () => {
  expect(gradgradcheck((x, y) => x.pow(3).mul(y), [input(2), input(2)])).toBe(true);
  class Half extends Function {
    // Its gradient is right, and the gradient of that is not.
    static override forward(ctx: Context, x: Tensor) {
      ctx.saveForBackward(x);
      return x.pow(2);
    }
    static override backward = (ctx: Context, g: Tensor) => g.mul(ctx.savedTensors[0].detach().mul(2));
  }
  expect(gradcheck((x) => Half.apply(x) as Tensor, input(2))).toBe(true);
  expect(gradgradcheck((x) => Half.apply(x) as Tensor, input(2), null, { raiseException: false })).toBe(
    false,
  );
});
