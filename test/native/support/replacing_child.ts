// A process of its own for a library that replaces kernels: they stay replaced. Argument: the library.
import torch from '../../../lib';

const values = (): unknown[] => {
  const x = torch.ones([2]);
  const square = torch.ones([9, 9]);
  return [x.neg(), x.mul(x), x.mul(3), square.sin().at(0, ':2'), torch.noGrad(() => x.sin())].map((y) =>
    y.tolist(),
  );
};
const before = values();
torch.ops.loadLibrary(process.argv[2]);
console.log(JSON.stringify([before, values()]));
