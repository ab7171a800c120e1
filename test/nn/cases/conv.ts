// Rows of convolutions, under the names of their twins in test/fixtures/nn/conv.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

const shapes: Record<number, number[]> = { 1: [2, 4, 5], 2: [2, 4, 4, 3], 3: [1, 4, 3, 2, 3] };

type Rows = NonNullable<Family['modules']>;
type Errors = NonNullable<Family['errors']>;
type Like<C extends abstract new (...args: never[]) => unknown> = new (
  ...args: ConstructorParameters<C>
) => nn.Module<[Tensor, (readonly number[])?], Tensor>;
type Conv = Like<typeof nn.Conv2d>;
type Transposed = Like<typeof nn.ConvTranspose2d>;
type LazyConv = Like<typeof nn.LazyConv2d>;
type LazyTransposed = Like<typeof nn.LazyConvTranspose2d>;

function transposed(n: number, ConvTranspose: Transposed, outputSize: number[]): Rows {
  const name = `ConvTranspose${n}d`;
  return {
    [name]: () => new ConvTranspose(4, 3, 3),
    [`${name}/options`]: () =>
      new ConvTranspose(4, 6, 2, {
        stride: 3,
        padding: 1,
        outputPadding: 2,
        groups: 2,
        bias: false,
        dilation: 2,
      }),
    [`${name}/positional`]: () => new ConvTranspose(4, 2, 3, 2, 1, 1),
    [`${name}/unbatched`]: () => new ConvTranspose(4, 2, 2),
    [`${name}/outputSize`]: {
      make: () => new ConvTranspose(4, 2, 3, 2, 1),
      call: (module: nn.ConvTranspose2d, x: Tensor) => module(x, outputSize),
    },
  };
}

function transposedErrors(n: number, ConvTranspose: Transposed): Errors {
  const name = `ConvTranspose${n}d`;
  const input = (): Tensor => zeros(...shapes[n]);
  const sizes = (count: number, size: number): number[] => new Array<number>(count).fill(size);
  return {
    [`${name} padding mode`]: () => new ConvTranspose(4, 2, 3, { paddingMode: 'reflect' }),
    [`${name} output size`]: () => new ConvTranspose(4, 2, 3, 2)(input(), sizes(n, 99)),
    [`${name} output sizes`]: () => new ConvTranspose(4, 2, 3, 2)(input(), sizes(n + 3, 9)),
    [`${name} output padding`]: () => new ConvTranspose(4, 2, 3, { outputPadding: 1 })(input()),
    [`${name} channels`]: () => new ConvTranspose(3, 2, 3)(input()),
  };
}

function loaded(lazy: nn.Module, module: nn.Module): nn.Module {
  lazy.loadStateDict(module.stateDict());
  return lazy;
}

function lazy(n: number, Conv: Conv, LazyConv: LazyConv, LazyConvTranspose: LazyTransposed): Rows {
  const [name, transposed] = [`LazyConv${n}d`, `LazyConvTranspose${n}d`];
  const options = { stride: 2, padding: 1, groups: 2, bias: false };
  return {
    [name]: () => new LazyConv(2, 2),
    [`${name}/options`]: () => new LazyConv(4, 2, { ...options, paddingMode: 'replicate' }),
    [`${name}/unbatched`]: () => new LazyConv(2, 2),
    [`${name}/loaded`]: () => loaded(new LazyConv(2, 2), new Conv(4, 2, 2)),
    [transposed]: () => new LazyConvTranspose(2, 2),
    [`${transposed}/options`]: () => new LazyConvTranspose(4, 2, { ...options, outputPadding: 1 }),
  };
}

function lazyErrors(n: number, LazyConv: LazyConv, LazyConvTranspose: LazyTransposed): Errors {
  const flat = new Array<number>(n).fill(2);
  return {
    [`LazyConv${n}d dims`]: () => new LazyConv(2, 2)(zeros(...flat)),
    [`LazyConv${n}d groups`]: () => new LazyConv(3, 2, { groups: 3 })(zeros(...shapes[n])),
    [`LazyConvTranspose${n}d dims`]: () => new LazyConvTranspose(2, 2)(zeros(...flat)),
  };
}

export const conv: Family = {
  modules: {
    Conv1d: () => new nn.Conv1d(4, 6, 3),
    'Conv1d/circular': () => new nn.Conv1d(2, 3, 3, { padding: 2, paddingMode: 'circular' }),
    'Conv1d/unbatched': () => new nn.Conv1d(2, 3, 3),
    Conv2d: () => new nn.Conv2d(3, 4, 3),
    'Conv2d/options': () =>
      new nn.Conv2d(4, 6, [3, 2], {
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 2],
        groups: 2,
        bias: false,
      }),
    'Conv2d/positional': () => new nn.Conv2d(2, 3, 3, 2, 1),
    'Conv2d/same': () => new nn.Conv2d(2, 3, [4, 3], { padding: 'same' }),
    'Conv2d/valid': () => new nn.Conv2d(2, 3, 3, { padding: 'valid' }),
    'Conv2d/reflect': () => new nn.Conv2d(2, 3, 3, { padding: 1, paddingMode: 'reflect' }),
    'Conv2d/replicate': () =>
      new nn.Conv2d(2, 3, [2, 4], { padding: 'same', dilation: 2, paddingMode: 'replicate' }),
    'Conv2d/depthwise': () => new nn.Conv2d(4, 8, 3, { groups: 4 }),
    'Conv2d/channelsLast': () => new nn.Conv2d(3, 4, 3),
    'Conv2d/float64': () => new nn.Conv2d(3, 4, 3, { dtype: torch.float64 }),
    Conv3d: () => new nn.Conv3d(2, 3, [2, 3, 2], { padding: 1 }),
    'Conv3d/same': () => new nn.Conv3d(2, 2, 3, { padding: 'same', bias: false }),
    ...transposed(1, nn.ConvTranspose1d, [10]),
    ...lazy(1, nn.Conv1d, nn.LazyConv1d, nn.LazyConvTranspose1d),
    ...transposed(2, nn.ConvTranspose2d, [8, 6]),
    ...lazy(2, nn.Conv2d, nn.LazyConv2d, nn.LazyConvTranspose2d),
    ...transposed(3, nn.ConvTranspose3d, [6, 4, 6]),
    ...lazy(3, nn.Conv3d, nn.LazyConv3d, nn.LazyConvTranspose3d),
  },
  functionals: {
    conv1d: (x, w, b) => F.conv1d(x, w, b, 2, 1),
    conv2d: (x, w) => F.conv2d(x, w),
    'conv2d/options': (x, w, b) => F.conv2d(x, w, b, { stride: 2, padding: [2, 1], dilation: 2, groups: 3 }),
    'conv2d/same': (x, w) => F.conv2d(x, w, null, { padding: 'same' }),
    conv3d: (x, w) => F.conv3d(x, w, null, 1, 1),
    convTranspose1d: (x, w, b) => F.convTranspose1d(x, w, b, 2, 1, 1),
    convTranspose2d: (x, w) => F.convTranspose2d(x, w),
    'convTranspose2d/options': (x, w, b) =>
      F.convTranspose2d(x, w, b, {
        stride: [2, 3],
        padding: [1, 0],
        outputPadding: [1, 2],
        groups: 2,
        dilation: 2,
      }),
    convTranspose3d: (x, w) => F.convTranspose3d(x, w, null, 2),
    convTbc: (x, w, b) => F.convTbc(x, w, b, 1),
    'convTbc/pad': (x, w, b) => F.convTbc(x, w, b),
  },
  errors: {
    'Conv2d groups 0': () => new nn.Conv2d(2, 2, 1, { groups: 0 }),
    'Conv2d in_channels': () => new nn.Conv2d(3, 4, 1, { groups: 2 }),
    'Conv2d out_channels': () => new nn.Conv2d(4, 3, 1, { groups: 2 }),
    'Conv2d same strided': () => new nn.Conv2d(2, 2, 3, { stride: 2, padding: 'same' }),
    'Conv2d channels': () => new nn.Conv2d(3, 4, 3)(zeros(1, 2, 5, 5)),
    'Conv2d small': () => new nn.Conv2d(3, 4, 7)(zeros(1, 3, 5, 5)),
    ...transposedErrors(1, nn.ConvTranspose1d),
    ...lazyErrors(1, nn.LazyConv1d, nn.LazyConvTranspose1d),
    ...transposedErrors(2, nn.ConvTranspose2d),
    ...lazyErrors(2, nn.LazyConv2d, nn.LazyConvTranspose2d),
    ...transposedErrors(3, nn.ConvTranspose3d),
    ...lazyErrors(3, nn.LazyConv3d, nn.LazyConvTranspose3d),
    'convTranspose2d bias': () => F.convTranspose2d(zeros(1, 3, 4, 4), zeros(3, 2, 2, 2), zeros(3)),
    'convTbc dims': () => F.convTbc(zeros(3, 4), zeros(3, 4, 2), zeros(2)),
  },
};
