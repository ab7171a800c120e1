#include "operators/fast_paths.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <atomic>
#include <string>
#include <vector>

#include "runtime/saved_hooks.h"

namespace nodetorch {

namespace {

std::atomic<bool> enabled{true};
std::atomic<bool> kernels_replaced{false};  // never false again: libtorch does not unload a library's kernels

// A text for each of libtorch's operators, which names its kernels and where they were registered.
std::vector<std::string> Kernels() {
  std::vector<std::string> kernels;
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    if (name.getNamespace() != "aten") continue;
    if (const auto handle = dispatcher.findSchema(name)) kernels.push_back(handle->dumpComputedTable());
  }
  return kernels;
}

}  // namespace

bool FastPathsEnabled() { return enabled.load(std::memory_order_relaxed); }
void SetFastPathsEnabled(bool value) { enabled.store(value, std::memory_order_relaxed); }

bool NoActiveModes() {
  const c10::impl::LocalDispatchKeySet keys = c10::impl::tls_local_dispatch_key_set();
  return FastPathsEnabled() && !kernels_replaced.load(std::memory_order_relaxed) &&
         (keys.included_ - c10::default_included_set).empty() &&
         keys.excluded_.isSupersetOf(c10::default_excluded_set) && !HasSavedHooks();
}

struct ReplacedKernels::Before {
  std::vector<std::string> kernels = Kernels();
};

ReplacedKernels::ReplacedKernels() : before_(new Before) {}

ReplacedKernels::~ReplacedKernels() {
  if (Kernels() != before_->kernels) kernels_replaced = true;
  delete before_;
}

}  // namespace nodetorch
