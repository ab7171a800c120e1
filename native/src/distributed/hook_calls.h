// Calls of JavaScript by a backward pass that no JS thread waits for: backwardAsync().
#pragma once

#include <ATen/core/ivalue.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "distributed/promises.h"

namespace nodetorch {

using FuturePtr = c10::intrusive_ptr<c10::ivalue::Future>;

// Those of one pass.
class HookCalls : public std::enable_shared_from_this<HookCalls> {
 public:
  explicit HookCalls(std::shared_ptr<Promises> promises) : promises_(std::move(promises)) {}

  // Of the pass that this thread runs; null where there is none.
  static HookCalls* OfThread();

  // While it lives, this thread runs the pass.
  class Here {
   public:
    explicit Here(HookCalls& calls);
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;
    ~Here();
  };

  // On the pass's thread: has `call` run on the JS thread, and waits until it returns. Throws where that
  // thread has not come to it after `timeout`: it may wait for what this one has locked.
  FuturePtr Run(std::function<FuturePtr()> call, std::chrono::milliseconds timeout);
  // On the JS thread: a future that ends with an error when the environment ends.
  FuturePtr Open(c10::TypePtr type);
  // When the environment ends: nothing is waited for any more.
  void Stop() noexcept;

 private:
  struct Call;

  const std::shared_ptr<Promises> promises_;
  std::mutex mutex_;  // of what follows, and of all calls
  std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<FuturePtr> open_;
};

}  // namespace nodetorch
