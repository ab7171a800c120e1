// torch.autograd.graph: hooks of saved tensors, and of several gradients at once.
import * as torch from 'nodetorch';
import { type Tensor } from 'nodetorch';

const { graph } = torch.autograd;
const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });

describe('savedTensorsHooks', () => {
  test('what is saved goes through pack, and through unpack in backward', () => {
    const events: string[] = [];
    const x = leaf(3);
    const y = graph.savedTensorsHooks(
      (tensor) => {
        events.push(`pack ${String(tensor.tolist())}`);
        return { half: tensor.div(2) };
      },
      ({ half }) => {
        events.push('unpack');
        return half.mul(2);
      },
      () => x.exp().mul(x),
    );
    expect(events).toHaveLength(3);
    y.backward();
    expect(events.filter((event) => event === 'unpack')).toHaveLength(3);
    expect(x.grad!.item()).toBeCloseTo(Math.exp(3) * 4, 3);
  });

  test('the innermost pair counts, and ends with its function', () => {
    const seen: string[] = [];
    const pair = <T>(name: string, body: () => T) =>
      graph.savedTensorsHooks(
        (tensor) => (seen.push(name), tensor),
        (tensor) => tensor,
        body,
      );
    const x = leaf(1);
    pair('outer', () => {
      pair('inner', () => x.exp());
      x.exp();
    });
    x.exp();
    expect(() =>
      pair('failing', () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    x.exp();
    expect(seen).toEqual(['inner', 'outer']);
  });

  test('a packed value may be anything; what unpack returns must be a tensor', () => {
    const x = leaf(2);
    const store = new Map<string, Tensor>();
    const y = graph.savedTensorsHooks(
      (tensor) => {
        store.set('key', tensor);
        return 'key';
      },
      (key) => store.get(key)!,
      () => x.pow(2),
    );
    y.backward();
    expect(x.grad!.tolist()).toEqual([4]);
    const z = graph.savedTensorsHooks(
      () => 0,
      () => 5 as unknown as Tensor,
      () => x.pow(2),
    );
    expect(() => z.backward()).toThrow(
      /what the unpack hook of a saved tensor returned must be a Tensor, not number/,
    );
  });

  test('errors come out as they were thrown', () => {
    const error = new RangeError('mine');
    const fail = () => {
      throw error;
    };
    const x = leaf(2);
    const same = (tensor: Tensor) => tensor;
    expect(() => graph.savedTensorsHooks(fail, same, () => x.pow(2))).toThrow(error);
    const y = graph.savedTensorsHooks(same, fail, () => x.pow(2));
    expect(() => y.backward()).toThrow(error);
    expect(() => graph.savedTensorsHooks(5 as never, same, () => 1)).toThrow(
      "argument 'pack' must be a function",
    );
  });

  test('a pack hook must not change its input', () => {
    const x = leaf(2);
    const change = (tensor: Tensor) => tensor.detach().add_(1);
    expect(() => graph.savedTensorsHooks(change, change, () => x.exp())).toThrow(
      /modifying its input in place/,
    );
  });

  test('saveOnCpu gives the same gradients', () => {
    const x = leaf(1, 2);
    graph.saveOnCpu(() => x.sin().mul(x).sum(), { pinMemory: false }).backward();
    const expected = leaf(1, 2);
    expected.sin().mul(expected).sum().backward();
    expect(x.grad!.equal(expected.grad!)).toBe(true);
  });

  test('can be made an error', () => {
    const same = (tensor: Tensor) => tensor;
    const hooked = () => graph.savedTensorsHooks(same, same, () => 1);
    expect(() => graph.disableSavedTensorsHooks('not here', hooked)).toThrow('not here');
    expect(() =>
      graph.savedTensorsHooks(same, same, () => graph.disableSavedTensorsHooks('not here', () => 1)),
    ).toThrow('not here');
    expect(hooked()).toBe(1);
  });
});

describe('registerMultiGradHook', () => {
  test('all: called once, with null for what gets no gradient', () => {
    const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
    const calls: unknown[] = [];
    const handle = graph.registerMultiGradHook([a, b, c], (grads) => {
      calls.push(grads.map((grad) => grad && grad.tolist()));
    });
    a.mul(b).sum().backward();
    expect(calls).toEqual([[[2], [1], null]]);
    a.mul(b)
      .mul(c)
      .sum()
      .backward({ inputs: [a, c] } as never);
    a.mul(c).sum().backward();
    handle.remove();
    a.mul(c).sum().backward();
    expect(calls).toHaveLength(3);
    expect(calls[2]).toEqual([[3], null, [1]]);
  });

  test('all: with inputs given, only those that are reached count', () => {
    const [a, b] = [leaf(1), leaf(2)];
    const calls: unknown[] = [];
    graph.registerMultiGradHook([a, b], (grads) => calls.push(grads.map((grad) => grad && grad.tolist())));
    torch.autograd.grad(a.mul(b).sum(), [a]);
    expect(calls).toEqual([[[2], null]]);
  });

  test('any: called at the first gradient of each pass', () => {
    const [a, b] = [leaf(1), leaf(2)];
    const calls: number[] = [];
    graph.registerMultiGradHook([a, b], (grad) => calls.push(grad.item() as number), { mode: 'any' });
    a.mul(b).sum().backward();
    a.mul(b).sum().backward();
    expect(calls).toHaveLength(2);
    expect(() => graph.registerMultiGradHook([a], () => 1, { mode: 'some' as 'any' })).toThrow(
      "Expects mode to be one of ('all', 'any') but got some",
    );
  });
});
