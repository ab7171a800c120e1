// Operators as functions: positions, keywords, `out`, lists.
import torch, { type Tensor } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;
declare const y: Tensor;

// By position, by keyword, and mixed.
expectType<Tensor>()(torch.maxPool2d(x, 2));
expectType<Tensor>()(torch.maxPool2d(x, [2, 2], 2, 1));
expectType<Tensor>()(torch.maxPool2d(x, 2, { padding: 1, ceilMode: true }));
expectType<Tensor>()(torch.maxPool2d(x, 2, 2, { padding: [1, 1] }));
expectType<Tensor>()(torch.maxPool2d(x, { kernelSize: 2 }));
torch.add(x, y, { alpha: 2 });
torch.add(x, 1);
torch.add(2, x);
torch.conv2d(x, y, null, 1, { groups: 2 });
torch.cat([x, y], 1);
torch.cat({ tensors: [x, y], dim: -1 });
torch.where(x, y, 0);
torch.clamp(x, { max: 1 });
torch.div(x, y, { roundingMode: 'floor' });
torch.normal(0, 1, [2, 3]);
torch.var(x, { dim: 1, correction: 0 });
torch.sum(x, undefined);

// `undefined` is the default, `null` is None.
torch.sum(x, null, true);
torch.linspace(0, 1, 5, { dtype: undefined, device: null });

// Sizes as a list or one by one, and every kind of operand.
torch.zeros([2, 3], { dtype: 'float64', device: 'cuda:1', requiresGrad: true });
torch.zeros(2, 3);
torch.zeros(2, 3n, { dtype: torch.int64, layout: torch.strided });
torch.zeros(x.shape);
torch.emptyLike(x, { memoryFormat: torch.channelsLast });
torch.randint(10, [3]);
torch.randint(0, 10, { size: [3] });
torch.randn([2], { generator: new torch.Generator() });
torch.mul(x, new torch.Complex(0, 1));
torch.ops.aten._foreach_add_([x, y], 1);

// `out`, one and several.
expectType<Tensor>()(torch.add(x, y, { out: x }));
torch.zeros([2], { out: x });
torch.sort(x, { out: [x, y] });

// Namespaces under Python's names.
expectType<Tensor>()(torch.linalg.inv(x));
expectType<Tensor>()(torch.fft.fft(x, { dim: 0, norm: 'ortho' }));
expectType<Tensor>()(torch.special.expit(x));
expectType<Tensor>()(torch.linalg.matrixNorm(x, 'fro', { keepdim: true }));

// @ts-expect-error too few arguments
torch.maxPool2d(x);
// @ts-expect-error too many arguments
torch.relu(x, 1);
// @ts-expect-error not a Tensor
torch.matmul(x, [1, 2]);
// @ts-expect-error a number does for a Tensor in arithmetic only
torch.matmul(x, 2);
// @ts-expect-error a string where whole numbers are due
torch.maxPool2d(x, 'two');
// @ts-expect-error unknown keyword
torch.add(x, y, { beta: 2 });
// @ts-expect-error Python's spelling of a keyword
torch.maxPool2d(x, 2, { ceil_mode: true });
// @ts-expect-error a keyword is not positional
torch.add(x, y, 2);
// @ts-expect-error a boolean where a number is due
torch.softmax(x, true);
// @ts-expect-error no such dtype
torch.zeros([2], { dtype: 'float33' });
// @ts-expect-error null is not a size
torch.zeros(null);
// @ts-expect-error one `out` where two are due
torch.sort(x, { out: x });
// @ts-expect-error requiresGrad is a keyword of factories
torch.add(x, y, { requiresGrad: true });
// @ts-expect-error a list of tensors
torch.cat(x, 1);
// @ts-expect-error a tensor is no keywords, though it has a dtype and a device
torch.zerosLike(x, y);
// @ts-expect-error no such operator
torch.maxPool9d(x, 2);
// @ts-expect-error Python's spelling of an operator
torch.max_pool2d(x, 2);
// @ts-expect-error private names are in torch.ops.aten alone
void torch._foreachAdd_;
// @ts-expect-error nor in the modules of operators
void torch.linalg._linalgSvd;
