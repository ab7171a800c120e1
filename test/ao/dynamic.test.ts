// torch.ao: dynamic int8, with the bits of dynamic.json, which Python wrote.
import { createHash } from 'node:crypto';
import path from 'node:path';
import torch, { type Tensor, nn, serialization } from 'nodetorch';
import truth from './dynamic.json';
import old from './old.json';

const { quantizeDynamic } = torch.ao.quantization;
const { dynamic } = torch.ao.nn.quantized;
type LSTM = torch.ao.nn.quantized.dynamic.LSTM;
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

describe.each(Object.keys(truth.recurrent) as (keyof typeof truth.recurrent)[])('%s', (name) => {
  const makers: Record<string, () => nn.Module> = {
    LSTM: () => new nn.LSTM(9, 16, 2, { bidirectional: true }),
    'LSTM batch first': () => new nn.LSTM(9, 16, { batchFirst: true }),
    GRU: () => new nn.GRU(9, 16, 2, { dropout: 0.25 }),
    LSTMCell: () => new nn.LSTMCell(9, 16),
    GRUCell: () => new nn.GRUCell(9, 16),
    RNNCell: () => new nn.RNNCell(9, 16),
    'RNNCell relu': () => new nn.RNNCell(9, 16, { nonlinearity: 'relu' }),
  };
  const [kind, dtype] = name.split(', torch.');
  const expected = truth.recurrent[name];
  const flat = (value: unknown): Tensor[] =>
    torch.isTensor(value) ? [value as Tensor] : (value as unknown[]).flatMap(flat);

  it('gives what Python’s gives, bit for bit', () => {
    torch.manualSeed(5);
    const layer = makers[kind]();
    const model = new nn.ModuleList([layer]);
    const quantized = quantizeDynamic(model, { dtype: torch[dtype as 'qint8'] }).at(0) as unknown as LSTM;
    expect(String(quantized)).toBe(expected.repr);
    expect([...quantized.stateDict().keys()]).toEqual(expected.keys);
    torch.manualSeed(6);
    const isCell = kind.includes('Cell');
    const x = torch.randn(isCell ? [4, 9] : [4, 4, 9]);
    const { numLayers, bidirectional } = quantized;
    const size = isCell ? [4, 16] : [numLayers * (bidirectional ? 2 : 1), 4, 16];
    const state = Array.from({ length: kind.startsWith('LSTM') ? 2 : 1 }, () => torch.randn(size));
    const hx = (state.length === 2 ? state : state[0]) as [Tensor, Tensor];
    const results = [...flat(quantized(x)), ...flat(quantized(x, hx))];
    if (!isCell) {
      const packed = nn.utils.rnn.packPaddedSequence(x, [2, 4, 1, 3], {
        batchFirst: quantized.batchFirst,
        enforceSorted: false,
      });
      const [output, hidden] = quantized(packed);
      results.push((output as unknown as { data: Tensor }).data, ...flat(hidden));
    }
    expect(results.map(digest)).toEqual(expected.results);
  });
});

it('refuses what its kernels do not look at, and takes its state again', () => {
  const make = () => new nn.Sequential(new nn.LSTM(3, 4));
  const lstm = dynamic.LSTM.fromFloat(new nn.LSTM(3, 4));
  const gru = dynamic.GRU.fromFloat(new nn.GRU(3, 4));
  const cell = dynamic.LSTMCell.fromFloat(new nn.LSTMCell(3, 4));
  const x = torch.ones([2, 2, 3]);
  expect(() => lstm(torch.ones([2, 3]))).toThrow('input must have 3 dimensions, got 2');
  expect(() => lstm(torch.ones([2, 2, 5]))).toThrow('Expected 3, got 5');
  expect(() => gru(x, torch.ones([1, 3, 4]))).toThrow('Expected hidden size (1, 2, 4), got [1, 3, 4]');
  expect(() => cell(torch.ones([2, 3]), [torch.ones([2, 4]), torch.ones([2, 5])])).toThrow(
    'hidden[1] has inconsistent hidden_size: got 5, expected 4',
  );
  expect(() => dynamic.GRU.fromFloat(new nn.GRU(3, 4, { bias: false }))).toThrow('mod.bias must be True');
  const one = quantizeDynamic(make());
  const other = quantizeDynamic(make());
  other.loadStateDict(one.stateDict());
  const [first, second] = [one, other].map((model) => (model.at(0) as unknown as LSTM)(x)[0] as Tensor);
  expect(bits(second)).toEqual(bits(first));
});

test.each(Object.keys(old.outputs) as (keyof typeof old.outputs)[])('a state of version %s', (version) => {
  const model = quantizeDynamic(new nn.Sequential(new nn.Linear(7, 5)));
  const state = torch.load(path.join(__dirname, `version${version}.pt`)) as ReturnType<
    typeof model.stateDict
  >;
  model.loadStateDict(state);
  expect(model(torch.tensor(old.x)).tolist()).toEqual(old.outputs[version]);
});

test('the hooks of a layer go on with what takes its place', () => {
  const given = model();
  const seen: string[] = [];
  const first = given.at(0) as nn.Module;
  first.registerForwardPreHook(() => void seen.push('before'));
  first.registerForwardHook((module) => void seen.push(String(module)));
  quantizeDynamic(given)(input());
  expect(seen[0]).toBe('before');
  expect(seen[1]).toMatch(/^DynamicQuantizedLinear/);
});
