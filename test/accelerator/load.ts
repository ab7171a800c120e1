// The pretend device, before the first backward of the process.
import torch from 'nodetorch';

torch.ops.loadLibrary(process.env.NODETORCH_PRETEND!);
