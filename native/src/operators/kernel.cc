#include "operators/kernel.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include "operators/fast_paths.h"

namespace nodetorch {

using c10::IValue;

bool IsPlain(const at::TensorImpl& tensor, bool grad_mode) {
  const auto* autograd = static_cast<const torch::autograd::AutogradMeta*>(tensor.autograd_meta());
  return autograd == nullptr || (!grad_mode && autograd->fw_grad_ == nullptr);
}

bool MaySkipAutograd(const Signature& signature, const std::vector<IValue>& stack) {
  if (!signature.plain_rank || !NoActiveModes()) return false;
  const bool grad_mode = at::GradMode::is_enabled();
  const int64_t rank = *signature.plain_rank;
  if (rank != kAnyRank && (!stack[0].isTensor() || stack[0].unsafeToTensorImpl()->dim() != rank))
    return false;
  for (const IValue& value : stack) {
    if (value.isTensor()) {
      const at::TensorImpl& tensor = *value.unsafeToTensorImpl();
      if (!IsPlain(tensor, grad_mode) || (rank != kAnyRank && tensor.dim() > rank)) return false;
    } else if (value.isList()) {
      for (const IValue& item : value.toListRef()) {
        if (item.isTensor() && !IsPlain(*item.unsafeToTensorImpl(), grad_mode)) return false;
      }
    }
  }
  return true;
}

}  // namespace nodetorch
