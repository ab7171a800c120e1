// Guards of operators over packed weights, of oneDNN, MKL and PyTorch's own kernels of 8 and 4 bits: they
// divide by strides and sizes, and read as far as the other arguments say.
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "operators/guard_checks.h"
#include "operators/guards.h"

namespace nodetorch::guards {

namespace {

void PositiveNumbers(const Schema& schema, const Stack& stack, const char* name) {
  const c10::IValue* value = Find(schema, stack, name);
  if (!value || !value->isIntList()) return;
  const auto numbers = value->toIntVector();
  TORCH_CHECK(std::all_of(numbers.begin(), numbers.end(), [](int64_t one) { return one > 0; }), schema.name(),
              ": ", name, " must be positive");
}

void Matrix(const Schema& schema, const char* name, const at::Tensor& tensor) {
  TORCH_CHECK(tensor.dim() == 2 && tensor.numel() > 0, schema.name(), ": ", name,
              " must be a matrix with elements");
}

}  // namespace

// One scale and zero point for the weight, or one for each of its channels.
void ScalesOfWeight(const Schema& schema, const Stack& stack, const at::Tensor& weight, int64_t channels) {
  OneDevice(schema, stack);
  for (const char* name : {"w_scale", "w_zero_point"}) {
    const int64_t count = TensorNamed(schema, stack, name).numel();
    TORCH_CHECK(count == 1 || count == channels, schema.name(), ": ", name, " must have 1 number or ",
                channels, ", got ", count);
  }
  TORCH_CHECK(weight.is_mkldnn(), schema.name(), ": the weight must be what the prepack operator gives");
}

// Convolutions over packed weights, and what packs them.
void PackedConvolution(const Schema& schema, const Stack& stack) {
  for (const char* name : {"stride", "dilation"}) PositiveNumbers(schema, stack, name);
  at::Tensor input = TensorNamed(schema, stack, "X"), weight = TensorNamed(schema, stack, "W");
  if (!input.defined()) {
    input = TensorNamed(schema, stack, "qx");
    weight = TensorNamed(schema, stack, "qw");
    if (!input.defined()) return;  // it is a weight that is packed
    const int64_t groups = Find(schema, stack, "groups")->toInt();
    TORCH_CHECK(weight.dim() > 2 && groups > 0 && groups <= weight.size(0) * weight.size(1), schema.name(),
                ": groups do not fit the weight");
    const bool has_groups = weight.dim() > input.dim();  // the first dimension of what was packed
    ScalesOfWeight(schema, stack, weight, has_groups ? weight.size(0) * weight.size(1) : weight.size(0));
    return;
  }
  const bool is_packed = !weight.defined();  // of two dimensions
  TORCH_CHECK(is_packed ? input.dim() == 4 : input.dim() > 2 && weight.dim() == input.dim(), schema.name(),
              ": X must have as many dimensions as the weight, got ", input.dim());
}

// oneDNN's linear layers in eight bits, or in float16.
void PackedLinear(const Schema& schema, const Stack& stack) {
  const bool is_half = schema.name().find("fp16") != std::string::npos;
  const at::Tensor weight = TensorNamed(schema, stack, is_half ? "w" : "qw"),
                   input = TensorNamed(schema, stack, is_half ? "x" : "qx");
  if (!input.defined()) return Matrix(schema, "weight", TensorNamed(schema, stack, "weight"));
  TORCH_CHECK(weight.is_mkldnn() && weight.dim() == 2, schema.name(),
              ": the weight must be what the prepack operator gives");
  TORCH_CHECK(input.dim() > 0 && input.size(-1) > 0 && input.size(-1) == weight.size(0), schema.name(),
              ": the last dimension of the input must be ", weight.size(0), ", as the weight's");
  if (!is_half && TensorNamed(schema, stack, "w_scale").defined())
    ScalesOfWeight(schema, stack, weight, weight.size(1));
}

void ReorderedLayer(const Schema& schema, const Stack& stack) {
  const at::Tensor ih = stack[0].toTensor(), hh = stack[1].toTensor();
  const int64_t hidden = Find(schema, stack, "hidden_size")->toInt();
  Matrix(schema, "weight0", ih);
  Matrix(schema, "weight1", hh);
  TORCH_CHECK(hidden > 0 && ih.size(0) == 4 * hidden && hh.size(0) == 4 * hidden && hh.size(1) == hidden,
              schema.name(), ": the weights must have 4 rows for each of hidden_size");
}

// What MKL has packed is a column, longer than the weight.
void PackedByMkl(const Schema& schema, const Stack& stack) {
  const at::Tensor packed = TensorNamed(schema, stack, "MKL_W"), weight = TensorNamed(schema, stack, "ORI_W");
  TORCH_CHECK(
      !packed.is_mkldnn() || (packed.dim() == 2 && packed.size(1) == 1 && packed.numel() > weight.numel()),
      schema.name(), ": MKL_W must be what mkl::_mkl_reorder_linear_weight gives");
  const at::Tensor bias = TensorNamed(schema, stack, "B");
  TORCH_CHECK(!bias.defined() || (weight.dim() == 2 && bias.numel() == weight.size(0)), schema.name(),
              ": B must have a number for each row of ORI_W");
}

// The kernel for bfloat16 reads 16 numbers at a time.
void WholeVectors(const Schema& schema, const Stack& stack) {
  const at::Tensor input = stack[0].toTensor();
  constexpr int64_t kWidth = 16;
  TORCH_CHECK(input.scalar_type() != at::kBFloat16 || input.dim() != 2 || input.size(1) % kWidth == 0,
              schema.name(), ": of bfloat16 the columns must be a multiple of ", kWidth, ", got ",
              input.size(1));
}

void ScalesOfGroups(const Schema& schema, const Stack& stack) {
  const at::Tensor input = stack[0].toTensor(), scales = TensorNamed(schema, stack, "qScaleAndZeros");
  const int64_t group = Find(schema, stack, "qGroupSize")->toInt();
  TORCH_CHECK(input.dim() != 2 || scales.dim() == 0 || group <= 0 || scales.size(0) * group >= input.size(1),
              schema.name(), ": qScaleAndZeros must have a row for each ", group, " columns");
}

void ColumnsOfWeight(const Schema& schema, const Stack& stack) {
  PositiveCounts(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "inp");
  const int64_t columns = Find(schema, stack, "in_features")->toInt();
  TORCH_CHECK(!input.defined() || (input.dim() > 0 && input.size(-1) == columns), schema.name(),
              ": the last dimension of inp must be in_features, ", columns);
}

}  // namespace nodetorch::guards

namespace nodetorch {

using namespace guards;

// By the whole name: namespaces of libraries may have the names of PyTorch's operators.
Guard PackedGuardOf(const Schema& schema) {
  static const std::unordered_map<std::string, Guard> guards = {
      {"mkldnn_prepacked::conv2d_prepack", PackedConvolution},
      {"mkldnn_prepacked::conv2d_run", PackedConvolution},
      {"mkldnn::_convolution_transpose_pointwise", PackedConvolution},
      {"mkldnn::_reorder_mkldnn_rnn_layer_weight", ReorderedLayer},
      {"mkl::_mkl_linear", PackedByMkl},
      {"onednn::qconv_prepack", PackedConvolution},
      {"onednn::qconv_pointwise", PackedConvolution},
      {"onednn::qconv1d_pointwise", PackedConvolution},
      {"onednn::qconv2d_pointwise", PackedConvolution},
      {"onednn::qconv3d_pointwise", PackedConvolution},
      {"onednn::qlinear_prepack", PackedLinear},
      {"onednn::qlinear_pointwise", PackedLinear},
      {"onednn::linear_prepack_fp16", PackedLinear},
      {"onednn::linear_dynamic_fp16", PackedLinear},
      {"onednn::linear_relu_dynamic_fp16", PackedLinear},
  };
  const auto found = guards.find(schema.name());
  return found == guards.end() ? nullptr : found->second;
}

}  // namespace nodetorch
