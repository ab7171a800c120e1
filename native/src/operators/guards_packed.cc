// Guards of operators over packed weights, of oneDNN, MKL and PyTorch's own kernels of 8 and 4 bits: they
// divide by strides and sizes, and read as far as the other arguments say.
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

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

// Convolutions of floats over weights that may be packed, of one dimension more where there are groups.
void PointwiseConvolution(const Schema& schema, const Stack& stack) {
  for (const char* name : {"stride", "dilation"}) PositiveNumbers(schema, stack, name);
  const at::Tensor input = stack[0].toTensor(), weight = TensorNamed(schema, stack, "W");
  TORCH_CHECK(input.dim() > 2 && (weight.dim() == input.dim() || weight.dim() == input.dim() + 1),
              schema.name(), ": W must have as many dimensions as X, or one more for groups, got ",
              weight.dim());
  TORCH_CHECK(at::isFloatingType(input.scalar_type()) && input.scalar_type() == weight.scalar_type(),
              schema.name(), ": X and W must be of one dtype of floats");
  TORCH_CHECK(Find(schema, stack, "groups")->toInt() > 0, schema.name(), ": groups must be positive");
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

// What MKL packs for which matrix, and for how many rows of the input. The bytes do not say what they are, so
// each is remembered by its tensor until it is gone, with the version that it had: who writes to it makes it
// another one. What is made in inference mode has no version, and is not known.
struct PackedMatrix {
  int64_t rows, columns, batch;
  bool operator==(const PackedMatrix& other) const {
    return rows == other.rows && columns == other.columns && batch == other.batch;
  }
};
struct KnownMatrix {
  c10::weak_intrusive_ptr<c10::TensorImpl> tensor;
  uint32_t version;
  PackedMatrix matrix;
};
std::mutex known_mutex;
std::unordered_map<const c10::TensorImpl*, KnownMatrix>& KnownMatrices() {
  static auto* const known = new std::unordered_map<const c10::TensorImpl*, KnownMatrix>();
  return *known;
}
thread_local std::optional<PackedMatrix> to_be_packed;

void ToBePackedByMkl(const Schema& schema, const Stack& stack) {
  to_be_packed.reset();
  const at::Tensor weight = stack[0].toTensor();
  Matrix(schema, "X", weight);
  to_be_packed = PackedMatrix{weight.size(0), weight.size(1), stack[1].toInt()};
}

void PackedByMkl(const Schema& schema, const Stack& stack) {
  const at::Tensor packed = TensorNamed(schema, stack, "MKL_W"), weight = TensorNamed(schema, stack, "ORI_W"),
                   bias = TensorNamed(schema, stack, "B"), input = TensorNamed(schema, stack, "X");
  TORCH_CHECK(weight.dim() == 2, schema.name(), ": ORI_W must be a matrix");
  TORCH_CHECK(input.dim() > 0 && input.size(-1) == weight.size(1), schema.name(),
              ": the last dimension of X must be ", weight.size(1), ", as ORI_W's");
  const PackedMatrix matrix{weight.size(0), weight.size(1), Find(schema, stack, "batch_size")->toInt()};
  bool is_known = false;
  if (!packed.is_inference()) {
    std::lock_guard<std::mutex> lock(known_mutex);
    const auto found = KnownMatrices().find(packed.unsafeGetTensorImpl());
    is_known = found != KnownMatrices().end() && !found->second.tensor.expired() &&
               found->second.version == packed._version() && found->second.matrix == matrix;
  }
  TORCH_CHECK(is_known, schema.name(),
              ": MKL_W must be what mkl::_mkl_reorder_linear_weight gives for ORI_W and batch_size, "
              "unchanged and not of inference mode");
  TORCH_CHECK(!bias.defined() || bias.numel() == weight.size(0), schema.name(),
              ": B must have a number for each row of ORI_W");
}

void MatrixOfWeight(const Schema& schema, const Stack& stack) {
  Matrix(schema, "weight", stack[1].toTensor());
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
      {"mkldnn::_convolution_pointwise", PointwiseConvolution},
      {"mkldnn::_convolution_pointwise_", PointwiseConvolution},
      {"mkldnn::_reorder_mkldnn_rnn_layer_weight", ReorderedLayer},
      {"mkl::_mkl_linear", PackedByMkl},
      {"mkl::_mkl_reorder_linear_weight", ToBePackedByMkl},
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

void NotePacked(Guard guard, const std::vector<c10::IValue>& results) {
  if (guard != ToBePackedByMkl || !to_be_packed || results.size() != 1) return;
  const PackedMatrix matrix = *std::exchange(to_be_packed, std::nullopt);
  const at::Tensor packed = results[0].toTensor();
  if (packed.is_inference()) return;
  std::lock_guard<std::mutex> lock(known_mutex);
  auto& known = KnownMatrices();
  for (auto one = known.begin(); one != known.end();) {
    one = one->second.tensor.expired() ? known.erase(one) : std::next(one);
  }
  known.insert_or_assign(packed.unsafeGetTensorImpl(),
                         KnownMatrix{c10::weak_intrusive_ptr<c10::TensorImpl>(packed.getIntrusivePtr()),
                                     static_cast<uint32_t>(packed._version()), matrix});
}

}  // namespace nodetorch
