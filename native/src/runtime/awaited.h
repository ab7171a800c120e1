// Work of other threads as JavaScript sees it: a promise.
//
//     struct Sum : AwaitedWork {
//       void Compute() override { result = a + b; }                                   // on another thread
//       napi_value Result(Environment& environment) override { return ToJs(...); }    // on the JS thread
//     };
//     return environment.awaited().Start(std::make_shared<Sum>(...));
//
// The work runs in the modes of the thread that started it: gradient mode, inference mode, autocast.
// Libtorch's default dtype is the process's. Warnings and errors reach the JS thread with the result.
#pragma once

#include <ATen/ThreadLocalState.h>
#include <c10/util/Exception.h>
#include <napi.h>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/autocast_cache.h"
#include "runtime/persistent.h"
#include "runtime/pool.h"

namespace nodetorch {

class Awaited;

class AwaitedWork : public Pool::Job, public std::enable_shared_from_this<AwaitedWork> {
 public:
  AwaitedWork();  // remembers the modes of this thread

  virtual void Compute() = 0;
  virtual napi_value Result(Environment& environment) = 0;

 protected:
  // In Compute(), where memory has run out: has the JS thread collect its garbage, and waits for it. False
  // where that thread has no time for it any more.
  bool CollectGarbage();

 private:
  friend class Awaited;
  void Perform() noexcept final;
  void Finish() noexcept final;
  void Settle(Environment& environment);
  bool CollectIfAsked(Environment& environment);

  const at::ThreadLocalState modes_;
  const bool caches_casts_;  // of autocast
  const bool in_autocast_;
  std::optional<AutocastCacheUse> uses_casts_;  // until the work is done: its caller's region may end before
  std::shared_ptr<Awaited> awaited_;
  napi_deferred deferred_ = nullptr;
  std::exception_ptr error_;
  std::vector<c10::Warning> warnings_;
  std::mutex mutex_;  // of what follows
  std::condition_variable collected_;
  bool wants_collection_ = false;
};

// All that one environment awaits. Keeps the event loop alive as long as there is something.
class Awaited : public std::enable_shared_from_this<Awaited> {
 public:
  explicit Awaited(Environment& environment) : environment_(environment) {}

  // A promise of the work's result.
  napi_value Start(std::shared_ptr<AwaitedWork> work);
  // The promise rejects, at once where the work had not begun.
  void Cancel(AwaitedWork& work);
  // Cancels everything and waits for what runs; its promises are never settled. Before the environment ends.
  void End();

 private:
  friend class AwaitedWork;
  void Open();
  bool Post(std::shared_ptr<AwaitedWork> work) noexcept;  // on any thread; false where the environment ends
  static void OnPosted(napi_env env, napi_value, void* self, void* work);

  Environment& environment_;
  napi_threadsafe_function posts_ = nullptr;
  int pending_ = 0;
  bool ended_ = false;
};

}  // namespace nodetorch
