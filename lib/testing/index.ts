/** torch.testing: assertions for tests, as `nodetorch/testing`. */
export { type CloseOptions, type EqualOptions, assertClose, assertEqual } from './assert_close';
