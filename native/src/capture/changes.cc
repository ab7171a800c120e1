// What a recording changes, and its end.
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/TensorWrapper.h>

#include <memory>
#include <utility>

#include "capture/recorder.h"

namespace nodetorch {

void CaptureRecorder::NoteChange(const at::Tensor& given) {
  // At a level of torch.func's transforms, what it stands for.
  at::Tensor tensor = given;
  for (;;) {
    if (const auto* batched = at::functorch::maybeGetBatchedImpl(tensor)) {
      tensor = at::Tensor(batched->value());
    } else if (const auto* wrapper = at::functorch::maybeGetTensorWrapper(tensor)) {
      tensor = at::Tensor(wrapper->value());
    } else {
      break;
    }
  }
  if (tensor.defined() && tensor.has_storage()) changed_.insert(tensor.storage().unsafeGetStorageImpl());
}

bool CaptureRecorder::IsChanged(const at::Tensor& tensor) const {
  if (has_backward_ && tensor.is_leaf() && tensor.requires_grad()) return true;
  return tensor.has_storage() && changed_.count(tensor.storage().unsafeGetStorageImpl()) > 0;
}

Recording CaptureRecorder::Finish(const std::vector<at::Tensor>& outputs) {
  for (const at::Tensor& output : outputs) {
    const Operand operand = ToOperand(output);
    const bool is_slot = operand.kind == Operand::Kind::kSlot;
    recording_.outputs.push_back(is_slot ? int64_t{operand.slot} : -1);
  }
  recording_.segments = segment_ + 1;
  if (live_) {
    has_backward_ |= live_->has_backward_;
    changed_.insert(live_->changed_.begin(), live_->changed_.end());
    recording_.live = std::make_shared<const Recording>(live_->Finish({}));
  }
  recording_.has_backward = has_backward_;
  for (const at::Tensor& input : inputs_) recording_.changes_inputs.push_back(IsChanged(input));
  for (const auto& other : recording_.others) recording_.changes_others.push_back(IsChanged(other.first));
  return std::move(recording_);
}

}  // namespace nodetorch
