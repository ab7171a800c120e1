'use strict';
// What makes fixtures and tests agree to the bit on most x86-64 processors with AVX2: PyTorch, oneDNN and MKL
// each choose their kernels by the processor's vector width, and sums split by the number of threads. Where that is
// not enough (MKL knows these branches on Intel's processors alone), test/fixtures/processor.test.ts says so.
// jest.config.js sets these variables, and so does `npm run fixtures`. (The parity programs go without:
// there Python and TypeScript run on one machine, with whatever it has.)
module.exports = {
  ATEN_CPU_CAPABILITY: 'avx2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  MKL_CBWR: 'AVX2,STRICT',
  OMP_NUM_THREADS: '2',
};
