// Functionals: every argument by position or by name, and no other.
import { type Tensor, nn } from 'nodetorch';
import { expectType } from './expect';

const F = nn.functional;
declare const x: Tensor;
declare const isRelu: boolean;

expectType<Tensor>()(F.sigmoid(x));
expectType<Tensor>()(F.sigmoid({ input: x }));
expectType<Tensor>()(F.relu(x, true));
expectType<Tensor>()(F.relu(x, { inplace: true }));
expectType<Tensor>()(F.conv2d(x, x, null, 1, 'same', [1, 1], 2));
expectType<Tensor>()(F.conv2d(x, { weight: x, groups: 2 }));
expectType<Tensor>()(F.crossEntropy(x, x, null, null, -100, null, 'sum', 0.1));
expectType<Tensor>()(F.scaledDotProductAttention(x, x, x, null, 0, { isCausal: true }));
expectType<[Tensor, Tensor]>()(F.adaptiveMaxPool2d(x, 2, { returnIndices: true }));
expectType<Tensor>()(F.adaptiveMaxPool2d(x, [null, 2]));
expectType<Tensor>()((isRelu ? F.relu : F.gelu)(x));

// @ts-expect-error takes one argument
F.sigmoid(x, 1);
// @ts-expect-error takes no keyword
F.sigmoid(x, { out: x });
// @ts-expect-error the weight is missing
F.conv2d(x);
// @ts-expect-error no such keyword
F.relu(x, { inPlace: true });
// @ts-expect-error a keyword, not the second place
F.softmax(x, 0, 'float64');
// @ts-expect-error one more than there are
F.softplus(x, 1, 20, 3);
