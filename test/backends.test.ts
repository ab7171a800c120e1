// The switches of torch.backends, as Python has them in a new process.
import torch, { backends } from 'nodetorch';
import { results } from './backends.json';
import { classAndMessage } from './errors';

function said(call: () => unknown): unknown {
  let value: unknown;
  const error = classAndMessage(() => void (value = call()));
  return error === 'nothing' ? (value ?? null) : error;
}

const { mkldnn, cuda, cudnn, nnpack, quantized } = backends;
const none = 'none' as const;
const precisions = () => {
  const [generic] = backends.setFlags({ fp32Precision: null });
  return [
    generic,
    mkldnn.fp32Precision,
    mkldnn.matmul.fp32Precision,
    mkldnn.conv.fp32Precision,
    mkldnn.rnn.fp32Precision,
    cuda.matmul.fp32Precision,
    cudnn.fp32Precision,
    cudnn.conv.fp32Precision,
  ];
};
const put = (owner: backends.HasFp32Precision, precision: string) => {
  owner.fp32Precision = precision as 'ieee';
  return precisions();
};

test('small ones, and what is not there', () => {
  const { optEinsum, xnnpack, kleidiai, mps, miopen } = backends;
  const put = <T extends object>(owner: T, name: keyof T, value: unknown) =>
    said(() => void Reflect.set(owner, name, value));
  const found = [
    optEinsum.isAvailable(),
    optEinsum.getOptEinsum(),
    optEinsum.enabled,
    optEinsum.strategy,
    said(() => optEinsum.setFlags(false)),
    said(() => optEinsum.setFlags({ strategy: 'auto' })),
    said(() => optEinsum.flags(() => optEinsum.enabled)),
    xnnpack.enabled,
    put(xnnpack, 'enabled', true),
    kleidiai.isAvailable(),
    mps.isAvailable(),
    miopen.immediate,
    said(() => miopen.setFlags(true)),
    said(() => miopen.flags(() => miopen.immediate)),
    said(() => miopen.setFlags(false)),
    cudnn.isAcceptable(torch.ones([1])),
  ];
  // A package that cannot be installed here: the advice is left out.
  const inOurs = (all: readonly unknown[]) =>
    all.map((one) =>
      typeof one === 'string' ? one.replace(' Please install opt_einsum or unset `strategy`.', '') : one,
    );
  expect(found).toEqual(inOurs(results['small ones']));
  expect(put(optEinsum, 'strategy', 'auto')).toMatch(/^ValueError: opt_einsum is not available/);
  expect(put(optEinsum, 'enabled', true)).toMatch(
    /^ValueError: opt_einsum is not available, so setting `enabled`/,
  );
});

test('flags of cuDNN', () => {
  const flags = () => [
    cudnn.enabled,
    cudnn.benchmark,
    cudnn.deterministic,
    cudnn.allowTf32,
    cudnn.fp32Precision,
  ];
  expect([
    cudnn.flags(flags),
    flags(),
    cudnn.flags(flags, { enabled: true, benchmark: true, allowTf32: false }),
    flags(),
  ]).toEqual(results['cudnn flags']);
  expect(cudnn.setFlags({ benchmark: true })).toMatchObject({ benchmark: false, enabled: true });
  expect(cudnn.setFlags({ benchmark: false }).benchmark).toBe(true);
  expect(() => cudnn.flags(() => Promise.resolve(1))).toThrow('the function returned a promise');
});

test('what there is', () => {
  expect(backends.cpu.getCpuCapability()).toMatch(/^(DEFAULT|NO AVX|AVX2|AVX512|SVE\d+|VSX|Z VECTOR)$/);
  expect([
    backends.mkl.isAvailable(),
    mkldnn.isAvailable(),
    backends.openmp.isAvailable(),
    nnpack.isAvailable(),
    cudnn.isAvailable(),
    cudnn.version(),
    quantized.supportedEngines,
    quantized.engine,
    mkldnn.enabled,
    mkldnn.deterministic,
  ]).toEqual(results.features);
  const { matmul } = cuda;
  expect([
    matmul.allowTf32,
    matmul.allowFp16ReducedPrecisionReduction,
    matmul.allowBf16ReducedPrecisionReduction,
    matmul.allowFp16Accumulation,
  ]).toEqual(results.matmul);
  for (const name of ['allowFp16ReducedPrecisionReduction', 'allowFp16Accumulation'] as const) {
    const before = matmul[name];
    matmul[name] = !before;
    expect(matmul[name]).toBe(!before);
    matmul[name] = before;
  }
});

test('how exact float32 is', () => {
  const found = [
    precisions,
    () => put(mkldnn.matmul, 'bf16'),
    () => put(mkldnn, 'tf32'),
    () => put(mkldnn.matmul, none),
    () => put(cuda.matmul, 'bf16'),
    () => put(cuda.matmul, 'x'),
    () => put(cudnn, 'ieee'),
    () => backends.setFlags('bf16'),
    precisions,
    () => backends.flags(precisions, { fp32Precision: 'ieee' }),
    () => backends.setFlags(),
    precisions,
  ];
  expect(found.map(said)).toEqual(results.precision);
  expect(classAndMessage(() => (mkldnn.fp32Precision = 1 as never))).toMatch(
    /^TypeError: torch.backends.mkldnn\(\): argument 'fp32Precision' must be a string/,
  );
});

test('the library of quantized kernels', () => {
  const use = (name: string) => {
    const before = quantized.engine;
    quantized.engine = name as typeof before;
    const found = quantized.engine;
    quantized.engine = before;
    return found;
  };
  const names = ['fbgemm', 'qnnpack', 'onednn', 'x86', 'none', 'x'];
  expect(names.map((name) => said(() => use(name)))).toEqual(results.engines);
});

test('flags around a function', () => {
  const found = [
    () => nnpack.flags(() => nnpack.setFlags(true)),
    () => nnpack.setFlags(false),
    () => nnpack.setFlags(true),
    () => mkldnn.flags(() => [mkldnn.enabled, mkldnn.deterministic]),
    () => mkldnn.flags(() => mkldnn.deterministic, { enabled: true, deterministic: true }),
    () => [mkldnn.enabled, mkldnn.deterministic],
  ];
  expect(found.map(said)).toEqual(results.flags);
  expect(() => mkldnn.flags(() => Promise.resolve(1))).toThrow('the function returned a promise');
  expect(() =>
    mkldnn.flags(() => {
      throw new Error('mine');
    }),
  ).toThrow('mine');
  expect(mkldnn.enabled).toBe(true);
  const x = torch.randn([1, 3, 8, 8]);
  const w = torch.randn([4, 3, 3, 3]);
  const within = mkldnn.flags(() => torch.nn.functional.conv2d(x, w));
  expect(torch.allclose(within, torch.nn.functional.conv2d(x, w), { atol: 1e-5 })).toBe(true);
});

test('libraries that print', () => {
  expect(mkldnn.verbose(mkldnn.VERBOSE_OFF, () => 1)).toBe(1);
  expect(backends.mkl.verbose(backends.mkl.VERBOSE_OFF, () => 2)).toBe(2);
  expect(classAndMessage(() => mkldnn.verbose(3, () => 1))).toMatch(
    /^TypeError: verbose\(\): argument 'level'/,
  );
  expect(classAndMessage(() => backends.mkl.verbose(1, 1 as never))).toMatch(
    /argument 'body' must be a function/,
  );
  expect(mkldnn.verbose(mkldnn.VERBOSE_ON, () => 3)).toBe(3);
});

test('libraries that are preferred', () => {
  const { preferredLinalgLibrary, preferredBlasLibrary } = cuda;
  expect([
    said(() => preferredLinalgLibrary('x' as never)),
    said(() => preferredBlasLibrary('x' as never)),
  ]).toEqual(results.libraries);
  expect([preferredLinalgLibrary(), preferredLinalgLibrary('default')]).toEqual(['default', 'default']);
  expect(preferredBlasLibrary()).toBe('cublas');
});
