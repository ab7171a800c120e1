'use strict';
// What makes fixtures and tests agree to the bit on any x86-64 processor with AVX2: PyTorch, oneDNN and MKL
// each choose their kernels by the processor's vector width, and sums split by the number of threads.
// jest.config.js sets these variables, and so does `npm run fixtures`. (The parity programs go without:
// there Python and TypeScript run on one machine, with whatever it has.)
module.exports = {
  ATEN_CPU_CAPABILITY: 'avx2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  MKL_CBWR: 'COMPATIBLE',
  OMP_NUM_THREADS: '2',
};
