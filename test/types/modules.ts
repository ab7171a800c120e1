// What a module takes and gives: from its `forward`, or from type arguments.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;

// Without type arguments the call has the types of `forward`.
class Net extends nn.Module {
  fc = new nn.Linear(2, 3);
  override forward(input: Tensor, scale?: number) {
    return this.fc(input).mul(scale ?? 1);
  }
}
const net = new Net();
expectType<Tensor>()(net(x));
expectType<Tensor>()(net(x, 2));
expectType<Net>()(
  net
    .to('cpu')
    .train()
    .apply((module) => void module(1, 2, 3)),
);
// @ts-expect-error a number is no Tensor
net(1);
// @ts-expect-error one argument too many
net(x, 2, 3);
// @ts-expect-error an argument is missing
net();
// @ts-expect-error a result is no string
const text: string = net(x);
// @ts-expect-error no such field
void net.fc2;

// With type arguments the call has those.
class Typed extends nn.Module<[Tensor, number?], Tensor> {
  override forward(input: Tensor, scale = 1): Tensor {
    return input.mul(scale);
  }
  twice(input: Tensor): Tensor {
    return this(this(input), 2);
  }
}
expectType<Tensor>()(new Typed()(x, 2));
// @ts-expect-error a number is no Tensor
new Typed()(1);
class Unfit extends nn.Module<[Tensor], Tensor> {
  // @ts-expect-error it does not fit the type arguments
  override forward(input: string): Tensor {
    return torch.tensor(input.length);
  }
}
void Unfit;

// Tuples, objects, unions, keywords, generics.
class Pair extends nn.Module {
  override forward([a, b]: readonly [Tensor, Tensor]): [Tensor, Tensor] {
    return [b, a];
  }
}
expectType<[Tensor, Tensor]>()(new Pair()([x, x]));
// @ts-expect-error a pair, not two arguments
new Pair()(x, x);
class Logits extends nn.Module {
  override forward({ ids, mask = null }: { ids: Tensor; mask?: Tensor | null }): { logits: Tensor } {
    return { logits: mask ? ids.mul(mask) : ids };
  }
}
expectType<{ logits: Tensor }>()(new Logits()({ ids: x }));
// @ts-expect-error no such keyword
new Logits()({ ids: x, masks: x });
declare const either: nn.Linear | nn.Identity | Net;
expectType<Tensor>()(either(x));
// @ts-expect-error none of them takes text
either('x');
class Residual<M extends nn.Module<[Tensor], Tensor>> extends nn.Module {
  constructor(readonly inner: M) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return input.add(this.inner(input));
  }
}
const residual = new Residual(net);
expectType<Tensor>()(residual(x));
expectType<nn.Linear>()(residual.inner.fc);
// @ts-expect-error it takes a pair
new Residual(new Pair());
class Around<Args extends unknown[], Out> extends nn.Module<Args, Out> {
  constructor(readonly inner: nn.Module<Args, Out>) {
    super();
  }
  override forward(...args: Args): Out {
    return this.inner(...args);
  }
}
expectType<Tensor>()(new Around(net)(x, 1));
// @ts-expect-error a number is no Tensor
new Around(net)(1);
function through<M extends nn.Module, N extends Net>(any: M, one: N): Tensor {
  any(x, 'whatever');
  return one(x);
}
expectType<Tensor>()(through(residual, net));

// Of overloads of `forward` the call has the last; an interface gives it all.
class Attention extends nn.Module {
  override forward(input: Tensor, weights: true): [Tensor, Tensor];
  override forward(input: Tensor, weights?: false): Tensor;
  override forward(input: Tensor, weights?: boolean): Tensor | [Tensor, Tensor] {
    return weights ? [input, input] : input;
  }
}
interface Attention {
  (input: Tensor, weights: true): [Tensor, Tensor];
}
expectType<Tensor>()(new Attention()(x));
expectType<[Tensor, Tensor]>()(new Attention()(x, true));
// @ts-expect-error weights is a boolean
new Attention()(x, 1);

// Abstract ones, fields instead of methods, and modules without a class of their own.
abstract class Encoder extends nn.Module {
  abstract override forward(input: Tensor): Tensor;
}
declare const encoder: Encoder;
expectType<Tensor>()(encoder(x));
// @ts-expect-error it cannot be made
new Encoder();
const holder = new nn.Module() as nn.Module & { weight: nn.Parameter };
expectType<nn.Parameter>()(holder.weight);
const anything: nn.Module = net;
anything(1, 'x').whatever();

// Any module stands for one of its shape.
const shape: nn.Module<[Tensor], Tensor>[] = [net, new Typed(), residual, new nn.Linear(1, 1), anything];
for (const module of shape) expectType<Tensor>()(module(x));
const call: (input: Tensor) => Tensor = net;
void call;
// @ts-expect-error a pair is no Tensor
const pairs: nn.Module<[Tensor], Tensor> = new Pair();
void pairs;

// Hooks see the types of the call.
net.registerForwardPreHook((module, [input, scale]) => {
  expectType<Net>()(module);
  expectType<Tensor>()(input);
  expectType<number | undefined>()(scale);
});
net.registerForwardHook((module, [input], output) => {
  expectType<nn.Linear>()(module.fc);
  return output.add(input);
});
net.fc.registerForwardHook((_, __, output) => output.mul(2), { alwaysCall: true });
net.registerForwardHook((_, args, kwargs, output) => output.add(args[0]).mul(kwargs.scale), {
  withKwargs: true,
});
// @ts-expect-error the output is a Tensor
net.registerForwardHook((_, __, output) => output.logits);
// @ts-expect-error the first argument is a Tensor
net.registerForwardPreHook((_, [input]) => input.toFixed());

// What wraps a model has its signature.
const averaged = new optim.swaUtils.AveragedModel(net);
expectType<Tensor>()(averaged(x, 2));
// @ts-expect-error a number is no Tensor
averaged(1);
expectType<Tensor>()(new nn.DataParallel(net)(x, 2));
// @ts-expect-error one argument too many
new nn.DataParallel(net)(x, 2, 3);
expectType<{ logits: Tensor }>()(torch.func.functionalCall(new Logits(), {}, [{ ids: x }]));
expectType<Net>()(nn.utils.skipInit(Net));
expectType<Net>()(torch.deepcopy(net));
expectType<(Net | Tensor)[]>()(torch.deepcopy([net, x]));
void text;

// A bias is there unless the options say something else.
const pi = new nn.Linear(2, 3);
nn.init.zeros_(pi.bias);
nn.init.zeros_(new nn.Conv2d(3, 16, 3, { padding: 1 }).bias);
nn.init.zeros_(new nn.Bilinear(1, 2, 3).bias);
expectType<nn.Parameter>()(new nn.Linear(2, 3, { bias: true, dtype: torch.float64 }).bias);
expectType<null>()(new nn.Linear(2, 3, { bias: false }).bias);
expectType<null>()(new nn.Conv1d(1, 2, 3, 1, 1, { bias: false }).bias);
expectType<nn.Parameter>()(new nn.ConvTranspose2d(1, 2, 3).bias);
expectType<null>()(new nn.ConvTranspose1d(1, 2, 3, 1, 0, 0, 1, false).bias);
declare const wanted: boolean;
expectType<nn.Parameter | null>()(new nn.ConvTranspose3d(1, 2, 3, { bias: wanted }).bias);

// So are scale and shift of a norm; instance norms have them on demand.
const bn = new nn.BatchNorm2d(3, { momentum: null });
expectType<nn.Parameter[]>()([bn.weight, bn.bias]);
nn.init.ones_(new nn.BatchNorm1d(3, 1e-5, 0.1, true).weight);
nn.init.ones_(new nn.LazyBatchNorm3d().weight);
nn.init.ones_(new nn.SyncBatchNorm(3).weight);
expectType<null>()(new nn.BatchNorm2d(3, { affine: false }).weight);
expectType<null>()(new nn.BatchNorm2d(3, { affine: false }).bias);
expectType<nn.Parameter>()(new nn.BatchNorm2d(3, { bias: false }).weight);
expectType<null>()(new nn.BatchNorm2d(3, { bias: false }).bias);
expectType<nn.Parameter | null>()(new nn.BatchNorm2d(3, { affine: wanted }).weight);
expectType<nn.Parameter>()(new nn.LayerNorm([2, 3]).bias);
expectType<null>()(new nn.LayerNorm(3, { bias: false }).bias);
expectType<nn.Parameter>()(new nn.LayerNorm(3, 1e-6, true, false).weight);
expectType<null>()(new nn.LayerNorm(3, { elementwiseAffine: false }).weight);
expectType<nn.Parameter>()(new nn.GroupNorm(1, 3).weight);
expectType<null>()(new nn.GroupNorm(1, 3, { affine: false }).bias);
expectType<nn.Parameter>()(new nn.RMSNorm(3).weight);
expectType<null>()(new nn.RMSNorm(3, { elementwiseAffine: false }).weight);
expectType<nn.Parameter | null>()(new nn.InstanceNorm2d(3).weight);
expectType<nn.Parameter>()(new nn.InstanceNorm2d(3, { affine: true }).weight);
const norms: nn.BatchNorm2d[] = [bn, new nn.BatchNorm2d(3, { affine: false }), new nn.LazyBatchNorm2d()];
const instances: nn.InstanceNorm1d[] = [new nn.InstanceNorm1d(3), new nn.InstanceNorm1d(3, { affine: true })];
void [norms, instances];
// @ts-expect-error it has none
nn.init.ones_(new nn.BatchNorm2d(3, { affine: false }).weight);
// @ts-expect-error it has none unless asked for
nn.init.ones_(new nn.InstanceNorm1d(3).weight);
// @ts-expect-error it has none
nn.init.zeros_(new nn.ConvTranspose2d(1, 2, 3, { bias: false }).bias);
expectType<nn.Parameter | null>()(new nn.Linear(2, 3, { bias: wanted }).bias);
class Attend extends nn.Module {
  qkv: nn.Linear;
  down: nn.Conv2d | nn.Identity;
  constructor() {
    super();
    this.qkv = new nn.Linear(2, 6, { bias: false });
    this.down = new nn.Conv2d(1, 1, 1, { bias: false });
  }
  override forward(input: Tensor): Tensor {
    expectType<nn.Parameter>()(this.qkv.bias);
    return this.down(this.qkv(input));
  }
}
class Own extends nn.Linear {
  constructor(width: number) {
    super(width, width, { bias: false });
  }
}
const linears: nn.Linear[] = [
  pi,
  new Attend().qkv,
  new Own(2),
  new nn.LazyLinear(3),
  new nn.Linear(1, 1, { bias: wanted }),
];
void linears;
// @ts-expect-error it has none
nn.init.zeros_(new nn.Linear(2, 3, { bias: false }).bias);
// @ts-expect-error it may have none
nn.init.zeros_(new nn.Linear(2, 3, { bias: wanted }).bias);
// @ts-expect-error a bias is true or false here
new nn.Linear(2, 3, { bias: 1 });
