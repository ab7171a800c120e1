// torch.ao: dynamic int8, with the bits of dynamic.json, which Python wrote.
import { createHash } from 'node:crypto';
import path from 'node:path';
import torch, { type Tensor, nn, serialization } from 'nodetorch';
import truth from './dynamic.json';

const { quantizeDynamic } = torch.ao.quantization;
const { dynamic } = torch.ao.nn.quantized;
const bits = (x: Tensor) => Array.from(x.detach().contiguous().ravel().view(torch.uint8).toTypedArray() as Uint8Array); // prettier-ignore
const digest = (x: Tensor) =>
  createHash('sha256')
    .update(Uint8Array.from(bits(x)))
    .digest('hex');
const specs = {
  qint8: {},
  path: { qconfigSpec: new Set(['2']) },
  float16: { qconfigSpec: new Set([nn.Linear]), dtype: torch.float16 },
};

function model() {
  torch.manualSeed(3);
  return new nn.Sequential(
    new nn.Linear(37, 24),
    new nn.ReLU(),
    new nn.Sequential(new nn.Linear(24, 16, { bias: false }), new nn.Tanh(), new nn.Linear(16, 5)),
  );
}
function input(): Tensor {
  torch.manualSeed(4);
  return torch.randn([6, 37]).mul(3);
}
let threads: number;
beforeAll(() => {
  threads = torch.getNumThreads();
  torch.setNumThreads(1);
});
afterAll(() => torch.setNumThreads(threads));

describe.each(Object.keys(specs) as (keyof typeof specs)[])('%s', (name) => {
  const expected = truth.cases[name];
  const file = path.join(__dirname, `${name}.pt`);
  const packed = (state: ReadonlyMap<string, unknown>) =>
    [...state].filter(([key]) => key.endsWith('_packed_params._packed_params')) as [string, [Tensor, Tensor | null]][]; // prettier-ignore

  it('has the weights and the outputs of Python, bit for bit', () => {
    const given = model();
    const quantized = quantizeDynamic(given, specs[name]);
    expect(String(given.at(0))).toMatch(/^Linear\(/);
    expect(String(quantized)).toBe(expected.repr);
    expect(quantized.training).toBe(false);
    const state = quantized.stateDict();
    expect([...state.keys()]).toEqual(expected.keys);
    expect(Object.fromEntries([...state._metadata!].map(([key, { version }]) => [key, version]))).toEqual(expected.versions); // prettier-ignore
    const weights = packed(state).map(([key, [w]]) => [
      key,
      digest(w.dtype === torch.qint8 ? w.intRepr() : w),
    ]);
    expect(Object.fromEntries(weights)).toEqual(expected.weights);
    const scales = packed(state).filter(([, [w]]) => w.dtype === torch.qint8).map(([key, [w]]) => [key, w.qScale()]); // prettier-ignore
    expect(Object.fromEntries(scales)).toEqual(expected.scales);
    expect(bits(quantized(input()))).toEqual(expected.y);
    expect(bits(quantized(input().slice(0, 2, 3)))).toEqual(expected.one);
  });
  it('reads the state_dict that Python saved, and writes one that reads back', () => {
    const quantized = quantizeDynamic(model().apply((m) => void (m instanceof nn.Linear && nn.init.zeros_(m.weight))), specs[name]); // prettier-ignore
    expect(bits(quantized(input()))).not.toEqual(expected.y);
    quantized.loadStateDict(torch.load<Map<string, unknown>>(file));
    expect(bits(quantized(input()))).toEqual(expected.y);
    const again = quantizeDynamic(model(), specs[name]);
    const saved = torch.load<Map<string, unknown>>(torch.save(quantized.stateDict()));
    expect([...saved.keys()]).toEqual(expected.keys);
    again.loadStateDict(saved);
    expect(bits(again(input()))).toEqual(expected.y);
    expect(bits(torch.deepcopy(again)(input()))).toEqual(expected.y);
  });
});

describe('Linear', () => {
  it('is zeros until it is loaded, and shows its parts', () => {
    const layer = new dynamic.Linear(3, 2);
    expect(layer(torch.ones([4, 3])).tolist()).toEqual(torch.zeros([4, 2]).tolist());
    expect([layer.weight().dtype, layer.bias()!.shape, layer.dtype]).toEqual([torch.qint8, [2], torch.qint8]);
    expect(new dynamic.Linear(3, 2, { bias: false }).bias()).toBeNull();
    expect(String(layer)).toBe(
      'DynamicQuantizedLinear(in_features=3, out_features=2, dtype=torch.qint8, qscheme=torch.per_tensor_affine)',
    );
  });
  it('keeps the dtype of its input, and the whole of its weight within half a step', () => {
    torch.manualSeed(1);
    const float = new nn.Linear(8, 4);
    const layer = dynamic.Linear.fromFloat(float);
    const error = layer.weight().dequantize().sub(float.weight).abs().max().item();
    expect(error).toBeLessThanOrEqual(float.weight.abs().max().item() / 127.5 / 2 + 1e-7);
    expect(layer(torch.randn([2, 8])).requiresGrad).toBe(false);
  });
  it('refuses what it cannot be', () => {
    expect(() => new dynamic.Linear(3, 2, { dtype: 'int8' })).toThrow(/Unsupported dtype/);
    expect(() => dynamic.Linear.fromFloat(new nn.ReLU() as never)).toThrow(/must be an nn.Linear/);
    const layer = new dynamic.Linear(3, 2);
    expect(() => layer.loadStateDict(new Map([['scale', torch.ones([])]]))).toThrow();
    expect(() => quantizeDynamic(new nn.Sequential(new nn.LSTM(3, 2)))).toThrow(/'0' is of LSTM/);
    expect(() => quantizeDynamic(model(), { dtype: torch.quint8 })).toThrow(/Unsupported dtype/);
    expect(() => quantizeDynamic(model(), { qconfigSpec: new Set([3]) })).toThrow(
      /neither a class nor a path/,
    );
  });
});

it('a state_dict of Python lists its dtypes', () => {
  const state = torch.load<Map<string, unknown>>(path.join(__dirname, 'qint8.pt'));
  expect(state.get('0._packed_params.dtype')).toBe(torch.qint8);
  expect(state.get('0._packed_params._packed_params')).toBeInstanceOf(serialization.Tuple);
});
