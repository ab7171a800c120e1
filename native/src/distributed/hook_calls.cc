#include "distributed/hook_calls.h"

#include <c10/util/Exception.h>

namespace nodetorch {

namespace {

thread_local HookCalls* of_thread = nullptr;

constexpr const char* kEnding = "the environment has ended before its communication hook";

}  // namespace

// May come to the JS thread after its pass has given up.
struct HookCalls::Call : Task {
  Call(std::shared_ptr<HookCalls> calls, std::function<FuturePtr()> function)
      : calls(std::move(calls)), function(std::move(function)) {}

  napi_value Result(Environment&) override {
    std::unique_lock<std::mutex> lock(calls->mutex_);
    if (calls->stopped_) return nullptr;
    lock.unlock();
    try {
      future = function();
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    done = true;
    calls->changed_.notify_all();
    return nullptr;
  }

  const std::shared_ptr<HookCalls> calls;
  const std::function<FuturePtr()> function;
  FuturePtr future;
  std::exception_ptr failed;
  bool done = false;
};

HookCalls* HookCalls::OfThread() { return of_thread; }

HookCalls::Here::Here(HookCalls& calls) { of_thread = &calls; }
HookCalls::Here::~Here() { of_thread = nullptr; }

FuturePtr HookCalls::Run(std::function<FuturePtr()> function) {
  const auto call = std::make_shared<Call>(shared_from_this(), std::move(function));
  promises_->Settle(call);
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return call->done || stopped_; });
  TORCH_CHECK(call->done, kEnding);
  lock.unlock();
  if (call->failed) std::rethrow_exception(call->failed);
  return call->future;
}

FuturePtr HookCalls::Open(c10::TypePtr type) {
  auto future = c10::make_intrusive<c10::ivalue::Future>(std::move(type));
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.push_back(future);
  return future;
}

void HookCalls::Stop() noexcept {
  std::vector<FuturePtr> open;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    open.swap(open_);
  }
  changed_.notify_all();
  for (const FuturePtr& future : open)
    future->setErrorIfNeeded(std::make_exception_ptr(std::runtime_error(kEnding)));
}

}  // namespace nodetorch
