#include "distributed/comm_hooks.h"

#if NODETORCH_GLOO
#include <c10/util/Exception.h>

#include <thread>

#include "runtime/persistent.h"

namespace nodetorch {

namespace {

using FuturePtr = c10::intrusive_ptr<c10::ivalue::Future>;

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

struct JsHook : c10d::CommHookInterface {
  JsHook(Environment& environment, napi_value function)
      : function(environment, function), thread(std::this_thread::get_id()) {}

  FuturePtr runHook(c10d::GradBucket& bucket) override {
    TORCH_CHECK(std::this_thread::get_id() == thread,
                "A communication hook of JavaScript runs in backward(), and not in backwardAsync()");
    Environment& environment = function.environment();
    napi_env env = environment.env();
    const Napi::HandleScope scope(env);
    napi_value undefined, index, is_last, returned;
    napi_get_undefined(env, &undefined);
    Check(env, napi_create_int64(env, static_cast<int64_t>(bucket.getIndex()), &index));
    Check(env, napi_get_boolean(env, bucket.isLast(), &is_last));
    napi_value arguments[] = {ToJs(environment, bucket.getBufferRef()), index, is_last};
    Check(env, napi_call_function(env, undefined, function.Get(), 3, arguments, &returned));
    return WorkIn(environment, returned)->getFuture();
  }
  at::Tensor parseHookResult(const c10::IValue& result) override {
    return c10d::detail::parseCppCommHookResult(result);
  }

  const Persistent function;
  const std::thread::id thread;
};

}  // namespace

std::unique_ptr<c10d::CommHookInterface> MakeBf16Hook(const GroupPtr& group) {
  return std::make_unique<Bf16Hook>(group);
}

std::unique_ptr<c10d::CommHookInterface> MakeJsHook(Environment& environment, napi_value function) {
  return std::make_unique<JsHook>(environment, function);
}

}  // namespace nodetorch
#endif
