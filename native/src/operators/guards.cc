#include "operators/guards.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "operators/guard_checks.h"

namespace nodetorch {

using namespace guards;

namespace {

// Numbers of groups and heads divide other sizes.
void PositiveCounts(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  for (const char* name : {"group", "num_groups", "num_heads", "num_head", "block_size", "in_features",
                           "out_features", "N", "C", "HxW"}) {
    const c10::IValue* value = Find(schema, stack, name);
    const bool may_be_zero = name[0] == 'N' || name[0] == 'C' || name[0] == 'H';
    if (!value || !value->isInt()) continue;
    TORCH_CHECK(value->toInt() > 0 || (may_be_zero && value->toInt() == 0), schema.name(), ": ", name,
                " must be positive, got ", value->toInt());
  }
}

void NonEmptyLists(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  std::optional<size_t> length;
  for (const c10::IValue& value : stack) {
    if (!value.isTensorList()) continue;
    const size_t size = value.toTensorList().size();
    TORCH_CHECK(size > 0, schema.name(), ": expected a non-empty list of Tensors");
    TORCH_CHECK(!length || *length == size, schema.name(), ": expected lists of one length");
    length = size;
  }
}

void PaddingLength(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  GradLikeOutput(schema, stack);
  const c10::IValue* padding = Find(schema, stack, "padding");
  const auto digit = schema.name().find_first_of("123", schema.name().find("pad"));
  if (!padding || digit == std::string::npos) return;
  const size_t needed = 2 * (schema.name()[digit] - '0');
  TORCH_CHECK(padding->toIntVector().size() == needed, schema.name(), ": padding must have ", needed,
              " elements");
}

void IndicesInRange(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor& indices = stack[0].toTensor();
  const c10::IValue* size = Find(schema, stack, "size");
  if (!size || !size->isInt()) return;
  TORCH_CHECK(size->toInt() >= 0, schema.name(), ": size must not be negative");
  TORCH_CHECK_INDEX(!HasOutside(indices, 0, size->toInt()), schema.name(), ": indices are out of range");
}

void BatchDims(const Schema& schema, const Stack& stack) {
  const c10::IValue* count = Find(schema, stack, "self_num_batch_dims");
  if (!count || !count->isInt()) return;
  TORCH_CHECK(count->toInt() >= 0 && count->toInt() <= stack[0].toTensor().dim(), schema.name(),
              ": self_num_batch_dims is out of range, got ", count->toInt());
}

void ConvBackward2d(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  for (const char* name : {"kernel_size", "stride", "padding"}) {
    const c10::IValue* list = Find(schema, stack, name);
    if (!list || !list->isIntList()) continue;
    TORCH_CHECK(list->toIntVector().size() == 2, schema.name(), ": ", name, " must have 2 elements");
  }
  const at::Tensor input = TensorNamed(schema, stack, "self");
  TORCH_CHECK(input.dim() == 3 || input.dim() == 4, schema.name(), ": self must have 3 or 4 dimensions");
  for (const char* name : {"grad_output", "weight"}) {
    const at::Tensor other = TensorNamed(schema, stack, name);
    TORCH_CHECK(other.defined() && other.scalar_type() == input.scalar_type(), schema.name(), ": ", name,
                " must have the dtype of self");
  }
}

// Batches of one shape: the kernel walks both with one counter.
void MatchingFactors(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor right = TensorNamed(schema, stack, "self"), factor = TensorNamed(schema, stack, "A");
  TORCH_CHECK(right.dim() >= 2 && factor.dim() == right.dim(), schema.name(),
              ": expected matrices, or batches of one shape");
  TORCH_CHECK(factor.size(-1) == factor.size(-2) && factor.size(-1) == right.size(-2) &&
                  factor.sizes().slice(0, factor.dim() - 2) == right.sizes().slice(0, right.dim() - 2),
              schema.name(), ": sizes ", right.sizes(), " and ", factor.sizes(), " do not fit");
}

// The levels of vmap are those of transforms.cc, which calls neither; these kernels believe any number.
void NoSuchLevel(const Schema& schema, const Stack&) {
  TORCH_CHECK(false, schema.name(), ": there is no such level of vmap");
}

void FloatImages(const Schema& schema, const Stack& stack) {
  for (const char* name : {"input", "weight"}) {
    const at::Tensor tensor = TensorNamed(schema, stack, name);
    TORCH_CHECK(
        tensor.is_cpu() && tensor.dim() == 4 && tensor.scalar_type() == at::kFloat && tensor.numel() > 0,
        schema.name(), ": ", name, " must be a float32 tensor of 4 dimensions on the CPU, and not empty");
  }
  for (const char* name : {"padding", "stride"}) {
    const c10::IValue* list = Find(schema, stack, name);
    if (!list || !list->isIntList()) continue;
    TORCH_CHECK(list->toIntVector().size() == 2, schema.name(), ": ", name, " must have 2 elements");
    for (int64_t each : list->toIntVector()) {
      TORCH_CHECK(each >= (name[0] == 's' ? 1 : 0), schema.name(), ": ", name, " is too small");
    }
  }
}

void HeadsOfBias(const Schema& schema, const Stack& stack) {
  PositiveCounts(schema, stack);
  const at::Tensor qkv = TensorNamed(schema, stack, "qkv"), bias = TensorNamed(schema, stack, "qkv_bias");
  if (qkv.is_nested()) return;
  TORCH_CHECK(qkv.dim() == 3 && bias.dim() == 1 && qkv.size(2) == bias.size(0), schema.name(),
              ": qkv must have 3 dimensions, the last as long as qkv_bias");
  TORCH_CHECK(qkv.scalar_type() == bias.scalar_type(), schema.name(), ": expected tensors of one dtype");
}

// LAPACK's geev ends the process on NaN; linalg_eig makes this check itself.
// Differs from PyTorch: `torch.linalg.eigvals` refuses infinities and NaNs, as `torch.linalg.eig` does; on
// some of them LAPACK ends the process.
void FiniteMatrix(const Schema& schema, const Stack& stack) {
  const at::Tensor input = stack[0].toTensor();
  if (!input.is_cpu() || input.layout() != at::kStrided) return;
  if (!at::isFloatingType(input.scalar_type()) && !at::isComplexType(input.scalar_type())) return;
  TORCH_CHECK(input.numel() == 0 || !Any(input.isfinite().logical_not()), schema.name(),
              ": input tensor should not contain infs or NaNs");
}

void CoefficientsOfInput(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "input");
  const at::Tensor coefficients = TensorNamed(schema, stack, "coefficients");
  TORCH_CHECK(input.dim() > 0 && coefficients.dim() == 2 && coefficients.size(1) == input.size(0),
              schema.name(), ": sizes ", input.sizes(), " and ", coefficients.sizes(), " do not fit");
}

void WithinStorage(const Schema& schema, const Stack& stack) {
  const at::Tensor& tensor = stack[0].toTensor();
  const auto sizes = stack[1].toIntVector(), strides = stack[2].toIntVector();
  TORCH_CHECK(sizes.size() == strides.size(), schema.name(), ": size and stride differ in length");
  for (size_t i = 0; i < sizes.size(); i++) {
    TORCH_CHECK(sizes[i] >= 0 && strides[i] >= 0, schema.name(), ": negative size or stride");
  }
  if (!tensor.has_storage() || tensor.is_meta()) return;
  const size_t needed =
      at::detail::computeStorageNbytes(sizes, strides, tensor.element_size(), tensor.storage_offset());
  TORCH_CHECK(needed <= tensor.storage().nbytes(), schema.name(), ": the storage has ",
              tensor.storage().nbytes(), " bytes, but ", needed, " are needed");
}

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
      {"native_batch_norm_backward", ChannelsOfInput},
      {"batch_norm_backward", SavedPerChannel},
      {"native_layer_norm_backward", SavedPerRow},
      {"_fused_rms_norm_backward", SavedPerRow},
      {"gelu_backward", GradLikeSecond},
      {"_softmax_backward_data", GradLikeSecond},
      {"_log_softmax_backward_data", GradLikeSecond},
      {"nll_loss_backward", TargetsAmongClasses},
      {"nll_loss2d_backward", TargetsAmongClasses},
      {"_logcumsumexp", OutLikeInput},
      {"_cummax_helper", OutLikeInput},
      {"_cummin_helper", OutLikeInput},
      {"linalg_eigvals", FiniteMatrix},
      {"_linalg_eigvals", FiniteMatrix},
      {"quantized_lstm_cell", TwoStates},
      {"quantized_lstm_cell_dynamic", TwoStates},
      {"_dyn_quant_matmul_4bit", PositiveCounts},
      {"_dyn_quant_pack_4bit_weight", PositiveCounts},
      {"_stack", NonEmptyLists},
      {"_foreach_copy", NonEmptyLists},
      {"_convert_indices_from_coo_to_csr", IndicesInRange},
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
