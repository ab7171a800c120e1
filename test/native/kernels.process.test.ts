// Packed layers on each kind of processor that this one can play: native/src/kernels.
import { lastLine, runChild } from './support/child';

test.each(['default', 'avx2', 'avx512'])('packed layers are near exact ones: %s', (capability) => {
  const child = runChild('kernels_child.ts', ['measure'], { env: { ATEN_CPU_CAPABILITY: capability } });
  const { linear, conv, conv2d } = lastLine<{ linear: number; conv: number; conv2d: number }>(child);
  // Sums of 300 and 576 products in float32; Winograd's transforms lose four bits more.
  expect(linear).toBeLessThan(1e-5);
  expect(conv2d).toBeLessThan(1e-5);
  expect(conv).toBeLessThan(1e-4);
});
