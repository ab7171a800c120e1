// Run by accelerator_name.process.test.ts.
import torch from '../../../lib';
import { classAndMessage } from '../../errors';

const refused = classAndMessage(() => torch.utils.renamePrivateuse1Backend(''));
torch.utils.renamePrivateuse1Backend('npu');
torch.manualSeed(1);
const x = torch.rand([2], { requiresGrad: true });
x.sum().backward();
const { accelerator } = torch;
console.log(
  JSON.stringify({
    refused,
    available: accelerator.isAvailable(),
    count: accelerator.deviceCount(),
    gradient: x.grad!.tolist(),
  }),
);
