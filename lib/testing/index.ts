/**
 * `torch.testing`: assertions for tests. `import { assertClose } from 'nodetorch/testing'`.
 *
 * @module nodetorch/testing
 */
export { type CloseOptions, type EqualOptions, assertClose, assertEqual } from './assert_close';
