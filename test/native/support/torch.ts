// What the tests of the binding need of the library, without modules and optimizers.
import * as aten from '../../../lib/aten';
import '../../../lib/ops';

export * as autograd from '../../../lib/autograd';
export { full, fromBlob, tensor } from '../../../lib/creation';
export * as cuda from '../../../lib/cuda';
export { device } from '../../../lib/device';
export * as dtypes from '../../../lib/dtype';
export { TorchError } from '../../../lib/errors';
export { HANDLE, NativeHandle } from '../../../lib/handle';
export { keep, memory, tidy } from '../../../lib/memory';
export { native } from '../../../lib/native';
export { ops } from '../../../lib/ops';
export { Generator, manualSeed } from '../../../lib/random';
export { Tensor } from '../../../lib/tensor';

/** Operators without their types: these tests also call them wrongly. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const torch = aten as Record<string, any>;
