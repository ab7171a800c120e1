#include "operators/guards.h"

#include <functional>
#include <unordered_map>

#include "operators/guard_checks.h"

namespace nodetorch {

using namespace guards;

namespace {

const std::unordered_map<std::string, Guard>& Guards() {
  static const std::unordered_map<std::string, Guard> guards = {
      {"_fft_c2r", DimsInRange},
      {"_fft_r2c", DimsInRange},
      {"_fft_c2c", DimsInRange},
      {"native_group_norm", PositiveCounts},
      {"native_group_norm_backward", PositiveCounts},
      {"_transform_bias_rescale_qkv", HeadsOfBias},
      {"_new_zeros_with_same_feature_meta", BatchDims},
      {"_slow_conv2d_backward", ConvBackward2d},
      {"_batch_norm_impl_index_backward", ChannelsOfInput},
      {"_batch_norm_no_update", RunningStatistics},
      {"_add_batch_dim", NoSuchLevel},
      {"_remove_batch_dim", NoSuchLevel},
      {"_cholesky_solve_helper", MatchingFactors},
      {"native_batch_norm", RunningStatistics},
      {"_native_batch_norm_legit", RunningStatistics},
      {"_native_batch_norm_legit_no_training", RunningStatistics},
      {"_native_batch_norm_legit_functional", RunningStatistics},
      {"_batch_norm_with_update", RunningStatistics},
      {"_batch_norm_with_update_functional", RunningStatistics},
      {"_nnpack_spatial_convolution", FloatImages},
      {"_weight_norm", NormPerSlice},
      {"_weight_norm_interface", NormPerSlice},
      {"_weight_norm_interface_backward", NormsOfSlices},
      {"native_batch_norm_backward", ChannelsOfInput},
      {"batch_norm_backward", SavedPerChannel},
      {"native_layer_norm_backward", SavedPerRow},
      {"_fused_rms_norm_backward", SavedPerRow},
      {"gelu_backward", GradLikeSecond},
      {"_softmax_backward_data", GradLikeSecond},
      {"_log_softmax_backward_data", GradLikeSecond},
      {"multi_margin_loss_backward", GradOfLoss},
      {"multilabel_margin_loss_backward", GradOfLoss},
      {"nll_loss_backward", TargetsAmongClasses},
      {"nll_loss2d_backward", TargetsAmongClasses},
      {"_logcumsumexp", OutLikeInput},
      {"_cummax_helper", OutLikeInput},
      {"_cummin_helper", OutLikeInput},
      {"linalg_eigvals", FiniteMatrix},
      {"_linalg_eigvals", FiniteMatrix},
      {"_thnn_differentiable_lstm_cell_backward", GatesOfCell},
      {"_thnn_differentiable_gru_cell_backward", GatesOfCell},
      {"quantized_lstm_cell", TwoStates},
      {"quantized_lstm_cell_dynamic", TwoStates},
      {"_dyn_quant_matmul_4bit", ColumnsOfWeight},
      {"_weight_int8pack_mm", WholeVectors},
      {"_weight_int4pack_mm_for_cpu", ScalesOfGroups},
      {"_dyn_quant_pack_4bit_weight", PositiveCounts},
      {"_stack", NonEmptyLists},
      {"native_channel_shuffle", SomeGroups},
      {"slow_conv3d", ThreeSizes},
      {"slow_conv3d_forward", ThreeSizes},
      {"align_tensors", NonEmptyLists},  // until 2.12, as the next
      {"align_to", PlaceOfEllipsis},
      {"_chunk_cat", DimensionsToChunk},
      {"copy", NotCompressed},
      {"_foreach_copy", NotCompressed},
      {"_convert_indices_from_coo_to_csr", IndicesInRange},
      {"_convert_indices_from_csr_to_coo", RowsOfColumns},
      {"mkldnn_linear", MatrixOfWeight},
      {"fused_moving_avg_obs_fake_quant", ObservedRows},
      {"_fused_moving_avg_obs_fq_helper", ObservedRows},
      {"_fused_moving_avg_obs_fq_helper_functional", ObservedRows},
      {"_adaptive_avg_pool2d", SizeOfOutput},
      {"_adaptive_avg_pool3d", SizeOfOutput},
      {"_nested_compute_contiguous_strides_offsets", RowsOfSizes},
      {"as_strided_", CountedStrides},
      {"_reshape_alias", WithinStorage},
      {"_reshape_alias_copy", WithinStorage},
      {"range", WholeStep},
      {"choose_qparams_optimized", CountedBins},
      {"_pad_packed_sequence", StepsOfBatch},
      {"grid_sampler_2d_backward", GradLikeGrid},
      {"grid_sampler_3d_backward", GradLikeGrid},
      {"lstm", LayersOfParams},
      {"gru", LayersOfParams},
      {"rnn_tanh", LayersOfParams},
      {"rnn_relu", LayersOfParams},
      {"mkldnn_rnn_layer", GatesOfHidden},
      {"mkldnn_rnn_layer_backward", GatesOfHidden},
      {"_compute_linear_combination", CoefficientsOfInput},
      {"pdist", SomeRows},
      {"_pdist_forward", PairsOfRows},
      {"_pdist_backward", PairsOfRows},
      {"_cdist_backward", PairsOfTwo},
      {"div", NoOverflow},
      {"div_", NoOverflow},
      {"divide", NoOverflow},
      {"divide_", NoOverflow},
      {"floor_divide", NoOverflow},
      {"floor_divide_", NoOverflow},
      {"remainder", NoOverflow},
      {"remainder_", NoOverflow},
      {"fmod", NoOverflow},
      {"fmod_", NoOverflow},
      {"lu_unpack", PivotsInRange},
      {"lu_solve", PivotsInRange},
      {"linalg_lu_solve", PivotsInRange},
      {"linalg_ldl_solve", PivotsInRange},
      {"segment_reduce", SegmentsOfAxis},
      {"_segment_reduce_backward", SegmentsOfAxis},
      {"fbgemm_pack_gemm_matrix_fp16", SomeMatrix},
      {"fbgemm_pack_quantized_matrix", SomeMatrix},
      {"fbgemm_linear_quantize_weight", SomeMatrix},
      {"_saturate_weight_to_fp16", SomeMatrix},
      {"matrix_power", NegatedPower},
      {"linalg_matrix_power", NegatedPower},
      {"embedding_dense_backward", CountedIndices},
      {"index_put", DefinedIndices},
      {"index_put_", DefinedIndices},
      {"_neg_view", NotQuantized},
      {"_neg_view_copy", NotQuantized},
      {"_conj", NotQuantized},
      {"_conj_copy", NotQuantized},
      {"embedding_bag", ListsOfBags},
      {"_embedding_bag", ListsOfBags},
      {"_embedding_bag_forward_only", ListsOfBags},
      {"_embedding_bag_backward", BagsOfIndices},
      {"_embedding_bag_dense_backward", BagsOfIndices},
      {"_embedding_bag_sparse_backward", BagsOfIndices},
      {"_embedding_bag_per_sample_weights_backward", BagsOfIndices},
      {"_scaled_dot_product_flash_attention_for_cpu", HeadsOfAttention},
      {"_scaled_dot_product_flash_attention_for_cpu_backward", HeadsOfAttention},
      {"ctc_loss", CtcLabels},
      {"_ctc_loss", CtcLabels},
      {"_ctc_loss_backward", CtcSizes},
      {"_sobol_engine_draw", SobolSizes},
      {"_sobol_engine_ff_", SobolSizes},
      {"_sobol_engine_scramble_", SobolSizes},
      {"_sobol_engine_initialize_state_", SobolSizes},
  };
  return guards;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Guard GuardOf(const Schema& schema) {
  const std::string name = schema.name().substr(schema.name().find("::") + 2);
  const bool divides = name == "div" || name == "div_" || name == "divide" || name == "divide_";
  if (divides && !schema.argumentIndexWithName("rounding_mode")) return nullptr;
  const auto found = Guards().find(name);
  if (found != Guards().end()) return found->second;
  if (schema.overload_name().rfind("from", 0) == 0 && name.rfind("random", 0) == 0) return BelowLargest;
  if (name.rfind("view", 0) == 0 && schema.overload_name().rfind("dtype", 0) == 0) return OwnDtype;
  // Into a quantized tensor, whose kernel looks at the first of the list.
  const bool is_cat = name == "cat" || name == "concat" || name == "concatenate";
  if (is_cat && EndsWith(schema.overload_name(), "out")) return NonEmptyLists;
  const bool is_sparse = name.rfind("sparse_", 0) == 0 || name.rfind("_sparse_", 0) == 0;
  if (is_sparse && name.find("_tensor") != std::string::npos) return SparseParts;
  const bool pads = name.rfind("replication_pad", 0) == 0 || name.rfind("reflection_pad", 0) == 0;
  if (pads && !EndsWith(name, "_backward")) return PaddedSizes;
  if (name.find("2d_aa") != std::string::npos) return ScaledOutput;
  if (name.find("upsample_") != std::string::npos && !EndsWith(name, "_backward")) return CountedOutput;
  if (name.find("_polynomial_") != std::string::npos && name.find("hermite") == std::string::npos) {
    return OrderOfPolynomial;
  }
  if (EndsWith(name, "_backward") && name.find("_pad") != std::string::npos) return PaddingLength;
  if (EndsWith(name, "_backward") && name.find("_pool") != std::string::npos) return GradLikeOutput;
  if (name.rfind("_thnn_differentiable", 0) == 0) return OneFloatingType;
  if (EndsWith(name, "_backward") || name.rfind("quantized_", 0) == 0) return OneDevice;
  return nullptr;
}

}  // namespace nodetorch
