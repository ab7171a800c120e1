// What composed operators of libtorch call.
//
//     const CallWatcher watcher;
//     at::linear(x, weight, bias);
//     watcher.calls;  // t(weight), addmm(bias, x, it)
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <vector>

#include "capture/recording.h"

namespace nodetorch {

// Whether libtorch has made the operator of others.
bool IsComposed(const c10::OperatorHandle& op);
// Whether it is one of those that do nothing but call others, which follow from sizes and options alone.
bool IsTakenApart(const c10::OperatorHandle& op);

struct SeenCall {
  c10::OperatorHandle op;
  Values arguments, results;
};

// Sees what an operator calls, at a key of the dispatcher that comes before all others and that libtorch has
// for such uses. Under a mode of torch_dispatch operators would go other ways.
class CallWatcher {
 public:
  CallWatcher();
  ~CallWatcher() { watcher_ = outer_; }
  CallWatcher(const CallWatcher&) = delete;
  CallWatcher& operator=(const CallWatcher&) = delete;

  std::vector<SeenCall> calls;

 private:
  static constexpr c10::DispatchKey kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

  static bool Register();
  static void See(const c10::OperatorHandle& op, c10::DispatchKeySet keys, torch::jit::Stack* stack);

  static thread_local CallWatcher* watcher_;
  CallWatcher* const outer_;
  const c10::impl::IncludeDispatchKeyGuard include_{kKey};
};

}  // namespace nodetorch
