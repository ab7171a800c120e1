// State_dicts in int8 with mutations in their bytes or their values, in a process of its own: fuzz.process.test.ts loads a few,
// `npx tsx test/ao/fuzz.ts COUNT SEED [FROM]` as many as one likes. Each is an error of ours, or a model that computes what the
// state says, and that is saved and read again with the same bits. A process that ends otherwise has printed which mutation
// it was, with PRINT=1.
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import torch, { type Tensor, TorchError, nn, safetensors } from 'nodetorch';
import { any, random, setSeed } from '../export/fuzz/random';
import { mutate } from '../serialization/pt_mutations';
import { mutateState } from './mutations';
import { expectAsTheStateSays } from './reference';

const { Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig, PerGroup, PerRow, PerTensor, flattenTensorStateDict, quantize_, quantizeDynamic, unflattenTensorStateDict } =
  torch.ao.quantization; // prettier-ignore
type State = Map<string, unknown>;
type Model = nn.Sequential;

const plain = (): Model =>
  new nn.Sequential(
    new nn.Linear(37, 24),
    new nn.ReLU(),
    new nn.Sequential(new nn.Linear(24, 16, { bias: false }), new nn.Tanh(), new nn.Linear(16, 5)),
  );
const wide = (): Model =>
  new nn.Sequential(
    new nn.Linear(48, 20),
    new nn.ReLU(),
    new nn.Sequential(new nn.Linear(48, 7, { bias: false })),
  );
const [int8, half] = [{ dtype: torch.qint8 }, { dtype: torch.float16 }];
const weightOnly =
  (...args: ConstructorParameters<typeof Int8WeightOnlyConfig>) =>
  (): Model => {
    const model = wide();
    quantize_(model, new Int8WeightOnlyConfig(...args));
    return model;
  };
const withInputs = (granularity: unknown) => (): Model => {
  const model = wide();
  quantize_(model, new Int8DynamicActivationInt8WeightConfig({ granularity: granularity as never }));
  return model;
};
const recurrent = (make: () => nn.Module, options: object) => (): Model =>
  quantizeDynamic(new nn.Sequential(make() as never), options) as unknown as Model;

/** What each file is loaded into. */
const makers: Record<string, () => Model> = {
  qint8: () => quantizeDynamic(plain()) as Model,
  path: () => quantizeDynamic(plain(), { qconfigSpec: new Set(['2']) }) as Model,
  float16: () => quantizeDynamic(plain(), half) as Model,
  version1: () => quantizeDynamic(new nn.Sequential(new nn.Linear(7, 5))) as Model,
  version2: () => quantizeDynamic(new nn.Sequential(new nn.Linear(7, 5))) as Model,
  recurrent_lstm: recurrent(() => new nn.LSTM(5, 8, 2, { bidirectional: true }), int8),
  recurrent_lstm_float16: recurrent(() => new nn.LSTM(5, 8), half),
  recurrent_gru: recurrent(() => new nn.GRU(5, 8, { batchFirst: true }), int8),
  recurrent_cell: recurrent(() => new nn.GRUCell(5, 8), int8),
  recurrent_cell_float16: recurrent(() => new nn.LSTMCell(5, 8), half),
  weight_only_row: weightOnly(),
  weight_only_tensor: weightOnly({ granularity: new PerTensor() }),
  weight_only_group: weightOnly({ granularity: new PerGroup(16) }),
  weight_only_bfloat16: weightOnly({ activationDtype: torch.bfloat16 }),
  weight_only_float16: weightOnly(),
  dynamic_activation_row: withInputs(new PerRow()),
  dynamic_activation_mixed: withInputs([new PerTensor(), new PerRow()]),
};
const files = Object.keys(makers).map((name) => ({
  name,
  bytes: fs.readFileSync(path.join(__dirname, `${name}.pt`)),
}));
const load = (bytes: Uint8Array): State => torch.load<State>(bytes, { weightsOnly: false });

/** The state of a file, changed before or after it is read. */
function mutatedState(name: string, bytes: Buffer): State {
  if (random(3) === 0) return load(mutate(bytes));
  const state = load(bytes);
  if (!/weight_only|dynamic_activation/.test(name) || random(2) === 0) return mutateState(state);
  // As safetensors have it: tensors and texts.
  const [tensors, metadata] = flattenTensorStateDict(state);
  const flat = safetensors.load(safetensors.save(tensors));
  if (random(2) === 0) return mutateState(new Map(flat as Iterable<[string, unknown]>));
  const key = any(Object.keys(metadata));
  const text = metadata[key];
  const at = random(text.length);
  const changed = any([
    () => text.slice(0, at),
    () => text.slice(0, at) + any(['0', '-1', '1e999', '"', '{', ']', 'null']) + text.slice(at + 1),
    () => text.replace(/\d+/, any(['0', '-1', '7', '4294967296', '1e30'])),
    () => any(Object.values(metadata)),
  ])();
  return unflattenTensorStateDict(flat, { ...metadata, [key]: changed })[0];
}

function inputOf(name: string): Tensor {
  torch.manualSeed(6);
  if (name.startsWith('recurrent')) return torch.randn(name.includes('cell') ? [4, 5] : [3, 4, 5]);
  const model = makers[name]();
  return torch.randn([6, (model.at(0) as unknown as { inFeatures: number }).inFeatures]);
}
const inputs = new Map(files.map(({ name }) => [name, inputOf(name)]));
const bits = (value: unknown): string =>
  torch.isTensor(value)
    ? Buffer.from((value as Tensor).contiguous().ravel().view(torch.uint8).toTypedArray() as Uint8Array).toString('hex') // prettier-ignore
    : (value as unknown[]).map(bits).join();

/** What the first layer gives: of models of torchao the sizes of the others do not fit. */
function outputs(model: Model, name: string): string {
  const whole = name.startsWith('weight_only') || name.startsWith('dynamic_activation') ? model.at(0) : model;
  return bits((whole as unknown as (x: Tensor) => unknown)(inputs.get(name)!));
}

const versionsOf = (state: State): string => inspect((state as { _metadata?: unknown })._metadata);

function loadOne(name: string, bytes: Buffer): void {
  const state = mutatedState(name, bytes);
  const model = makers[name]();
  model.loadStateDict(state as never);
  const before = outputs(model, name);
  expectAsTheStateSays(model, state, inputs.get(name)!);
  String(model);
  // Layers of older versions take a bit more of their inputs, until they are saved: as in Python.
  const written = model.stateDict();
  if (versionsOf(written) !== versionsOf(state)) return;
  const again = makers[name]();
  again.loadStateDict(load(torch.save(written)) as never);
  if (outputs(again, name) !== before) throw new Error('it computes something else after it was saved');
}

const [count, seed, from = 0] = process.argv.slice(2).map(Number);
process.on('warning', () => {});
const counts = { loaded: 0, refused: 0 };
for (let i = from; i < count; i++) {
  setSeed(seed * 1_000_003 + i);
  const { name, bytes } = any(files);
  if (process.env.PRINT) console.error(i, name);
  try {
    loadOne(name, bytes);
    counts.loaded++;
  } catch (error) {
    if (!(error instanceof TorchError)) {
      console.log(`${i} ${name}: ${(error as Error).stack}`);
      process.exitCode = 1;
      if (!process.env.ALL) break;
    }
    counts.refused++;
  }
}
console.log(JSON.stringify(counts));
