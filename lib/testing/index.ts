/**
 * `torch.testing`: assertions for tests. `import { assertClose } from 'nodetorch/testing'`.
 *
 * @module testing
 */
export { type CloseOptions, type EqualOptions, assertClose, assertEqual } from './assert_close';
