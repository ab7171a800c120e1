// What nn.utils promises beyond Python's numbers.
import torch, { nn, type Tensor } from 'nodetorch';
import { live } from '../../fixtures/live';
import { copyModule } from '../../../lib/nn/module/copy';
import { linear, rows } from './compare';
import { Symmetric, once } from './cases/parametrize';

const { parametrizations, parametrize, prune, rnn } = nn.utils;

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

describe('parametrized modules', () => {
  test('leave others of their class alone', () => {
    const [a, b] = [once(), once()];
    const plain = linear();
    parametrize.removeParametrizations(a, 'weight');
    expect(a.constructor).toBe(nn.Linear);
    expect(a.weight).toBeInstanceOf(nn.Parameter);
    expect(parametrize.isParametrized(b, 'weight')).toBe(true);
    expect(b.weight.equal(b.weight.mT)).toBe(true);
    expect(plain.weight).toBeInstanceOf(nn.Parameter);
  });

  test('are still instances of their class, and are trained', () => {
    const module = once();
    expect(module).toBeInstanceOf(nn.Linear);
    const optimizer = new torch.optim.SGD(module.parameters(), { lr: 0.1 });
    const before = module.weight.clone();
    module(rows()).sum().backward();
    optimizer.step();
    expect(module.weight.equal(before)).toBe(false);
    expect(module.weight.equal(module.weight.mT)).toBe(true);
  });

  test('compute a tensor once within cached(), also across scopes', () => {
    const module = once();
    parametrize.cached(() => {
      const weight = torch.tidy(() => {
        module(rows());
        return module.weight;
      });
      expect(module.weight).toBe(weight);
      expect(weight.isDisposed).toBe(false);
    });
  });

  test('cached() ends with an error, and refuses a promise', () => {
    const module = once();
    expect(() =>
      parametrize.cached(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(module.weight).not.toBe(module.weight);
    expect(() => parametrize.cached(() => Promise.resolve())).toThrow(/returned a promise/);
    expect(module.weight).not.toBe(module.weight);
  });

  test('set the mode of the parametrization', () => {
    const module = linear().eval();
    parametrizations.spectralNorm(module);
    const before = module.stateDict().get('parametrizations.weight.0._u')!.clone();
    module(rows());
    expect(module.stateDict().get('parametrizations.weight.0._u')!.equal(before)).toBe(true);
  });

  test('free what they compute', () => {
    const module = once();
    const x = rows();
    const before = live().tensors;
    torch.tidy(() => torch.noGrad(() => void module(x)));
    expect(torch.memory().tensors).toBe(before);
  });

  test('refuse a name that is no tensor', () => {
    expect(() => parametrize.registerParametrization(linear(), 'inFeatures', new Symmetric())).toThrow(
      'does not have a parameter, a buffer, or a parametrized element with name',
    );
  });
});

describe('hooks before each call', () => {
  test.each([
    ['weightNorm', (module: nn.Linear) => nn.utils.weightNorm(module)],
    ['spectralNorm', (module: nn.Linear) => nn.utils.spectralNorm(module)],
    ['prune', (module: nn.Linear) => prune.l1Unstructured(module, 'weight', 2)],
  ])('%s keeps the weight readable after a scope', (_name, change) => {
    const module = change(linear());
    torch.tidy(() => torch.noGrad(() => void module(rows())));
    expect(module.weight.isDisposed).toBe(false);
    expect(module.weight).not.toBeInstanceOf(nn.Parameter);
    expect([...module.stateDict().keys()]).not.toContain('weight');
  });
});

describe('functionalCall', () => {
  test('puts everything back when the call throws', () => {
    const module = linear();
    const { weight } = module;
    expect(() =>
      torch.func.functionalCall(module, { weight: torch.ones([3, 3]) }, torch.ones([2])),
    ).toThrow();
    expect(module.weight).toBe(weight);
    expect(() =>
      torch.func.functionalCall(module, { weight: torch.ones([3, 3]), 'a.b': weight }, rows()),
    ).toThrow('Linear has no attribute `a`');
    expect(module.weight).toBe(weight);
  });

  test('writes new buffers into a Map', () => {
    class Counter extends nn.Module<[Tensor], Tensor> {
      declare count: Tensor;
      constructor() {
        super();
        this.registerBuffer('count', torch.zeros([]));
      }
      override forward(x: Tensor): Tensor {
        this.count = this.count.add(1);
        return x;
      }
    }
    const module = new Counter();
    const given = new Map([['count', torch.tensor(5)]]);
    torch.func.functionalCall(module, given, rows());
    expect(given.get('count')!.item()).toBe(6);
    expect(module.count.item()).toBe(0);
  });

  test('stacks states for a model each', () => {
    const models = [linear(), linear()];
    const [params] = torch.func.stackModuleState(models);
    const x = rows();
    models.forEach((model, i) => {
      const own = Object.fromEntries(Object.entries(params).map(([name, stack]) => [name, stack.at(i)]));
      expect(torch.func.functionalCall(model, own, x).equal(model(x))).toBe(true);
    });
  });
});

describe('copyModule', () => {
  test('copies tensors, keeps sharing, and leaves the first alone', () => {
    const net = new nn.Sequential(new nn.LSTM(3, 2), new nn.Conv1d(2, 2, 1));
    const copy = copyModule(net);
    expect(String(copy)).toBe(String(net));
    const states = [net.stateDict(), copy.stateDict()];
    for (const [name, tensor] of states[0]) {
      expect(states[1].get(name)!.equal(tensor)).toBe(true);
      expect(states[1].get(name)!.storage().id).not.toBe(tensor.storage().id);
    }
    torch.noGrad(() => [...copy.parameters()].forEach((param) => param.fill_(0)));
    expect(
      net
        .stateDict()
        .get('1.weight')!
        .equal(torch.zeros([2, 2, 1])),
    ).toBe(false);
    const x = torch.randn([4, 2]).unsqueeze(0);
    expect((copy.at(1) as nn.Conv1d)(x.mT).equal(torch.zeros([1, 2, 4]))).toBe(true);
  });

  test('of a parametrized module is independent of the first', () => {
    const module = once();
    const copy = copyModule(module);
    parametrize.removeParametrizations(module, 'weight');
    expect(module.weight).toBeInstanceOf(nn.Parameter);
    expect(copy.weight.equal(module.weight)).toBe(true);
    expect([...copy.stateDict().keys()]).toEqual(['bias', 'parametrizations.weight.original']);
    parametrize.removeParametrizations(copy, 'weight');
    expect(copy.weight).toBeInstanceOf(nn.Parameter);
    expect(copy.constructor).toBe(nn.Linear);
  });

  test('keeps hooks and tied weights', () => {
    const tied = new nn.Sequential(linear(), linear());
    (tied.at(1) as unknown as { weight: Tensor }).weight = (tied.at(0) as nn.Linear).weight;
    let calls = 0;
    tied.registerForwardHook(() => void calls++);
    const copy = copyModule(tied);
    expect((copy.at(1) as nn.Linear).weight).toBe((copy.at(0) as nn.Linear).weight);
    expect((copy.at(1) as nn.Linear).weight).not.toBe((tied.at(0) as nn.Linear).weight);
    copy(rows());
    expect(calls).toBe(1);
  });
});

describe('recurrent modules', () => {
  test('have the API of PyTorch beside the call', () => {
    const lstm = new nn.LSTM(3, 4, 2, { bidirectional: true, projSize: 2 });
    expect(lstm.allWeights.map((weights) => weights.length)).toEqual([5, 5, 5, 5]);
    expect(lstm.allWeights[0][0]).toBe(lstm.weight_ih_l0);
    expect(lstm.allWeights[3][4]).toBe(lstm.weight_hr_l1_reverse);
    expect(lstm.flattenParameters()).toBeUndefined();
    const x = torch.zeros([5, 2, 3]);
    expect(lstm.getExpectedHiddenSize(x, null)).toEqual([4, 2, 2]);
    expect(lstm.getExpectedCellSize(x, null)).toEqual([4, 2, 4]);
    expect(lstm.getExpectedHiddenSize(torch.zeros([3, 3]), torch.tensor([2n, 1n]))).toEqual([4, 2, 2]);
  });

  test('follow their weights to another dtype', () => {
    const gru = new nn.GRU(3, 4).double();
    const [output] = gru(torch.zeros([5, 2, 3], { dtype: torch.float64 }));
    expect(output.dtype).toBe(torch.float64);
  });

  test('cast under autocast', () => {
    const gru = new nn.GRU(3, 4);
    const x = torch.zeros([5, 2, 3], { dtype: torch.bfloat16 });
    expect(() => gru(x)).toThrow('does not match weight dtype');
    const [output] = torch.amp.autocast('cpu', () => gru(x));
    expect(output.dtype).toBe(torch.bfloat16);
  });

  test('free what they make', () => {
    const lstm = new nn.LSTM(3, 4);
    const packed = rnn.packSequence([torch.zeros([3, 3]), torch.zeros([2, 3])]);
    torch.noGrad(() => void lstm(packed));
    const before = live().tensors;
    torch.tidy(() => torch.noGrad(() => void lstm(packed)));
    expect(torch.memory().tensors).toBe(before);
  });

  test('return packed sequences out of a scope', () => {
    const lstm = new nn.LSTM(3, 4);
    const [output] = torch.tidy(() => lstm(rnn.packSequence([torch.zeros([3, 3]), torch.zeros([2, 3])])));
    expect(output.data.shape).toEqual([5, 4]);
    expect(output.batchSizes.tolist()).toEqual([2, 2, 1]);
  });
});
