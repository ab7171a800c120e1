#include "operators/guard_checks.h"

#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/TensorWrapper.h>
#include <c10/util/Exception.h>

#include <functional>

namespace nodetorch::guards {

const c10::IValue* Find(const Schema& schema, const Stack& stack, const char* name) {
  const auto index = schema.argumentIndexWithName(name);
  return index ? &stack[*index] : nullptr;
}

at::Tensor TensorNamed(const Schema& schema, const Stack& stack, const char* name) {
  const c10::IValue* value = Find(schema, stack, name);
  return value && value->isTensor() ? value->toTensor() : at::Tensor();
}

namespace {

// Reads the number of a reduction of all elements; `reduce` makes it.
template <typename Reduce>
at::Scalar Read(const at::Tensor& tensor, Reduce reduce) {
  const at::Tensor plain = PlainOf(tensor);
  const OutsideTransforms outside;
  return reduce(plain).item();
}

void EachTensor(const Stack& stack, const std::function<void(const at::Tensor&)>& visit) {
  for (const c10::IValue& value : stack) {
    if (value.isTensor() && value.toTensor().defined()) visit(value.toTensor());
    if (!value.isTensorList()) continue;
    for (const at::Tensor& tensor : value.toTensorVector()) {
      if (tensor.defined()) visit(tensor);
    }
  }
}

}  // namespace

at::Tensor PlainOf(at::Tensor tensor) {
  while (true) {
    if (const auto* batched = at::functorch::maybeGetBatchedImpl(tensor)) {
      tensor = at::Tensor(batched->value());
    } else if (const auto* wrapper = at::functorch::maybeGetTensorWrapper(tensor)) {
      tensor = at::Tensor(wrapper->value());
    } else {
      return tensor;
    }
  }
}

int64_t Least(const at::Tensor& integers) {
  return Read(integers, [](const at::Tensor& plain) { return plain.min(); }).toLong();
}

int64_t Greatest(const at::Tensor& integers) {
  return Read(integers, [](const at::Tensor& plain) { return plain.max(); }).toLong();
}

bool Any(const at::Tensor& booleans) {
  return Read(booleans, [](const at::Tensor& plain) { return plain.any(); }).toBool();
}

bool HasOutside(const at::Tensor& integers, int64_t low, int64_t end) {
  if (integers.numel() == 0 || integers.is_meta()) return false;
  return Least(integers) < low || Greatest(integers) >= end;
}

// Kernels of backward passes and private helpers trust their caller in these.
void OneDevice(const Schema& schema, const Stack& stack) {
  const at::Tensor* first = nullptr;
  at::Tensor held;
  EachTensor(stack, [&](const at::Tensor& tensor) {
    if (tensor.dim() == 0 && tensor.device().is_cpu()) return;
    if (!first) {
      held = tensor;
      first = &held;
    }
    TORCH_CHECK(tensor.device().type() == first->device().type(), schema.name(),
                ": expected all tensors on one device, but found ", first->device(), " and ",
                tensor.device());
  });
}

void OneFloatingType(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  std::optional<at::ScalarType> type;
  EachTensor(stack, [&](const at::Tensor& tensor) {
    if (tensor.scalar_type() == at::kLong || tensor.scalar_type() == at::kBool) return;
    TORCH_CHECK(at::isFloatingType(tensor.scalar_type()) || at::isComplexType(tensor.scalar_type()),
                schema.name(), ": not implemented for ", tensor.scalar_type());
    TORCH_CHECK(!type || *type == tensor.scalar_type(), schema.name(),
                ": expected tensors of one dtype, but found ", type.value_or(at::kFloat), " and ",
                tensor.scalar_type());
    type = tensor.scalar_type();
  });
}

}  // namespace nodetorch::guards
