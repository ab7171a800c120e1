#include "runtime/callback.h"

#include <torch/csrc/autograd/variable.h>

#include "operators/to_js.h"
#include "runtime/arguments.h"
#include "runtime/environment.h"

namespace nodetorch {

namespace {

// As it is: asked for by the usual way, that of a view whose base has changed is made anew.
const auto* GradFnOf(const at::Tensor& tensor) {
  const auto* meta = torch::autograd::impl::get_autograd_meta(tensor);
  return meta && meta->grad_fn_ ? &meta->grad_fn_ : nullptr;
}

}  // namespace

Callback::Callback(Environment& environment, napi_value function)
    : function_(environment, function), thread_(environment.thread()) {
  thread_->callbacks++;
}

std::vector<at::Tensor> Callback::Call(const std::vector<at::Tensor>& tensors) const {
  std::vector<at::Tensor> results;
  Environment& environment = function_.environment();
  thread_->Call([&] {
    napi_env env = environment.env();
    Napi::HandleScope scope(env);
    napi_value function = function_.Get();
    const LiveScope live(environment);
    TORCH_CHECK(function, "a hook or a backward function has been collected, though a graph leads to it");
    napi_value argument = ToJs(environment, tensors);
    napi_value undefined, result;
    Check(env, napi_get_undefined(env, &undefined));
    Check(env, napi_call_function(env, undefined, function, 1, &argument, &result));
    results = TensorsArgument(environment, result, "a gradient returned by a hook or backward()");
  });
  return results;
}

void Callback::SetHolders(const std::vector<Slot*>& slots) {
  for (Slot* slot : slots) {
    const auto* grad_fn = GradFnOf(slot->tensor);
    node_ = grad_fn ? grad_fn->get() : nullptr;
    holders_.push_back({slot, slot->generation});
  }
}

void Callback::SetStrong(bool strong) {
  if (strong != strong_) function_.SetStrong(strong);
  strong_ = strong;
}

bool Callback::IsReachedByHoldersAlone() const {
  size_t alive = 0, owners = 0;
  for (const Holder& holder : holders_) {
    if (!holder.IsAlive()) continue;
    const auto* grad_fn = GradFnOf(holder.slot->tensor);
    // Changed in place, the tensor has another node, which may be the first in any graph.
    if ((grad_fn ? grad_fn->get() : nullptr) != node_) return false;
    if (holder.slot->tensor.use_count() != 1) return false;
    alive++;
    owners = grad_fn ? grad_fn->use_count() : alive;
  }
  return alive > 0 && owners == alive;
}

}  // namespace nodetorch
