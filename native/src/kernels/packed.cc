#include "kernels/packed.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <c10/util/Exception.h>

#include <unordered_map>

namespace nodetorch {

using c10::DispatchKey;
using c10::IValue;

bool IsPlainFloat(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.scalar_type() != at::kFloat) return false;
  const c10::DispatchKeySet usual(
      {DispatchKey::ADInplaceOrView, DispatchKey::AutogradCPU, DispatchKey::AutocastCPU});
  return tensor.key_set() - usual == c10::DispatchKeySet(DispatchKey::CPU);
}

namespace {

// Tangents of forward mode are there without gradients, too.
void CheckNoGradient(const at::Tensor& tensor) {
  TORCH_CHECK((!at::GradMode::is_enabled() || !tensor.requires_grad()) && !tensor._fw_grad(0).defined(),
              "a frozen program computes no gradients: call it in torch.noGrad, or detach its arguments");
}

}  // namespace

void CheckPlainFloat(const at::Tensor& tensor, const char* what) {
  TORCH_CHECK_TYPE(IsPlainFloat(tensor), "a frozen program takes float32 tensors on the CPU, and its ", what,
                   tensor.defined() ? c10::str(" is of ", tensor.toString()) : " is None");
  CheckNoGradient(tensor);
}

bool Epilogue::AddsInKernel(const at::Tensor& result) const {
  if (!other.defined()) return false;
  CheckNoGradient(other);
  return IsPlainFloat(other) && other.sizes() == result.sizes() && other.strides() == result.strides();
}

Limits Epilogue::InKernel(bool has_added) const {
  if (other.defined() && !has_added) return {};
  if (activation == "relu") return {true};
  if (activation == "relu6") return {true, 6};
  return {};
}

at::Tensor Epilogue::Finish(at::Tensor result, bool has_added) const {
  const bool adds = other.defined() && !has_added;
  if (adds) result = at::add(result, other);
  if (activation == "gelu") return at::gelu_(result, "none");
  if (activation == "gelu_tanh") return at::gelu_(result, "tanh");
  if (activation == "silu") return at::silu_(result);
  if (activation == "hardswish") return at::hardswish_(result);
  if (adds && activation == "relu") return at::relu_(result);
  if (adds && activation == "relu6") return at::hardtanh_(result, 0, 6);
  return result;
}

void EachTask(int64_t count, const std::function<void(int64_t)>& run) {
  if (count < 2 || at::get_num_threads() == 1 || at::in_parallel_region()) {
    for (int64_t i = 0; i < count; i++) run(i);
    return;
  }
  // at::parallel_for is OpenMP in a header, and this addon has none of its own: an iterator's loop is in
  // libtorch. What it goes over is a byte for each task.
  at::Tensor bytes = at::empty({count}, at::kByte);
  const auto* first = static_cast<const char*>(bytes.data_ptr());
  auto iterator = at::TensorIterator::nullary_op(bytes);
  iterator.for_each(
      [&](char** data, const int64_t* strides, int64_t n) {
        for (int64_t i = 0; i < n; i++) run(data[0] + i * strides[0] - first);
      },
      /*grain_size=*/1);
}

namespace {

using IValues = c10::ArrayRef<IValue>;

at::Tensor TensorAt(IValues values, size_t i) {
  if (values[i].isNone()) return {};
  TORCH_CHECK_TYPE(values[i].isTensor(), "argument ", i + 1, " must be a Tensor, not ", values[i].tagKind());
  return values[i].toTensor();
}
int64_t IntAt(IValues values, size_t i) {
  TORCH_CHECK_TYPE(values[i].isInt(), "argument ", i + 1, " must be an int, not ", values[i].tagKind());
  return values[i].toInt();
}
std::array<int64_t, 2> PairAt(IValues values, size_t i) {
  std::array<int64_t, 2> pair{};
  bool is_pair = values[i].isList() && values[i].toListRef().size() == pair.size();
  for (size_t j = 0; is_pair && j < pair.size(); j++) {
    const IValue& number = values[i].toListRef()[j];
    is_pair = number.isInt();
    if (is_pair) pair[j] = number.toInt();
  }
  TORCH_CHECK_TYPE(is_pair, "argument ", i + 1, " must be a list of two ints, not ", values[i].tagKind());
  return pair;
}
Epilogue EpilogueAt(IValues values, size_t i) {
  TORCH_CHECK_TYPE(values[i].isString(), "argument ", i + 1, " must be a string, not ", values[i].tagKind());
  return {TensorAt(values, i + 1), values[i].toStringRef()};
}

IValue CallPackLinear(IValues values) { return PackLinear(TensorAt(values, 0), TensorAt(values, 1)); }
IValue CallPackConv3x3(IValues values) { return PackConv3x3(TensorAt(values, 0), TensorAt(values, 1)); }
IValue CallPackConv2d(IValues values) {
  return PackConv2d(TensorAt(values, 0), TensorAt(values, 1), IntAt(values, 2));
}
IValue CallLinear(IValues values) {
  return LinearPacked(TensorAt(values, 0), TensorAt(values, 1), IntAt(values, 2), EpilogueAt(values, 3));
}
IValue CallConv3x3(IValues values) {
  return Conv3x3Packed(TensorAt(values, 0), TensorAt(values, 1), IntAt(values, 2), IntAt(values, 3),
                       IntAt(values, 4), EpilogueAt(values, 5));
}
IValue CallConv2d(IValues values) {
  const ConvShape shape{IntAt(values, 2),  IntAt(values, 3),  PairAt(values, 4),
                        PairAt(values, 5), PairAt(values, 6), PairAt(values, 7)};
  return Conv2dPacked(TensorAt(values, 0), TensorAt(values, 1), shape, EpilogueAt(values, 8));
}

}  // namespace

const SymbolicOperator* FindPacked(const std::string& name) {
  static const std::unordered_map<std::string, SymbolicOperator> table{
      {"nodetorch.pack_linear", {2, 2, CallPackLinear}}, {"nodetorch.pack_conv3x3", {2, 2, CallPackConv3x3}},
      {"nodetorch.pack_conv2d", {3, 3, CallPackConv2d}}, {"nodetorch.linear", {5, 5, CallLinear}},
      {"nodetorch.conv3x3", {7, 7, CallConv3x3}},        {"nodetorch.conv2d", {10, 10, CallConv2d}},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace nodetorch
