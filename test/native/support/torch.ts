// What the tests of the binding need of the library, without modules and optimizers.
import * as aten from '../../../lib/tensor/aten';
import '../../../lib/tensor/operators';

export * as autograd from '../../../lib/autograd';
export { full, fromBlob, tensor } from '../../../lib/tensor/creation';
export * as cuda from '../../../lib/cuda';
export { Complex } from '../../../lib/core/complex';
export { device } from '../../../lib/core/device';
export * as dtypes from '../../../lib/core/dtype';
export * as layouts from '../../../lib/core/layout';
export { TorchError } from '../../../lib/core/errors';
export { HANDLE, NativeHandle } from '../../../lib/native/handle';
export { keep, memory, tidy } from '../../../lib/tensor/memory';
export { native } from '../../../lib/native';
export { collect } from '../../../lib/native/collect';
export { ops } from '../../../lib/tensor/operators';
export { classes, ScriptObject } from '../../../lib/tensor/script_object';
export { Generator, manualSeed } from '../../../lib/tensor/random';
export { Tensor } from '../../../lib/tensor';

/** Operators without their types: these tests also call them wrongly. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const torch = aten as Record<string, any>;
