// Rows of pooling, under the names of their twins in test/fixtures/nn/pooling.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { zeros, type Family } from './family';

const F = nn.functional;

type Rows = NonNullable<Family['modules']>;
type Errors = NonNullable<Family['errors']>;
type Like<C extends abstract new (...args: never[]) => unknown, Args extends unknown[] = [Tensor]> = new (
  ...args: ConstructorParameters<C>
) => nn.Module<Args, Tensor>;
type LPPool = Like<typeof nn.LPPool2d>;
type MaxUnpool = Like<typeof nn.MaxUnpool2d, [Tensor, Tensor, (readonly number[])?]>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Fractional = new (...args: any[]) => nn.Module;
type Adaptive = typeof nn.AdaptiveAvgPool2d | typeof nn.AdaptiveAvgPool1d;
type AdaptiveMax = Fractional;

const whole = (...shape: number[]): Tensor => torch.zeros(shape, { dtype: torch.int64 });
const shapes: Record<number, number[]> = { 1: [2, 3, 6], 2: [2, 3, 6, 4], 3: [1, 2, 4, 4, 6] };

function adaptive(n: number, Avg: Adaptive, Max: AdaptiveMax): Rows {
  const [avg, max] = [`AdaptiveAvgPool${n}d`, `AdaptiveMaxPool${n}d`];
  const rows: Rows = {
    [avg]: () => new Avg(3),
    [`${avg}/unbatched`]: () => new Avg(3),
    [max]: () => new Max(3),
    [`${max}/indices`]: () => new Max(2, { returnIndices: true }),
    [`${max}/unbatched`]: () => new Max(2, true),
  };
  if (n === 1) return rows;
  const size = [null, 3, 2].slice(0, n) as number[];
  return { ...rows, [`${avg}/sizes`]: () => new Avg(size), [`${max}/sizes`]: () => new Max(size) };
}

function adaptiveErrors(n: number, Avg: Adaptive, Max: AdaptiveMax): Errors {
  const twos = new Array<number>(n).fill(2);
  const rows: Errors = {
    [`AdaptiveAvgPool${n}d small`]: () => new Avg(2)(zeros(3)),
    [`AdaptiveMaxPool${n}d small`]: () => new Max(2)(zeros(3)),
  };
  if (n === 1) return rows;
  return {
    ...rows,
    [`AdaptiveAvgPool${n}d dims`]: () => new Avg(twos)(zeros(...twos)),
    [`AdaptiveMaxPool${n}d dims`]: () => new Max(twos)(zeros(...twos)),
  };
}

function powers(n: number, LPPool: LPPool): Rows {
  return {
    [`LPPool${n}d`]: () => new LPPool(3, 2),
    [`LPPool${n}d/stride`]: () => new LPPool(1.5, 3, { stride: 2, ceilMode: true }),
  };
}

function unpools(n: number, MaxUnpool: MaxUnpool): Rows {
  const name = `MaxUnpool${n}d`;
  const size = shapes[n].map((one, d) => (d === n + 1 ? one + 1 : one));
  return {
    [name]: () => new MaxUnpool(2),
    [`${name}/outputSize`]: {
      make: () => new MaxUnpool(2),
      call: (module: nn.MaxUnpool2d, x: Tensor, i: Tensor) => module(x, i, size),
    },
    [`${name}/options`]: () => new MaxUnpool(3, { stride: 2, padding: 1 }),
  };
}

function unpoolErrors(n: number, MaxUnpool: MaxUnpool, shape: number[]): Errors {
  const name = `MaxUnpool${n}d`;
  const call = (count: number, size: number): Tensor =>
    new MaxUnpool(2)(zeros(...shape), whole(...shape), new Array<number>(count).fill(size));
  return {
    [`${name} output size`]: () => call(n, 99),
    [`${name} output sizes`]: () => call(n + 3, 4),
    [`${name} indices`]: () => new MaxUnpool(2)(zeros(...shape), zeros(...shape)),
  };
}

function fractional(n: number, Pool: Fractional): Rows {
  const name = `FractionalMaxPool${n}d`;
  const [batch, channels] = n === 2 ? [2, 3] : [1, 2];
  const samples = (): Tensor => torch.linspace(0, 0.9, batch * channels * n).reshape([batch, channels, n]);
  return {
    [name]: () => new Pool(2, { outputSize: [3, 2, 3].slice(0, n) }),
    [`${name}/ratio`]: () => new Pool(2, { outputRatio: 0.5 }),
    [`${name}/indices`]: () => new Pool(2, 3, { returnIndices: true }),
    [`${name}/unbatched`]: () => new Pool(2, 3),
    [`${name}/samples`]: () => new Pool(2, 2, { _randomSamples: samples() }),
  };
}

function fractionalErrors(n: number, Pool: Fractional): Errors {
  const name = `FractionalMaxPool${n}d`;
  const shape = new Array<number>(n + 2).fill(3);
  return {
    [`${name} neither`]: () => new Pool(2),
    [`${name} both`]: () => new Pool(2, { outputSize: 2, outputRatio: 0.5 }),
    [`${name} ratio`]: () => new Pool(2, { outputRatio: [1.5, 0.5, 0.5].slice(0, n) }),
    [`${name} large`]: () => new Pool(2, { outputSize: 9 })(zeros(...shape)),
  };
}

export const pooling: Family = {
  modules: {
    MaxPool1d: () => new nn.MaxPool1d(2),
    MaxPool2d: () => new nn.MaxPool2d(2),
    'MaxPool2d/options': () => new nn.MaxPool2d([3, 2], 2, [1, 0], { dilation: [1, 2], ceilMode: true }),
    'MaxPool2d/indices': () => new nn.MaxPool2d(2, { stride: [2, 1], returnIndices: true }),
    'MaxPool2d/channelsLast': () => new nn.MaxPool2d(2),
    MaxPool3d: () => new nn.MaxPool3d(2, 1),
    AvgPool1d: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
    AvgPool2d: () => new nn.AvgPool2d(2),
    'AvgPool2d/options': () =>
      new nn.AvgPool2d([3, 2], [2, 1], 1, { ceilMode: true, countIncludePad: false, divisorOverride: 5 }),
    AvgPool3d: () => new nn.AvgPool3d(2, 1),
    'MaxPool1d/unbatched': () => new nn.MaxPool1d(2),
    'MaxPool3d/indices': () => new nn.MaxPool3d(2, { returnIndices: true }),
    'AvgPool2d/unbatched': () => new nn.AvgPool2d(2),
    ...adaptive(1, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d),
    ...adaptive(2, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
    ...adaptive(3, nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d),
    ...powers(1, nn.LPPool1d),
    ...powers(2, nn.LPPool2d),
    ...powers(3, nn.LPPool3d),
    'LPPool2d/infinity': () => new nn.LPPool2d(Infinity, [2, 1]),
    'LPPool2d/minusInfinity': () => new nn.LPPool2d(-Infinity, 2, 1),
    ...unpools(1, nn.MaxUnpool1d),
    ...unpools(2, nn.MaxUnpool2d),
    ...unpools(3, nn.MaxUnpool3d),
    ...fractional(2, nn.FractionalMaxPool2d),
    ...fractional(3, nn.FractionalMaxPool3d),
  },
  functionals: {
    maxPool1d: (x) => F.maxPool1d(x, 2, 1),
    'maxPool1d/indices': (x) => F.maxPool1d(x, 2, { returnIndices: true }),
    maxPool2d: (x) => F.maxPool2d(x, 2),
    'maxPool2d/indices': (x) => F.maxPool2d(x, 3, 2, { padding: 1, returnIndices: true }),
    maxPool3d: (x) => F.maxPool3d(x, 2, { ceilMode: true }),
    avgPool1d: (x) => F.avgPool1d(x, 3, 2, 1, { countIncludePad: false }),
    avgPool2d: (x) => F.avgPool2d(x, 2),
    'avgPool2d/divisor': (x) => F.avgPool2d(x, [3, 2], 2, 1, { divisorOverride: 3 }),
    avgPool3d: (x) => F.avgPool3d(x, 2, { ceilMode: true }),
    maxPool1dWithIndices: (x) => F.maxPool1dWithIndices(x, 3, 2, 1),
    maxPool2dWithIndices: (x) => F.maxPool2dWithIndices(x, 2),
    maxPool3dWithIndices: (x) => F.maxPool3dWithIndices(x, 2, { ceilMode: true }),
    adaptiveAvgPool1d: (x) => F.adaptiveAvgPool1d(x, 4),
    adaptiveAvgPool2d: (x) => F.adaptiveAvgPool2d(x, [null, 2]),
    adaptiveAvgPool3d: (x) => F.adaptiveAvgPool3d(x, [2, null, 1]),
    adaptiveMaxPool1d: (x) => F.adaptiveMaxPool1d(x, 4),
    'adaptiveMaxPool1d/indices': (x) => F.adaptiveMaxPool1d(x, 4, { returnIndices: true }),
    adaptiveMaxPool2d: (x) => F.adaptiveMaxPool2d(x, [null, 2]),
    'adaptiveMaxPool2d/indices': (x) => F.adaptiveMaxPool2d(x, 3, true),
    adaptiveMaxPool3d: (x) => F.adaptiveMaxPool3d(x, [2, null, 1]),
    adaptiveMaxPool1dWithIndices: (x) => F.adaptiveMaxPool1dWithIndices(x, 4),
    adaptiveMaxPool2dWithIndices: (x) => F.adaptiveMaxPool2dWithIndices(x, [null, 2]),
    adaptiveMaxPool3dWithIndices: (x) => F.adaptiveMaxPool3dWithIndices(x, 2),
    fractionalMaxPool2d: (x) => F.fractionalMaxPool2d(x, 2, { outputSize: 3 }),
    'fractionalMaxPool2d/ratio': (x) =>
      F.fractionalMaxPool2d(x, [2, 1], { outputRatio: [0.5, 0.7], returnIndices: true }),
    fractionalMaxPool3d: (x) => F.fractionalMaxPool3d(x, 2, { outputRatio: 0.5 }),
    fractionalMaxPool2dWithIndices: (x) => F.fractionalMaxPool2dWithIndices(x, 2, 3),
    fractionalMaxPool3dWithIndices: (x) => F.fractionalMaxPool3dWithIndices(x, 2, 2),
    lpPool1d: (x) => F.lpPool1d(x, 2, 3, 2),
    lpPool2d: (x) => F.lpPool2d(x, 2, [3, 2], { ceilMode: true }),
    lpPool3d: (x) => F.lpPool3d(x, Infinity, 2),
    maxUnpool1d: (x, i) => F.maxUnpool1d(x, i, 2, { outputSize: [7] }),
    maxUnpool2d: (x, i) => F.maxUnpool2d(x, i, 2, 2),
    maxUnpool3d: (x, i) => F.maxUnpool3d(x, i, 2, { padding: 0 }),
  },
  errors: {
    'MaxPool2d padding': () => new nn.MaxPool2d(2, { padding: 2 })(zeros(1, 1, 4, 4)),
    'MaxPool2d small': () => new nn.MaxPool2d(5)(zeros(1, 1, 4, 4)),
    'MaxPool1d dims': () => new nn.MaxPool1d(2)(zeros(4)),
    'AvgPool2d divisor': () => new nn.AvgPool2d(2, { divisorOverride: 0 })(zeros(1, 1, 4, 4)),
    'AvgPool2d padding': () => new nn.AvgPool2d(2, { padding: 2 })(zeros(1, 1, 4, 4)),
    'AvgPool1d stride': () => new nn.AvgPool1d(2, { stride: 0 })(zeros(1, 1, 4)),
    ...adaptiveErrors(1, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d),
    ...adaptiveErrors(2, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
    ...adaptiveErrors(3, nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d),
    'LPPool1d dims': () => new nn.LPPool1d(2, 2)(zeros(3)),
    'LPPool2d dims': () => new nn.LPPool2d(2, 2)(zeros(3)),
    'LPPool3d dims': () => new nn.LPPool3d(2, 2)(zeros(3)),
    ...unpoolErrors(1, nn.MaxUnpool1d, [2, 3, 3]),
    ...unpoolErrors(2, nn.MaxUnpool2d, [2, 3, 3, 2]),
    ...unpoolErrors(3, nn.MaxUnpool3d, [1, 2, 2, 2, 3]),
    ...fractionalErrors(2, nn.FractionalMaxPool2d),
    ...fractionalErrors(3, nn.FractionalMaxPool3d),
    'FractionalMaxPool3d kernel': () => new nn.FractionalMaxPool3d([2, 0, 1], { outputSize: 2 }),
    'fractionalMaxPool2d neither': () => F.fractionalMaxPool2d(zeros(1, 1, 4, 4), 2),
    'fractionalMaxPool3d neither': () => F.fractionalMaxPool3d(zeros(1, 1, 4, 4, 4), 2),
    'fractionalMaxPool2d ratios': () =>
      F.fractionalMaxPool2d(zeros(1, 1, 4, 4), 2, { outputRatio: [0.5, 0.5, 0.5] }),
    'maxUnpool2d negative': () => F.maxUnpool2d(zeros(1, 1, 2, 2), whole(1, 1, 2, 2), 1, 1, 3),
  },
};
