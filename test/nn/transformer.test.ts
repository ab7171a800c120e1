// When transformers take the fused kernels, what layers share, and masks: beside families/transformer.test.ts.
import torch, { nn } from 'nodetorch';
import { expectSameRows, expectTensor, fixtureOf, type StoredTensor } from './fixture';

const F = nn.functional;
const fixture = fixtureOf<{
  masks: StoredTensor[];
  fused: Record<string, boolean>;
  fusedUnderAutocast: boolean;
  fusedUnbatched: boolean;
  nested: Record<string, [boolean, string[]]>;
}>('transformer');

function layer(options: nn.TransformerLayerOptions = {}, nhead = 2): nn.TransformerEncoderLayer {
  const made = new nn.TransformerEncoderLayer(8, nhead, 12, { batchFirst: true, ...options });
  return made.eval().requiresGrad_(false);
}

function changed<M extends nn.Module>(module: M, change: (module: M) => unknown): M {
  change(module);
  return module;
}

const conditions: Record<string, () => nn.Module> = {
  plain: () => layer(),
  gelu: () => layer({ activation: 'gelu' }),
  GELU: () => layer({ activation: new nn.GELU() }),
  silu: () => layer({ activation: F.silu }),
  normFirst: () => layer({ normFirst: true }),
  'sequence first': () => layer({ batchFirst: false }),
  'no bias': () => layer({ bias: false }),
  training: () => layer().train(),
  gradients: () => layer().requiresGrad_(),
  'odd heads': () => layer({}, 1),
  'a gradient': () => changed(layer(), (m) => m.norm2.weight!.requiresGrad_()),
  'a hook': () => changed(layer(), (m) => m.dropout1.registerForwardHook(() => undefined)),
  'a pre-hook': () => changed(layer(), (m) => m.self_attn.registerForwardPreHook(() => undefined)),
  'another eps': () => changed(layer(), (m) => Object.assign(m.norm2, { eps: 0.1 })),
  'another module': () => new nn.Linear(8, 8),
};

let emitted: jest.SpyInstance<void, Parameters<typeof process.emitWarning>>;
beforeEach(() => void (emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)));
afterEach(() => jest.restoreAllMocks());

// Whether no module inside is called.
function isFused(module: nn.Module, x = torch.zeros([2, 3, 8])): boolean {
  let calls = 0;
  const handle = nn.registerModuleForwardHook(() => void calls++);
  module(x);
  handle.remove();
  return calls === 1;
}

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(conditions), fixture.fused);
});

describe('a layer is one kernel under the conditions of PyTorch', () => {
  test.each(Object.keys(conditions))('%s', (name) => {
    expect(isFused(conditions[name]())).toBe(fixture.fused[name]);
  });

  test('under autocast, without a batch, without gradients', () => {
    expect(torch.autocast('cpu', () => isFused(layer()))).toBe(fixture.fusedUnderAutocast);
    expect(isFused(layer(), torch.zeros([3, 8]))).toBe(fixture.fusedUnbatched);
    expect(torch.noGrad(() => isFused(layer().requiresGrad_()))).toBe(true);
  });

  test('not where torch.backends.mha says no', () => {
    expect(torch.backends.mha.getFastpathEnabled()).toBe(true);
    torch.backends.mha.setFastpathEnabled(false);
    try {
      expect(isFused(layer())).toBe(false);
    } finally {
      torch.backends.mha.setFastpathEnabled(true);
    }
    expect(isFused(layer())).toBe(true);
  });
});

describe('an encoder leaves out padding under the conditions of PyTorch', () => {
  // Each warning is shown once: the same reason does not warn again.
  const seen = new Set<string>();

  test.each(Object.keys(conditions))('%s', (name) => {
    const [useNestedTensor, warnings] = fixture.nested[name];
    expect(new nn.TransformerEncoder(conditions[name](), 1).useNestedTensor).toBe(useNestedTensor);
    expect(emitted.mock.calls.map(([text]) => text)).toEqual(warnings.filter((text) => !seen.has(text)));
    for (const text of warnings) seen.add(text);
  });
});

test('layers are copies with equal values of their own', () => {
  const first = layer();
  const encoder = new nn.TransformerEncoder(first, 2, { norm: new nn.LayerNorm(8) });
  const [one, two] = [...encoder.layers];
  for (const [name, param] of first.namedParameters()) {
    expect(torch.equal(one.getParameter(name), param)).toBe(true);
    expect(torch.equal(two.getParameter(name), param)).toBe(true);
    expect(one.getParameter(name).dataPtr()).not.toBe(param.dataPtr());
    expect(one.getParameter(name).dataPtr()).not.toBe(two.getParameter(name).dataPtr());
  }
});

test('layers that are not TransformerEncoderLayers', () => {
  class Twice extends nn.Module {
    self_attn = { batchFirst: true };
    override forward(x: torch.Tensor, options: object) {
      expect(Object.keys(options).sort()).toEqual(['isCausal', 'srcKeyPaddingMask', 'srcMask']);
      return x.mul(2);
    }
  }
  const encoder = new nn.TransformerEncoder(new Twice(), 3);
  expect(encoder(torch.ones([1, 2, 2])).tolist()).toEqual(torch.full([1, 2, 2], 8).tolist());
});

test('an encoder and a decoder of the user', () => {
  class Encoder extends nn.Module {
    override forward = (src: torch.Tensor) => src.add(1);
  }
  class Decoder extends nn.Module {
    override forward = (tgt: torch.Tensor, memory: torch.Tensor) => tgt.mul(memory);
  }
  const options = { customEncoder: new Encoder(), customDecoder: new Decoder() };
  const model = new nn.Transformer(2, 1, options);
  expect(
    model(torch.ones([3, 1, 2]), torch.ones([3, 1, 2]))
      .sum()
      .item(),
  ).toBe(12);
});

test('masks of what comes later', () => {
  const mask = nn.Transformer.generateSquareSubsequentMask;
  [mask(3), mask(2, { dtype: torch.float64 }), mask(0)].forEach((each, i) =>
    expectTensor(each, fixture.masks[i]),
  );
});
