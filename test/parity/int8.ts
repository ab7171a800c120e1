// TypeScript's half of the parity check of int8 models: reads the state_dicts that int8.py has written in DIR, compares what
// the models compute, and writes them again from its own modules.
//
//     tsx test/parity/int8.ts DIR
//
// Run by test/parity/run.js.
import path from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';

process.removeAllListeners('warning');
torch.setNumThreads(1);
const { Int8WeightOnlyConfig, PerGroup, PerRow, PerTensor, quantizeDynamic, quantize_ } =
  torch.ao.quantization;
const folder = process.argv[2];
const expected = torch.load<Map<string, Tensor[]>>(path.join(folder, 'expected.pt'));

const layers: Record<string, () => nn.Module> = {
  linear: () => new nn.Linear(6, 7),
  lstm: () => new nn.LSTM(6, 8, 2, { bidirectional: true }),
  gru: () => new nn.GRU(6, 8),
  lstm_cell: () => new nn.LSTMCell(6, 8),
  gru_cell: () => new nn.GRUCell(6, 8),
  rnn_cell: () => new nn.RNNCell(6, 8, { nonlinearity: 'relu' }),
};
const granularities = {
  torchao_row: new PerRow(),
  torchao_tensor: new PerTensor(),
  torchao_group: new PerGroup(3),
};

function modelOf(name: string): nn.Module {
  if (name in granularities) {
    const model = new nn.Sequential(new nn.Linear(6, 7));
    quantize_(model, new Int8WeightOnlyConfig({ granularity: granularities[name as 'torchao_row'] }));
    return model;
  }
  const dtype = name.endsWith('_float16') ? torch.float16 : torch.qint8;
  return quantizeDynamic(new nn.Sequential(layers[name.replace('_float16', '')]() as never), { dtype });
}

const flat = (value: unknown): Tensor[] =>
  torch.isTensor(value) ? [value] : (value as unknown[]).flatMap(flat);

const wrong: string[] = [];
for (const [name, results] of expected) {
  const model = modelOf(name) as unknown as nn.Module & ((x: Tensor) => unknown);
  const strict = name.startsWith('linear') || name.startsWith('torchao');
  model.loadStateDict(torch.load(path.join(folder, `${name}.pt`), { weightsOnly: strict }));
  torch.manualSeed(7);
  const isSequence = /^(lstm|gru)(_float16)?$/.test(name);
  const found = flat(model(torch.randn(isSequence ? [4, 3, 6] : [5, 6])));
  if (!found.every((each, i) => torch.equal(each, results[i]))) wrong.push(name);
  torch.save(model.stateDict(), path.join(folder, `${name}_again.pt`));
}
console.log(`parity: int8: ${expected.size} states of Python, here: ${wrong.length ? 'DIFFERENT' : 'equal'}`);
for (const name of wrong) console.log(name);
process.exitCode = wrong.length > 0 ? 1 : 0;
