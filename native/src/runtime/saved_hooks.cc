#include "runtime/saved_hooks.h"

#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>

#include <atomic>
#include <mutex>

#include "operators/to_js.h"
#include "runtime/arguments.h"
#include "runtime/environment.h"

namespace nodetorch {

namespace {

std::atomic<bool> any_asked_for{false};

napi_value CallWith(Environment& environment, const Persistent& function, napi_value argument) {
  napi_env env = environment.env();
  napi_value undefined, result;
  Check(env, napi_get_undefined(env, &undefined));
  Check(env, napi_call_function(env, undefined, function.Get(), 1, &argument, &result));
  return result;
}

// What a pack hook made of a saved tensor, until the unpack hook makes the tensor of it again.
struct PackedTensor : torch::autograd::SavedVariableHooks {
  explicit PackedTensor(HookPair pair) : hooks(std::move(pair)), thread(hooks.pack->environment().thread()) {
    thread->callbacks++;
  }
  ~PackedTensor() override { thread->callbacks--; }

  void call_pack_hook(const at::Tensor& tensor) override {
    Environment& environment = hooks.pack->environment();
    thread->Call([&] {
      Napi::HandleScope scope(environment.env());
      const LiveScope live(environment);
      napi_value value = CallWith(environment, *hooks.pack, ToJs(environment, tensor));
      packed = std::make_unique<Persistent>(environment, value);
    });
  }

  at::Tensor call_unpack_hook() override {
    at::Tensor tensor;
    Environment& environment = hooks.unpack->environment();
    thread->Call([&] {
      Napi::HandleScope scope(environment.env());
      const LiveScope live(environment);
      napi_value value = CallWith(environment, *hooks.unpack, packed->Get());
      tensor = TensorArgument(environment, value, "what the unpack hook of a saved tensor returned");
    });
    return tensor;
  }

  HookPair hooks;
  std::shared_ptr<JsThread> thread;
  std::unique_ptr<Persistent> packed;
};

// libtorch asks its engine for the hooks of the tensors that it saves.
struct JsEngine : torch::autograd::Engine {
  static Engine& Get() {
    static JsEngine engine;
    return engine;
  }
  ~JsEngine() override { stop(); }
  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    if (!HasSavedHooks()) return nullptr;
    return std::make_unique<PackedTensor>(SavedHooksOfThread().back());
  }
};

}  // namespace

SavedHooks& SavedHooksOfThread() {
  thread_local SavedHooks hooks;
  any_asked_for.store(true, std::memory_order_relaxed);  // this thread sees its own store
  return hooks;
}

bool HasSavedHooks() {
  return any_asked_for.load(std::memory_order_relaxed) && !SavedHooksOfThread().empty();
}

void InstallEngine() {
  static std::once_flag once;
  std::call_once(once, [] { torch::autograd::set_default_engine_stub(JsEngine::Get); });
}

}  // namespace nodetorch
