// Hooks of every kind: when they run, what they see, what they may change.
import torch, { nn, type Tensor } from 'nodetorch';
import { decode, expectTensor, fixtureOf, type StoredTensor } from './fixture';

type Hooked = Record<'a' | 'b' | 'aGrad' | 'weightGrad', StoredTensor> & { seen: unknown[][] };

const one = (): Tensor => torch.ones([1]);
class Twice extends nn.Module<[Tensor, { plus?: number }?], Tensor> {
  override forward(x: Tensor, options: { plus?: number } = {}): Tensor {
    return x.mul(2).add(options.plus ?? 0);
  }
}

describe('forward hooks', () => {
  test('see and replace arguments and result', () => {
    const module = new Twice();
    module.registerForwardPreHook((m, args) => {
      expect(m).toBe(module);
      return (args[0] as Tensor).add(1);
    });
    module.registerForwardPreHook((_, args) => [(args[0] as Tensor).add(10)]);
    module.registerForwardHook((_, args, output: Tensor) => {
      expect((args[0] as Tensor).item()).toBe(12);
      return output.neg();
    });
    expect(module(one()).item()).toBe(-24);
    expect(module.forward(one()).item()).toBe(2);
  });

  test('run in order, prepended ones first, global ones before', () => {
    const seen: string[] = [];
    const module = new Twice();
    const global = nn.registerModuleForwardPreHook(() => void seen.push('global'));
    module.registerForwardPreHook(() => void seen.push('a'));
    module.registerForwardPreHook(() => void seen.push('b'), { prepend: true });
    module(one());
    global.remove();
    module(one());
    expect(seen).toEqual(['global', 'b', 'a', 'b', 'a']);
  });

  test('are removed by their handle, by `using` as well', () => {
    const module = new Twice();
    let calls = 0;
    const handle = module.registerForwardHook(() => void calls++);
    module(one());
    handle.remove();
    handle.remove();
    handle[Symbol.dispose]();
    module(one());
    expect(calls).toBe(1);
  });

  test('get the keywords apart when they ask for them', () => {
    const module = new Twice();
    const seen: unknown[] = [];
    module.registerForwardPreHook(
      (_, args, kwargs) => {
        seen.push([args.length, { ...kwargs }]);
        return [args, { plus: 5 }];
      },
      { withKwargs: true },
    );
    module.registerForwardHook(
      (_, args, kwargs, output: Tensor) => void seen.push([args.length, kwargs, output.item()]),
      {
        withKwargs: true,
      },
    );
    module(one(), { plus: 1 });
    module(one());
    expect(seen).toEqual([
      [1, { plus: 1 }],
      [1, { plus: 5 }, 7],
      [1, {}],
      [1, { plus: 5 }, 7],
    ]);
    const wrong = new Twice();
    wrong.registerForwardPreHook((() => [1]) as never, { withKwargs: true });
    expect(() => wrong(one())).toThrow(
      'forward pre-hook must return None or a tuple of (new_args, new_kwargs)',
    );
  });

  test('with alwaysCall run when forward throws, and the error stays', () => {
    class Broken extends nn.Module {
      override forward(): never {
        throw new RangeError('broken');
      }
    }
    const module = new Broken();
    const seen: unknown[] = [];
    module.registerForwardHook(() => void seen.push('plain'));
    module.registerForwardHook((_, __, output: unknown) => void seen.push(output), { alwaysCall: true });
    expect(() => module()).toThrow(new RangeError('broken'));
    expect(seen).toEqual([null]);
  });
});

describe('full backward hooks', () => {
  class Two extends nn.Module<[Tensor, Tensor], [Tensor, Tensor]> {
    fc = new nn.Linear(2, 2);
    override forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
      return [this.fc(a).mul(b), a.add(b)];
    }
  }

  test('see and replace the gradients that Python sees', () => {
    const { hooks, seed } = fixtureOf<{ hooks: Hooked }>('module');
    torch.manualSeed(seed);
    const module = new Two();
    const a = decode(hooks.a).requiresGrad_();
    const seen: [string, ...(Tensor | null)[][]][] = [];
    module.registerFullBackwardPreHook((_, gradOutput: Tensor[]) => {
      seen.push(['pre', gradOutput]);
      return gradOutput.map((grad) => grad.mul(2));
    });
    module.registerFullBackwardHook((_, gradInput: Tensor[], gradOutput: Tensor[]) => {
      seen.push(['full', gradInput, gradOutput]);
      return [gradInput[0].mul(3), null];
    });
    const [x, y] = module(a, decode(hooks.b));
    x.sum().add(y.sum().mul(5)).backward();
    expect(seen.map(([kind]) => kind)).toEqual(hooks.seen.map(([kind]) => kind));
    hooks.seen.forEach(([kind, ...lists], i) =>
      (lists as (StoredTensor | null)[][]).forEach((list, j) =>
        list.forEach((stored, k) =>
          expectTensor(seen[i][j + 1][k] as Tensor | null, stored, `${String(kind)} ${j} ${k}`),
        ),
      ),
    );
    expectTensor(a.grad, hooks.aGrad, 'gradient of a');
    expectTensor(module.fc.weight.grad, hooks.weightGrad, 'gradient of the weight');
  });

  test('run with no input that needs a gradient, after a warning', () => {
    const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const module = new nn.Linear(2, 1);
    const seen: unknown[] = [];
    module.registerFullBackwardHook((_, gradInput, gradOutput: Tensor[]) => {
      seen.push(gradInput, gradOutput[0].tolist());
    });
    module(torch.ones([1, 2])).backward(torch.full([1, 1], 3));
    expect(seen).toEqual([[null], [[3]]]);
    expect(emitted.mock.calls[0][0]).toMatch(/^Full backward hook is firing/);
    emitted.mockRestore();
  });

  test('must return as many gradients as there are', () => {
    const module = new nn.Linear(2, 1);
    module.registerFullBackwardHook(() => []);
    const x = torch.ones([1, 2], { requiresGrad: true });
    expect(() => module(x).sum().backward()).toThrow(
      'Backward hook returned an invalid number of grad_input, got 0, but expected 1',
    );
  });

  test('an error in one reaches the caller of backward', () => {
    const module = new nn.Linear(2, 1);
    const problem = new Error('mine');
    module.registerFullBackwardHook(() => {
      throw problem;
    });
    const x = torch.ones([1, 2], { requiresGrad: true });
    expect(() => module(x).sum().backward()).toThrow(problem);
  });

  test('global ones see every module; none run outside of autograd', () => {
    const seen: string[] = [];
    const pre = nn.registerModuleFullBackwardPreHook(
      (module: nn.Module) => void seen.push(`pre ${module._getName()}`),
    );
    const full = nn.registerModuleFullBackwardHook((module: nn.Module) => void seen.push(module._getName()));
    const net = new nn.Sequential(new nn.Linear(2, 1), new nn.ReLU());
    const x = torch.ones([1, 2], { requiresGrad: true });
    torch.noGrad(() => net(x));
    net(x).sum().backward();
    pre.remove();
    full.remove();
    expect(seen).toEqual(['pre Sequential', 'pre ReLU', 'ReLU', 'pre Linear', 'Linear', 'Sequential']);
  });
});

describe('registration hooks', () => {
  test('see and replace what is registered by name', () => {
    const seen: unknown[] = [];
    const handles = [
      nn.registerModuleModuleRegistrationHook((_, name) => {
        seen.push(name);
        return new nn.Tanh();
      }),
      nn.registerModuleParameterRegistrationHook((_, name) => void seen.push(name)),
      nn.registerModuleBufferRegistrationHook((_, name) => void seen.push(name)),
    ];
    const module = new nn.Module();
    module.addModule('child', new nn.ReLU());
    module.registerParameter('weight', new nn.Parameter(one()));
    module.registerBuffer('mean', one());
    handles.forEach((handle) => handle.remove());
    module.registerBuffer('unseen', null);
    expect(seen).toEqual(['child', 'weight', 'mean']);
    expect(String(module)).toBe('Module(\n  (child): Tanh()\n)');
  });
});
