// What the arguments of each module's `forward` are called. Most have one, `input`.
import { object, value } from '../../core/kinds';
import { method } from '../../core/signature';
import * as activation from '../layers/activation/elementwise';
import * as activationOptions from '../layers/activation/parametric';
import * as rectifiers from '../layers/activation/rectifiers';
import * as softmax from '../layers/activation/softmax';
import * as adaptive from '../layers/adaptive';
import * as adaptivePooling from '../layers/pooling/adaptive_pooling';
import * as batchnorm from '../layers/norm/batchnorm';
import * as channelshuffle from '../layers/channelshuffle';
import * as sequential from '../layers/sequential';
import * as conv from '../layers/conv/conv';
import * as convTranspose from '../layers/conv/conv_transpose';
import * as distance from '../layers/distance';
import * as dropout from '../layers/dropout';
import * as embeddingBag from '../layers/embedding_bag';
import * as flatten from '../layers/flatten';
import * as fold from '../layers/fold';
import * as fractionalPooling from '../layers/pooling/fractional_pooling';
import * as instancenorm from '../layers/norm/instancenorm';
import { takes } from './keyword_call';
import * as linear from '../layers/linear';
import * as loss from '../layers/loss';
import * as lpPooling from '../layers/pooling/lp_pooling';
import * as maxUnpooling from '../layers/pooling/max_unpooling';
import * as attention from '../layers/attention/multihead_attention';
import { Module } from './module';
import * as normalization from '../layers/norm/normalization';
import * as padding from '../layers/padding';
import * as pooling from '../layers/pooling/pooling';
import * as responseNorm from '../layers/norm/response_norm';
import * as rnn from '../layers/recurrent/rnn';
import * as rnnCells from '../layers/recurrent/cells';
import * as lstm from '../layers/recurrent/lstm';
import * as sparse from '../layers/sparse';
import * as syncBatchnorm from '../layers/norm/sync_batchnorm';
import * as transformer from '../layers/attention/transformer';
import * as decoder from '../layers/attention/transformer_decoder';
import * as encoder from '../layers/attention/transformer_encoder';
import * as encoderLayer from '../layers/attention/transformer_encoder_layer';
import * as upsampling from '../layers/upsampling';
import * as vision from '../layers/vision';

const files: object[] = [activation, activationOptions, rectifiers, softmax, adaptive, adaptivePooling];
files.push(
  batchnorm,
  channelshuffle,
  sequential,
  conv,
  convTranspose,
  distance,
  dropout,
  embeddingBag,
  flatten,
  fold,
);
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
  PairwiseDistance: ['x1', 'x2'],
  PoissonNLLLoss: ['logInput', 'target'],
  RMSNorm: ['x'],
  TripletMarginLoss: TRIPLET,
  TripletMarginWithDistanceLoss: TRIPLET,
};
// Those with a default need a signature of their own, which stands beside the `forward` that binds it.
const bindsItself =
  /^(ConvTranspose\dd|EmbeddingBag|(GRU|LSTM|RNN)(Cell)?|MaxUnpool\dd|MultiheadAttention|Transformer.*)$/;
// Classes that Python's messages name by their base.
const bases: [RegExp, string][] = [
  [/^(Batch|Instance)Norm(\dd)?$/, '_$1Norm'],
  [/^(Zero|Constant)Pad\dd$/, '_ConstantPadNd'],
  [/^(Circular|Reflection|Replication)Pad\dd$/, '_$1PadNd'],
];

// Any object is an input of these.
const generic = ['Identity', 'Sequential'];

for (const [name, Class] of files.flatMap((file) => Object.entries(file) as [string, unknown][])) {
  if (typeof Class !== 'function' || !(Class.prototype instanceof Module)) continue;
  if (bindsItself.test(name) || name.startsWith('Lazy')) continue;
  const prototype = Class.prototype as Module;
  if (prototype.forward === Module.prototype.forward) continue;
  const parent = Object.getPrototypeOf(prototype) as Module;
  // A class that inherits `forward` from an exported one is called by that one's name.
  const inherits = prototype.forward === parent.forward && name !== 'SyncBatchNorm';
  if (inherits && files.some((file) => Object.values(file).includes(parent.constructor))) continue;
  const text = bases.reduce((label, [pattern, base]) => label.replace(pattern, base), name);
  const names = required[name] ?? (name.endsWith('Loss') ? LOSS : ['input']);
  const kind = generic.includes(name) ? object() : value();
  takes(Class as { prototype: object }, method(`${text}.forward`, names.map(kind), {}));
}
