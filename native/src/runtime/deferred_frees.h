// Small dead tensors that wait to be freed.
//
// A collection finds thousands of dead tensors at once. Freeing them all then would leave their memory cold.
// So the small ones are freed one by one: before a new tensor is made, one that is dead gives its memory to
// it.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

namespace nodetorch {

class DeferredFrees {
 public:
  // Takes the tensor; false where too many wait already.
  bool Add(at::Tensor& tensor) {
    if (pending_.size() >= kMost) return false;
    pending_.push_back(std::move(tensor));
    return true;
  }
  void CountMade() { made_++; }
  // Frees as many as tensors were made since the last call.
  void FreePending() {
    for (; made_ > 0 && !pending_.empty(); made_--) pending_.pop_back();
    made_ = 0;
  }
  void FreeAllPending() {
    made_ = pending_.size();
    FreePending();
  }

 private:
  static constexpr size_t kMost = 4096;

  std::vector<at::Tensor> pending_;
  size_t made_ = 0;
};

}  // namespace nodetorch
