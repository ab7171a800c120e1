/** Kernels that move elements about, on random shapes and values: as tfjs's cpu backend has them. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import 'nodetorch/tfjs';

interface Values {
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool';
  values: number[];
}
type Inputs = Record<string, Values> | Values[];
type Attributes = Record<string, unknown>;
type Outcome = { error: string } | { dtype: string; shape: number[]; values: number[] }[];

// A linear congruential generator: the same cases each time, others with NODETORCH_SEED.
let state = Number(process.env.NODETORCH_SEED ?? 1);
const random = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
const pick = <T>(list: readonly T[]): T => list[between(0, list.length - 1)];
const times = <T>(count: number, f: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => f(i));
const product = (sizes: number[]): number => sizes.reduce((a, b) => a * b, 1);

const dtypes = ['float32', 'int32', 'bool'] as const;
const someShape = (low = 0, high = 5): number[] => times(between(low, high), () => between(1, 4));
const full = (shape: number[], dtype: Values['dtype'], one: () => number): Values => {
  return { shape, dtype, values: times(product(shape), one) };
};
function some(shape: number[], dtype: Values['dtype'] = pick(dtypes)): Values {
  const one = {
    float32: () => (random() - 0.5) * 20,
    int32: () => between(-99, 99),
    bool: () => between(0, 1),
  };
  return full(shape, dtype, one[dtype]);
}
const ints = (shape: number[], low: number, high: number): Values =>
  full(shape, 'int32', () => between(low, high));

function outcome(backend: string, name: string, inputs: Inputs, attributes: Attributes): Outcome {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const made = ({ shape, dtype, values }: Values): tf.Tensor => tf.tensor(values, shape, dtype);
    const given = Array.isArray(inputs)
      ? inputs.map(made)
      : Object.fromEntries(Object.entries(inputs).map(([key, one]) => [key, made(one)]));
    try {
      const results = tf
        .engine()
        .runKernel(name, given as unknown as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
      return [results].flat().map((result) => ({
        dtype: result.dtype,
        shape: result.shape,
        values: Array.from(result.dataSync()),
      }));
    } catch (error) {
      return { error: (error as Error).message };
    }
  });
}

/** Each makes the inputs and attributes of one call. */
const cases: Record<string, () => [Inputs, Attributes]> = {
  BatchToSpaceND() {
    const block = times(2, () => between(1, 3));
    const [height, width] = [between(1, 4), between(1, 4)];
    const crops = [height, width].map((size, i) => {
      const before = between(0, size * block[i] - 1);
      return [before, between(0, size * block[i] - 1 - before)];
    });
    const shape = [product(block) * between(1, 3), height, width, ...someShape(0, 1)];
    return [{ x: some(shape) }, { blockShape: block, crops }];
  },
  SpaceToBatchND() {
    const block = times(2, () => between(1, 3));
    const shape = [between(1, 3), between(1, 5), between(1, 5), ...someShape(0, 1)];
    const paddings = block.map((size, i) => {
      const before = between(0, 2);
      const rest = (shape[i + 1] + before) % size;
      return [before, (rest ? size - rest : 0) + size * between(0, 1)];
    });
    return [{ x: some(shape) }, { blockShape: block, paddings }];
  },
  Concat() {
    const shape = someShape(1, 4);
    const axis = between(0, shape.length - 1);
    const dtype = pick(dtypes);
    const one = (): Values => some(shape.toSpliced(axis, 1, between(0, 3)), dtype);
    return [times(between(1, 4), one), { axis: pick([axis, axis - shape.length]) }];
  },
  DepthToSpace() {
    const block = between(2, 3);
    const shape = [between(1, 2), between(1, 3), between(1, 3), block * block * between(1, 3)];
    return [{ x: some(shape) }, { blockSize: block, dataFormat: 'NHWC' }];
  },
  Diag: () => [{ x: some(someShape(1, 2)) }, {}],
  MirrorPad() {
    const mode = pick(['reflect', 'symmetric']);
    const shape = times(between(1, 4), () => between(2, 4));
    const most = (size: number): number => (mode === 'reflect' ? size - 1 : size);
    const paddings = shape.map((size) => times(2, () => between(0, most(size))));
    return [{ x: some(shape) }, { paddings, mode }];
  },
  Pack() {
    const [shape, dtype] = [someShape(0, 4), pick(dtypes)];
    return [times(between(1, 4), () => some(shape, dtype)), { axis: between(0, shape.length) }];
  },
  PadV2() {
    const shape = someShape(1, 4);
    const paddings = shape.map(() => times(2, () => between(0, 2)));
    return [{ x: some(shape, pick(['float32', 'int32'])) }, { paddings, constantValue: between(-3, 3) }];
  },
  Reverse() {
    const shape = someShape(0, 4);
    return [{ x: some(shape) }, { dims: times(shape.length, (i) => i).filter(() => random() < 0.5) }];
  },
  Slice() {
    const shape = someShape(1, 5);
    const begin = shape.map((size) => between(0, size - 1));
    const size = shape.map((all, i) => pick([-1, between(0, all - begin[i])]));
    return [{ x: some(shape) }, { begin, size }];
  },
  SplitV() {
    const shape = someShape(1, 4);
    const axis = between(0, shape.length - 1);
    const sizes = times(between(1, 3), () => between(0, 3));
    const all = sizes.reduce((a, b) => a + b);
    const numOrSizeSplits = random() < 0.3 && sizes.length > 1 ? sizes.with(0, -1) : sizes;
    return [{ x: some(shape.with(axis, all)) }, { numOrSizeSplits, axis }];
  },
  StridedSlice() {
    const shape = someShape(1, 4);
    const mask = (): number => (random() < 0.4 ? between(0, 2 ** shape.length - 1) : 0);
    const shrinks = random() < 0.3;
    const strides = shape.map(() => (shrinks ? 1 : pick([1, 1, 2, 3, -1, -2])));
    const ends = (): number[] => shape.map((size) => between(-size - 1, size + 1));
    // An axis is one of them at most. The cpu backend has wrong elements where one shrinks and another steps.
    const roles = shape.map(() =>
      pick([null, null, null, 'ellipsis', 'newAxis', shrinks ? 'shrinkAxis' : null]),
    );
    const only = roles.map((role, i) => (role === 'ellipsis' && roles.indexOf(role) < i ? null : role));
    const maskOf = (role: string): number =>
      only.reduce((bits, one, i) => (one === role ? bits + 2 ** i : bits), 0);
    const masks = {
      beginMask: mask(),
      endMask: mask(),
      ellipsisMask: maskOf('ellipsis'),
      newAxisMask: maskOf('newAxis'),
      shrinkAxisMask: maskOf('shrinkAxis'),
    };
    return [{ x: some(shape) }, { begin: ends(), end: ends(), strides, ...masks }];
  },
  Tile() {
    const shape = someShape(1, 4);
    return [{ x: some(shape) }, { reps: shape.map(() => between(0, 3)) }];
  },
  Transpose() {
    const shape = someShape(1, 5);
    const perm = times(shape.length, (i) => [random(), i]).sort(([a], [b]) => a - b);
    return [{ x: some(shape) }, { perm: perm.map(([, i]) => i) }];
  },
  Unpack() {
    const shape = someShape(1, 4);
    return [{ value: some(shape) }, { axis: between(-shape.length, shape.length - 1) }];
  },
  GatherNd() {
    const shape = someShape(1, 4);
    const depth = between(1, shape.length);
    const rows = someShape(0, 2);
    const values = times(product(rows), () => shape.slice(0, depth).map((size) => between(0, size - 1)));
    const indices: Values = { shape: [...rows, depth], dtype: 'int32', values: values.flat() };
    return [{ params: some(shape), indices }, {}];
  },
  GatherV2() {
    const batchDims = between(0, 2);
    const batch = times(batchDims, () => between(1, 3));
    const shape = [...batch, ...someShape(1, 3)];
    const axis = between(batchDims, shape.length - 1);
    const indices = ints([...batch, ...someShape(batchDims ? 1 : 0, 2)], 0, shape[axis] - 1);
    return [
      { x: some(shape), indices },
      { axis, batchDims },
    ];
  },
  OneHot() {
    const indices = ints(someShape(1, 3), -2, 6);
    return [
      { indices },
      {
        depth: between(1, 5),
        onValue: between(-2, 2),
        offValue: between(-2, 2),
        dtype: pick(dtypes.slice(0, 2)),
      },
    ];
  },
  ScatterNd() {
    const shape = someShape(1, 4);
    const depth = between(1, shape.length);
    const count = between(1, 5);
    const places = times(count, () => shape.slice(0, depth).map((size) => between(0, size - 1))).flat();
    const indices: Values = { shape: [count, depth], dtype: 'int32', values: places };
    const updates = some([count, ...shape.slice(depth)], pick(['float32', 'int32']));
    return [{ indices, updates }, { shape }];
  },
  TensorScatterUpdate() {
    const shape = someShape(1, 4);
    const depth = between(1, shape.length);
    const count = between(1, 5);
    const places = times(count, () => shape.slice(0, depth).map((size) => between(0, size - 1))).flat();
    const indices: Values = { shape: [count, depth], dtype: 'int32', values: places };
    const dtype = pick(dtypes);
    return [
      { tensor: some(shape, dtype), indices, updates: some([count, ...shape.slice(depth)], dtype) },
      {},
    ];
  },
  SparseToDense() {
    const outputShape = someShape(1, 3);
    const count = between(1, 4);
    const places = times(count, () => outputShape.map((size) => between(0, size - 1))).flat();
    const dtype = pick(dtypes);
    const sparseIndices: Values = { shape: [count, outputShape.length], dtype: 'int32', values: places };
    return [
      { sparseIndices, sparseValues: some(pick([[count], []]), dtype), defaultValue: some([], dtype) },
      { outputShape },
    ];
  },
  CropAndResize() {
    const batch = between(1, 3);
    const count = between(1, 4);
    const boxes = full([count, 4], 'float32', () => random() * 1.6 - 0.3);
    return [
      {
        image: some([batch, between(1, 6), between(1, 6), between(1, 3)], pick(['float32', 'int32'])),
        boxes,
        boxInd: ints([count], 0, batch - 1),
      },
      {
        cropSize: [between(1, 5), between(1, 5)],
        method: pick(['bilinear', 'nearest']),
        extrapolationValue: between(-2, 2),
      },
    ];
  },
  FlipLeftRight: () => [{ image: some([between(1, 3), between(1, 4), between(1, 4), between(1, 3)]) }, {}],
  ResizeBilinear: () => [{ images: someImages() }, resizing()],
  ResizeNearestNeighbor: () => [{ images: someImages() }, resizing()],
  ResizeBilinearGrad: () => [resized(), { alignCorners: random() < 0.5 }],
  Transform: () => [
    {
      image: some([1, between(1, 6), between(1, 6), between(1, 3)], 'float32'),
      transforms: full([1, 8], 'float32', () => (random() - 0.4) * 2),
    },
    {
      interpolation: pick(['nearest', 'bilinear']),
      fillMode: pick(['constant', 'reflect', 'wrap', 'nearest']),
      fillValue: between(-2, 2),
      outputShape: random() < 0.5 ? null : [between(1, 6), between(1, 6)],
    },
  ],
};

const someImages = (): Values =>
  some([between(1, 3), between(1, 6), between(1, 6), between(1, 3)], pick(['float32', 'int32']));
function resizing(): Attributes {
  const alignCorners = random() < 0.5;
  const halfPixelCenters = !alignCorners && random() < 0.5;
  return { alignCorners, halfPixelCenters, size: [between(1, 9), between(1, 9)] };
}
// Square: the cpu backend takes height for width in the shape of the gradient.
function resized(): Record<string, Values> {
  const [batch, size, channels] = [between(1, 3), between(1, 6), between(1, 3)];
  const dy = some([batch, between(1, 9), between(1, 9), channels], 'float32');
  return { images: some([batch, size, size, channels], 'float32'), dy };
}

// tfjs sums in float32 in an order of its own.
const near = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 2e-5 * Math.max(1, Math.abs(a));

test.each(Object.keys(cases))('%s', (name) => {
  for (let i = 0; i < Number(process.env.NODETORCH_CASES ?? 60); i++) {
    const [inputs, attributes] = cases[name]();
    const [cpu, torch] = ['cpu', 'torch'].map((backend) => outcome(backend, name, inputs, attributes));
    const about = JSON.stringify({ inputs, attributes });
    if ('error' in cpu) continue; // it has no slices of nothing, for one
    if ('error' in torch) throw new Error(`${torch.error}: ${about}`);
    expect([about, torch.map(({ dtype, shape }) => ({ dtype, shape }))]).toEqual([
      about,
      cpu.map(({ dtype, shape }) => ({ dtype, shape })),
    ]);
    for (const [k, { values }] of cpu.entries()) {
      const wrong = values.findIndex((value, j) => !near(value, torch[k].values[j]));
      expect([about, wrong, values[wrong], torch[k].values[wrong]]).toEqual([
        about,
        -1,
        undefined,
        undefined,
      ]);
    }
  }
});
