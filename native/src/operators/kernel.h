// The last step of every call of an operator: from arguments that fit its schema to the kernel.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

#include "operators/signature.h"

namespace nodetorch {

// Whether nothing that autograd keeps of the tensor matters to an operator: no graph can be made, and there
// is no tangent.
bool IsPlain(const at::TensorImpl& tensor, bool grad_mode);

// Whether a call may skip autograd's kernels, which are a tenth of a small operator.
bool MaySkipAutograd(const Signature& signature, const std::vector<c10::IValue>& stack);

// Remembers what an operator has packed, by its guard, where its bytes do not say: guards_packed.cc.
void NotePacked(Guard guard, const std::vector<c10::IValue>& results);

// Makes the checks that the kernel leaves out, chooses the cheapest way, and has `call` call the kernel. The
// stack has the arguments, and afterwards the results.
template <typename Call>
void CallKernel(const Signature& signature, std::vector<c10::IValue>& stack, Call call) {
  if (signature.guard) signature.guard(signature.schema(), stack);
  const bool skips_autograd = MaySkipAutograd(signature, stack);
  if (skips_autograd && signature.small_tensor_call && signature.small_tensor_call(stack)) return;
  // As Python's factories do: the fill inside is no change of the new tensor.
  std::optional<at::AutoDispatchBelowADInplaceOrView> below;
  if (signature.is_factory || skips_autograd) below.emplace();
  call();
  if (signature.guard) NotePacked(signature.guard, stack);
}

}  // namespace nodetorch
