// Operators that Python's default table decomposes, and this one does not.
const names = `
  _chunk_cat.default _euclidean_dist.default _reshape_alias.default _safe_softmax.default
  _scaled_dot_product_flash_attention_for_cpu.default _unsafe_index.Tensor _unsafe_index_put.default
  _unsafe_masked_index.default _unsafe_masked_index_put_accumulate.default _weight_norm_interface.default
  addcdiv.default addr.default affine_grid_generator.default alias_copy.default all.default all.dims
  aminmax.default baddbmm.dtype bernoulli.default binary_cross_entropy.default
  binary_cross_entropy_with_logits.default block_diag.default channel_shuffle.default clamp_max.Tensor
  clamp_max.default clamp_min.Tensor clamp_min.default col2im.default count_nonzero.default
  count_nonzero.dim_IntList deg2rad.default diag_embed.default diagonal_copy.default dot.default
  empty_like.default expand_copy.default eye.default eye.m fill.Scalar fill.Tensor floor_divide.Scalar
  floor_divide.default frac.default hann_window.default hann_window.periodic heaviside.default im2col.default
  index_add.default index_copy.default index_fill.int_Scalar index_fill.int_Tensor isin.Scalar_Tensor
  isin.Tensor_Scalar isin.Tensor_Tensor isneginf.default isposinf.default lerp.Scalar lerp.Tensor
  linalg_cross.default linspace.Scalar_Tensor linspace.Tensor_Scalar linspace.Tensor_Tensor linspace.default
  logaddexp.default logaddexp2.default logit.default logspace.Scalar_Tensor logspace.Tensor_Scalar
  logspace.Tensor_Tensor logspace.default logsumexp.default max_unpool2d.default max_unpool3d.default
  multi_margin_loss.default multilabel_margin_loss_forward.default mv.default mvlgamma.default nan_to_num.default
  nansum.default new_empty.default nll_loss2d_forward.default nll_loss_forward.default norm.Scalar
  norm.ScalarOpt_dim norm.ScalarOpt_dim_dtype norm.ScalarOpt_dtype pixel_shuffle.default pixel_unshuffle.default
  rad2deg.default reflection_pad1d.default reflection_pad2d.default reflection_pad3d.default renorm.default
  replication_pad1d.default replication_pad2d.default replication_pad3d.default resize_as.default roll.default
  rot90.default rsub.Scalar rsub.Tensor  sgn.default sinc.default soft_margin_loss.default
  special_entr.default special_log_ndtr.default special_xlog1py.default special_xlog1py.other_scalar
  special_xlog1py.self_scalar split_with_sizes_copy.default squeeze_copy.default squeeze_copy.dim
  squeeze_copy.dims std.correction std_mean.correction sum.default t_copy.default take.default trace.default
  transpose_copy.int tril.default triu.default unbind.int unfold_copy.default unsafe_split.Tensor
  unsafe_split_with_sizes.default unsqueeze_copy.default upsample_linear1d.default vdot.default xlogy.Scalar_Other
  xlogy.Scalar_Self xlogy.Tensor zero.default zeros.default
`;

/** Their targets. */
export const notHere: ReadonlySet<string> = new Set(
  names
    .trim()
    .split(/\s+/)
    .map((name) => `torch.ops.aten.${name}`),
);
