// What a module is: a callable object whose own fields are its state.
import { inspect } from 'node:util';
import torch, { nn, type Tensor } from 'nodetorch';

class Net extends nn.Module<[Tensor], Tensor> {
  #calls = 0;
  fc1 = new nn.Linear(4, 3);
  act: nn.Module<[Tensor], Tensor> | null = new nn.ReLU();
  fc2 = new nn.Linear(3, 2);

  override forward(x: Tensor): Tensor {
    this.#calls++;
    return this.fc2(this.act!(this.fc1(x)));
  }
  get calls(): number {
    return this.#calls;
  }
}

const names = (pairs: Iterable<[string, unknown]>): string[] => [...pairs].map(([name]) => name);

describe('a module as an object', () => {
  test('is called, and runs forward', () => {
    const net = new Net();
    const x = torch.ones([5, 4]);
    expect(net(x).equal(net.forward(x))).toBe(true);
    expect(net.calls).toBe(2);
  });

  test('is an instance of its class and of Module', () => {
    const net = new Net();
    expect(net).toBeInstanceOf(Net);
    expect(net).toBeInstanceOf(nn.Module);
    expect(net).not.toBeInstanceOf(nn.Linear);
    expect(net.constructor).toBe(Net);
  });

  test('inherits nothing of Function', () => {
    const net = new Net();
    expect(Object.getPrototypeOf(nn.Module.prototype)).toBe(Object.prototype);
    for (const name of ['bind', 'call', 'name', 'length', 'caller', 'arguments', 'prototype']) {
      expect(name in net).toBe(false);
    }
  });

  test('has no own fields but its state and `training`', () => {
    expect(Object.keys(new Net())).toEqual(['training', 'fc1', 'act', 'fc2']);
    expect(Object.keys(new nn.Identity())).toEqual(['training']);
  });

  test("may have fields with the names of a function's properties", () => {
    class Odd extends nn.Module {
      override name = new nn.Linear(1, 1);
      override length = new nn.Parameter(torch.zeros([1])) as never;
    }
    const odd = new Odd();
    expect(names(odd.namedParameters())).toEqual(['length', 'name.weight', 'name.bias']);
  });

  test('prints, to the console too', () => {
    expect(inspect(new nn.Sequential(new nn.ReLU()))).toBe('Sequential(\n  (0): ReLU()\n)');
    const [param] = new nn.Linear(1, 1, { bias: false }).parameters();
    expect(String(param)).toMatch(/^Parameter containing:\ntensor\(\[\[.*\]\], requires_grad=True\)$/);
  });

  test('shows an absent child only where it was registered', () => {
    const module = new nn.Module();
    module.addModule('gone', null);
    expect(String(module)).toBe('Module(\n  (gone): None\n)');
    expect([...module.children()]).toEqual([]);
  });
});

describe('state found by looking', () => {
  test('follows declaration order, and what is assigned later', () => {
    const net = new Net() as Net & { extra?: nn.Module };
    expect(names(net.namedChildren())).toEqual(['fc1', 'act', 'fc2']);
    net.extra = new nn.Linear(1, 1);
    net.act = null;
    expect(names(net.namedChildren())).toEqual(['fc1', 'fc2', 'extra']);
    delete net.extra;
    expect(names(net.namedParameters())).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']);
  });

  test('knows shared parameters and modules once', () => {
    class Tied extends nn.Module {
      encoder = new nn.Linear(3, 3, { bias: false });
      decoder = new nn.Linear(3, 3, { bias: false });
      again = this.encoder;
      constructor() {
        super();
        (this.decoder as { weight: nn.Parameter }).weight = this.encoder.weight;
      }
    }
    const tied = new Tied();
    expect(names(tied.namedParameters())).toEqual(['encoder.weight']);
    expect(names(tied.namedParameters({ removeDuplicate: false }))).toEqual([
      'encoder.weight',
      'decoder.weight',
      'again.weight',
    ]);
    expect(names(tied.namedModules())).toEqual(['', 'encoder', 'decoder']);
    expect(names(tied.namedModules({ removeDuplicate: false }))).toEqual(['', 'encoder', 'decoder', 'again']);
    expect([...tied.stateDict().keys()]).toEqual(['encoder.weight', 'decoder.weight', 'again.weight']);
  });

  test('knows prefixes, and how not to recurse', () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(2));
    expect(names(net.namedParameters({ prefix: 'net' }))).toEqual(['net.0.weight', 'net.0.bias']);
    expect(names(net.namedBuffers({ recurse: false }))).toEqual([]);
    expect(names(net[0].namedBuffers({ recurse: false }))).toEqual([
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ]);
    expect(names(net.namedModules({ prefix: 'net' }))).toEqual(['net', 'net.0']);
  });

  test('takes a Buffer for a buffer', () => {
    class Counting extends nn.Module {
      seen = new nn.Buffer(torch.zeros([2]));
      scratch = new nn.Buffer(torch.zeros([2]), { persistent: false });
      plain = torch.zeros([2]);
    }
    const module = new Counting();
    expect(names(module.namedBuffers())).toEqual(['seen', 'scratch']);
    expect([...module.stateDict().keys()]).toEqual(['seen']);
    module.double();
    expect([module.seen.dtype, module.scratch.dtype, module.plain.dtype].map(String)).toEqual([
      'torch.float64',
      'torch.float64',
      'torch.float32',
    ]);
    expect([...module.stateDict().keys()]).toEqual(['seen']);
  });

  test('warns of modules and parameters in a plain array', () => {
    class Listed extends nn.Module {
      layers = [new nn.ReLU()];
    }
    const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect([...new Listed().parameters()]).toEqual([]);
    expect(emitted.mock.calls).toEqual([
      [expect.stringContaining('Listed.layers is a plain array'), 'UserWarning'],
    ]);
    emitted.mockRestore();
  });

  test('refuses a foreign value in a registered name', () => {
    const module = new nn.Module() as nn.Module & { mean: unknown; weight: unknown; child: unknown };
    module.registerBuffer('mean', null);
    module.registerParameter('weight', null);
    module.addModule('child', null);
    module.mean = 3;
    expect(() => [...module.buffers()]).toThrow(
      "cannot assign 'number' as buffer 'mean' (torch.nn.Buffer, torch.Tensor or None expected)",
    );
    module.weight = torch.zeros([1]);
    expect(() => [...module.parameters()]).toThrow(
      "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)",
    );
    module.child = 'x';
    expect(() => [...module.children()]).toThrow(
      "cannot assign 'string' as child module 'child' (torch.nn.Module or None expected)",
    );
  });
});

describe('paths', () => {
  test('lead to modules, parameters and buffers', () => {
    const net = new nn.Sequential({ body: new nn.Sequential(new nn.BatchNorm1d(2)) });
    const norm = net.getSubmodule('body.0') as nn.BatchNorm1d;
    expect(norm).toBeInstanceOf(nn.BatchNorm1d);
    expect(net.getSubmodule('')).toBe(net);
    expect(net.getParameter('body.0.weight')).toBe(norm.weight);
    expect(net.getBuffer('body.0.running_mean')).toBe(norm.running_mean);
    net.setSubmodule('body.0', new nn.Identity());
    expect(String(net.getSubmodule('body.0'))).toBe('Identity()');
    net.setSubmodule('head', new nn.ReLU());
    expect(names(net.namedChildren())).toEqual(['body', 'head']);
  });
});

describe('modes', () => {
  test('train and eval reach every module', () => {
    const net = new nn.Sequential(new nn.Dropout(), new nn.Sequential(new nn.Dropout()));
    expect(net.eval()).toBe(net);
    expect([...net.modules()].map((module) => module.training)).toEqual([false, false, false, false]);
    net.train();
    expect([...net.modules()].every((module) => module.training)).toBe(true);
  });

  test('requiresGrad_ and zeroGrad', () => {
    const net = new nn.Linear(2, 1);
    net(torch.ones([1, 2]))
      .sum()
      .backward();
    net.zeroGrad({ setToNone: false });
    expect(net.weight.grad!.tolist()).toEqual([[0, 0]]);
    net.zeroGrad();
    expect(net.weight.grad).toBe(null);
    expect(net.requiresGrad_(false)).toBe(net);
    expect([...net.parameters()].map((param) => param.requiresGrad)).toEqual([false, false]);
  });

  test('apply visits children first', () => {
    const seen: string[] = [];
    const net = new nn.Sequential(new nn.ReLU(), new nn.Sequential(new nn.Tanh()));
    expect(net.apply((module) => void seen.push(module._getName()))).toBe(net);
    expect(seen).toEqual(['ReLU', 'Tanh', 'Sequential', 'Sequential']);
  });
});

describe('conversion', () => {
  test('changes parameters, gradients and buffers in place', () => {
    const norm = new nn.BatchNorm1d(2);
    const { weight, num_batches_tracked } = norm;
    norm(torch.randn([3, 2]))
      .sum()
      .backward();
    expect(norm.to(torch.float64)).toBe(norm);
    expect(norm.weight).toBe(weight);
    expect([weight!.dtype, weight!.grad!.dtype, norm.running_mean!.dtype].map(String)).toEqual(
      Array(3).fill('torch.float64'),
    );
    expect(norm.num_batches_tracked!.dtype).toBe(num_batches_tracked!.dtype);
    expect(norm(torch.randn([3, 2], { dtype: torch.float64 })).dtype).toBe(torch.float64);
    expect(
      [...norm.namedParameters()].every(([, param]) => param instanceof nn.Parameter && param.isLeaf),
    ).toBe(true);
  });

  test.each(['double', 'half', 'bfloat16', 'float'] as const)('%s leaves integers alone', (method) => {
    const norm = new nn.BatchNorm1d(2)[method]();
    const expected = { double: 'float64', half: 'float16', bfloat16: 'bfloat16', float: 'float32' }[method];
    expect([norm.weight!.dtype.name, norm.running_var!.dtype.name]).toEqual([expected, expected]);
    expect(norm.num_batches_tracked!.dtype.name).toBe('int64');
  });

  test('to takes a device, a dtype, a tensor or options', () => {
    const targets = [
      'cpu',
      'float64',
      torch.device('cpu'),
      torch.zeros([1], { dtype: torch.float64 }),
    ] as const;
    const dtypes = targets.map((target) => new nn.Linear(1, 1).to(target).weight.dtype.name);
    expect(dtypes).toEqual(['float32', 'float64', 'float32', 'float64']);
    expect(new nn.Linear(1, 1).to('cpu', torch.float64).weight.dtype.name).toBe('float64');
    expect(new nn.Linear(1, 1).to({ dtype: 'bfloat16' }).weight.dtype.name).toBe('bfloat16');
    expect(new nn.Linear(1, 1).type(torch.float64).cpu().weight.dtype.name).toBe('float64');
  });

  test('a memory format is for images', () => {
    const net = new nn.Sequential(new nn.Conv2d(2, 3, 3), new nn.Linear(2, 2)).to({
      memoryFormat: torch.channelsLast,
    });
    const conv = net[0] as nn.Conv2d;
    expect(conv.weight.isContiguous({ memoryFormat: torch.channelsLast })).toBe(true);
    conv.resetParameters();
    expect(conv.weight.isContiguous({ memoryFormat: torch.channelsLast })).toBe(true);
  });

  test('from and to the meta device', () => {
    const net = new nn.Linear(2, 2, { device: 'meta' });
    expect(net.weight.device.type).toBe('meta');
    net.toEmpty({ device: 'cpu' });
    expect([net.weight.device.type, net.weight instanceof nn.Parameter]).toEqual(['cpu', true]);
    expect(net.to('meta').weight.device.type).toBe('meta');
  });

  test('belongs to no scope', () => {
    const net = torch.tidy(() => {
      const made = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
      made(torch.randn([3, 2]))
        .sum()
        .backward();
      made.double();
      torch.tidy(() => made.float());
      return made;
    });
    expect([...net.stateDict().values()].every((tensor) => !tensor.isDisposed)).toBe(true);
    expect((net[0] as nn.Linear).weight.grad!.tolist()).toHaveLength(2);
  });
});

test('a Parameter takes requiresGrad by position or by name, and nothing else', () => {
  const data = torch.ones([2]);
  const flags = [undefined, true, false, { requiresGrad: true }, { requiresGrad: false }, {}];
  expect(flags.map((flag) => new nn.Parameter(data, flag).requiresGrad)).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
  ]);
  expect(() => new nn.Parameter(data, 1 as never)).toThrow("argument 'requiresGrad' must be a boolean");
  expect(() => new nn.Parameter(data, { requires_grad: true } as never)).toThrow(
    "unexpected keyword argument 'requires_grad'",
  );
  expect(() => new nn.Buffer(data, { persistant: false } as never)).toThrow(
    "unexpected keyword argument 'persistant'",
  );
});
