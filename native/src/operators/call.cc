// One call of an operator: chooses the signature, and the cheapest way to its kernel.
#include "capture/busy.h"
#include "capture/record.h"
#include "operators/kernel.h"
#include "operators/operator.h"
#include "operators/parse.h"
#include "operators/results.h"
#include "operators/sizes_before.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Takes a factory's options from behind the arguments: with `out` they say nothing, but must not be wrong.
void TakeOptions(std::vector<IValue>& stack) {
  constexpr size_t kOptions = 4;
  const at::Tensor& out = stack[stack.size() - kOptions - 1].toTensor();
  const IValue* options = &stack[stack.size() - kOptions];
  const auto dtype = options[0].toOptional<at::ScalarType>();
  TORCH_CHECK(!dtype || *dtype == out.scalar_type(), "dtype ", *dtype,
              " does not match dtype of out parameter (", out.scalar_type(), ")");
  const auto layout = options[1].toOptional<at::Layout>();
  TORCH_CHECK(!layout || *layout == out.layout(), "layout ", *layout,
              " does not match layout of out parameter (", out.layout(), ")");
  const auto device = options[2].toOptional<at::Device>();
  TORCH_CHECK(!device || device->type() == out.device().type(), "device type ", device->type(),
              " does not match device type of out parameter (", out.device().type(), ")");
  stack.resize(stack.size() - kOptions);
}

// Leaves the results on the candidate's stack.
void Run(const Signature& signature, Candidate& candidate) {
  CallKernel(signature, candidate.stack, [&] {
    if (!candidate.unboxed_call) return signature.CallBoxed(candidate.stack);
    at::Tensor result = candidate.unboxed_call(*signature.handle, candidate);
    candidate.stack.clear();
    candidate.stack.emplace_back(std::move(result));
  });
}

// Puts back the sizes of tensors that an operator resized before it failed.
class SizesGuard {
 public:
  SizesGuard(const Signature& signature, const Candidate& candidate) {
    if (!signature.may_resize) return;
    for (const Candidate::Origin& origin : candidate.origins) {
      if (Slot* slot = candidate.SlotOf(origin)) before_.emplace_back(slot->tensor);
    }
  }
  void Restore() const {
    for (const SizesBefore& sizes : before_) sizes.Restore();
  }

 private:
  std::vector<SizesBefore> before_;
};

}  // namespace

napi_value Operator::Call(napi_value holder, uint32_t forms, const napi_value* values, size_t count) {
  environment_.RunPendingWork();
  const std::vector<Signature>& all = signatures();
  const GivenArguments given(environment_, forms, values, count, takes_out_);
  for (int retry = 0;; retry++) {
    Candidate candidate(environment_, given);
    candidate.stack = std::move(spare_);
    size_t index = 0;
    CaptureRecorder* const recorder = environment_.recorder();
    const auto fits = [&](const Signature& signature) {
      if (recorder) recorder->NoteRead(false);
      return candidate.Fits(signature);
    };
    while (index < all.size() && !fits(all[index])) index++;
    if (index == all.size()) ThrowNoMatchingOverload(given);
    const Signature& signature = all[index];
    if (signature.checks_options) TakeOptions(candidate.stack);
    const SizesGuard sizes(signature, candidate);
    if (const BusyMemory* busy = environment_.busy()) busy->Check(signature.schema(), candidate.stack);
    std::vector<IValue> arguments;
    if (recorder) {
      recorder->Admit(signature, candidate.stack);
      arguments = candidate.stack;
    }
    try {
      // A kernel of JavaScript is called anew at each replay: what it calls is no part of the recording.
      const RecordingPause pause(environment_);
      Run(signature, candidate);
    } catch (...) {
      sizes.Restore();
      if (retry > 0 || !CurrentIsOutOfMemory()) {
        environment_.EmitWarnings();
        throw;
      }
      environment_.collector().CollectAll();
      continue;
    }
    if (recorder) {
      recorder->AddOperator(signature, std::move(arguments), candidate.stack);
      if (SetsRequiresGrad(signature, candidate)) {
        RecordRequiresGrad(*recorder, candidate.stack[0].toTensor(), candidate.requires_grad);
      }
    }
    environment_.EmitWarnings();  // before the outcome: what warns may call operators
    napi_value result = Results(environment_, signature, index, candidate, holder);
    candidate.stack.clear();
    spare_ = std::move(candidate.stack);
    return result;
  }
}

}  // namespace nodetorch
