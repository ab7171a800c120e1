// Guards of operators that trust sizes, counts and places they are given.
#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <string>
#include <vector>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

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

// On the meta device until 2.12, which divides before it looks; the words are libtorch's.
void SomeGroups(const Schema&, const Stack& stack) {
  const int64_t groups = stack[1].toInt();
  TORCH_CHECK(stack[0].toTensor().dim() <= 2 || groups > 0,
              "Number of groups to divide channels in must be positive. Value of groups:", groups);
}

// Until 2.12 the kernel reads three of each, however many there are; the words are libtorch's.
void ThreeSizes(const Schema& schema, const Stack& stack) {
  for (const char* name : {"kernel_size", "stride", "padding"}) {
    const c10::IValue* value = Find(schema, stack, name);
    if (!value || !value->isIntList()) continue;
    const size_t size = value->toIntVector().size();
    TORCH_CHECK(size == 3, "It is expected ", name, " equals to 3, but got size ", size);
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

void DimensionsToChunk(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  for (const at::Tensor& tensor : stack[0].toTensorVector()) {
    TORCH_CHECK(tensor.dim() > 0, schema.name(), ": a tensor without dimensions cannot be cut into chunks");
  }
}

// Of what looks at the storage of what is copied to, which these have not.
void NotCompressed(const Schema& schema, const Stack& stack) {
  const bool is_list = stack[0].isTensorList();
  if (is_list) NonEmptyLists(schema, stack);
  for (const at::Tensor& tensor : is_list ? stack[0].toTensorVector() : std::vector{stack[0].toTensor()}) {
    const at::Layout layout = tensor.layout();
    TORCH_CHECK(layout != at::kSparseCsr && layout != at::kSparseCsc && layout != at::kSparseBsr &&
                    layout != at::kSparseBsc && layout != at::kMkldnn,
                schema.name(), ": does not take tensors of layout ", layout);
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

// The kernels walk all rows of an empty output, too, for hours where another size of it is large enough.
void PaddedSizes(const Schema& schema, const Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  const c10::IValue* padding = Find(schema, stack, "padding");
  if (!padding || !padding->isIntList()) return;
  constexpr double kMost = 1 << 30;
  const std::vector<int64_t> widths = padding->toIntVector();
  const auto pairs = static_cast<int64_t>(widths.size() / 2);
  if (schema.name() == "aten::reflection_pad3d") {  // which reads all of them itself, until 2.12
    TORCH_CHECK(widths.size() == 6, "padding size is expected to be 6, but got: ", widths.size());
  }
  if (input.dim() < pairs) return;
  double rows = 1;
  bool is_empty = false;
  for (int64_t i = 0; i < input.dim(); i++) {
    double size = static_cast<double>(input.size(-1 - i));
    if (i < pairs) size += static_cast<double>(widths[2 * i]) + static_cast<double>(widths[2 * i + 1]);
    is_empty |= size < 1;
    rows *= std::max(size, 1.0);
  }
  TORCH_CHECK(!is_empty || rows <= kMost, schema.name(), ": padding ", at::IntArrayRef(widths),
              " leaves nothing of an input of the shape ", input.sizes());
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

// Of adaptive pooling, whose public form checks it.
void SizeOfOutput(const Schema& schema, const Stack& stack) {
  const c10::IValue* size = Find(schema, stack, "output_size");
  const size_t dims = schema.name().find("3d") == std::string::npos ? 2 : 3;
  TORCH_CHECK(!size || !size->isIntList() || size->toIntVector().size() == dims, schema.name(),
              ": output_size must have ", dims, " elements");
}

// Upsampling with antialiasing looks for the places of the output in the input, by a scale that may be given.
void ScaledOutput(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const c10::IValue* given = Find(schema, stack, "output_size");
  if (!given || !given->isIntList() || given->toIntVector().size() != 2) return;
  const c10::IValue* of_input = Find(schema, stack, "input_size");  // backward
  const at::Tensor input = stack[0].toTensor();
  if (of_input ? of_input->toIntVector().size() != 4 : input.dim() != 4) return;
  const std::vector<int64_t> before = of_input ? of_input->toIntVector() : input.sizes().vec();
  const std::vector<int64_t> after = given->toIntVector();
  for (size_t i = 0; i < 2; i++) {
    const c10::IValue* scale = Find(schema, stack, i == 0 ? "scales_h" : "scales_w");
    if (!scale || !scale->isDouble() || !(scale->toDouble() > 0)) continue;  // it is that of the sizes then
    const double last = (static_cast<double>(after[i]) - 0.5) / scale->toDouble();
    TORCH_CHECK(last <= static_cast<double>(before[2 + i]), schema.name(), ": an output of size ", after[i],
                " does not fit an input of size ", before[2 + i], " and the scale ", scale->toDouble());
  }
}

// Upsampling of quantized tensors counts its output by itself.
void CountedOutput(const Schema& schema, const Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  const c10::IValue* given = Find(schema, stack, "output_size");
  if (!input.is_quantized() || input.dim() < 2 || !given || !given->isIntList()) return;
  std::vector<int64_t> sizes = input.sizes().slice(0, 2).vec();
  for (int64_t size : given->toIntVector()) {
    if (size < 0) return;
    sizes.push_back(size);
  }
  at::detail::computeStorageNbytesContiguous(sizes, input.element_size());
}

// Of nested tensors: a row of sizes for each.
void RowsOfSizes(const Schema& schema, const Stack& stack) {
  const at::Tensor& sizes = stack[0].toTensor();
  TORCH_CHECK(sizes.dim() == 2 && sizes.scalar_type() == at::kLong && sizes.is_cpu() && sizes.is_contiguous(),
              schema.name(), ": nested_size must be a contiguous matrix of int64 on the CPU");
}

// Counts how much storage is needed, which throws where that is beyond all numbers: libtorch does not see it
// here.
void CountedStrides(const Schema& schema, const Stack& stack) {
  const auto sizes = stack[1].toIntVector(), strides = stack[2].toIntVector();
  const c10::IValue* offset = Find(schema, stack, "storage_offset");
  const int64_t start = offset && offset->isInt() ? offset->toInt() : 0;
  const auto is_negative = [](int64_t each) { return each < 0; };
  if (sizes.size() != strides.size() || start < 0 || std::any_of(sizes.begin(), sizes.end(), is_negative))
    return;
  at::detail::computeStorageNbytes(sizes, strides, stack[0].toTensor().element_size(), start);
}

// An observer's least and greatest of each row, or of all. Empty ones are resized where there is one for each
// row.
void ObservedRows(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "self"),
                   observes = TensorNamed(schema, stack, "observer_on");
  if (input.numel() == 0 || input.is_meta() || observes.is_meta() || observes.numel() != 1 ||
      !Any(observes.ne(0)))
    return;
  const bool per_row = Find(schema, stack, "per_row_fake_quant")->toBool();
  const int64_t axis = Find(schema, stack, "ch_axis")->toInt();
  TORCH_CHECK(!per_row || (axis >= 0 && axis < input.dim()), schema.name(), ": ch_axis is out of range, got ",
              axis);
  const int64_t rows = !per_row ? 1 : input.size(input.dim() == 2 ? 0 : axis);
  const bool is_resized = per_row && TensorNamed(schema, stack, "running_min").numel() == 0;
  for (const char* name : {"running_min", "running_max"}) {
    const int64_t count = TensorNamed(schema, stack, name).numel();
    TORCH_CHECK(count == rows || is_resized, schema.name(), ": ", name, " must have ", rows,
                " elements, and has ", count);
  }
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

}  // namespace nodetorch::guards
