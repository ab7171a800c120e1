// Promises that other threads settle: gloo's, and threads that wait for a peer.
//
// Such a wait takes as long as the peer lets it, so it has a thread of its own and none of the pool's, which
// are for computing.
#pragma once

#include <napi.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace nodetorch {

class Environment;

// What a promise is made of.
struct Task {
  virtual ~Task() = default;
  // On the JS thread, where nothing went wrong. A task without a promise must not throw.
  virtual napi_value Result(Environment& environment);
  // On the JS thread: throws what `error` says.
  virtual void Throw() { std::rethrow_exception(error); }

  std::exception_ptr error;
  napi_deferred deferred = nullptr;
};

using Stop = std::atomic<bool>;

struct BlockingTask : Task {
  // On a thread of its own. Returns or throws soon after `stop` has become true.
  virtual void Compute(const Stop& stop) = 0;
  // On any thread, when `stop` has become true.
  virtual void Interrupt() noexcept {}

  // Where Compute has not come back after so long, the promise is rejected with `late`: libtorch's store
  // waits for a server that has stopped for ever. 0: it always comes back.
  std::chrono::milliseconds limit{0};
  std::string late;
  std::atomic<bool> is_settled{false};
};

// All such promises of one environment. They keep the event loop alive.
class Promises : public std::enable_shared_from_this<Promises> {
 public:
  static std::shared_ptr<Promises> Of(Environment& environment);
  explicit Promises(Environment& environment) : environment_(environment) {}

  // On the JS thread: the promise of a task, which is to be settled once.
  napi_value Open(Task& task);
  // On any thread: of a task without a promise only the result is asked for. Where the environment has ended,
  // nothing happens.
  void Settle(std::shared_ptr<Task> task) noexcept;
  // Compute on another thread, and Settle where there is a promise.
  void Start(std::shared_ptr<BlockingTask> task);
  // Open and Start.
  napi_value Run(std::shared_ptr<BlockingTask> task);
  // True when the environment ends.
  const Stop& stop() const { return stop_; }

 private:
  void Prepare();
  void End();
  void Finish(const std::shared_ptr<BlockingTask>& task, const std::exception_ptr& error);
  void Watch(const std::shared_ptr<BlockingTask>& task);
  static void OnPosted(napi_env env, napi_value, void* self, void* task);

  Environment& environment_;
  napi_threadsafe_function posts_ = nullptr;
  int pending_ = 0;  // on the JS thread
  Stop stop_{false};
  std::mutex mutex_;  // of `posts_` where other threads use it, and of what follows
  std::condition_variable finished_;
  std::list<std::shared_ptr<BlockingTask>> running_;
};

}  // namespace nodetorch
