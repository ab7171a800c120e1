// A thread that runs JavaScript, as libtorch's threads and graphs see it.
#pragma once

#include <torch/csrc/autograd/graph_task.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace nodetorch {

// The backward pass that a JS callback runs in.
struct GraphTask {
  using Executed = std::unordered_map<torch::autograd::Node*, torch::autograd::GraphTask::ExecInfo>;
  int id = -1;
  const Executed* executed = nullptr;
  const std::unordered_set<torch::autograd::Node*>* nodes = nullptr;
  bool checkpoint_valid = true;

  static GraphTask Current();  // also on the JS thread, when it runs a callback for another
};

// What backward passes use and do not hold, as the reducer whose hooks are in their graphs.
struct UsedByPasses {
  virtual ~UsedByPasses() = default;
  // Of a pass that has failed: throws an error that says more, or returns.
  virtual void Explain(const std::exception_ptr&) const {}
};

// Shared by all environments of the thread, and by the callbacks that belong to them.
//
// Callbacks run on the JS thread whichever thread reaches them, and a backward pass that a callback
// starts runs on the thread that reached the callback: for libtorch it is a pass inside of a pass,
// and only that thread can serve the queue that both share. So the two threads wait for each other in
// turns, and each does for the other what only it can do.
class JsThread {
 public:
  static const std::shared_ptr<JsThread>& Current();

  JsThread() : id_(std::this_thread::get_id()) {}
  JsThread(const JsThread&) = delete;
  JsThread& operator=(const JsThread&) = delete;

  // On the JS thread: runs a backward pass, and meanwhile the callbacks that other threads reach.
  void Run(const std::function<void()>& work);
  // From any thread: runs `call` on the JS thread and waits for it.
  void Call(const std::function<void()>& call);
  // Whether it would, asked on any thread.
  bool Answers() const { return std::this_thread::get_id() == id_ || waiting_ > 0; }

  // On the JS thread: `used` is kept by each pass that begins from now on, until that ends. The one that was
  // lent last is asked first what an error means.
  void Lend(const std::shared_ptr<UsedByPasses>& used);
  // On the JS thread: all that there is, for a pass that another thread runs.
  std::vector<std::shared_ptr<UsedByPasses>> Lent() const;

  std::atomic<int> callbacks{0};  // live JS functions that graphs, modes or operators may call

 private:
  // A pass for another thread than the JS thread.
  struct Pass {
    const std::function<void()>* work;
    std::exception_ptr error;
    bool finished = false;
  };
  // A thread that waits for its callback.
  struct Caller {
    const std::function<void()>* call;
    std::exception_ptr error;
    bool done = false;
    Pass* pass = nullptr;  // what it shall run while it waits
  };

  void RunPass(const std::function<void()>& work);
  void Perform(Pass& pass);
  void Serve(const Pass& pass);

  const std::thread::id id_;
  std::vector<std::weak_ptr<UsedByPasses>> lent_;  // on the JS thread
  int nested_ = 0;                                 // passes inside of each other on the JS thread itself
  Caller* serving_ = nullptr;                      // whose callback the JS thread runs
  std::atomic<int> waiting_{0};                    // frames of Serve, or about to be

  std::mutex mutex_;  // of what follows, and of all callers and passes
  std::condition_variable changed_;
  std::deque<Caller*> callers_;
};

}  // namespace nodetorch
