// Guards of the CTC loss.
#include <c10/util/Exception.h>

#include <algorithm>
#include <string>

#include "operators/guard_checks.h"
#include "runtime/error.h"

namespace nodetorch::guards {

namespace {

std::vector<int64_t> Lengths(const Schema& schema, const Stack& stack, const char* name) {
  const c10::IValue& value = *Find(schema, stack, name);
  if (value.isIntList()) return value.toIntVector();
  const at::Tensor counts = value.toTensor().to(at::kCPU, at::kLong).contiguous();
  return {counts.const_data_ptr<int64_t>(), counts.const_data_ptr<int64_t>() + counts.numel()};
}

}  // namespace

// On the CPU labels are places in the probabilities; they are not looked at before.
void CtcLabels(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor probs = TensorNamed(schema, stack, "log_probs"),
                   targets = TensorNamed(schema, stack, "targets");
  if (!targets.device().is_cpu() || probs.dim() == 0 || targets.dim() > 2) return;
  TORCH_CHECK(targets.dim() == 2 || targets.is_contiguous(), schema.name(), ": targets must be contiguous");
  const at::Tensor labels = targets.to(at::kLong).contiguous();
  const auto* data = labels.const_data_ptr<int64_t>();
  const int64_t classes = probs.size(-1), width = targets.dim() == 2 ? targets.size(1) : -1;
  const std::vector<int64_t> lengths = Lengths(schema, stack, "target_lengths");
  int64_t start = 0;
  for (size_t sample = 0; sample < lengths.size(); sample++) {
    if (width >= 0) start = static_cast<int64_t>(sample) * width;
    const int64_t used = width >= 0 ? std::min(lengths[sample], width) : lengths[sample];
    for (int64_t i = start; i < std::min(start + used, labels.numel()); i++) {
      if (data[i] >= 0 && data[i] < classes) continue;
      throw RangeProblem("ctcLoss(): the label " + std::to_string(data[i]) + " of sample " +
                         std::to_string(sample) + " is not one of " + std::to_string(classes) + " classes");
    }
    start += std::max<int64_t>(lengths[sample], 0);
  }
}

void CtcSizes(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor probs = TensorNamed(schema, stack, "log_probs"),
                   targets = TensorNamed(schema, stack, "targets");
  const at::Tensor alpha = TensorNamed(schema, stack, "log_alpha");
  const std::vector<int64_t> inputs = Lengths(schema, stack, "input_lengths"),
                             outputs = Lengths(schema, stack, "target_lengths");
  const auto fits = [&] {
    if (probs.dim() != 3 || alpha.dim() != 3 || targets.dim() < 1 || targets.dim() > 2) return false;
    const int64_t time = probs.size(0), batch = probs.size(1), blank = Find(schema, stack, "blank")->toInt();
    if (blank < 0 || blank >= probs.size(2) || static_cast<int64_t>(inputs.size()) != batch ||
        static_cast<int64_t>(outputs.size()) != batch || alpha.size(0) != batch) {
      return false;
    }
    int64_t all = 0;
    for (size_t i = 0; i < inputs.size(); i++) {
      if (inputs[i] < 0 || inputs[i] > time || inputs[i] > alpha.size(1) || outputs[i] < 0) return false;
      if (outputs[i] > (alpha.size(2) - 1) / 2 || (targets.dim() == 2 && outputs[i] > targets.size(1)))
        return false;
      all += outputs[i];
    }
    for (const char* name : {"grad", "neg_log_likelihood"}) {
      const at::Tensor one = TensorNamed(schema, stack, name);
      if (one.dim() != 1 || one.size(0) != batch || one.scalar_type() != probs.scalar_type()) return false;
    }
    return alpha.scalar_type() == probs.scalar_type() &&
           (targets.dim() == 2 ? targets.size(0) == batch : targets.size(0) == all) &&
           !HasOutside(targets, 0, probs.size(2));
  };
  TORCH_CHECK(fits(), schema.name(), ": sizes, lengths or labels do not fit each other");
}

}  // namespace nodetorch::guards
