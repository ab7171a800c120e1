#include "operators/small_tensors.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <utility>

#include "operators/fast_paths.h"
#include "operators/kernel.h"

namespace nodetorch {

namespace {

using Stack = std::vector<c10::IValue>;

constexpr int64_t kMostNumbers = 64;  // more take longer than the iterator

// Whether it is one block of float32 on the CPU, and nothing about it changes what operators do.
bool IsPlainBlock(const c10::TensorImpl& tensor) {
  constexpr c10::DispatchKeySet usual(
      {c10::DispatchKey::ADInplaceOrView, c10::DispatchKey::AutogradCPU, c10::DispatchKey::AutocastCPU});
  return tensor.key_set() - usual == c10::DispatchKeySet(c10::DispatchKey::CPU) &&
         tensor.dtype() == caffe2::TypeMeta::Make<float>() && tensor.is_contiguous() &&
         tensor.numel() <= kMostNumbers && tensor.numel() > 0;
}

const float* Numbers(const c10::TensorImpl& tensor) { return static_cast<const float*>(tensor.data()); }

template <typename Result>
Result* Make(const c10::TensorImpl& like, at::Tensor& result) {
  result = at::detail::empty_cpu(like.sizes(), c10::CppTypeToScalarType<Result>());
  return static_cast<Result*>(result.unsafeGetTensorImpl()->mutable_data());
}

bool Finish(Stack& stack, at::Tensor result) {
  stack.clear();
  stack.emplace_back(std::move(result));
  return true;
}

template <typename Operation>
bool Unary(Stack& stack, Operation operation) {
  const c10::TensorImpl& self = *stack[0].unsafeToTensorImpl();
  if (!IsPlainBlock(self)) return false;
  at::Tensor result;
  float* to = Make<float>(self, result);
  const float* from = Numbers(self);
  for (int64_t i = 0; i < self.numel(); i++) to[i] = operation(from[i]);
  return Finish(stack, std::move(result));
}

// Two tensors of the same sizes, or one and a number. Where both are NaN, the kernel's instruction decides
// whose payload the result has: whatever gives a NaN is left to the kernel.
template <typename Operation>
bool Binary(Stack& stack, Operation operation) {
  using Result = decltype(operation(0.0f, 0.0f));
  const c10::TensorImpl& self = *stack[0].unsafeToTensorImpl();
  const c10::TensorImpl& other = *stack[1].unsafeToTensorImpl();
  if (!IsPlainBlock(self) || !IsPlainBlock(other)) return false;
  const bool is_number = other.dim() == 0;
  if (!is_number && self.sizes() != other.sizes()) return false;
  at::Tensor result;
  Result* to = Make<Result>(self, result);
  const float* from = Numbers(self);
  const float* beside = Numbers(other);
  bool has_nan = false;
  for (int64_t i = 0; i < self.numel(); i++) {
    to[i] = operation(from[i], beside[is_number ? 0 : i]);
    has_nan |= to[i] != to[i];
  }
  return !has_nan && Finish(stack, std::move(result));
}

// The same with a factor for the second one, which must be 1.
template <typename Operation>
bool BinaryWithAlpha(Stack& stack, Operation operation) {
  const bool is_one = stack[2].isInt() && stack[2].toInt() == 1;
  return is_one && Binary(stack, operation);
}

}  // namespace

namespace small_tensors {

bool Neg(Stack& stack) {
  return Unary(stack, [](float a) { return -a; });
}
bool Abs(Stack& stack) {
  return Unary(stack, [](float a) { return std::fabs(a); });
}
bool Relu(Stack& stack) {
  return Unary(stack, [](float a) { return a < 0 ? 0 : a; });
}
bool Add(Stack& stack) {
  return BinaryWithAlpha(stack, [](float a, float b) { return a + b; });
}
bool Sub(Stack& stack) {
  return BinaryWithAlpha(stack, [](float a, float b) { return a - b; });
}
bool Mul(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a * b; });
}
bool Div(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a / b; });
}
bool Eq(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a == b; });
}
bool Ne(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a != b; });
}
bool Lt(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a < b; });
}
bool Le(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a <= b; });
}
bool Gt(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a > b; });
}
bool Ge(Stack& stack) {
  return Binary(stack, [](float a, float b) { return a >= b; });
}

std::optional<double> Increment(const at::Tensor& counter) {
  if (!NoActiveModes() || !IsPlain(*counter.unsafeGetTensorImpl(), at::GradMode::is_enabled())) return {};
  c10::TensorImpl& tensor = *counter.unsafeGetTensorImpl();
  if (!IsPlainBlock(tensor) || tensor.numel() != 1 || counter.is_inference()) return {};
  auto& number = *static_cast<float*>(tensor.mutable_data());
  number += 1;
  tensor.bump_version();
  return number;
}

}  // namespace small_tensors

}  // namespace nodetorch
