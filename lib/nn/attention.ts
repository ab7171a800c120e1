/** `torch.nn.attention`: which kernels scaled dot-product attention takes, and its masks. */
export { SDPBackend, sdpaKernel } from '../functional/attention/sdp_backend';
export * as bias from '../functional/attention/causal_bias';
export {
  andMasks,
  BlockMask,
  type BlockMaskOptions,
  createBlockMask,
  createMask,
  type MaskMod,
  orMasks,
} from '../functional/attention/block_mask';
export {
  flexAttention,
  type FlexAttentionOptions,
  type ScoreMod,
} from '../functional/attention/flex_attention';
