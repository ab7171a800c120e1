// Rows of padding, under the names of their twins in test/fixtures/nn/padding.py.
import torch, { nn } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

type Rows = NonNullable<Family['modules']>;
type Errors = NonNullable<Family['errors']>;
type Pad = new (padding: number | readonly number[]) => nn.Module;

const shapes: Record<number, number[]> = { 1: [2, 3, 5], 2: [1, 2, 4, 3], 3: [1, 2, 3, 3, 4] };

function padded(kind: string, n: number, Pad: Pad): Rows {
  const name = `${kind}${n}d`;
  return {
    [name]: () => new Pad(1),
    [`${name}/uneven`]: () => new Pad([1, 2, 0, 1, 2, 1].slice(0, 2 * n)),
    [`${name}/unbatched`]: () => new Pad(1),
    [`${name}/negative`]: () => new Pad([-1, 1, -1, 1, -1, 1].slice(0, 2 * n)),
  };
}

function paddedErrors(kind: string, n: number, Pad: Pad): Errors {
  const name = `${kind}${n}d`;
  const input = zeros(...shapes[n]);
  const errors: Errors = { [`${name} dims`]: () => new Pad(1)(zeros()) as unknown };
  if (kind !== 'ZeroPad') errors[`${name} length`] = () => new Pad([1, 1, 1])(input) as unknown;
  if (kind === 'ReflectionPad' || kind === 'CircularPad')
    errors[`${name} large`] = () => new Pad(9)(input) as unknown;
  return errors;
}

export const padding: Family = {
  modules: {
    ...padded('ReflectionPad', 1, nn.ReflectionPad1d),
    ...padded('ReplicationPad', 1, nn.ReplicationPad1d),
    ...padded('CircularPad', 1, nn.CircularPad1d),
    ...padded('ZeroPad', 1, nn.ZeroPad1d),
    ...padded('ReflectionPad', 2, nn.ReflectionPad2d),
    ...padded('ReplicationPad', 2, nn.ReplicationPad2d),
    ...padded('CircularPad', 2, nn.CircularPad2d),
    ...padded('ZeroPad', 2, nn.ZeroPad2d),
    ...padded('ReflectionPad', 3, nn.ReflectionPad3d),
    ...padded('ReplicationPad', 3, nn.ReplicationPad3d),
    ...padded('CircularPad', 3, nn.CircularPad3d),
    ...padded('ZeroPad', 3, nn.ZeroPad3d),
    ConstantPad1d: () => new nn.ConstantPad1d(1, 3.5),
    'ConstantPad1d/uneven': () => new nn.ConstantPad1d([1, 2], -0.5),
    ConstantPad2d: () => new nn.ConstantPad2d(1, 3.5),
    'ConstantPad2d/uneven': () => new nn.ConstantPad2d([1, 2, 0, 1], -0.5),
    ConstantPad3d: () => new nn.ConstantPad3d(1, 3.5),
    'ConstantPad3d/uneven': () => new nn.ConstantPad3d([1, 2, 0, 1, 2, 1], -0.5),
  },
  functionals: {
    pad: (x) => F.pad(x, [1, 2]),
    'pad/value': (x) => F.pad(x, [1, 0, -1, 2], 'constant', 2.5),
    'pad/reflect': (x) => F.pad(x, [1, 1], { mode: 'reflect' }),
    'pad/replicate': (x) => F.pad(x, [2, 1, 0, 3], { mode: 'replicate' }),
    'pad/circular': (x) => F.pad(x, [2, 1, 0, 3], 'circular'),
    'pad/many': (x) => F.pad(x, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], { value: 1 }),
    'pad/complex': (x) => torch.viewAsReal(F.pad(torch.viewAsComplex(x), [1, 1], { value: 2 })),
  },
  errors: {
    ...paddedErrors('ReflectionPad', 1, nn.ReflectionPad1d),
    ...paddedErrors('ReplicationPad', 1, nn.ReplicationPad1d),
    ...paddedErrors('CircularPad', 1, nn.CircularPad1d),
    ...paddedErrors('ZeroPad', 1, nn.ZeroPad1d),
    ...paddedErrors('ReflectionPad', 2, nn.ReflectionPad2d),
    ...paddedErrors('ReplicationPad', 2, nn.ReplicationPad2d),
    ...paddedErrors('CircularPad', 2, nn.CircularPad2d),
    ...paddedErrors('ZeroPad', 2, nn.ZeroPad2d),
    ...paddedErrors('ReflectionPad', 3, nn.ReflectionPad3d),
    ...paddedErrors('ReplicationPad', 3, nn.ReplicationPad3d),
    ...paddedErrors('CircularPad', 3, nn.CircularPad3d),
    ...paddedErrors('ZeroPad', 3, nn.ZeroPad3d),
    'ConstantPad1d odd': () => new nn.ConstantPad1d([1, 1, 1], 0.5)(zeros(...shapes[1])),
    'ConstantPad2d odd': () => new nn.ConstantPad2d([1, 1, 1], 0.5)(zeros(...shapes[2])),
    'ConstantPad3d odd': () => new nn.ConstantPad3d([1, 1, 1], 0.5)(zeros(...shapes[3])),
    'pad mode': () => F.pad(zeros(2, 3), [1, 1], { mode: 'mirror' as 'reflect' }),
    'pad value': () => F.pad(zeros(2, 3, 4), [1, 1], { mode: 'reflect', value: 1 }),
    'pad odd': () => F.pad(zeros(2, 3), [1, 1, 1]),
    'pad long': () => F.pad(zeros(2, 3), [1, 1, 1, 1, 1, 1]),
  },
};
