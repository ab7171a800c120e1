import torch, { type Tensor } from 'nodetorch';
import { Scaled } from '../capture/live_programs';
test('x', () => {
  const w = torch.ones([3], { requiresGrad: true });
  const f = torch.capture((x: Tensor) => { const y = Scaled.apply(x, w, 2); process.stderr.write('fwd\n'); y.sum().backward(); process.stderr.write('bwd\n'); return y; });
  for (let i = 0; i < 5; i++) { process.stderr.write(`${i}\n`); console.log(f(torch.full([3], i)).tolist()); }
});
