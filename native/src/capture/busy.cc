#include "capture/busy.h"

namespace nodetorch {

namespace {

const c10::StorageImpl* StorageOf(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return nullptr;
  return tensor.storage().unsafeGetStorageImpl();
}

}  // namespace

BusyMemory::BusyMemory(const Recording& recording, const std::vector<at::Tensor>& inputs) {
  for (size_t i = 0; i < inputs.size(); i++) {
    Add(inputs[i], recording.changes_inputs[i] ? Use::kChanges : Use::kReads);
  }
  for (size_t i = 0; i < recording.others.size(); i++) {
    const at::Tensor& tensor = recording.others[i].first;
    Add(tensor, recording.changes_others[i] ? Use::kChanges : Use::kReads);
    if (recording.changes_others[i] && tensor.is_leaf()) Add(tensor.grad(), Use::kChanges);
  }
}

void BusyMemory::Add(const at::Tensor& tensor, Use use) {
  const c10::StorageImpl* storage = StorageOf(tensor);
  if (!storage) return;
  Use& known = uses_.try_emplace(storage, use).first->second;
  if (use == Use::kChanges) known = use;
}

void BusyMemory::Check(const at::Tensor& tensor, bool is_change) const {
  const auto found = uses_.find(StorageOf(tensor));
  if (found == uses_.end() || (found->second == Use::kReads && !is_change)) return;
  TORCH_CHECK(false, "torch.capture: an awaited call of a captured function ",
              found->second == Use::kReads ? "reads" : "changes",
              " this tensor and has not ended: await it, or use the tensor inside of fence()");
}

void BusyMemory::Check(const c10::IValue& value, bool is_change) const {
  if (value.isTensor()) return Check(value.toTensor(), is_change);
  if (!value.isList()) return;
  for (const c10::IValue& item : value.toListRef()) Check(item, is_change);
}

void BusyMemory::Check(const c10::FunctionSchema& schema, const Values& arguments) const {
  for (size_t i = 0; i < arguments.size(); i++) Check(arguments[i], ChangesArgument(schema, i));
}

}  // namespace nodetorch
