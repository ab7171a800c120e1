// Operators as methods of Tensor, and what they give back.
import { type nn, type Tensor, type TensorList } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;
declare const y: Tensor;
declare const parameter: nn.Parameter;

expectType<Tensor>()(x.add(y));
expectType<Tensor>()(x.sum());
expectType<Tensor>()(x.sum({ dim: 1, keepdim: true }));
expectType<Tensor>()(x.sum(1, true, { dtype: 'float64' }));
expectType<Tensor>()(x.sum([0, 1], { keepdim: true }));
expectType<Tensor>()(x.view([2, 3]));
expectType<Tensor>()(x.view(2, 3));
expectType<Tensor>()(x.view(-1));
expectType<Tensor>()(x.view('int32'));
expectType<Tensor>()(x.permute(1, 0, 2).reshape(-1).transpose(0, 1));
expectType<Tensor>()(x.newZeros(2, 3, { requiresGrad: true }));
expectType<boolean>()(x.equal(y));
expectType<boolean>()(x.allclose(y, { rtol: 1e-3 }));
expectType<TensorList>()(x.split(2, { dim: 1 }));
expectType<TensorList>()(x.unbind());
expectType<Tensor>()(x.maxPool2d(2));
expectType<Tensor>()(x.bitwiseAnd(y));

// Overloads differ in their results.
expectType<Tensor>()(x.max());
expectType<Tensor>()(x.max(y));
const [values, indices] = x.max(1);
expectType<Tensor>()(values);
expectType<Tensor>()(indices);
const best: Tensor = x.max({ dim: 1 }).values;
expectType<Tensor>()(x.topk(5, { largest: false }).indices);
expectType<Tensor>()(x.aminmax({ dim: 0 }).min);
const { mantissa, exponent } = x.frexp();
expectType<Tensor[]>()([best, mantissa, exponent]);

// An in-place operator gives back the object itself.
expectType<Tensor>()(x.add_(y, { alpha: 2 }).relu_());
expectType<nn.Parameter>()(parameter.zero_().uniform_(-1, 1));
expectType<Tensor>()(parameter.add(1));
parameter.copy_(x, true);
const asTensor: Tensor = parameter;
void asTensor;

// @ts-expect-error `out` is no keyword of methods, as in Python
x.add(y, { out: x });
// @ts-expect-error `this` is the first argument already
x.relu(x);
// @ts-expect-error no such keyword
x.sum({ dims: 1 });
// @ts-expect-error a required argument is missing
x.matmul();
// @ts-expect-error a tensor is no boolean
x.sum(1, y);
// @ts-expect-error a tensor is no keywords, though it has a dtype
x.sum(y);
// @ts-expect-error takes no tensor `self`
x.conv2d(y);
// @ts-expect-error a result is not a number
const wrong: number = x.sum();
void wrong;
// @ts-expect-error private names are in torch.ops.aten alone
void x._values;
