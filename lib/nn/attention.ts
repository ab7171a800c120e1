/** `torch.nn.attention`: which kernels scaled dot-product attention takes, and its masks. */
export { SDPBackend, sdpaKernel } from '../functional/attention/sdp_backend';
export * as bias from '../functional/attention/causal_bias';
export {
  flexAttention,
  type FlexAttentionOptions,
  type MaskMod,
  type ScoreMod,
} from '../functional/attention/flex_attention';
