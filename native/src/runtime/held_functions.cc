#include "runtime/held_functions.h"

#include <utility>

#include "runtime/callback.h"
#include "runtime/handle.h"

namespace nodetorch {

void HeldFunctions::MakeStrong(Slot* slot) {
  slot->watched = false;
  const auto found = weak_.find(slot);
  if (found == weak_.end()) return;
  const Callbacks callbacks = std::move(found->second);
  weak_.erase(found);
  for (const auto& one : callbacks) {
    const auto callback = one.lock();
    if (!callback || callback->is_strong()) continue;
    callback->SetStrong(true);
    strong_.push_back(callback);
  }
}

void HeldFunctions::Forget(Slot* slot) {
  slot->watched = false;
  weak_.erase(slot);
}

void HeldFunctions::Look() {
  calls_ = 0;
  Callbacks stay;
  for (const auto& one : strong_) {
    const auto callback = one.lock();
    if (!callback) continue;
    if (!callback->IsReachedByHoldersAlone()) {
      stay.push_back(one);
      continue;
    }
    callback->SetStrong(false);
    for (const auto& holder : callback->holders()) {
      if (!holder.IsAlive()) continue;
      holder.slot->watched = true;
      weak_[holder.slot].push_back(one);
    }
  }
  strong_ = std::move(stay);
}

}  // namespace nodetorch
