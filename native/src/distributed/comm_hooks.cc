#include "distributed/comm_hooks.h"

#if NODETORCH_GLOO
#include <ATen/ThreadLocalState.h>
#include <c10/util/Exception.h>

#include <thread>

#include "distributed/hook_calls.h"
#include "runtime/arguments.h"
#include "runtime/js_thread.h"
#include "runtime/persistent.h"

namespace nodetorch {

namespace {

using std::chrono::milliseconds;

struct Bf16Hook : c10d::CppCommHookInterface<GroupPtr> {
  using CppCommHookInterface::CppCommHookInterface;
  FuturePtr runHook(c10d::GradBucket& bucket) override {
    at::Tensor compressed = bucket.getBufferRef().to(at::kBFloat16);
    compressed /= state_->getSize();  // before the sum, as Python's hook
    std::vector<at::Tensor> tensors{compressed};
    const FuturePtr reduced = state_->allreduce(tensors)->getFuture();
    return reduced->then(
        [buffer = bucket.getBufferRef()](c10::ivalue::Future& done) {
          buffer.copy_(done.value().toTensorVector().at(0));
          return c10::IValue(buffer);
        },
        c10::TensorType::get());
  }
};

constexpr const char* kPromised = "the gradients that a communication hook promised";

// Counts a call of a hook while it lives.
class Running {
 public:
  explicit Running(RunningHooks all) : all_(std::move(all)) { ++*all_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { --*all_; }

 private:
  const RunningHooks all_;
};

// Settles the future of a hook that returned a promise.
struct Promised {
  FuturePtr future;
  at::TensorOptions options;
  int64_t numel;
  std::shared_ptr<Running> running;

  // As the two functions for then(): a call of either is the last use of `data`'s future.
  static napi_value Fulfilled(napi_env env, napi_callback_info info) {
    return Settle(env, info, [](Environment& environment, Promised& self, napi_value value) {
      const at::Tensor& tensor = TensorArgument(environment, value, kPromised);
      if (tensor.numel() != self.numel || tensor.dtype() != self.options.dtype())
        throw TypeProblem(std::string(kPromised) + " must have the size and the dtype of its bucket");
      self.future->markCompleted(tensor);
    });
  }
  static napi_value Rejected(napi_env env, napi_callback_info info) {
    return Settle(env, info, [](Environment& environment, Promised&, napi_value reason) {
      throw JsException(std::make_shared<Persistent>(environment, reason));
    });
  }

 private:
  template <typename Settled>
  static napi_value Settle(napi_env env, napi_callback_info info, const Settled& settled) {
    size_t count = 1;
    napi_value value = nullptr;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, &value, nullptr, &data);
    auto& self = *static_cast<Promised*>(data);
    self.running.reset();
    try {
      settled(Environment::Of(env), self, value);
    } catch (...) {
      self.future->setErrorIfNeeded(std::current_exception());
    }
    return nullptr;
  }
};

struct JsHook : c10d::CommHookInterface {
  JsHook(Environment& environment, napi_value function, milliseconds timeout, RunningHooks running)
      : function(environment, function), timeout(timeout), all_running(std::move(running)) {}

  FuturePtr runHook(c10d::GradBucket& bucket) override {
    const auto running = std::make_shared<Running>(all_running);
    if (std::this_thread::get_id() == thread) return Call(bucket, nullptr, running);
    if (HookCalls* calls = HookCalls::OfThread()) {
      const at::ThreadLocalState state;  // grad mode, as it is in the pass
      const auto call = [&] {
        const at::ThreadLocalStateGuard guard(state);
        return Call(bucket, calls, running);
      };
      return calls->Run(call, timeout);
    }
    FuturePtr future;
    js_thread->Call([&] { future = Call(bucket, nullptr, running); });
    return future;
  }
  at::Tensor parseHookResult(const c10::IValue& result) override {
    return c10d::detail::parseCppCommHookResult(result);
  }

 private:
  // On the JS thread.
  FuturePtr Call(c10d::GradBucket& bucket, HookCalls* calls, const std::shared_ptr<Running>& running) const {
    Environment& environment = function.environment();
    napi_env env = environment.env();
    const Napi::HandleScope scope(env);
    napi_value undefined, index, is_last, returned;
    napi_get_undefined(env, &undefined);
    Check(env, napi_create_int64(env, static_cast<int64_t>(bucket.getIndex()), &index));
    Check(env, napi_get_boolean(env, bucket.isLast(), &is_last));
    napi_value arguments[] = {ToJs(environment, bucket.getBufferRef()), index, is_last};
    Check(env, napi_call_function(env, undefined, function.Get(), 3, arguments, &returned));
    bool promise = false;
    Check(env, napi_is_promise(env, returned, &promise));
    if (!promise) return WorkIn(environment, returned)->getFuture();
    TORCH_CHECK(
        calls, "A communication hook that returns a promise runs in backwardAsync(), and not in backward(), ",
        "which waits on the thread that has to keep the promise");
    return After(env, returned, bucket.getBufferRef(), *calls, running);
  }

  static FuturePtr After(napi_env env, napi_value promise, const at::Tensor& buffer, HookCalls& calls,
                         const std::shared_ptr<Running>& running) {
    auto* promised =
        new Promised{calls.Open(c10::TensorType::get()), buffer.options(), buffer.numel(), running};
    FuturePtr future = promised->future;
    napi_value holder, then, settled[2], chained;
    Check(env, napi_create_external(
                   env, promised, [](napi_env, void* data, void*) { delete static_cast<Promised*>(data); },
                   nullptr, &holder));
    Check(env, napi_create_function(env, nullptr, 0, Promised::Fulfilled, promised, &settled[0]));
    Check(env, napi_create_function(env, nullptr, 0, Promised::Rejected, promised, &settled[1]));
    // The functions live as long as the promise is pending, and keep what they write to.
    for (napi_value one : settled) Check(env, napi_set_named_property(env, one, "promised", holder));
    Check(env, napi_get_named_property(env, promise, "then", &then));
    Check(env, napi_call_function(env, promise, then, 2, settled, &chained));
    return future;
  }

  const Persistent function;
  const milliseconds timeout;  // the group's
  const RunningHooks all_running;
  const std::shared_ptr<JsThread> js_thread = JsThread::Current();
  const std::thread::id thread = std::this_thread::get_id();
};

}  // namespace

std::unique_ptr<c10d::CommHookInterface> MakeBf16Hook(const GroupPtr& group) {
  return std::make_unique<Bf16Hook>(group);
}

std::unique_ptr<c10d::CommHookInterface> MakeJsHook(Environment& environment, napi_value function,
                                                    const Group& group, RunningHooks running) {
  const milliseconds timeout = group.gloo()->getOptions()->timeout;
  return std::make_unique<JsHook>(environment, function, timeout, std::move(running));
}

}  // namespace nodetorch
#endif
