// Weights and activations in int8, with the bits of torchao: dynamic_activation.json and the files beside it, which torchao wrote.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import torch, { type Tensor, nn, safetensors } from 'nodetorch';
import { classAndMessage } from '../errors';
import truth from './dynamic_activation.json';

const { Int8DynamicActivationInt8WeightConfig, Int8DynamicActivationLinear, Int8WeightOnlyConfig, PerGroup, PerRow, PerTensor, flattenTensorStateDict, quantize_, unflattenTensorStateDict } =
  torch.ao.quantization; // prettier-ignore
type Name = keyof typeof truth.cases;
type Options = torch.ao.quantization.Int8DynamicActivationInt8WeightOptions;

const digest = (x: Tensor): string =>
  createHash('sha256')
    .update(x.detach().contiguous().ravel().view(torch.uint8).toTypedArray() as Uint8Array)
    .digest('hex');
const here = (name: string): string => path.join(__dirname, `dynamic_activation_${name}`);
const settings: Record<Name, { granularity?: Options['granularity']; dtype?: torch.DType }> = {
  row: {},
  tensor: { granularity: new PerTensor() },
  mixed: { granularity: [new PerTensor(), new PerRow()] },
  bfloat16: { dtype: torch.bfloat16 },
  float16: { granularity: [new PerRow(), new PerTensor()], dtype: torch.float16 },
};
function quantized(name: Name, seed = 3): nn.Sequential {
  torch.manualSeed(seed);
  const first = new nn.Linear(48, 20);
  const last = new nn.Sequential(new nn.Linear(48, 7, { bias: false }));
  const { granularity = new PerRow(), dtype = torch.float32 } = settings[name];
  const model = new nn.Sequential(first, new nn.ReLU(), last).to(dtype);
  quantize_(model, new Int8DynamicActivationInt8WeightConfig({ granularity }));
  return model;
}
function expectOutputs(model: nn.Sequential, name: Name): void {
  const expected = truth.cases[name];
  const [first, last] = [...model.modules()].filter((one) => one instanceof Int8DynamicActivationLinear);
  const x = torch.arange(240).remainder(37).sub(17).reshape([5, 48]).float().div(7).mul(torch.arange(1, 6).reshape([5, 1])).to(settings[name].dtype ?? torch.float32); // prettier-ignore
  expect(digest(first(x) as Tensor)).toBe(expected.first);
  expect(digest(last(x) as Tensor)).toBe(expected.last);
  expect(digest(first(x.unsqueeze(0)) as Tensor)).toBe(expected['of three dimensions']);
  expect(digest(first(x.mul(0)) as Tensor)).toBe(expected['of zeros']);
}

test.each(Object.keys(truth.cases) as Name[])('%s', (name) => {
  const model = quantized(name);
  expectOutputs(model, name);
  expect(String(model)).toBe(truth.cases[name].repr);
  const [, metadata] = flattenTensorStateDict(model.stateDict());
  expect(metadata).toEqual(truth.cases[name].metadata);
});

describe.each(['row', 'mixed'] as const)('the files of %s', (name) => {
  test('.pt, and written again', () => {
    const model = quantized(name, 4);
    const state = torch.load(`${here(name)}.pt`) as Map<string, unknown>;
    model.loadStateDict(state as never);
    expectOutputs(model, name);
    const again = quantized(name, 5);
    again.loadStateDict(torch.load(torch.save(model.stateDict())) as never);
    expectOutputs(again, name);
  });

  test('.safetensors, as they are and unflattened', () => {
    const file = `${here(name)}.safetensors`;
    const tensors = safetensors.loadFile(file);
    const flat = quantized(name, 4);
    flat.loadStateDict(tensors as never);
    expectOutputs(flat, name);
    const { metadata } = truth.cases[name];
    const [state, rest] = unflattenTensorStateDict(tensors, metadata);
    expect([[...state.keys()], rest.size]).toEqual([JSON.parse(metadata.tensor_names), 0]);
    const model = quantized(name, 4);
    model.loadStateDict(state as never);
    expectOutputs(model, name);
    expect(flattenTensorStateDict(state)[1]).toEqual(metadata);
  });
});

test('parts that another file has are given back', () => {
  const { metadata } = truth.cases.row;
  const tensors = new Map(
    safetensors.loadFile(`${here('row')}.safetensors`) as unknown as Map<string, Tensor>,
  );
  const scale = tensors.get('0._weight_scale') as Tensor;
  tensors.delete('0._weight_scale');
  const [state, rest] = unflattenTensorStateDict(tensors, metadata);
  expect([...state.keys()]).toEqual(['0.bias', '2.0.weight']);
  expect([...rest.keys()].sort()).toEqual(['0._weight_qdata', '0._weight_zero_point']);
  const [others] = unflattenTensorStateDict(rest.set('0._weight_scale', scale), metadata);
  expect([...others.keys()]).toEqual(['0.weight']);
});

test('refused', () => {
  const model = quantized('row');
  const weightOnly = quantized('row');
  const state = model.stateDict();
  const plain = new nn.Sequential(
    new nn.Linear(48, 20),
    new nn.ReLU(),
    new nn.Sequential(new nn.Linear(48, 7, { bias: false })),
  );
  quantize_(plain, new Int8WeightOnlyConfig());
  expect(classAndMessage(() => plain.loadStateDict(state))).toContain(
    'quantize_ this one with Int8DynamicActivationInt8WeightConfig() with PerRow for inputs',
  );
  expect(classAndMessage(() => weightOnly.loadStateDict(plain.stateDict()))).toContain(
    'quantize_ this one with Int8WeightOnlyConfig()',
  );
  expect(classAndMessage(() => quantized('tensor').loadStateDict(state))).toContain('with PerRow for inputs');
  expect(
    classAndMessage(
      () => new Int8DynamicActivationInt8WeightConfig({ granularity: new PerGroup(16) as never }),
    ),
  ).toContain('a PerRow or PerTensor');
  expect(
    classAndMessage(() => quantize_(new nn.Linear(8, 8), new Int8DynamicActivationInt8WeightConfig())),
  ).toContain('a layer by itself cannot be changed in place');
  const { metadata } = truth.cases.row;
  const tensors = safetensors.loadFile(`${here('row')}.safetensors`);
  const told = (name: string, from: string, to: string) =>
    classAndMessage(() =>
      unflattenTensorStateDict(tensors, {
        ...metadata,
        [name]: (metadata as Record<string, string>)[name].replace(from, to),
      }),
    );
  expect(classAndMessage(() => unflattenTensorStateDict(tensors, {}))).toContain('No tensors found');
  expect(told('tensor_names', '[', '{')).toContain('no JSON for tensor_names');
  expect(told('0.weight', '"Int8Tensor"', '"Float8Tensor"')).toContain(
    'Unsupported tensor type: Float8Tensor of 0.weight',
  );
  expect(told('0.weight', 'SYMMETRIC', 'ASYMMETRIC')).toContain(
    '0.weight: its activations are quantized in a way that is not supported',
  );
  expect(told('0.weight', '[1, 48]', '[1, 24]')).toContain('its block_size is 1,24, but its scale has 1, 48');
  expect(told('0.weight', '"float32"', '"int8"')).toContain('no dtype of floats');
});

test('which layers a filter says', () => {
  const model = new nn.Sequential(new nn.Linear(8, 8), new nn.Linear(8, 8));
  quantize_(
    model,
    new Int8DynamicActivationInt8WeightConfig(),
    (module, where) => module instanceof nn.Linear && where === '1',
  );
  expect([...model.modules()].map((one) => one instanceof Int8DynamicActivationLinear)).toEqual([
    false,
    false,
    true,
  ]);
  expect(readFileSync(`${here('row')}.pt`).length).toBeGreaterThan(0);
});
