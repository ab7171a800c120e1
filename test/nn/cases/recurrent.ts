// Rows of recurrent modules, under the names of their twins in test/fixtures/nn/recurrent.py.
import { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

/* eslint-disable @typescript-eslint/no-explicit-any -- options of wrong types; RNN, GRU and LSTM alike */
const { packPaddedSequence, packSequence, padPackedSequence } = nn.utils.rnn;

// Calls with the input packed, and gives what comes back padded.
const packed =
  (lengths: number[], batchFirst = false) =>
  (module: any, x: Tensor, ...hx: any[]): unknown[] => {
    const enforceSorted = lengths.every((length, i) => i === 0 || length <= lengths[i - 1]);
    const given = packPaddedSequence(x, lengths, { batchFirst, enforceSorted });
    const [output, hidden] = (module as nn.GRU)(given, ...(hx as [Tensor?]));
    return [...padPackedSequence(output, { batchFirst }), output.data, hidden];
  };

const kinds = { RNN: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM };
type Make = typeof nn.GRU;
type Options = nn.RecurrentOptions;

function rows(name: keyof typeof kinds): NonNullable<Family['modules']> {
  const make = (input: number, hidden: number, layers?: number | Options, options?: Options) =>
    new (kinds[name] as Make)(input, hidden, layers, options);
  return {
    [name]: () => make(3, 4),
    [`${name}/layers`]: () => make(3, 3, 2, { batchFirst: true }),
    [`${name}/bidirectional`]: () => make(2, 2, { numLayers: 2, bidirectional: true }),
    [`${name}/dropout`]: () => make(2, 2, 3, { dropout: 0.5, bias: false }),
    [`${name}/states`]: () => make(2, 3),
    [`${name}/unbatched`]: () => make(2, 3, { bidirectional: true, batchFirst: true }),
    [`${name}/unbatchedStates`]: () => make(2, 3),
    [`${name}/packed`]: { make: () => make(2, 3), call: packed([4, 2]) },
    [`${name}/packedStates`]: {
      make: () => make(2, 2, 2, { bidirectional: true, dropout: 0.25 }),
      call: packed([2, 4, 1], true),
    },
  };
}

function errors(name: keyof typeof kinds): NonNullable<Family['errors']> {
  const make = (...args: any[]) => new (kinds[name] as any)(...args) as nn.GRU;
  const pair = (...shape: number[]): any =>
    name === 'LSTM' ? [zeros(...shape), zeros(...shape)] : zeros(...shape);
  return {
    [`${name} dropout`]: () => make(3, 4, { dropout: 1.5 }),
    [`${name} bias`]: () => make(3, 4, { bias: 'no' }),
    [`${name} batchFirst`]: () => make(3, 4, { batchFirst: 'no' }),
    [`${name} inputSize`]: () => make(0, 4),
    [`${name} hiddenSize`]: () => make(3, 0),
    [`${name} hiddenSize type`]: () => make(3, '4'),
    [`${name} numLayers`]: () => make(3, 4, 0),
    [`${name} input dimensions`]: () => make(3, 4)(zeros(3)),
    [`${name} input size`]: () => make(3, 4)(zeros(2, 1, 4)),
    [`${name} input dtype`]: () => make(3, 4)(zeros(2, 1, 3).double()),
    [`${name} states dimensions`]: () => make(3, 4)(zeros(2, 1, 3), pair(1, 4)),
    [`${name} states unbatched`]: () => make(3, 4)(zeros(2, 3), pair(1, 1, 4)),
    [`${name} states size`]: () => make(3, 4, 2, { batchFirst: true })(zeros(2, 1, 3), pair(1, 2, 4)),
  };
}

export const recurrent: Family = {
  modules: {
    ...rows('RNN'),
    ...rows('GRU'),
    ...rows('LSTM'),
    'RNN/relu': () => new nn.RNN(3, 3, 2, 'relu'),
    'RNN/reluPacked': { make: () => new nn.RNN(3, 4, { nonlinearity: 'relu' }), call: packed([3, 1]) },
    'LSTM/projected': () => new nn.LSTM(2, 3, 2, { projSize: 2, bidirectional: true }),
    'LSTM/projectedPlain': () => new nn.LSTM(3, 3, { projSize: 1, bias: false }),
    RNNBase: () => new nn.RNNBase('GRU', 2, 2, 2, { bidirectional: true }),
    'RNNBase/all': () =>
      new nn.RNNBase('LSTM', 2, 3, 2, { bias: false, batchFirst: true, dropout: 0.25, projSize: 2 }),
    RNNCellBase: () => new nn.RNNCellBase(2, 3, true, 2),
    RNNCell: () => new nn.RNNCell(3, 4),
    'RNNCell/start': () => new nn.RNNCell(3, 4, { bias: false }),
    'RNNCell/unbatched': () => new nn.RNNCell(3, 4),
    'RNNCell/relu': () => new nn.RNNCell(3, 4, { nonlinearity: 'relu', bias: false }),
    GRUCell: () => new nn.GRUCell(3, 4),
    'GRUCell/start': () => new nn.GRUCell(3, 4, { bias: false }),
    'GRUCell/unbatched': () => new nn.GRUCell(3, 4),
    LSTMCell: () => new nn.LSTMCell(3, 4),
    'LSTMCell/start': () => new nn.LSTMCell(3, 4, { bias: false }),
    'LSTMCell/unbatched': () => new nn.LSTMCell(3, 4),
  },
  errors: {
    ...errors('RNN'),
    ...errors('GRU'),
    ...errors('LSTM'),
    'RNN packed dimensions': () => new nn.RNN(3, 4)(packSequence([zeros(2, 1, 3)])),
    'GRU packed dimensions': () => new nn.GRU(3, 4)(packSequence([zeros(2, 1, 3)])),
    'LSTM cell size': () =>
      new nn.LSTM(3, 4, { projSize: 2 })(zeros(2, 1, 3), [zeros(1, 1, 2), zeros(1, 1, 2)]),
    'LSTM projSize': () => new nn.LSTM(3, 4, { projSize: 4 }),
    'LSTM projSize negative': () => new nn.LSTM(3, 4, { projSize: -1 }),
    'RNN projSize': () => new nn.RNN(3, 4, { projSize: 2 } as any),
    'GRU projSize': () => new nn.GRU(3, 4, { projSize: 2 } as any),
    'RNN nonlinearity': () => new nn.RNN(3, 4, { nonlinearity: 'gelu' as 'relu' }),
    'RNNBase mode': () => new nn.RNNBase('ELMAN' as 'GRU', 3, 4),
    'RNNBase forward': () => new nn.RNNBase('GRU', 3, 4)(zeros(2, 1, 3)),
    'RNNCell input': () => new nn.RNNCell(3, 4)(zeros(1, 1, 3)),
    'RNNCell hidden': () => new nn.RNNCell(3, 4)(zeros(1, 3), zeros(1, 1, 4)),
    'RNNCell size': () => new nn.RNNCell(3, 4)(zeros(1, 2)),
    'RNNCell nonlinearity': () => new nn.RNNCell(3, 4, { nonlinearity: 'gelu' as 'relu' })(zeros(1, 3)),
    'GRUCell input': () => new nn.GRUCell(3, 4)(zeros(1, 1, 3)),
    'GRUCell hidden': () => new nn.GRUCell(3, 4)(zeros(1, 3), zeros(1, 1, 4)),
    'GRUCell hidden size': () => new nn.GRUCell(3, 4)(zeros(1, 3), zeros(1, 3)),
    'LSTMCell input': () => new nn.LSTMCell(3, 4)(zeros(1, 1, 3)),
    'LSTMCell state': () => new nn.LSTMCell(3, 4)(zeros(1, 3), [zeros(1, 4), zeros(1, 1, 4)]),
    'LSTMCell batch': () => new nn.LSTMCell(3, 4)(zeros(1, 3), [zeros(2, 4), zeros(2, 4)]),
  },
  spelled: { 'got: str': 'got: string' },
};
/* eslint-enable @typescript-eslint/no-explicit-any */
