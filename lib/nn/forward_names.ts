// What the arguments of each module's `forward` are called. Most have one, `input`.
import * as activation from './activation';
import * as activationOptions from './activation_options';
import * as rectifiers from './activation_rectifiers';
import * as softmax from './activation_softmax';
import * as adaptive from './adaptive';
import * as adaptivePooling from './adaptive_pooling';
import * as batchnorm from './batchnorm';
import * as channelshuffle from './channelshuffle';
import * as conv from './conv';
import * as convTranspose from './conv_transpose';
import * as distance from './distance';
import * as dropout from './dropout';
import * as embeddingBag from './embedding_bag';
import * as flatten from './flatten';
import * as fold from './fold';
import * as fractionalPooling from './fractional_pooling';
import * as instancenorm from './instancenorm';
import { takes } from './keyword_call';
import * as linear from './linear';
import * as loss from './loss';
import * as lpPooling from './lp_pooling';
import * as maxUnpooling from './max_unpooling';
import * as attention from './multihead_attention';
import { Module } from './module';
import * as normalization from './normalization';
import * as padding from './padding';
import * as pooling from './pooling';
import * as responseNorm from './response_norm';
import * as rnn from './rnn';
import * as rnnCells from './rnn_cells';
import * as lstm from './rnn_lstm';
import * as sparse from './sparse';
import * as syncBatchnorm from './sync_batchnorm';
import * as transformer from './transformer';
import * as decoder from './transformer_decoder';
import * as encoder from './transformer_encoder';
import * as encoderLayer from './transformer_encoder_layer';
import * as upsampling from './upsampling';
import * as vision from './vision';

const files: object[] = [activation, activationOptions, rectifiers, softmax, adaptive, adaptivePooling];
files.push(batchnorm, channelshuffle, conv, convTranspose, distance, dropout, embeddingBag, flatten, fold);
files.push(fractionalPooling, instancenorm, linear, loss, lpPooling, maxUnpooling, attention, normalization);
files.push(padding, pooling, responseNorm, rnn, rnnCells, lstm, sparse, syncBatchnorm, transformer, decoder);
files.push(encoder, encoderLayer, upsampling, vision);

const LOSS = ['input', 'target'];
const PAIR = ['input1', 'input2', 'target'];
const TRIPLET = ['anchor', 'positive', 'negative'];
const required: Record<string, readonly string[]> = {
  AdaptiveLogSoftmaxWithLoss: ['input_', 'target_'],
  Bilinear: ['input1', 'input2'],
  CTCLoss: ['logProbs', 'targets', 'inputLengths', 'targetLengths'],
  CosineEmbeddingLoss: PAIR,
  CosineSimilarity: ['x1', 'x2'],
  GaussianNLLLoss: [...LOSS, 'var'],
  MarginRankingLoss: PAIR,
  MaxUnpool1d: ['input', 'indices'],
  MaxUnpool2d: ['input', 'indices'],
  MaxUnpool3d: ['input', 'indices'],
  MultiheadAttention: ['query', 'key', 'value'],
  PairwiseDistance: ['x1', 'x2'],
  PoissonNLLLoss: ['logInput', 'target'],
  RMSNorm: ['x'],
  Transformer: ['src', 'tgt'],
  TransformerDecoder: ['tgt', 'memory'],
  TransformerDecoderLayer: ['tgt', 'memory'],
  TransformerEncoder: ['src'],
  TransformerEncoderLayer: ['src'],
  TripletMarginLoss: TRIPLET,
  TripletMarginWithDistanceLoss: TRIPLET,
};
const hasOptions =
  /^(ConvTranspose\dd|EmbeddingBag|(GRU|LSTM|RNN)(Cell)?|MaxUnpool\dd|MultiheadAttention|Transformer.*)$/;
// Classes that Python's messages name by their base.
const bases: [RegExp, string][] = [
  [/^(Batch|Instance)Norm(\dd)?$/, '_$1Norm'],
  [/^(Zero|Constant)Pad\dd$/, '_ConstantPadNd'],
  [/^(Circular|Reflection|Replication)Pad\dd$/, '_$1PadNd'],
];

// Any object is an input of these.
const generic = ['Identity'];

for (const [name, Class] of files.flatMap((file) => Object.entries(file) as [string, unknown][])) {
  if (typeof Class !== 'function' || !(Class.prototype instanceof Module)) continue;
  if (generic.includes(name) || name.startsWith('Lazy')) continue;
  const prototype = Class.prototype as Module;
  const parent = Object.getPrototypeOf(prototype) as Module;
  // A class that inherits `forward` from an exported one is called by that one's name.
  const inherits = prototype.forward === parent.forward && name !== 'SyncBatchNorm';
  if (inherits && files.some((file) => Object.values(file).includes(parent.constructor))) continue;
  const text = bases.reduce((label, [pattern, base]) => label.replace(pattern, base), name);
  takes(Class as { prototype: object }, {
    name: `${text}.forward`,
    required: required[name] ?? (name.endsWith('Loss') ? LOSS : ['input']),
    hasOptions: hasOptions.test(name),
  });
}
