// The CUDA tests run where there is a GPU, and say so where there is none.
import { cuda } from '../native/support/torch';

export const hasCuda = cuda.isAvailable();
if (!hasCuda) {
  process.stderr.write(
    'CUDA tests skipped: torch.cuda.isAvailable() is false (libtorch without CUDA, or no GPU)\n',
  );
}
export const describeCuda: jest.Describe = hasCuda ? describe : describe.skip;
