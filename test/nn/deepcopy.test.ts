// torch.deepcopy: Python's copy.deepcopy of modules, tensors and what holds them.
import torch, { nn, optim } from 'nodetorch';
import { classAndMessage } from '../errors';

const { deepcopy } = torch;

describe('a module', () => {
  class Config {
    constructor(readonly width: number) {}
  }
  class Net extends nn.Module {
    head = new nn.Linear(2, 2);
    tied = this.head.weight;
    running = new nn.Buffer(torch.arange(3));
    extra = { seen: [torch.ones([1])], names: new Set(['a']) };
    config = new Config(2);
    constructor() {
      super();
      this.registerBuffer('mask', torch.ones([2]), { persistent: false });
      this.registerParameter('absent', null);
    }
    override forward(x: torch.Tensor): torch.Tensor {
      return this.head(x);
    }
  }

  test('has tensors of its own, in the same places', () => {
    const net = new Net().eval();
    const copy = deepcopy(net);
    expect([copy.constructor, copy.training, String(copy)]).toEqual([Net, false, String(net)]);
    expect([...copy.stateDict().keys()]).toEqual([...net.stateDict().keys()]);
    expect([...copy.namedBuffers()].map(([name]) => name)).toEqual(['running', 'mask']);
    torch.noGrad(() => copy.head.weight.fill_(7));
    copy.running.add_(1);
    expect([net.head.weight.eq(7).any().item<boolean>(), net.running.tolist()]).toEqual([false, [0, 1, 2]]);
    expect(copy(torch.ones([1, 2])).requiresGrad).toBe(true);
  });

  test('keeps what is shared, and copies lists and dicts in its fields', () => {
    const net = new Net();
    const copy = deepcopy(net);
    expect(copy.tied).toBe(copy.head.weight);
    expect(copy.tied).not.toBe(net.tied);
    expect([copy.extra === net.extra, copy.extra.seen[0] === net.extra.seen[0]]).toEqual([false, false]);
    expect([copy.extra.seen[0].tolist(), [...copy.extra.names]]).toEqual([[1], ['a']]);
    expect(copy.config).toBe(net.config);
    const [model, head] = deepcopy([net, net.head] as const);
    expect(model.head).toBe(head);
  });

  test('keeps hooks; gradients of parameters stay behind', () => {
    const net = new Net();
    let calls = 0;
    net.registerForwardHook(() => void calls++);
    net(torch.ones([1, 2]))
      .sum()
      .backward();
    const copy = deepcopy(net);
    copy(torch.ones([1, 2]));
    expect([calls, copy.head.weight.grad, net.head.weight.grad === null]).toEqual([2, null, false]);
  });

  test('with a tensor of the graph is refused, as in Python', () => {
    const net = new Net() as Net & { last?: torch.Tensor };
    net.last = net.head.weight.mul(2);
    expect(classAndMessage(() => deepcopy(net))).toMatch(
      /^RuntimeError: Only Tensors created explicitly by the user \(graph leaves\) support the deepcopy protocol/,
    );
  });

  test('is named by the error of structuredClone', () => {
    expect(() => structuredClone(new nn.Linear(1, 1))).toThrow(/torch\.deepcopy\(module\)/);
  });
});

describe('a tensor', () => {
  test('copies its storage once, strides and offsets too', () => {
    const whole = torch.arange(6);
    const part = whole.at('2:4');
    const turned = whole.view([2, 3]).t();
    const copies = deepcopy([whole, part, turned]);
    copies[1].fill_(9);
    expect(copies.map((one) => one.tolist())).toEqual([
      [0, 1, 9, 9, 4, 5],
      [9, 9],
      [
        [0, 9],
        [1, 4],
        [9, 5],
      ],
    ]);
    expect([copies[2].stride(), copies[1].storageOffset(), whole.tolist()]).toEqual([
      [1, 3],
      2,
      [0, 1, 2, 3, 4, 5],
    ]);
    expect([deepcopy(part).storage().nbytes, part.storage().nbytes]).toEqual([48, 48]);
    expect(deepcopy(new nn.Parameter(part.float())).storage().nbytes).toBe(8);
  });

  test('requires a gradient as before, and has a copy of it', () => {
    const leaf = torch.ones([2], { requiresGrad: true });
    leaf.sum().backward();
    const copy = deepcopy(leaf);
    expect([copy.requiresGrad, copy.isLeaf, copy.grad!.tolist()]).toEqual([true, true, [1, 1]]);
    copy.grad!.fill_(5);
    expect(leaf.grad!.tolist()).toEqual([1, 1]);
  });

  test('of any kind', () => {
    const conjugated = torch.tensor([new torch.Complex(1, 2)]).conj();
    expect([deepcopy(conjugated).tolist(), deepcopy(conjugated).isConj()]).toEqual([
      [new torch.Complex(1, -2)],
      false,
    ]);
    const negated = torch.tensor([new torch.Complex(1, 2)]).conj().imag;
    expect([negated.isNeg(), deepcopy(negated).tolist()]).toEqual([true, [-2]]);
    expect(deepcopy(torch.eye(2).toSparse()).toDense().tolist()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(deepcopy(torch.zeros([2], { device: 'meta' })).isMeta).toBe(true);
    expect(deepcopy(torch.zeros([0, 3])).shape).toEqual([0, 3]);
    expect(deepcopy(torch.tensor(3)).item()).toBe(3);
    expect(deepcopy(new nn.Buffer(torch.ones([1]), { persistent: false }))).toBeInstanceOf(nn.Buffer);
  });

  test("outlives a tidy that it was made in, as a module's do", () => {
    const net = torch.tidy(() => ({ copy: deepcopy(new nn.BatchNorm1d(2)) })).copy;
    expect(net.running_mean!.tolist()).toEqual([0, 0]);
  });
});

test('generators, maps, what contains itself, plain values', () => {
  const generator = new torch.Generator().manualSeed(3);
  const copy = deepcopy(generator);
  const draws = [generator, copy].map((one) => torch.rand([2], { generator: one }).tolist());
  expect(draws[0]).toEqual(draws[1]);
  const loop: { self?: unknown; map: Map<string, unknown> } = { map: new Map() };
  loop.self = loop;
  loop.map.set('loop', loop);
  const copied = deepcopy(loop);
  expect([copied === loop, copied.self === copied, copied.map.get('loop') === copied]).toEqual([
    false,
    true,
    true,
  ]);
  expect([deepcopy(3), deepcopy(null), deepcopy('a')]).toEqual([3, null, 'a']);
  const state = deepcopy(new nn.Linear(1, 1).stateDict());
  expect([...state.keys()]).toEqual(['weight', 'bias']);
});

test('what it cannot copy is refused', () => {
  const optimizer = new optim.SGD([new nn.Parameter(torch.ones([1]))], { lr: 1 });
  expect(() => deepcopy(optimizer)).toThrow("deepcopy(): argument 'value' must be a Module, a Tensor");
});
