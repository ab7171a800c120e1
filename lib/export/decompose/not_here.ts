// Operators that Python's default table decomposes, and this one does not.
const names = `
  _fused_rms_norm_backward.default _log_softmax_backward_data.default _prelu_kernel_backward.default
  _softmax_backward_data.default _upsample_nearest_exact1d.vec _upsample_nearest_exact2d.vec
  _upsample_nearest_exact3d.vec baddbmm.dtype binary_cross_entropy_backward.default cudnn_batch_norm.default
  cudnn_batch_norm_backward.default diagonal_backward.default elu_backward.default
  embedding_dense_backward.default gelu_backward.default glu_backward.default gru.data gru.input
  hardsigmoid_backward.default hardswish_backward.default hardtanh_backward.default huber_loss_backward.default
  leaky_relu_backward.default log_sigmoid_backward.default logit_backward.default lstm.data lstm.input
  miopen_batch_norm_backward.default mkldnn_rnn_layer.default mse_loss_backward.default
  native_batch_norm_backward.default native_dropout_backward.default native_group_norm_backward.default
  native_layer_norm_backward.default nll_loss2d_backward.default nll_loss_backward.default
  reflection_pad1d_backward.default reflection_pad2d_backward.default reflection_pad3d_backward.default
  resize_as.default rnn_relu.data rnn_relu.input rnn_tanh.data rnn_tanh.input select_backward.default
  sigmoid_backward.default slice_backward.default smooth_l1_loss_backward.default
  soft_margin_loss_backward.default softplus_backward.default tanh_backward.default threshold_backward.default
  unfold_backward.default upsample_bicubic2d.vec upsample_linear1d.vec upsample_nearest1d.vec
  upsample_nearest3d.vec upsample_trilinear3d.vec
`;

/** Their targets. */
export const notHere: ReadonlySet<string> = new Set(
  names
    .trim()
    .split(/\s+/)
    .map((name) => `torch.ops.aten.${name}`),
);
