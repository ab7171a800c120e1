// Weights alone in int8, with the bits of torchao: weight_only.json and the files beside it, which torchao wrote.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import torch, { type Tensor, nn, safetensors, serialization } from 'nodetorch';
import truth from './weight_only.json';

const { Int8WeightOnlyConfig, Int8WeightOnlyLinear, PerGroup, PerRow, PerTensor, flattenTensorStateDict, quantize_ } =
  torch.ao.quantization; // prettier-ignore
type Int8Linear = InstanceType<typeof Int8WeightOnlyLinear>;
type Name = keyof typeof truth.cases;

const digest = (x: Tensor): string =>
  createHash('sha256')
    .update(x.detach().contiguous().ravel().view(torch.uint8).toTypedArray() as Uint8Array)
    .digest('hex');
const here = (file: string): string => path.join(__dirname, file);
const settings: Record<Name, { granularity?: torch.ao.quantization.Granularity; dtype?: torch.DType }> = {
  row: {},
  tensor: { granularity: new PerTensor() },
  group: { granularity: new PerGroup(16) },
  bfloat16: { granularity: new PerRow(), dtype: torch.bfloat16 },
  float16: { dtype: torch.float16 },
};

function model(dtype = torch.float32): nn.Sequential {
  torch.manualSeed(3);
  const first = new nn.Linear(48, 20);
  const last = new nn.Sequential(new nn.Linear(48, 7, { bias: false }));
  return new nn.Sequential(first, new nn.ReLU(), last).to(dtype);
}
function quantized(name: Name, seeded = true): nn.Sequential {
  const { granularity = new PerRow(), dtype } = settings[name];
  const made = model(dtype);
  if (!seeded) for (const each of made.parameters()) each.data = each.data.add(1);
  quantize_(made, new Int8WeightOnlyConfig({ granularity }));
  return made;
}
const layersOf = (made: nn.Module): Int8Linear[] =>
  [...made.modules()].filter((each): each is Int8Linear => each instanceof Int8WeightOnlyLinear);
function input(name: Name): Tensor {
  const x =
    name === 'group'
      ? torch.eye(48).slice(0, 0, 12).mul(3)
      : torch.arange(240).remainder(9).sub(4).reshape([5, 48]).float();
  return x.to(settings[name].dtype ?? torch.float32);
}
function expectOutputs(made: nn.Sequential, name: Name): void {
  const expected = truth.cases[name];
  const [first, last] = layersOf(made);
  const x = input(name);
  expect(digest(first(x))).toBe(expected.first);
  expect(digest(last(x))).toBe(expected.last);
  expect(digest(first(x.unsqueeze(0)))).toBe(expected['of three dimensions']);
}

describe.each(Object.keys(truth.cases) as Name[])('%s', (name) => {
  const expected = truth.cases[name];
  const file = here(`weight_only_${name}.pt`);

  it('has the weights and the outputs of torchao, bit for bit', () => {
    const made = quantized(name);
    expect(String(made)).toBe(expected.repr);
    const [first] = layersOf(made);
    expect([...made.stateDict().keys()]).toEqual(expected.keys);
    const state = (made.stateDict() as Map<string, unknown>).get('0.weight') as serialization.PythonObject;
    const parts = state.state as Map<string, Tensor>;
    expect([digest(parts.get('qdata')!), digest(parts.get('scale')!)]).toEqual([expected.qdata, expected.scale]); // prettier-ignore
    expect(first.blockSize).toEqual(expected.block_size);
    expect(digest(first.dequantize())).toBe(expected.dequantized);
    expectOutputs(made, name);
  });
  it('reads what torchao saved, with weights_only too, and writes it again', () => {
    const state = torch.load<Map<string, unknown>>(file);
    const made = quantized(name, false);
    made.loadStateDict(state as Map<string, Tensor>);
    expectOutputs(made, name);
    const own = torch.load<Map<string, unknown>>(torch.save(quantized(name).stateDict()));
    expect(valuesOf(own)).toEqual(valuesOf(state));
    expect(valuesOf(torch.load(torch.save(state)))).toEqual(valuesOf(state));
    expectOutputs(torch.deepcopy(made), name);
  });
  it('is flat tensors and metadata for safetensors', () => {
    const [tensors, metadata] = flattenTensorStateDict(quantized(name).stateDict());
    expect(metadata).toEqual(expected.metadata);
    expect(Object.fromEntries([...tensors].map(([key, x]) => [key, [String(x.dtype), [...x.shape]]]))).toEqual(expected.tensors); // prettier-ignore
    const made = quantized(name, false);
    made.loadStateDict(safetensors.load(safetensors.save(tensors, { metadata })));
    expectOutputs(made, name);
  });
});

// All of a state_dict in words: dtypes, sizes, numbers, and which class each part has.
function valuesOf(value: unknown): unknown {
  if (torch.isTensor(value)) return [String(value.dtype), [...value.shape], digest(value)];
  if (value instanceof Map) return [...value].map(([key, each]) => [key, valuesOf(each)]);
  if (Array.isArray(value)) return [value.constructor.name, ...(value as unknown[]).map(valuesOf)];
  if (value instanceof serialization.PythonObject)
    return [value.type, valuesOf(value.args), valuesOf(value.state)];
  return typeof value === 'object' && value !== null ? String(value) : value;
}

test('a safetensors file of torchao is loaded, and written with its bytes of metadata', () => {
  const file = here('weight_only_row.safetensors');
  const made = quantized('row', false);
  made.loadStateDict(safetensors.loadFile(file));
  expectOutputs(made, 'row');
  const [tensors, metadata] = flattenTensorStateDict(made.stateDict());
  const header = (bytes: Uint8Array): Record<string, unknown> =>
    JSON.parse(Buffer.from(bytes).subarray(8, 8 + Number(Buffer.from(bytes).readBigUInt64LE())).toString()) as Record<string, unknown>; // prettier-ignore
  expect(header(safetensors.save(tensors, { metadata }))).toEqual(header(readFileSync(file)));
});

test('a module that is cast keeps its weights, as in Python', () => {
  const made = quantized('row').to(torch.bfloat16);
  const [first] = layersOf(made);
  expect([first._weight_scale.dtype, first.bias!.dtype]).toEqual([torch.float32, torch.bfloat16]);
  expect(digest(first._weight_scale)).toBe(truth.cases.row.scale);
  expect(first(input('bfloat16')).dtype).toBe(torch.bfloat16);
  const double = layersOf(quantized('row'))[0](input('row').double());
  expect([String(double.dtype), digest(double)]).toEqual(['torch.float64', truth.cases.row['wider input']]);
});

test('activations in bfloat16 go to the kernel over int8', () => {
  const config = new Int8WeightOnlyConfig({ activationDtype: torch.bfloat16 });
  const made = model();
  quantize_(made, config);
  const [first] = layersOf(made);
  const plain = layersOf(quantized('row'))[0];
  const x = input('row');
  const kernel = torch.ops.aten._weight_int8pack_mm(x.to('bfloat16'), first._weight_qdata, first._weight_scale.flatten().to('bfloat16')) as Tensor; // prettier-ignore
  expect(digest(first(x))).toBe(digest(kernel.float().add(first.bias!)));
  const [far, largest] = [first(x).sub(plain(x)).abs().max(), plain(x).abs().max()].map((each) =>
    each.item(),
  );
  expect(far / largest).toBeLessThan(2 ** -7);
  // A row that is no multiple of what the kernel reads at a time is computed as ever.
  const odd = new nn.Sequential(new nn.Linear(20, 3));
  const same = torch.deepcopy(odd);
  quantize_(odd, config);
  quantize_(same, new Int8WeightOnlyConfig());
  expect(digest(odd(torch.ones([2, 20])))).toBe(digest(same(torch.ones([2, 20]))));
});

test('only the layers that are wanted', () => {
  const made = model();
  quantize_(
    made,
    new Int8WeightOnlyConfig(),
    (module, name) => module instanceof nn.Linear && name === '2.0',
  );
  expect(made.at(0)).toBeInstanceOf(nn.Linear);
  expect(layersOf(made)).toHaveLength(1);
  const attention = new nn.Sequential(new nn.MultiheadAttention(8, 2));
  quantize_(attention, new Int8WeightOnlyConfig());
  expect(layersOf(attention)).toHaveLength(0);
  quantize_(made, new Int8WeightOnlyConfig());
  expect(layersOf(made)).toHaveLength(2);
});

test('gradients go through it', () => {
  const x = input('row').requiresGrad_();
  const [first] = layersOf(quantized('row'));
  first(x).sum().backward();
  const expected = torch.ones([5, 20]).mul(first._weight_scale.flatten()).mm(first._weight_qdata.float());
  expect(x.grad!.sub(expected).abs().max().item()).toBeLessThan(1e-6);
});

describe('refusals', () => {
  const config = new Int8WeightOnlyConfig();
  const state = (): Map<string, unknown> => torch.load(here('weight_only_row.pt'));
  const changed = (name: string, value: unknown): Map<string, unknown> => {
    const given = state();
    ((given.get('0.weight') as serialization.PythonObject).state as Map<string, unknown>).set(name, value);
    return given;
  };
  const load = (given: Map<string, unknown>) => () =>
    quantized('row').loadStateDict(given as Map<string, Tensor>);

  it.each<[string, () => unknown, string]>([
    ['a layer by itself', () => quantize_(new nn.Linear(2, 2), config), 'a layer by itself cannot be changed in place'], // prettier-ignore
    ['no module', () => quantize_(3 as never, config), 'must be a Module'],
    ['no config', () => quantize_(model(), {} as never), 'must be an Int8WeightOnlyConfig'],
    ['float64', () => quantize_(model(torch.float64), config), 'Unsupported input dtype: torch.float64'],
    ['a group that does not fit', () => quantize_(model(), new Int8WeightOnlyConfig({ granularity: new PerGroup(7) })), 'Last dimension of input 48 is not divisible by group size 7'], // prettier-ignore
    ['no group', () => new PerGroup(0), 'groupSize'],
    ['no granularity', () => new Int8WeightOnlyConfig({ granularity: 'row' as never }), 'granularity'],
    ['activations in float16', () => new Int8WeightOnlyConfig({ activationDtype: 'float16' }), 'activationDtype'], // prettier-ignore
    ['another width', () => layersOf(quantized('row'))[0](torch.ones([2, 47])), 'the input has 47 features, the layer 48'], // prettier-ignore
    ['an input without dimensions', () => layersOf(quantized('row'))[0](torch.tensor(1)), 'the input has no features'], // prettier-ignore
    ['floats into int8', load(model().stateDict()), '0.weight is no Int8Tensor of torchao'],
    [
      'int8 into floats',
      () => model().loadStateDict(state() as Map<string, Tensor>),
      'received PythonObject',
    ],
    [
      'activations in int8',
      load(changed('act_quant_kwargs', 1)),
      'its activations are quantized in a way that is not supported',
    ],
    ['numbers of another kind', load(changed('qdata', torch.ones([20, 48]))), 'qdata must be int8 of shape (20, 48), and is torch.float32'], // prettier-ignore
    ['no numbers', load(changed('qdata', null)), 'and is no tensor'],
    ['a scale of another shape', load(changed('scale', torch.ones([7, 1]))), 'its scale does not fit'],
    ['a zero point of another shape', load(changed('zero_point', torch.ones([2, 2]))), 'its zero_point'],
    ['nothing', load(new Map()), 'Missing key'],
    ['what is no state', () => flattenTensorStateDict(new Map([['a', 3]])), 'Unsupported tensor type: a is neither'], // prettier-ignore
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
