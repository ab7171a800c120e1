// Packed weights of layers with recurrence in files that Python wrote: recurrent.py.
import path from 'node:path';
import torch, { type Tensor, nn, serialization } from 'nodetorch';

const { quantizeDynamic } = torch.ao.quantization;
type State = Map<string, Tensor>;
const lax = { weightsOnly: false };
const makers = {
  lstm: () => new nn.LSTM(5, 8, 2, { bidirectional: true }),
  lstm_float16: () => new nn.LSTM(5, 8),
  gru: () => new nn.GRU(5, 8, { batchFirst: true }),
  cell: () => new nn.GRUCell(5, 8),
  cell_float16: () => new nn.LSTMCell(5, 8),
};
type Name = keyof typeof makers;
const fileOf = (name: Name): string => path.join(__dirname, `recurrent_${name}.pt`);

function quantized(name: Name, seed: number): nn.Module {
  torch.manualSeed(seed);
  const dtype = name.endsWith('float16') ? torch.float16 : torch.qint8;
  return quantizeDynamic(new nn.Sequential(makers[name]() as never), { dtype });
}
function outputs(model: nn.Module, name: Name): unknown {
  torch.manualSeed(6);
  const x = torch.randn(name.startsWith('cell') ? [4, 5] : [3, 4, 5]);
  const flat = (value: unknown): unknown => (torch.isTensor(value) ? value.tolist() : (value as unknown[]).map(flat)); // prettier-ignore
  return flat((model as unknown as (x: Tensor) => unknown)(x));
}
// The numbers of packed weights, whatever holds them.
function numbersOf(value: unknown): unknown {
  if (torch.isTensor(value)) return [String(value.dtype), value.dtype === torch.qint8 ? [value.qScale(), value.intRepr().tolist()] : value.tolist()]; // prettier-ignore
  if (value instanceof serialization.PythonObject) return [value.type, numbersOf(value.state)];
  return Array.isArray(value) ? [value.constructor.name, ...(value as unknown[]).map(numbersOf)] : value;
}
const entries = (state: ReadonlyMap<string, unknown>) => [...state].map(([key, each]) => [key, numbersOf(each)]); // prettier-ignore

describe.each(Object.keys(makers) as Name[])('%s', (name) => {
  const state = torch.load<State>(fileOf(name), lax);

  it('is read', () => {
    const model = quantized(name, 1);
    const expected = outputs(quantized(name, 5), name); // whose bits are Python's: dynamic.test.ts
    expect(outputs(model, name)).not.toEqual(expected);
    model.loadStateDict(state);
    expect(outputs(model, name)).toEqual(expected);
  });
  it('is written with what Python writes', () => {
    const own = torch.load<State>(torch.save(quantized(name, 5).stateDict()), lax);
    expect(entries(own)).toEqual(entries(state));
  });
  it('is saved again as it was', () => {
    expect(entries(torch.load<State>(torch.save(state), lax))).toEqual(entries(state));
  });
  it('is refused with weightsOnly, as in Python', () => {
    expect(() => torch.load(fileOf(name))).toThrow('Unsupported global: GLOBAL torch.ScriptObject');
  });
});

describe('refusals', () => {
  const key = '0._all_weight_values.0.param';
  const stateWith = (value: unknown) => new Map([[key, value]]) as unknown as State;
  const load = (value: unknown) => () => quantized('gru', 1).loadStateDict(stateWith(value));
  const cell = (torch.load<State>(fileOf('gru'), lax) as Map<string, unknown>).get(key) as serialization.PythonObject; // prettier-ignore
  const changed = (i: number, value: unknown): serialization.PythonObject => {
    const object = new serialization.PythonObject('torch.ScriptObject');
    const [state, type] = cell.state as [unknown[], string];
    object.state = serialization.tuple(serialization.tuple(...state.map((each, at) => (at === i ? value : each))), type); // prettier-ignore
    return object;
  };
  const other = (torch.load<State>(fileOf('lstm'), lax) as Map<string, unknown>).get(key);

  it.each<[string, () => unknown, string]>([
    ['a tensor', load(torch.ones([2])), `${key} is no packed weight`],
    ['an object of another class', load(new serialization.PythonObject('a.B')), `${key} is no packed weight`],
    ['weights of other sizes', load(other), 'size mismatch'],
    ['a kind of other layers', load(changed(0, 'quantized')), `${key} is no packed weight of a dynamic`],
    ['no biases', load(changed(1, [])), `${key} has no biases`],
    ['no weights', load(changed(4, [])), `${key} is no packed weight of a linear layer`],
    ['no state', load(changed(4, [null, 3])), `${key} is no packed weight of a linear layer`],
    ['nothing', () => quantized('gru', 1).loadStateDict(new Map() as State), `Missing key(s) in state_dict: "${key}"`], // prettier-ignore
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('an object without a state is not saved', () => {
    const recorded = torch.ops.profiler._record_function_enter_new('a', null);
    expect(() => torch.save(recorded)).toThrow(
      'Tried to serialize object that does not have a __getstate__ method defined: ' +
        '__torch__.torch.classes.profiler._RecordFunction',
    );
  });
});
