// Modules called with other parameters than their own.
import torch, { nn, type Tensor } from 'nodetorch';
import { linear, rows, type UtilsCases } from '../compare';
import { once } from './parametrize';

const { functionalCall, stackModuleState } = torch.func;
type Given = Record<string, Tensor>;

function called(
  call: typeof functionalCall,
  module: nn.Module,
  given: Given,
  ...rest: Parameters<typeof functionalCall> extends [unknown, unknown, ...infer R] ? R : never
): unknown[] {
  const before = new Map([...module.stateDict()].map(([name, tensor]) => [name, tensor.clone()]));
  const output = call(module, given, ...rest);
  const unchanged = [...module.stateDict()].every(([name, tensor]) => torch.equal(tensor, before.get(name)!));
  return [output, given, unchanged, [...module.namedParameters()].map(([name]) => name)];
}

class Tied extends nn.Module<[x: Tensor, options?: { scale?: number }], Tensor> {
  a = new nn.Linear(3, 3, { bias: false });
  b = new nn.Linear(3, 3, { bias: false });
  declare count: Tensor;

  constructor() {
    super();
    (this.b as { weight: nn.Parameter }).weight = this.a.weight;
    this.registerBuffer('count', torch.zeros([]));
  }
  override forward(x: Tensor, { scale = 1 } = {}): Tensor {
    this.count = this.count.add(1);
    return this.b(this.a(x)).mul(scale);
  }
}

function gradientOfGiven(): Tensor | null {
  const weight = torch.ones([3, 3], { requiresGrad: true });
  functionalCall(linear(), { weight: weight.mul(2) }, rows())
    .pow(2)
    .sum()
    .backward();
  return weight.grad;
}

function frozen(): nn.Module {
  const module = linear();
  module.weight.requiresGrad_(false);
  return module;
}

const eye = (): Tensor => torch.eye(3);
const twice = (): Tensor => eye().mul(2);

export const stateless: UtilsCases = {
  cases: {
    functionalCall: () => called(functionalCall, linear(), { weight: torch.ones([3, 3]) }, rows()),
    'functionalCall/all': () =>
      called(
        functionalCall,
        new nn.Sequential(linear(), new nn.BatchNorm1d(3)),
        { '0.weight': eye(), '1.running_mean': torch.ones([3]) },
        [rows()],
        null,
        { strict: false },
      ),
    'functionalCall/list': () =>
      functionalCall(linear(), [{ weight: torch.ones([3, 3]) }, { bias: torch.ones([3]) }], rows(), null, {
        strict: true,
      }),
    'functionalCall/tied': () =>
      called(functionalCall, new Tied(), { 'a.weight': twice(), count: torch.tensor(4) }, rows(), {
        scale: 3,
      }),
    'functionalCall/untied': () =>
      called(functionalCall, new Tied(), { 'a.weight': twice() }, rows(), null, { tieWeights: false }),
    'functionalCall/parametrized': () =>
      called(functionalCall, once(), { 'parametrizations.weight.original': torch.ones([3, 3]) }, rows()),
    'functionalCall/stateless': () =>
      called(
        nn.utils.stateless.functionalCall as typeof functionalCall,
        linear(),
        { bias: torch.ones([3]) },
        rows(),
      ),
    'functionalCall/recurrent': () =>
      functionalCall(new nn.GRU(2, 2), { weight_ih_l0: torch.ones([6, 2]) }, torch.randn([3, 1, 2])),
    'functionalCall/grad': gradientOfGiven,
    stackModuleState: () => stackModuleState([new nn.BatchNorm1d(2), new nn.BatchNorm1d(2)]),
  },
  errors: {
    'functionalCall strict': () =>
      functionalCall(linear(), { foo: torch.ones([1]), 'bar.baz': torch.ones([1]) }, rows(), null, {
        strict: true,
      }),
    'functionalCall tied': () => functionalCall(new Tied(), { 'a.weight': eye(), 'b.weight': eye() }, rows()),
    'functionalCall repeated': () => functionalCall(linear(), [{ weight: eye() }, { weight: eye() }], rows()),
    'functionalCall dicts': () => functionalCall(linear(), [1 as unknown as Given], rows()),
    'stackModuleState empty': () => stackModuleState([]),
    'stackModuleState training': () => stackModuleState([linear(), linear().eval()]),
    'stackModuleState class': () => stackModuleState([linear(), new nn.ReLU()]),
    'stackModuleState gradients': () => stackModuleState([linear(), frozen()]),
  },
};
