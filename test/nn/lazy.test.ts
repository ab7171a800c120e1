// Lazy modules: what they are before the first call, and what they become.
import torch, { nn, type Tensor } from 'nodetorch';

const input = (...shape: number[]): Tensor => torch.ones(shape);

class Scale extends nn.Module<[Tensor], Tensor> {
  weight: nn.Parameter;
  constructor(readonly features: number) {
    super();
    this.weight = new nn.Parameter(torch.ones([features]));
  }
  override forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}
class LazyScale extends nn.LazyModuleMixin(Scale) {
  calls = 0;
  constructor() {
    super(0);
    this.weight = new nn.UninitializedParameter();
    this.registerBuffer('total', new nn.UninitializedBuffer());
  }
  override initializeParameters(x: Tensor): void {
    this.calls++;
    if (!this.hasUninitializedParams()) return;
    (this.weight as nn.UninitializedParameter).materialize([x.shape[1]]);
    (this.getBuffer('total') as nn.UninitializedBuffer).materialize([2]);
    torch.noGrad(() => this.weight.fill_(3));
  }
}

test('a lazy module becomes the plain one at its first call', () => {
  const lazy = new nn.LazyLinear(3);
  expect(lazy).toBeInstanceOf(nn.LazyLinear);
  expect(String(lazy)).toBe('LazyLinear(in_features=0, out_features=3, bias=True)');
  lazy(input(2, 4));
  expect(lazy).not.toBeInstanceOf(nn.LazyLinear);
  expect(lazy).toBeInstanceOf(nn.Linear);
  expect(lazy.constructor).toBe(nn.Linear);
  expect(String(lazy)).toBe('Linear(in_features=4, out_features=3, bias=True)');
  expect([...lazy.parameters()].map(({ constructor }) => constructor)).toEqual([nn.Parameter, nn.Parameter]);
});

test('parameters without a shape print, and are a parameter and a tensor', () => {
  const { weight } = new nn.LazyLinear(3);
  expect(String(weight)).toBe('<UninitializedParameter>');
  expect(String(new nn.UninitializedBuffer())).toBe('<UninitializedBuffer>');
  expect(weight).toBeInstanceOf(nn.Parameter);
  expect(weight).toBeInstanceOf(torch.Tensor);
  expect([weight.dtype, weight.requiresGrad]).toEqual([torch.float32, true]);
  expect(nn.parameter.isLazy(weight)).toBe(true);
  expect(nn.parameter.isLazy(new nn.Parameter())).toBe(false);
});

test('it can be moved before it has a shape', () => {
  const lazy = new nn.LazyConv2d(2, 3).double();
  expect(nn.parameter.isLazy(lazy.weight)).toBe(true);
  expect(lazy(input(1, 3, 4, 4).double()).dtype).toBe(torch.float64);
});

test('materialize takes dtype and device', () => {
  const param = new nn.UninitializedParameter(false, { dtype: torch.float16 });
  param.materialize([2], { dtype: torch.float64 });
  expect([param.constructor, param.dtype, param.requiresGrad]).toEqual([nn.Parameter, torch.float64, false]);
});

test('state goes from uninitialized to uninitialized, and from initialized to either', () => {
  const fresh = new nn.LazyLinear(3);
  const other = new nn.LazyLinear(3);
  expect([...fresh.stateDict().values()].every(nn.parameter.isLazy)).toBe(true);
  other.loadStateDict(fresh.stateDict());
  expect(other.hasUninitializedParams()).toBe(true);
  const trained = new nn.Linear(4, 3);
  other.loadStateDict(trained.stateDict());
  expect(other.hasUninitializedParams()).toBe(false);
  expect(String(other)).toBe('LazyLinear(in_features=0, out_features=3, bias=True)');
  expect(other(input(1, 4)).equal(trained(input(1, 4)))).toBe(true);
  expect(String(other)).toBe('Linear(in_features=4, out_features=3, bias=True)');
});

test('a lazy module of one’s own infers once and keeps its class', () => {
  const lazy = new LazyScale();
  expect([...lazy.stateDict().keys()]).toEqual(['weight', 'total']);
  expect(lazy(input(1, 2)).tolist()).toEqual([[3, 3]]);
  lazy(input(1, 2));
  expect([lazy.calls, lazy.constructor]).toEqual([1, LazyScale]);
  expect([...lazy.buffers()].map(({ constructor }) => constructor)).toEqual([nn.Buffer]);
});

test('hooks run around the first call, too', () => {
  const lazy = new nn.LazyLinear(3);
  const seen: string[] = [];
  lazy.registerForwardPreHook((module) => void seen.push(String(module)));
  lazy(input(2, 4));
  expect(seen).toEqual(['Linear(in_features=4, out_features=3, bias=True)']);
});

test('a parameter without a shape outlives a scope', () => {
  const lazy = new nn.LazyLinear(3);
  torch.tidy(() => void lazy(input(2, 4)));
  expect(lazy.weight.shape).toEqual([3, 4]);
  expect(lazy(input(2, 4)).shape).toEqual([2, 3]);
});
