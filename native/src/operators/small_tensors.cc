#include "operators/small_tensors.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>

#include <cmath>
#include <unordered_map>
#include <utility>

namespace nodetorch {

namespace {

using Stack = std::vector<c10::IValue>;

constexpr int64_t kMost = 64;  // numbers; about as many take as long as the iterator

// One block of float32 on the CPU, and nothing about it that an operator would have to look at.
bool IsPlainBlock(const c10::TensorImpl& tensor) {
  constexpr c10::DispatchKeySet usual(
      {c10::DispatchKey::ADInplaceOrView, c10::DispatchKey::AutogradCPU, c10::DispatchKey::AutocastCPU});
  return tensor.key_set() - usual == c10::DispatchKeySet(c10::DispatchKey::CPU) &&
         tensor.dtype() == caffe2::TypeMeta::Make<float>() && tensor.is_contiguous() &&
         tensor.numel() <= kMost && tensor.numel() > 0;
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

template <auto Operation>
bool OfOne(Stack& stack) {
  const c10::TensorImpl& self = *stack[0].unsafeToTensorImpl();
  if (!IsPlainBlock(self)) return false;
  at::Tensor result;
  float* to = Make<float>(self, result);
  const float* from = Numbers(self);
  for (int64_t i = 0; i < self.numel(); i++) to[i] = Operation(from[i]);
  return Finish(stack, std::move(result));
}

// Two tensors of the same sizes, or one and a number. Of two NaNs that meet, the instruction that the kernel
// uses chooses one, so a NaN is left to the kernel.
template <auto Operation>
bool OfTwo(Stack& stack) {
  using Result = decltype(Operation(0.0f, 0.0f));
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
    to[i] = Operation(from[i], beside[is_number ? 0 : i]);
    has_nan |= to[i] != to[i];
  }
  return !has_nan && Finish(stack, std::move(result));
}

// The same with a factor for the second one, which must be 1.
template <auto Operation>
bool OfTwoAndOne(Stack& stack) {
  const bool is_one = stack[2].isInt() && stack[2].toInt() == 1;
  return is_one && OfTwo<Operation>(stack);
}

}  // namespace

TinyCall FindTinyCall(const std::string& name, const std::string& overload) {
  static const std::unordered_map<std::string, TinyCall> calls = {
      {"neg.", OfOne<[](float a) { return -a; }>},
      {"abs.", OfOne<[](float a) { return std::fabs(a); }>},
      {"relu.", OfOne<[](float a) { return a < 0 ? 0 : a; }>},
      {"add.Tensor", OfTwoAndOne<[](float a, float b) { return a + b; }>},
      {"sub.Tensor", OfTwoAndOne<[](float a, float b) { return a - b; }>},
      {"mul.Tensor", OfTwo<[](float a, float b) { return a * b; }>},
      {"div.Tensor", OfTwo<[](float a, float b) { return a / b; }>},
      {"eq.Tensor", OfTwo<[](float a, float b) { return a == b; }>},
      {"ne.Tensor", OfTwo<[](float a, float b) { return a != b; }>},
      {"lt.Tensor", OfTwo<[](float a, float b) { return a < b; }>},
      {"le.Tensor", OfTwo<[](float a, float b) { return a <= b; }>},
      {"gt.Tensor", OfTwo<[](float a, float b) { return (a > b); }>},
      {"ge.Tensor", OfTwo<[](float a, float b) { return a >= b; }>},
  };
  const auto found = calls.find(name + "." + overload);
  return found == calls.end() ? nullptr : found->second;
}

}  // namespace nodetorch
