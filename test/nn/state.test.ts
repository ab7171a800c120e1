// stateDict and loadStateDict.
import { inspect } from 'node:util';
import torch, { nn, type Tensor } from 'nodetorch';
import { Block } from './cases/module';

describe('stateDict', () => {
  test('shares memory and is detached, unless keepVars', () => {
    const net = new nn.Linear(2, 1);
    const weight = net.stateDict().get('weight')!;
    expect([weight.requiresGrad, weight.dataPtr() === net.weight.dataPtr()]).toEqual([false, true]);
    expect(net.stateDict({ keepVars: true }).get('weight')).toBe(net.weight);
  });

  test('takes a prefix and a destination', () => {
    const destination = new Map<string, Tensor>();
    expect(new nn.Linear(1, 1).stateDict({ prefix: 'a.', destination })).toBe(destination);
    expect([...destination.keys()]).toEqual(['a.weight', 'a.bias']);
  });

  test('keeps versions in _metadata, out of sight', () => {
    const state = new nn.Sequential(new nn.BatchNorm1d(1)).stateDict();
    expect([...state._metadata!]).toEqual([
      ['', { version: 1 }],
      ['0', { version: 2 }],
    ]);
    expect(Object.keys(state)).toEqual([]);
  });

  test('keeps the order of names that look like numbers', () => {
    const dict = new nn.ModuleDict(
      new Map([
        ['10', new nn.Linear(1, 1)],
        ['b', new nn.Linear(1, 1)],
        ['2', new nn.Linear(1, 1)],
      ]),
    );
    expect([...dict.keys()]).toEqual(['10', 'b', '2']);
    expect(dict.pop('10')).toBeInstanceOf(nn.Linear);
    dict.set('10', new nn.Linear(1, 1, { bias: false }));
    expect([...dict.stateDict().keys()]).toEqual(['b.weight', 'b.bias', '2.weight', '2.bias', '10.weight']);
  });

  test('hooks run before and after, and may change it', () => {
    const net = new nn.Linear(1, 1);
    const seen: unknown[] = [];
    net.registerStateDictPreHook(
      (module, prefix, keepVars) => void seen.push(module === net, prefix, keepVars),
    );
    const post = net.registerStateDictPostHook((_, state: Map<string, Tensor>, prefix, metadata: object) => {
      state.delete(`${prefix}bias`);
      seen.push(metadata);
    });
    expect([...net.stateDict({ prefix: 'x.' }).keys()]).toEqual(['x.weight']);
    expect(seen).toEqual([true, 'x.', false, { version: 1 }]);
    post.remove();
    net.registerStateDictPostHook(() => 1);
    expect(() => net.stateDict()).toThrow('state_dict post-hook must return None');
  });
});

describe('loadStateDict', () => {
  test('copies, and keeps the parameters', () => {
    const net = new nn.Linear(2, 1);
    const { weight } = net;
    const state = { weight: torch.tensor([[3, 4]]), bias: torch.tensor([5]) };
    net.loadStateDict(state);
    expect([net.weight === weight, weight.tolist(), weight.requiresGrad]).toEqual([true, [[3, 4]], true]);
    expect(weight.dataPtr()).not.toBe(state.weight.dataPtr());
  });

  test('with assign takes the tensors themselves', () => {
    const net = new nn.BatchNorm1d(2, { device: 'meta' });
    net.weight!.requiresGrad_(false);
    const state = new nn.BatchNorm1d(2).double().stateDict();
    net.loadStateDict(state, { assign: true });
    expect(net.weight!.dataPtr()).toBe(state.get('weight')!.dataPtr());
    expect([net.weight!.dtype.name, net.weight!.requiresGrad, net.bias!.requiresGrad]).toEqual([
      'float64',
      false,
      true,
    ]);
    expect(net.running_mean).toBe(state.get('running_mean'));
    expect(net.weight).toBeInstanceOf(nn.Parameter);
  });

  test('not strict, says what did not fit', () => {
    const keys = new nn.Linear(2, 1).loadStateDict(
      { weight: torch.zeros([1, 2]), extra: 3 },
      { strict: false },
    );
    expect([keys.missingKeys, keys.unexpectedKeys]).toEqual([['bias'], ['extra']]);
    expect(String(keys)).toBe("_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['extra'])");
  });

  test('refuses what is no map, and values that are no tensors', () => {
    const net = new nn.Linear(2, 1, { bias: false });
    expect(() => net.loadStateDict(3 as never)).toThrow('Expected state_dict to be dict-like, got number.');
    expect(() => net.loadStateDict({ weight: 'x' })).toThrow(
      'While copying the parameter named "weight", expected torch.Tensor or Tensor-like object from checkpoint but received string',
    );
  });

  test('takes one element for a scalar, as old checkpoints have it', () => {
    const block = new Block();
    block.loadStateDict({ count: torch.tensor([7n]) }, { strict: false });
    expect(block.count.item()).toBe(7);
  });

  test('warns of copying to the meta device', () => {
    const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    new nn.Linear(1, 1, { bias: false, device: 'meta' }).loadStateDict({ weight: torch.zeros([1, 1]) });
    expect(emitted.mock.calls[0][0]).toMatch(
      /^for weight: copying from a non-meta parameter .* which is a no-op/,
    );
    emitted.mockRestore();
  });

  test('reads a batch norm from before it counted batches', () => {
    const norm = new nn.BatchNorm1d(2);
    const state = new Map(norm.stateDict());
    state.delete('num_batches_tracked');
    norm.num_batches_tracked!.fill_(3);
    expect(String(norm.loadStateDict(state))).toBe('<All keys matched successfully>');
    expect(inspect({ loaded: norm.loadStateDict(state) })).toBe(
      '{ loaded: <All keys matched successfully> }',
    );
    expect(state.has('num_batches_tracked')).toBe(false);
    expect(norm.num_batches_tracked!.item()).toBe(3);
  });

  test('hooks run before and after', () => {
    const net = new nn.Sequential(new nn.Linear(1, 1));
    net[0].registerLoadStateDictPreHook((module, state: Map<string, Tensor>, prefix) => {
      expect([module === net[0], prefix]).toEqual([true, '0.']);
      state.set('0.bias', torch.tensor([9]));
    });
    const post = net.registerLoadStateDictPostHook((_, keys) => void keys.unexpectedKeys.splice(0));
    const state = { '0.weight': torch.zeros([1, 1]), more: torch.zeros([1]) };
    net.loadStateDict(state);
    expect((net[0] as nn.Linear).bias!.tolist()).toEqual([9]);
    post.remove();
    net.registerLoadStateDictPostHook(() => 1);
    expect(() => net.loadStateDict(state)).toThrow('are not expected to return new values');
  });

  test('brings extra state along', () => {
    class Tokens extends nn.Module {
      words = ['a'];
      override getExtraState(): unknown {
        return { words: this.words };
      }
      override setExtraState(state: { words: string[] }): void {
        this.words = state.words;
      }
    }
    const from = new nn.Sequential(new Tokens());
    (from[0] as Tokens).words = ['x', 'y'];
    const state = from.stateDict();
    expect([...state.keys()]).toEqual(['0._extra_state']);
    const to = new nn.Sequential(new Tokens());
    to.loadStateDict(state);
    expect((to[0] as Tokens).words).toEqual(['x', 'y']);
    expect(() => to.loadStateDict({})).toThrow('Missing key(s) in state_dict: "0._extra_state". ');
    expect(() => new nn.Sequential(new nn.ReLU()).loadStateDict(state)).toThrow(
      'Unexpected key(s) in state_dict: "0._extra_state". ',
    );
  });

  test('warns of another order of parameters', () => {
    class Net extends nn.Module {
      bn = new nn.BatchNorm1d(2);
      declare later: nn.Linear;
      fc = new nn.Linear(2, 2);
      constructor() {
        super();
        this.later = new nn.Linear(2, 2);
      }
    }
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const texts = () => warn.mock.calls.map(([text]) => String(text));
    try {
      const state = new Net().stateDict();
      const turned = (...parts: string[]) => {
        const entries = [...state].sort(
          ([a], [b]) => parts.indexOf(a.split('.')[0]) - parts.indexOf(b.split('.')[0]),
        );
        return Object.defineProperty(new Map(entries), '_metadata', { value: state._metadata });
      };
      expect([...new Set([...state.keys()].map((key) => key.split('.')[0]))]).toEqual(['bn', 'fc', 'later']);
      const other = turned('bn', 'later', 'fc');
      // In order; without metadata, as from .safetensors; where names do not agree; buffers alone.
      new Net().loadStateDict(state);
      new Net().loadStateDict(new Map(other));
      new Net().loadStateDict(turned('bn', 'later', 'fc'), { strict: false });
      const buffers = new Map(
        [...state].reverse().sort(([a], [b]) => Number(/num/.test(b)) - Number(/num/.test(a))),
      );
      const onlyBuffers = new Map([...[...buffers].slice(0, 1), ...state]);
      new Net().loadStateDict(Object.defineProperty(onlyBuffers, '_metadata', { value: state._metadata }));
      expect(texts()).toEqual([]);
      new Net().loadStateDict(other);
      expect(texts()).toEqual([
        expect.stringMatching(
          /^loadStateDict\(\): Net has .* in another order: number 2 is 'fc.weight' here and 'later.weight' there/,
        ),
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
