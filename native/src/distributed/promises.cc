#include "distributed/promises.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>

#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

struct All {
  std::mutex mutex;
  std::unordered_map<Environment*, std::shared_ptr<Promises>> of;
};

All& Everybody() {
  static All* all = new All();  // never destroyed: threads may still settle while the process ends
  return *all;
}

}  // namespace

napi_value Task::Result(Environment& environment) {
  napi_value nothing;
  Check(environment.env(), napi_get_undefined(environment.env(), &nothing));
  return nothing;
}

std::shared_ptr<Promises> Promises::Of(Environment& environment) {
  All& all = Everybody();
  const std::lock_guard<std::mutex> lock(all.mutex);
  auto& promises = all.of[&environment];
  if (!promises) {
    promises = std::make_shared<Promises>(environment);
    promises->Prepare();
  }
  return promises;
}

void Promises::Prepare() {
  napi_env env = environment_.env();
  napi_value name;
  Check(env, napi_create_string_utf8(env, "nodetorch.distributed", NAPI_AUTO_LENGTH, &name));
  Check(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                             OnPosted, &posts_));
  Check(env, napi_unref_threadsafe_function(env, posts_));
  // Hooks run in the opposite order of theirs: this one before the function above is closed.
  Check(env, napi_add_env_cleanup_hook(env, [](void* self) { static_cast<Promises*>(self)->End(); }, this));
}

napi_value Promises::Open(Task& task) {
  napi_env env = environment_.env();
  TORCH_CHECK(!stop_, "the environment is ending");
  napi_value promise;
  Check(env, napi_create_promise(env, &task.deferred, &promise));
  if (pending_++ == 0) napi_ref_threadsafe_function(env, posts_);
  return promise;
}

void Promises::Settle(std::shared_ptr<Task> task) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stop_) return;
  auto* posted = new std::shared_ptr<Task>(std::move(task));
  if (napi_call_threadsafe_function(posts_, posted, napi_tsfn_nonblocking) != napi_ok) delete posted;
}

napi_value Promises::Run(std::shared_ptr<BlockingTask> task) {
  napi_value promise = Open(*task);
  Start(std::move(task));
  return promise;
}

void Promises::Start(std::shared_ptr<BlockingTask> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_.push_back(task);
  }
  if (task->limit.count() > 0) Watch(task);
  std::thread([self = shared_from_this(), task] {
    std::exception_ptr error;
    try {
      task->Compute(self->stop_);
    } catch (...) {
      error = std::current_exception();
    }
    self->Finish(task, error);
  }).detach();
}

void Promises::Watch(const std::shared_ptr<BlockingTask>& task) {
  std::thread([self = shared_from_this(), task] {
    std::unique_lock<std::mutex> lock(self->mutex_);
    const auto latest = std::chrono::system_clock::now() + task->limit;
    if (self->finished_.wait_until(lock, latest, [&] { return task->is_settled || self->stop_; })) return;
    lock.unlock();
    try {
      C10_THROW_ERROR(DistStoreError, task->late);
    } catch (...) {
      self->Finish(task, std::current_exception());
    }
  }).detach();
}

void Promises::Finish(const std::shared_ptr<BlockingTask>& task, const std::exception_ptr& error) {
  if (task->is_settled.exchange(true)) return;
  task->error = error;
  if (task->deferred) Settle(task);
  const std::lock_guard<std::mutex> lock(mutex_);
  running_.remove(task);
  finished_.notify_all();
}

// Before the environment ends. Waits for the threads, since what they use may end with it. One that cannot be
// interrupted, since it is in the middle of a call of the system, is left alone after a while: it owns all
// that it touches.
void Promises::End() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    stop_ = true;
    for (const auto& task : running_) task->Interrupt();
    const auto latest = std::chrono::system_clock::now() + std::chrono::seconds(2);
    finished_.wait_until(lock, latest, [this] { return running_.empty(); });
  }
  All& all = Everybody();
  const std::lock_guard<std::mutex> lock(all.mutex);
  all.of.erase(&environment_);
}

void Promises::OnPosted(napi_env env, napi_value, void* self, void* posted) {
  const std::unique_ptr<std::shared_ptr<Task>> task(static_cast<std::shared_ptr<Task>*>(posted));
  if (!env) return;  // the environment has ended
  auto* promises = static_cast<Promises*>(self);
  const Napi::HandleScope scope(env);
  if (!(*task)->deferred) {
    (*task)->Result(promises->environment_);
    return;
  }
  try {
    if ((*task)->error) (*task)->Throw();
    napi_resolve_deferred(env, (*task)->deferred, (*task)->Result(promises->environment_));
  } catch (...) {
    RaiseCurrent(env);
    napi_value thrown;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
      napi_reject_deferred(env, (*task)->deferred, thrown);
  }
  if (--promises->pending_ == 0) napi_unref_threadsafe_function(env, promises->posts_);
}

}  // namespace nodetorch
