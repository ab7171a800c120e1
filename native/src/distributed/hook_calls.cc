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
    if (calls->stopped_ || given_up) return nullptr;
    has_begun = true;
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
  bool has_begun = false, given_up = false, done = false;
};

HookCalls* HookCalls::OfThread() { return of_thread; }

HookCalls::Here::Here(HookCalls& calls) { of_thread = &calls; }
HookCalls::Here::~Here() { of_thread = nullptr; }

FuturePtr HookCalls::Run(std::function<FuturePtr()> function, std::chrono::milliseconds timeout) {
  const auto call = std::make_shared<Call>(shared_from_this(), std::move(function));
  promises_->Settle(call);
  std::unique_lock<std::mutex> lock(mutex_);
  // By the system's clock: what waits by another is newer than the systems that the addon is for.
  const auto latest = std::chrono::system_clock::now() + timeout;
  call->given_up = !changed_.wait_until(lock, latest, [&] { return call->has_begun || stopped_; });
  TORCH_CHECK(!call->given_up, "the thread of JavaScript has not come to a communication hook for ",
              timeout.count(), " ms: it was busy, or waited for the backward pass that needs the hook");
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
