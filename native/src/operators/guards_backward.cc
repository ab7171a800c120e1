// Guards of backward passes, whose kernels trust that the forward pass has checked what they are given.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_strided.h>
#include <c10/util/Exception.h>

#include <string>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

namespace {

constexpr const char* kBackward = "_backward";

// The operator that `name`, "aten::max_pool2d_with_indices_backward", is the backward pass of.
std::optional<c10::OperatorHandle> ForwardOf(const std::string& name) {
  const std::string forward = name.substr(0, name.rfind(kBackward));
  return c10::Dispatcher::singleton().findSchema({forward, ""});
}

at::Tensor WithoutData(const at::Tensor& tensor) {
  return at::empty_strided(tensor.sizes(), tensor.strides(), tensor.options().device(at::kMeta));
}

// How many of the last dimensions an operator works on: the digit in "pool3d".
int64_t SpatialDims(const std::string& name) {
  const auto digit = name.find_first_of("123");
  return digit == std::string::npos ? 0 : name[digit] - '0';
}

// What the forward pass returns for tensors without data; nothing where its arguments are not all known.
std::optional<Stack> RunForward(const Schema& backward, const Stack& given, const at::Tensor& grad) {
  const auto forward = ForwardOf(backward.name());
  if (!forward) return std::nullopt;
  Stack stack;
  for (const c10::Argument& argument : forward->schema().arguments()) {
    const c10::IValue* value = Find(backward, given, argument.name().c_str());
    if (value) {
      stack.push_back(value->isTensor() && value->toTensor().defined() ? WithoutData(value->toTensor())
                                                                       : *value);
    } else if (argument.name() == "output_size") {
      const int64_t dims = SpatialDims(backward.name());
      if (grad.dim() < dims) return std::nullopt;
      stack.push_back(grad.sizes().slice(grad.dim() - dims).vec());
    } else if (argument.default_value()) {
      stack.push_back(*argument.default_value());
    } else {
      return std::nullopt;
    }
  }
  const at::NoGradGuard no_grad;
  try {
    forward->callBoxed(stack);
  } catch (const c10::NotImplementedError&) {
    return std::nullopt;
  }
  return stack;
}

// Of _pdist_backward and _cdist_backward, which call it grad up to libtorch 2.13.
at::Tensor GradOfDistances(const Schema& schema, const Stack& stack) {
  const at::Tensor grad = TensorNamed(schema, stack, "grad_output");
  return grad.defined() ? grad : TensorNamed(schema, stack, "grad");
}

}  // namespace

void IndicesBelow(const Schema& schema, const at::Tensor& indices, int64_t low, int64_t end) {
  TORCH_CHECK_INDEX(!HasOutside(indices, low, end), schema.name(), ": indices are out of range");
}

// Of pooling and padding: the gradient has the shape of what the forward pass returns.
void GradLikeOutput(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_output");
  const at::Tensor input = TensorNamed(schema, stack, "self");
  if (!grad.defined() || !input.defined() || grad.is_meta()) return;
  TORCH_CHECK(grad.scalar_type() == input.scalar_type(), schema.name(),
              ": grad_output and self must have one dtype");
  const int64_t dims = SpatialDims(schema.name());
  TORCH_CHECK(grad.dim() == input.dim() && input.dim() >= dims, schema.name(), ": self must have ", dims + 1,
              " or ", dims + 2, " dimensions, and grad_output as many");
  const int64_t others = grad.dim() - dims;
  TORCH_CHECK(grad.sizes().slice(0, others) == input.sizes().slice(0, others), schema.name(),
              ": grad_output and self must have as many batches and channels");
  TORCH_CHECK(grad.numel() == 0 || input.numel() > 0, schema.name(), ": self is empty");
  const c10::IValue* size = Find(schema, stack, "output_size");
  TORCH_CHECK(!size || !size->isIntList() || size->toIntVector() == grad.sizes().slice(others).vec(),
              schema.name(), ": output_size must be that of grad_output");
  const auto returned = RunForward(schema, stack, grad);
  const bool is_known = returned && !returned->empty() && (*returned)[0].isTensor();
  const std::vector<int64_t> expected = (is_known ? (*returned)[0].toTensor() : grad).sizes().vec();
  TORCH_CHECK(grad.sizes() == expected, schema.name(), ": grad_output has the shape ", grad.sizes(), ", and ",
              at::IntArrayRef(expected), " was expected");
  const at::Tensor indices = TensorNamed(schema, stack, "indices");
  if (!indices.defined()) return;
  TORCH_CHECK(indices.scalar_type() == at::kLong && indices.sizes() == expected, schema.name(),
              ": indices must be int64, of the shape of grad_output");
  // These kernels read them as they lie in memory.
  const bool in_order = schema.name() == "aten::adaptive_max_pool3d_backward" ||
                        schema.name().rfind("aten::fractional_max_pool", 0) == 0;
  TORCH_CHECK(!in_order || indices.is_contiguous(), schema.name(), ": indices must be contiguous");
  int64_t area = 1;
  for (int64_t size : input.sizes().slice(others)) area *= size;
  IndicesBelow(schema, indices, 0, area);
}

void GradLikeSecond(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  TORCH_CHECK(stack[0].toTensor().sizes() == stack[1].toTensor().sizes(), schema.name(), ": ",
              schema.arguments()[0].name(), " must have the shape of ", schema.arguments()[1].name());
}

// Of losses by margins: a gradient for each row, or one of them all.
void GradOfLoss(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_output"),
                   input = TensorNamed(schema, stack, "self");
  const bool one_of_all = grad.dim() == 0 || Find(schema, stack, "reduction")->toInt() != 0;
  const int64_t rows = one_of_all || input.dim() < 2 ? 1 : input.size(0);
  TORCH_CHECK(grad.numel() == rows || (one_of_all && grad.numel() > 0), schema.name(),
              ": grad_output must have ", rows, " elements, and has the shape ", grad.sizes());
}

// Of nll_loss, backward.
void TargetsAmongClasses(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "self"), target = TensorNamed(schema, stack, "target");
  const c10::IValue* ignored = Find(schema, stack, "ignore_index");
  if (!target.defined() || target.numel() == 0 || target.is_meta() || input.dim() == 0 || !ignored->isInt())
    return;
  const int64_t classes = input.size(input.dim() == 1 ? 0 : 1);
  const at::Tensor wrong =
      target.lt(0).logical_or(target.ge(classes)).logical_and(target.ne(ignored->toInt()));
  TORCH_CHECK_INDEX(!Any(wrong), schema.name(), ": a target is not one of ", classes, " classes");
}

// Of helpers that write into what they are given as if it were like the input.
void OutLikeInput(const Schema& schema, const Stack& stack) {
  for (const char* name : {"values", "indices"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    TORCH_CHECK(!one.defined() || one.sizes() == stack[0].toTensor().sizes(), schema.name(), ": ", name,
                " must have the shape of self");
  }
  const at::Tensor out = TensorNamed(schema, stack, "out");
  TORCH_CHECK(!out.defined() || out.scalar_type() == stack[0].toTensor().scalar_type(), schema.name(),
              ": out must have the dtype of self");
}

// The gradient has the channels of the input and the places of the grid.
void GradLikeGrid(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_output"),
                   input = TensorNamed(schema, stack, "input");
  const at::Tensor grid = TensorNamed(schema, stack, "grid");
  const int64_t rank = input.dim(), dims = rank - 2;
  TORCH_CHECK(dims == SpatialDims(schema.name()) && grid.dim() == rank && grad.dim() == rank &&
                  grid.size(-1) == dims && grid.size(0) == input.size(0),
              schema.name(), ": input and grid do not fit");
  TORCH_CHECK(grad.size(0) == input.size(0) && grad.size(1) == input.size(1) &&
                  grad.sizes().slice(2) == grid.sizes().slice(1, dims),
              schema.name(), ": grad_output must have the channels of input and the places of grid");
  TORCH_CHECK(grad.numel() == 0 || input.numel() > 0, schema.name(), ": input is empty");
}

// Of embedding_bag. `offset2bag` says which row of grad an index went into.
void BagsOfIndices(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad"), indices = TensorNamed(schema, stack, "indices");
  const at::Tensor weight = TensorNamed(schema, stack, "weight");
  const c10::IValue* rows = Find(schema, stack, "num_weights");
  const c10::IValue* mode = Find(schema, stack, "mode");
  if (!grad.defined() || !indices.defined() || grad.is_meta()) return;
  constexpr int64_t kMax = 2;
  TORCH_CHECK(grad.dim() == 2 && indices.dim() == 1, schema.name(),
              ": grad must be a matrix, indices a vector");
  TORCH_CHECK(!weight.defined() || (weight.dim() == 2 && weight.size(1) == grad.size(1)), schema.name(),
              ": weight must have as many columns as grad");
  const int64_t end = weight.defined() ? weight.size(0) : rows && rows->isInt() ? rows->toInt() : 0;
  IndicesBelow(schema, indices, 0, end);
  const at::Tensor bags = TensorNamed(schema, stack, "offset2bag");
  const at::Tensor maximum = TensorNamed(schema, stack, "maximum_indices");
  const at::Tensor sizes = TensorNamed(schema, stack, "bag_size");
  const at::Tensor scale = TensorNamed(schema, stack, "per_sample_weights");
  const at::Tensor offsets = TensorNamed(schema, stack, "offsets");
  for (const at::Tensor& each : {bags, maximum, sizes, offsets}) {
    TORCH_CHECK(!each.defined() || each.numel() == 0 || each.scalar_type() == indices.scalar_type(),
                schema.name(), ": indices, offsets and bags must have one dtype");
  }
  const bool is_max = mode && mode->isInt() && mode->toInt() == kMax;
  if (is_max && maximum.defined()) {
    TORCH_CHECK(maximum.sizes() == grad.sizes(), schema.name(),
                ": maximum_indices must have the shape of grad");
    IndicesBelow(schema, maximum, -1, end);
  }
  // Where it is empty, it is made of the offsets.
  if (bags.defined() && bags.numel() != 0) {
    TORCH_CHECK(bags.numel() == indices.numel(), schema.name(),
                ": offset2bag must have an element for each index");
    IndicesBelow(schema, bags, 0, grad.size(0));
  } else if (offsets.defined()) {
    TORCH_CHECK(offsets.dim() == 1, schema.name(), ": offsets must be a vector");
    IndicesBelow(schema, offsets, 0, indices.numel() + 1);
    TORCH_CHECK(offsets.numel() <= grad.size(0), schema.name(), ": more offsets than rows of grad");
  }
  TORCH_CHECK(!sizes.defined() || sizes.numel() == grad.size(0), schema.name(),
              ": bag_size must have an element for each row of grad");
  TORCH_CHECK(!scale.defined() || scale.numel() == indices.numel(), schema.name(),
              ": per_sample_weights must have an element for each index");
}

// Forward. The kernel walks its lists without their strides, which embedding_bag has removed, and reads the
// first offset.
void ListsOfBags(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  for (const char* name : {"indices", "offsets", "per_sample_weights"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    TORCH_CHECK(!one.defined() || one.is_contiguous() || schema.name() == "aten::embedding_bag",
                schema.name(), ": ", name, " must be contiguous");
  }
  const at::Tensor indices = TensorNamed(schema, stack, "indices"),
                   offsets = TensorNamed(schema, stack, "offsets");
  const c10::IValue* padding = Find(schema, stack, "padding_idx");
  constexpr int64_t kMax = 2;
  const bool reads_first = (padding && padding->isInt()) || Find(schema, stack, "mode")->toInt() == kMax ||
                           schema.name() != "aten::embedding_bag";
  TORCH_CHECK(!reads_first || indices.numel() == 0 || offsets.numel() > 0, schema.name(),
              ": offsets must not be empty");
}

// Of attention by blocks on the CPU, forward and backward.
void HeadsOfAttention(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor query = TensorNamed(schema, stack, "query"), key = TensorNamed(schema, stack, "key");
  const at::Tensor value = TensorNamed(schema, stack, "value"),
                   mask = TensorNamed(schema, stack, "attn_mask");
  for (const at::Tensor& each : {query, key, value}) {
    TORCH_CHECK(each.dim() == 4 && each.scalar_type() == query.scalar_type() &&
                    each.size(0) == query.size(0) && each.size(3) == query.size(3),
                schema.name(),
                ": query, key and value must have one dtype and be of 4 dimensions, with as many ",
                "batches and features in each");
  }
  TORCH_CHECK(query.size(3) > 0 && query.size(1) > 0 && key.size(1) > 0 && query.size(1) % key.size(1) == 0 &&
                  value.size(1) == key.size(1) && value.size(2) == key.size(2),
              schema.name(), ": the heads and lengths of query, key and value do not fit");
  TORCH_CHECK(query.size(2) > 0 && key.size(2) > 0, schema.name(), ": query and key must not be empty");
  TORCH_CHECK(!mask.defined() || mask.dim() <= 4, schema.name(), ": attn_mask has ", mask.dim(),
              " dimensions");
  const at::Tensor sums = TensorNamed(schema, stack, "logsumexp");
  if (!sums.defined()) return;
  for (const char* name : {"grad_out", "out"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    TORCH_CHECK(one.sizes() == query.sizes() && one.scalar_type() == query.scalar_type(), schema.name(), ": ",
                name, " must have the shape and dtype of query");
  }
  TORCH_CHECK(sums.sizes() == query.sizes().slice(0, 3) &&
                  (sums.scalar_type() == at::kFloat || sums.scalar_type() == at::kDouble),
              schema.name(), ": logsumexp must have a number for each row of query");
}

// Its backward divides by the number of rows less one.
void SomeRows(const Schema& schema, const Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  TORCH_CHECK(!input.requires_grad() || !at::GradMode::is_enabled() || input.dim() < 1 || input.size(0) > 0,
              schema.name(), ": a tensor without rows has no gradient here; nn.functional.pdist has one");
}

// Pairwise distances: a number for each pair of rows.
void PairsOfRows(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "self");
  TORCH_CHECK(input.dim() == 2, schema.name(), ": self must be a matrix");
  SomeRows(schema, stack);
  const int64_t pairs = input.size(0) * (input.size(0) - 1) / 2;
  for (const at::Tensor& one : {GradOfDistances(schema, stack), TensorNamed(schema, stack, "pdist")}) {
    TORCH_CHECK(!one.defined() || (one.numel() == pairs && input.size(0) > 0), schema.name(),
                ": grad and pdist must have a number for each pair of rows, of which there are some");
  }
}

// Distances of the rows of two tensors: a gradient for each pair.
void PairsOfTwo(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor left = TensorNamed(schema, stack, "x1"), right = TensorNamed(schema, stack, "x2");
  const at::Tensor grad = GradOfDistances(schema, stack), distances = TensorNamed(schema, stack, "cdist");
  TORCH_CHECK(left.dim() >= 2 && right.dim() >= 2 && left.size(-1) == right.size(-1), schema.name(),
              ": x1 and x2 must be matrices, or batches of them, with as many columns");
  for (const at::Tensor& one : {grad, distances}) {
    TORCH_CHECK(one.dim() >= 2 && one.size(-2) == left.size(-2) && one.size(-1) == right.size(-2) &&
                    one.numel() == grad.numel(),
                schema.name(), ": grad and cdist must have a number for each pair of rows");
  }
}

}  // namespace nodetorch::guards
