// Modules: every argument of a constructor by position or by name, and no other; calls by name where there are options.
import { type Tensor, nn } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;
declare const packed: nn.utils.rnn.PackedSequence;

expectType<Tensor>()(new nn.Linear(4, 2, false)(x));
expectType<Tensor>()(new nn.Linear({ inFeatures: 4, outFeatures: 2 })(x));
expectType<Tensor>()(new nn.Linear(4, { outFeatures: 2, bias: false })(x));
expectType<Tensor>()(new nn.MaxPool2d({ kernelSize: 2 })(x));
expectType<[Tensor, Tensor]>()(new nn.MaxPool2d({ kernelSize: 2, returnIndices: true })(x));
expectType<[Tensor, Tensor]>()(new nn.AdaptiveMaxPool2d([null, 2], true)(x));
expectType<[Tensor, Tensor]>()(new nn.FractionalMaxPool2d(2, { outputSize: 1, returnIndices: true })(x));
expectType<Tensor>()(new nn.Conv2d(3, 4, 3, 1, 'same', [1, 1], 1, false, 'reflect')(x));
expectType<Tensor>()(new nn.ConvTranspose2d(3, 4, 3)(x, { outputSize: [4, 4] }));
expectType<Tensor>()(new nn.ConvTranspose2d(3, 4, 3)({ input: x }));
expectType<Tensor>()(new nn.LazyConv2d(4, { kernelSize: 3 })(x));
expectType<Tensor>()(new nn.CrossEntropyLoss(null, null, -100, null, 'sum', 0.1)(x, x));
expectType<[Tensor, Tensor]>()(new nn.RNN(2, 3, 1, 'relu', true, true)(x));
expectType<[Tensor, [Tensor, Tensor]]>()(new nn.LSTM(2, 3, { projSize: 1 })({ input: x, hx: null }));
expectType<nn.utils.rnn.PackedSequence>()(new nn.GRU({ inputSize: 2, hiddenSize: 3 })(packed)[0]);
expectType<[Tensor, Tensor | null]>()(new nn.MultiheadAttention(4, 2)(x, { key: x, value: x }));
expectType<Tensor>()(new nn.Transformer(4, 2, { numEncoderLayers: 1 })(x, x, null, { tgtMask: x }));
expectType<nn.Linear>()(new nn.DataParallel(new nn.Linear(1, 1), null, { dim: 1 }).module as nn.Linear);

// @ts-expect-error takes no arguments
new nn.Sigmoid({ foo: 1 });
// @ts-expect-error takes one argument
new nn.ReflectionPad2d(1, 2);
// @ts-expect-error takes no keyword
new nn.PixelShuffle(2, { foo: 1 });
// @ts-expect-error the kernel's size is missing
new nn.Conv2d(3, 4);
// @ts-expect-error no such keyword
new nn.Dropout({ inPlace: true });
// @ts-expect-error a keyword, not the first place
new nn.GaussianNLLLoss(true);
// @ts-expect-error one more than there are
new nn.Linear(1, 2, true, null, null, 3);
// @ts-expect-error takes one input
new nn.Linear(1, 2)(x, x);
