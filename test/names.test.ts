// Windows, masked reductions, sparse products, factorizations, attention's kernels and others, against fixtures/names.json.
import torch, { nn, type Tensor } from 'nodetorch';
import { classAndMessage } from './errors';
import fixture from './fixtures/names.json';

const F = nn.functional;
const { masked, sparse } = torch;
const { windows } = torch.signal;
const { SDPBackend, bias, sdpaKernel } = nn.attention;
const { Measurement, selectUnit, trimSigfig } = torch.utils.benchmark;

beforeAll(() => {
  torch.setNumThreads(1);
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => jest.restoreAllMocks());

const hex = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex');

function stored(value: unknown): unknown {
  if (torch.isTensor(value)) {
    const strided = value.layout === torch.strided ? value : value.toDense();
    return [String(value.dtype), [...value.shape], hex(strided.resolveConj().contiguous().toTypedArray())];
  }
  return Array.isArray(value) ? value.map(stored) : value;
}

function seeded(...shape: number[]): Tensor {
  torch.manualSeed(7);
  return torch.randn(shape);
}
function seededDouble(...shape: number[]): Tensor {
  torch.manualSeed(7);
  return torch.randn(shape, { dtype: 'float64' });
}

/** `call` for each combination of one of each list, the last one fastest. */
function product(call: (...values: never[]) => Tensor, ...lists: readonly unknown[][]): Tensor[] {
  const combined = lists.reduce<unknown[][]>(
    (found, list) => found.flatMap((head) => list.map((one) => [...head, one])),
    [[]],
  );
  return combined.map((values) => call(...(values as never[])));
}

const own: Record<string, object[]> = {
  exponential: [{}, { tau: 2.5 }, { center: 1, sym: false }],
  gaussian: [{}, { std: 2.5 }],
  kaiser: [{}, { beta: 3 }],
  generalCosine: [{ a: [0.5] }, { a: [0.4, 0.3, 0.2] }],
  generalHamming: [{}, { alpha: 0.6 }],
};
type Window = (M: number, options: object) => Tensor;
const windowOf = (name: keyof typeof windows) => () =>
  product(
    (options: object, M: number, sym: boolean, dtype: string) =>
      (windows[name] as Window)(M, { sym, dtype, ...options }),
    own[name] ?? [{}],
    [0, 1, 2, 7, 8],
    [true, false],
    ['float32', 'float64'],
  );

const X = () => seeded(2, 3, 4);
const mask = () => X().gt(0);
const masks = () => [null, mask(), torch.tensor([true, false, true, true])];
const ones = () => torch.ones([3, 4], { dtype: 'bool' });
const ints = () => torch.arange(-6, 6).reshape([3, 4]).long();
const positive = () => ints().gt(0);

type Reduce = (input: Tensor, options: object) => Tensor;
const reductionOf = (name: keyof typeof masked) => () =>
  product(
    (dim: number[] | null, keepdim: boolean, given: Tensor | null) =>
      (masked[name] as Reduce)(X(), { dim, keepdim, mask: given }),
    [null, 0, -1, [0, 2], []],
    [false, true],
    masks(),
  );
type Slices = (input: Tensor, dim: number, options: object) => Tensor;
const slicesOf = (name: keyof typeof masked) => () =>
  product(
    (dim: number, given: Tensor | null, dtype: string | null) =>
      (masked[name] as Slices)(X(), dim, { mask: given, dtype }),
    [0, -1],
    [null, mask()],
    [null, 'float64'],
  );

const S = () => torch.tensor([[1, 0, 2], [0, 3, 0]]); // prettier-ignore
const D = () => seeded(3, 2);
const coo = () => S().toSparse();
const csr = () => S().toSparseCsr();
const bytes = () => Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const int32 = (given: object) => () => torch.frombuffer(bytes(), { dtype: torch.int32, ...given });
const [q, kv] = [() => seeded(1, 2, 3, 8), () => seeded(1, 2, 5, 8)];
const attend = (given: Parameters<typeof F.scaledDotProductAttention>[3] = {}) =>
  F.scaledDotProductAttention(q(), kv(), kv(), given);
const measured = () =>
  new Measurement(2, [4, 1, 2, 8, 3], {
    stmt: 'x + 1',
    setup: '',
    label: 'add',
    subLabel: null,
    description: null,
    env: null,
    numThreads: 2,
  });

const P = () => {
  const x = seededDouble(2, 12, 12);
  return x.matmul(x.mT).add(torch.eye(12, { dtype: 'float64' }).mul(12));
};
const G = () => seededDouble(2, 12, 3);

const cases: Record<string, () => unknown> = {
  'windows.bartlett': windowOf('bartlett'),
  'windows.blackman': windowOf('blackman'),
  'windows.cosine': windowOf('cosine'),
  'windows.exponential': windowOf('exponential'),
  'windows.gaussian': windowOf('gaussian'),
  'windows.general_cosine': windowOf('generalCosine'),
  'windows.general_hamming': windowOf('generalHamming'),
  'windows.hamming': windowOf('hamming'),
  'windows.hann': windowOf('hann'),
  'windows.kaiser': windowOf('kaiser'),
  'windows.nuttall': windowOf('nuttall'),
  'windows.negative': () => windows.hann(-1),
  'windows.dtype': () => windows.bartlett(3, { dtype: torch.float16 }),
  'windows.tau': () => windows.exponential(3, { tau: -0.5 }),
  'windows.center': () => windows.exponential(3, { center: 1 }),
  'windows.std': () => windows.gaussian(3, { std: -0.5 }),
  'windows.beta': () => windows.kaiser(3, { beta: -0.5 }),
  'windows.coefficients': () => windows.generalCosine(3, { a: [] }),

  'masked.sum': reductionOf('sum'),
  'masked.prod': reductionOf('prod'),
  'masked.amax': reductionOf('amax'),
  'masked.amin': reductionOf('amin'),
  'masked.mean': reductionOf('mean'),
  'masked.logsumexp': reductionOf('logsumexp'),
  'masked.norm': reductionOf('norm'),
  'masked.var': reductionOf('var'),
  'masked.std': reductionOf('std'),
  'masked.argmax': () =>
    product(
      (dim: number | null, given: Tensor | null) => masked.argmax(X(), dim, { mask: given }),
      [null, 1],
      [null, mask()],
    ),
  'masked.argmin': () =>
    product(
      (dim: number | null, given: Tensor | null) => masked.argmin(X(), dim, { mask: given }),
      [null, 1],
      [null, mask()],
    ),
  'masked.softmax': slicesOf('softmax'),
  'masked.log_softmax': slicesOf('logSoftmax'),
  'masked.softmin': slicesOf('softmin'),
  'masked.cumsum': slicesOf('cumsum'),
  'masked.cumprod': slicesOf('cumprod'),
  'masked.median': () =>
    product(
      (dim: number, given: Tensor | null) => masked.median(X(), dim, { mask: given }),
      [0, -1],
      [null, mask()],
    ),
  'masked.median of integers': () => masked.median(ints(), 1, { mask: ones() }),
  'masked.median of nothing': () => masked.median(ints(), 1, { mask: ones().logicalNot() }),
  'masked.normalize': () => [1, 2].map((ord) => masked.normalize(X(), ord, 1, { mask: mask() })),
  'masked.norm by ord': () =>
    [0, 1, Infinity, -Infinity].map((ord) => masked.norm(X(), ord, 1, { mask: mask() })),
  'masked.logaddexp': () =>
    masked.logaddexp(X(), X().mul(2), { inputMask: mask(), otherMask: mask().logicalNot() }),
  'masked.var of one': () => [true, false].map((unbiased) => masked.var(X(), 1, unbiased, { mask: mask() })),
  'masked.std by correction': () => masked.std(X(), 1, { correction: 2, mask: mask() }),
  'masked of integers': () =>
    [masked.sum, masked.prod, masked.amax, masked.amin].map((reduce) =>
      reduce(ints().short(), 1, { mask: positive() }),
    ),
  'masked.var of integers': () => masked.var(ints(), 1, { mask: positive() }),
  'masked dtype': () => masked.sum(ints(), 1, { dtype: torch.float64, mask: positive() }),
  'masked.mean of integers': () => masked.mean(ints(), 1),
  'masked.amax of bools': () => masked.amax(positive(), 1, { mask: ones() }),
  'masked twice': () => masked.sum(X(), [1, 1]),
  'masked beyond': () => masked.sum(X(), 3),
  'masked too wide': () => masked.sum(X().at(0), 0, { mask: mask() }),

  'sparse.mm': () => [sparse.mm(coo(), D()), sparse.mm(csr(), D()), sparse.mm(coo(), S().T.toSparse())],
  'sparse.mm reduce': () => ['sum', 'mean', 'amax', 'amin'].map((reduce) => sparse.mm(csr(), D(), reduce)),
  'sparse.addmm': () => sparse.addmm(torch.ones([2, 2]), coo(), D(), { beta: 0.5, alpha: 2 }),
  'sparse.sampled_addmm': () =>
    sparse.sampledAddmm(csr(), seeded(2, 2), seeded(2, 3), { beta: 0.5, alpha: 2 }),
  'sparse.sum': () => [
    sparse.sum(coo()),
    sparse.sum(coo(), 0),
    sparse.sum(coo(), [0, 1]),
    sparse.sum(coo(), { dtype: torch.float64 }),
  ],
  'sparse.softmax': () => [sparse.softmax(coo(), 1), sparse.logSoftmax(coo(), 0, { dtype: torch.float64 })],
  'sparse.spdiags': () =>
    sparse.spdiags(
      torch.arange(9).long().reshape([3, 3]),
      torch.tensor([0n, -1n, -2n]),
      [3, 3],
      torch.sparseCsr,
    ),
  spmm: () => [torch.spmm(coo(), D()), torch.dsmm(coo(), D()), torch.hsmm(coo(), D())],
  saddmm: () => torch.saddmm(torch.ones([2, 2]).toSparse(), coo(), D(), { beta: 2, alpha: 3 }),

  lu: () => [...torch.lu(seeded(4, 4)), ...torch.lu(seeded(4, 4), { getInfos: true }), ...seeded(4, 4).lu()],
  'lu of a singular one': () => torch.lu(torch.zeros([2, 2]), { getInfos: true }),
  'svd_lowrank tall': () => torch.svdLowrank(seeded(2, 6, 4), { q: 3 }),
  'svd_lowrank wide': () => torch.svdLowrank(seeded(2, 4, 6), { q: 3 }),
  'svd_lowrank M': () => torch.svdLowrank(seeded(5, 4), { q: 2, niter: 1, M: torch.ones([1, 4]) }),
  pca_lowrank: () => torch.pcaLowrank(seeded(6, 4)),
  'pca_lowrank of a sparse one': () => torch.pcaLowrank(S().double().toSparse(), 2, { niter: 1 }),
  'pca_lowrank as it is': () => torch.pcaLowrank(seededDouble(6, 4), 2, { center: false }),
  'pca_lowrank q': () => torch.pcaLowrank(seeded(6, 4), 5),
  'pca_lowrank niter': () => torch.pcaLowrank(seeded(6, 4), 2, { niter: -1 }),

  'lobpcg basic True': () => torch.lobpcg(P(), { X: G(), largest: true, method: 'basic' }),
  'lobpcg basic False': () => torch.lobpcg(P(), { X: G(), largest: false, method: 'basic' }),
  'lobpcg ortho True': () => torch.lobpcg(P(), { X: G(), largest: true, method: 'ortho' }),
  'lobpcg ortho False': () => torch.lobpcg(P(), { X: G(), largest: false, method: 'ortho' }),
  'lobpcg of one': () => {
    const A = P().at(0).float();
    return torch.lobpcg(A, 2, { n: 3, niter: 4 });
  },
  'lobpcg B': () => {
    const A = P();
    const iK = torch.diag(A.at(0).diag().reciprocal());
    return torch.lobpcg(A.at(0), { k: 2, B: A.at(1), iK });
  },
  'lobpcg of a sparse one': () => {
    const A = P().at(0).toSparse();
    return torch.lobpcg(A, { k: 2 });
  },
  'lobpcg too small': () => torch.lobpcg(P().at(0, ':5', ':5'), { k: 2 }),

  frombuffer: () => [
    torch.frombuffer(bytes(), { dtype: torch.int32 }),
    torch.frombuffer(bytes(), { dtype: torch.int16, count: 3, offset: 4 }),
  ],
  'frombuffer empty': () => torch.frombuffer(new Uint8Array(), { dtype: torch.int32 }),
  'frombuffer count 0': int32({ count: 0 }),
  'frombuffer offset': int32({ offset: 16 }),
  'frombuffer multiple': int32({ offset: 1 }),
  'frombuffer long': int32({ count: 5 }),
  asarray: () => [
    torch.asarray([1, 2]),
    torch.asarray(bytes().buffer, { dtype: torch.int16 }),
    torch.asarray(S(), { dtype: torch.float64 }),
  ],
  'asarray of a list': () => torch.asarray([1], { copy: false }),
  'asarray dtype': () => torch.asarray(S(), { dtype: torch.float64, copy: false }),
  typename: () => [
    ...['uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64', 'bfloat16', 'bool']
      .concat('complex64', 'complex128')
      .map((dtype) => torch.typename(torch.zeros([1], { dtype: dtype as 'bool' }))),
    torch.typename(coo()),
  ],
  dim_order: () =>
    [
      torch.empty([2, 3, 5, 7]),
      torch.empty([2, 3, 5, 7]).transpose(1, 2),
      torch.empty([2, 3, 5, 7], { memoryFormat: torch.channelsLast }),
      torch.empty([1, 1, 2]),
      torch.empty([3, 1]).expand([3, 4]),
      torch.empty([2, 3]).T,
      torch.empty([]),
      torch.empty([4, 2, 3]).permute([2, 0, 1]),
    ].map((one) => one.dimOrder()),
  'dim_order ambiguous': () => torch.empty([1, 2, 3, 4]).dimOrder(true),
  'dim_order of a format': () =>
    torch.empty([1, 2, 3, 4]).dimOrder({ ambiguityCheck: [torch.contiguousFormat, torch.channelsLast] }),
  apply_: () => [
    S().apply_((v: number) => v * 2 + 1),
    S()
      .T.clone()
      .T.apply_((v: number) => v - 1),
  ],
  map_: () => [
    S().map_(torch.ones([2, 3]), (a: number, b: number) => a - 2 * b),
    S().map2_(S(), S().mul(2), (a: number, b: number, c: number) => a + b * c),
  ],
  'apply_ requires grad': () =>
    S()
      .requiresGrad_()
      .apply_((v: number) => v),

  'sdpa math': () => sdpaKernel(SDPBackend.MATH, () => attend()),
  'sdpa flash': () => sdpaKernel([SDPBackend.FLASH_ATTENTION], () => attend()),
  'sdpa no kernel': () =>
    sdpaKernel(SDPBackend.FLASH_ATTENTION, () =>
      F.scaledDotProductAttention(q().at(0, 0), kv().at(0, 0), kv().at(0, 0)),
    ),
  'causal bias': () =>
    [bias.causalUpperLeft, bias.causalLowerRight].map((make) => attend({ attnMask: make(3, 5) })),
  'causal bias twice': () => attend({ attnMask: bias.causalUpperLeft(3, 5), isCausal: true }),

  select_unit: () => [3.2e-9, 9.99e-7, 1e-6, 0.0005, 0.02, 0.999, 1, 12.5].map((one) => selectUnit(one)),
  trim_sigfig: () => [3.14159, 0.0012345, 250].flatMap((one) => [1, 2, 3].map((n) => trimSigfig(one, n))),
  measurement: () => {
    const { median, mean, iqr, significantFigures, hasWarnings } = measured();
    return [median, mean, iqr, significantFigures, hasWarnings];
  },
  'measurement text': () => String(measured()).split('\n').slice(1).join('\n'),

  deterministic: () =>
    (['default', 'warn', 'error', 1, 0] as const).map((mode) => {
      torch.setDeterministicDebugMode(mode);
      return [torch.getDeterministicDebugMode(), torch.isDeterministicAlgorithmsWarnOnlyEnabled()];
    }),
  'deterministic word': () => torch.setDeterministicDebugMode('no' as 'warn'),
  'deterministic number': () => torch.setDeterministicDebugMode(3 as 2),
};

const expected = fixture as Record<string, unknown>;
const isError = (value: unknown): value is string => typeof value === 'string' && /^\w+Error: /.test(value);

test.each(Object.keys(expected))('%s', (name) => {
  const value = expected[name];
  const call = cases[name];
  if (isError(value)) expect(classAndMessage(call)).toBe(value);
  else expect(stored(call())).toEqual(value);
});

test('no case is without a fixture', () => {
  expect(Object.keys(cases).filter((name) => !(name in expected))).toEqual([]);
});

describe('the default device', () => {
  afterEach(() => torch.setDefaultDevice(null));
  const made = (): Tensor[] => [
    torch.zeros([1]),
    torch.tensor([1]),
    torch.full([1], 2),
    torch.arange(2),
    torch.fft.fftfreq(4),
    torch.asTensor([1]),
    new nn.Linear(1, 1).weight,
  ];

  test('factories and modules follow it', () => {
    expect(torch.getDefaultDevice().type).toBe('cpu');
    torch.setDefaultDevice('meta');
    expect(made().map(({ device }) => device.type)).toEqual(made().map(() => 'meta'));
    expect(torch.getDefaultDevice().type).toBe('meta');
    torch.setDefaultDevice(null);
    expect(made().map(({ device }) => device.type)).toEqual(made().map(() => 'cpu'));
  });

  test('what names a device, or has one, does not', () => {
    const x = torch.ones([2]);
    torch.setDefaultDevice('meta');
    const others = [
      torch.zeros([1], { device: 'cpu' }),
      torch.zerosLike(x),
      torch.fromBlob(new Uint8Array(1)),
    ];
    expect(others.map(({ device }) => device.type)).toEqual(['cpu', 'cpu', 'cpu']);
  });

  test('a scope puts it back, whatever happens inside', () => {
    const fail = () =>
      torch.withDefaultDevice('meta', () => {
        expect(torch.withDefaultDevice('cpu', () => torch.zeros([1]).isCpu)).toBe(true);
        expect(torch.zeros([1]).isMeta).toBe(true);
        throw new Error('inside');
      });
    expect(fail).toThrow('inside');
    expect(torch.zeros([1]).isCpu).toBe(true);
    expect(() => torch.withDefaultDevice('meta', () => Promise.resolve())).toThrow(/returned a promise/);
  });
});

test('asarray and frombuffer share memory', () => {
  const values = new Float32Array([1, 2, 3]);
  torch.asarray(values).mul_(2);
  expect([...values]).toEqual([2, 4, 6]);
  torch.frombuffer(values.buffer, { dtype: 'float32', offset: 4 }).zero_();
  expect([...values]).toEqual([2, 0, 0]);
  expect(torch.asarray(values, { copy: true }).dataPtr()).not.toBe(torch.asarray(values).dataPtr());
  const x = torch.ones([2], { requiresGrad: true }).mul(2);
  expect(torch.asarray(x).requiresGrad).toBe(true);
  expect(torch.asarray(x, { requiresGrad: false }).requiresGrad).toBe(false);
});

test('cond runs one of two functions', () => {
  const [double, negate] = [(x: Tensor) => x.mul(2), (x: Tensor) => x.neg()];
  const results = [true, torch.tensor(false), torch.tensor([1])].map((pred) =>
    torch.cond(pred, double, negate, [torch.tensor(3)]).item(),
  );
  expect(results).toEqual([6, -3, 6]);
  expect(() => torch.cond(torch.ones([2]), double, negate, [torch.ones([1])])).toThrow(/Expected pred/);
});

test('anomaly mode by its other names', () => {
  torch.setAnomalyEnabled(true, false);
  expect([torch.isAnomalyEnabled(), torch.isAnomalyCheckNanEnabled()]).toEqual([true, false]);
  torch.setAnomalyEnabled(false);
  expect([torch.isAnomalyEnabled(), torch.isAnomalyCheckNanEnabled()]).toEqual([false, true]);
});

test('a timer measures with its clock and its threads', () => {
  let [now, runs] = [0, 0];
  const threads: number[] = [];
  const stmt = () => {
    runs++;
    now += 0.5;
    threads.push(torch.getNumThreads());
  };
  const timer = new torch.utils.benchmark.Timer(stmt, { timer: () => now, numThreads: 2, label: 'step' });
  const once = timer.timeit(10);
  expect([once.numberPerRun, once.rawTimes, runs]).toEqual([10, [5], 12]);
  expect([...new Set(threads)]).toEqual([2]);
  expect(torch.getNumThreads()).toBe(1);
  const many = timer.blockedAutorange({ minRunTime: 2 });
  expect([many.numberPerRun, many.rawTimes]).toEqual([1, [0.5, 0.5, 0.5, 0.5]]);
  expect(timer.adaptiveAutorange({ minRunTime: 1 }).rawTimes).toHaveLength(4);
  expect(Measurement.merge([many, many])[0].rawTimes).toHaveLength(8);
  expect(() => new torch.utils.benchmark.Timer(() => Promise.resolve()).timeit(1)).toThrow(/promise/);
});
