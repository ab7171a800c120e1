// A backward pass that another thread runs. A pass that waits for other ranks computes little, so it has a
// thread of its own: the pool's would all wait where ranks are threads of one process.
#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <torch/csrc/autograd/autograd.h>

#include "distributed/c10d.h"
#include "distributed/hook_calls.h"
#include "runtime/function.h"
#include "runtime/saved_hooks.h"

namespace nodetorch {

namespace {

struct BackwardTask : BlockingTask {
  explicit BackwardTask(const std::shared_ptr<Promises>& promises)
      : hooks(std::make_shared<HookCalls>(promises)) {}

  void Compute(const Stop&) override {
    at::set_num_threads(threads);
    const at::ThreadLocalStateGuard in_modes(modes);
    const HookCalls::Here here(*hooks);
    try {
      torch::autograd::backward(tensors, gradients, retain, create, inputs);
    } catch (...) {
      for (const auto& one : used) one->Explain(std::current_exception());
      throw;
    }
  }
  // What is used ends, at the earliest, on the JS thread.
  napi_value Result(Environment& environment) override {
    used.clear();
    return BlockingTask::Result(environment);
  }
  void Throw() override {
    used.clear();
    BlockingTask::Throw();
  }

  void Interrupt() noexcept override { hooks->Stop(); }

  const std::shared_ptr<HookCalls> hooks;
  const at::ThreadLocalState modes;
  const int threads = at::get_num_threads();
  std::vector<at::Tensor> tensors, gradients, inputs;
  std::vector<std::shared_ptr<UsedByPasses>> used;
  std::optional<bool> retain;
  bool create = false;
};

// backwardAsync(tensors, gradients, retainGraph | null, createGraph, inputs): a promise
napi_value BackwardAsync(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  TORCH_CHECK(!HasSavedHooks(), "backwardAsync() cannot be called inside hooks of saved tensors");
  const auto promises = Promises::Of(environment);
  auto task = std::make_shared<BackwardTask>(promises);
  task->tensors = TensorsArgument(environment, arguments[0], "backwardAsync(): tensors");
  task->gradients = TensorsArgument(environment, arguments[1], "backwardAsync(): gradient");
  if (!arguments.IsNull(2)) task->retain = arguments.Bool(2);
  task->create = arguments.Bool(3);
  task->inputs = TensorsArgument(environment, arguments[4], "backwardAsync(): inputs");
  task->used = environment.thread()->Lent();
  return promises->Run(std::move(task));
}

}  // namespace

void DefineBackward(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"backwardAsync", Entry<BackwardAsync>}});
}

}  // namespace nodetorch
