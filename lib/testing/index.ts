/**
 * `torch.testing`: assertions and random tensors for tests. `import { assertClose } from 'nodetorch/testing'`.
 *
 * @module nodetorch/testing
 */
export { type MakeTensorOptions, makeTensor } from './make_tensor';
export { type CloseOptions, type EqualOptions, assertClose, assertEqual } from './assert_close';
