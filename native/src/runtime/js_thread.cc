#include "runtime/js_thread.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/engine.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/accelerator.h"
#include "runtime/saved_hooks.h"

namespace nodetorch {

namespace {

// A pass inside of passes takes 9 KB of the stack, of which V8 uses 984 KB; where another thread runs it, it
// takes 4 KB, which are V8's. Libtorch itself takes another thread after 60.
constexpr int kMostNested = 8;

// Of the thread that a callback was sent from.
thread_local const GraphTask* sent_from = nullptr;

template <typename T>
class Replaced {
 public:
  Replaced(T& place, T value) : place_(place), before_(std::exchange(place, value)) {}
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;
  ~Replaced() { place_ = before_; }

 private:
  T& place_;
  const T before_;
};

// The warnings of a pass, which belong to the JS thread.
class Warned : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { all.push_back(warning); }
  std::vector<c10::Warning> all;
};

// Only an accelerator has backward threads of its own. The variable lets the tests take this way on the CPU.
bool PassesNeedAThread() {
  static const bool always = std::getenv("NODETORCH_BACKWARD_THREAD") != nullptr;
  return always || UsableAccelerator().has_value();
}

}  // namespace

GraphTask GraphTask::Current() {
  if (sent_from) return *sent_from;
  return {torch::autograd::get_current_graph_task_id(), torch::autograd::get_current_graph_task_exec_info(),
          torch::autograd::get_current_graph_task_nodes_in_graph(),
          torch::autograd::Engine::get_default_engine().is_checkpoint_valid()};
}

const std::shared_ptr<JsThread>& JsThread::Current() {
  thread_local const auto thread = std::make_shared<JsThread>();
  return thread;
}

void JsThread::Lend(const std::shared_ptr<UsedByPasses>& used) {
  const auto goes = [&](const std::weak_ptr<UsedByPasses>& one) {
    const auto other = one.lock();
    return !other || other == used;
  };
  lent_.erase(std::remove_if(lent_.begin(), lent_.end(), goes), lent_.end());
  lent_.push_back(used);
}

std::vector<std::shared_ptr<UsedByPasses>> JsThread::Lent() const {
  std::vector<std::shared_ptr<UsedByPasses>> all;
  for (auto one = lent_.rbegin(); one != lent_.rend(); ++one) {
    if (auto used = one->lock()) all.push_back(std::move(used));
  }
  return all;
}

void JsThread::Run(const std::function<void()>& work) {
  if (lent_.empty()) {
    RunPass(work);
    return;
  }
  const auto used = Lent();
  try {
    RunPass(work);
  } catch (...) {
    for (const auto& one : used) one->Explain(std::current_exception());
    throw;
  }
}

void JsThread::RunPass(const std::function<void()>& work) {
  const bool calls = callbacks > 0 || HasSavedHooks();
  if (!serving_ && (!calls || (nested_ < kMostNested && !PassesNeedAThread()))) {
    Replaced<int> deeper(nested_, nested_ + 1);
    work();
    return;
  }
  Warned warned;
  const std::function<void()> as_here = [&work, &warned, state = std::make_shared<at::ThreadLocalState>(),
                                         hooks = SavedHooksOfThread()] {
    at::ThreadLocalStateGuard guard(*state);
    Replaced<SavedHooks> with_hooks(SavedHooksOfThread(), hooks);
    c10::WarningUtils::WarningHandlerGuard with_warnings(&warned);
    work();
  };
  Pass pass{&as_here, nullptr};
  waiting_++;
  if (serving_) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      serving_->pass = &pass;
      changed_.notify_all();
    }
    Serve(pass);
  } else {
    std::thread thread;
    try {
      // libtorch has the number of threads for each thread by itself, and bits depend on it.
      thread = std::thread([&, threads = at::get_num_threads()] {
        at::set_num_threads(threads);
        Perform(pass);
      });
    } catch (...) {
      waiting_--;
      throw;
    }
    Serve(pass);
    thread.join();
  }
  waiting_--;
  for (const c10::Warning& warning : warned.all) c10::WarningUtils::get_warning_handler()->process(warning);
  if (pass.error) std::rethrow_exception(pass.error);
}

void JsThread::Perform(Pass& pass) {
  try {
    (*pass.work)();
  } catch (...) {
    pass.error = std::current_exception();
  }
  std::lock_guard<std::mutex> lock(mutex_);
  pass.finished = true;
  changed_.notify_all();
}

void JsThread::Serve(const Pass& pass) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return pass.finished || !callers_.empty(); });
    if (callers_.empty()) break;
    Caller* caller = callers_.front();
    callers_.pop_front();
    lock.unlock();
    try {
      Replaced<Caller*> whose(serving_, caller);
      (*caller->call)();
    } catch (...) {
      caller->error = std::current_exception();
    }
    lock.lock();
    caller->done = true;
    changed_.notify_all();
  }
}

void JsThread::Call(const std::function<void()>& call) {
  if (std::this_thread::get_id() == id_) {
    call();
    return;
  }
  const at::ThreadLocalState state;  // grad mode and autocast, as they are on the calling thread
  const GraphTask graph_task = GraphTask::Current();
  const std::function<void()> as_here = [&] {
    const auto guard = std::make_unique<at::ThreadLocalStateGuard>(state);  // large, and the stack is small
    Replaced<const GraphTask*> from(sent_from, &graph_task);
    call();
  };
  Caller caller{&as_here, nullptr};
  std::unique_lock<std::mutex> lock(mutex_);
  TORCH_CHECK(waiting_ > 0,
              "a hook or a Function of JavaScript was reached by another thread, as in backwardAsync(), ",
              "while its own thread does not wait for it: remove it, or call backward()");
  callers_.push_back(&caller);
  changed_.notify_all();
  while (true) {
    changed_.wait(lock, [&] { return caller.done || caller.pass; });
    Pass* pass = std::exchange(caller.pass, nullptr);
    if (!pass) break;
    lock.unlock();
    Perform(*pass);
    lock.lock();
  }
  lock.unlock();
  if (caller.error) std::rethrow_exception(caller.error);
}

}  // namespace nodetorch
