// JS functions inside autograd graphs.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/function.h>

#include <memory>
#include <vector>

#include "runtime/handle.h"
#include "runtime/js_thread.h"
#include "runtime/persistent.h"

namespace nodetorch {

// A JS function that the engine may call. Owned by graph nodes; may die on any thread.
class Callback {
 public:
  Callback(Environment& environment, napi_value function);
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { thread_->callbacks--; }

  // function(tensors) on the JS thread; what it returns is a list of tensors, null for undefined.
  std::vector<at::Tensor> Call(const std::vector<at::Tensor>& tensors) const;

  // What follows is for HeldFunctions, on the JS thread.

  // A slot whose JS object holds the function. The slot may hold something else by now.
  struct Holder {
    Slot* slot;
    uint32_t generation;
    bool IsAlive() const {
      return slot->generation == generation && slot->kind == Kind::kTensor && slot->tensor.defined();
    }
  };
  const std::vector<Holder>& holders() const { return holders_; }
  // Once: the JS objects of these slots, whose tensors have one and the same gradient function, hold it.
  void SetHolders(const std::vector<Slot*>& slots);
  // Whether nothing leads to the function but its holders: no graph and no other handle of their tensors.
  bool IsReachedByHoldersAlone() const;
  bool is_strong() const { return strong_; }
  void SetStrong(bool strong);

 private:
  Persistent function_;
  std::shared_ptr<JsThread> thread_;
  std::vector<Holder> holders_;
  bool strong_ = true;
  const torch::autograd::Node* node_ = nullptr;  // of the holders' tensors; null for leaves
};

// What JS has of a function that it gave: the registration of a hook, a custom Function's node.
struct CallbackHandle : Held {
  std::weak_ptr<Callback> callback;
};

}  // namespace nodetorch
