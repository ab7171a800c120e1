// The pretend device, before the first backward of the process.
import torch from 'nodetorch';

// One for each: threads of backward divide sums in as many parts, so that they give the CPU's bits.
torch.setNumThreads(1);
torch.ops.loadLibrary(process.env.NODETORCH_PRETEND!);
