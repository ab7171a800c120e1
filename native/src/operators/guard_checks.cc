#include "operators/guard_checks.h"

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
