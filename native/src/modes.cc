// What changes how operators run on this thread: autocast, forward-mode AD, hooks of saved tensors.
#include <ATen/autocast_mode.h>
#include <c10/core/AutogradState.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/forward_grad.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>
#include <torch/csrc/autograd/variable.h>

#include "callback.h"
#include "fast_paths.h"
#include "function.h"

namespace nodetorch {

namespace {

// A type of device that this libtorch need not have.
at::DeviceType DeviceTypeArgument(Arguments& arguments, size_t i) {
  return c10::Device(ToString(arguments.env, arguments[i])).type();
}

// autocast(deviceType): [enabled, dtype, cacheEnabled]
napi_value Autocast(Arguments& arguments) {
  const at::DeviceType type = DeviceTypeArgument(arguments, 0);
  Napi::Array state = Napi::Array::New(arguments.env, 3);
  state[0u] = at::autocast::is_autocast_enabled(type);
  state[1u] = static_cast<int>(at::autocast::get_autocast_dtype(type));
  state[2u] = at::autocast::is_autocast_cache_enabled();
  return state;
}

// setAutocast(deviceType, enabled, dtype, cacheEnabled)
napi_value SetAutocast(Arguments& arguments) {
  const at::DeviceType type = DeviceTypeArgument(arguments, 0);
  const at::ScalarType dtype = ScalarTypeArgument(arguments.environment, arguments[2], "dtype");
  at::autocast::set_autocast_enabled(type, arguments.Bool(1));
  at::autocast::set_autocast_dtype(type, dtype);
  at::autocast::set_autocast_cache_enabled(arguments.Bool(3));
  return Undefined(arguments.env);
}

// nestAutocast(enter): the outermost exit forgets the weights that were cast.
napi_value NestAutocast(Arguments& arguments) {
  if (arguments.Bool(0)) {
    at::autocast::increment_nesting();
  } else if (at::autocast::decrement_nesting() == 0) {
    at::autocast::clear_cache();
  }
  return Undefined(arguments.env);
}

napi_value ClearAutocastCache(Arguments& arguments) {
  at::autocast::clear_cache();
  return Undefined(arguments.env);
}

// The levels that are open, of the process: libtorch counts them so.
napi_value EnterDualLevel(Arguments& arguments) {
  const uint64_t level = torch::autograd::ForwardADLevel::get_next_idx();
  return Napi::Number::New(arguments.env, static_cast<double>(level));
}

napi_value ExitDualLevel(Arguments& arguments) {
  torch::autograd::ForwardADLevel::release_idx(static_cast<uint64_t>(arguments.Int(0)));
  return Undefined(arguments.env);
}

// forwardGradMode(enabled | null): what it was.
napi_value ForwardGradMode(Arguments& arguments) {
  auto& state = c10::AutogradState::get_tls_state();
  const bool before = state.get_fw_grad_mode();
  if (!arguments.IsNull(0)) state.set_fw_grad_mode(arguments.Bool(0));
  return Napi::Boolean::New(arguments.env, before);
}

struct HookPair {
  std::shared_ptr<Persistent> pack, unpack;
};
thread_local std::vector<HookPair> hook_pairs;  // innermost last

napi_value CallWith(Environment& environment, const Persistent& function, napi_value argument) {
  napi_env env = environment.env();
  napi_value undefined, result;
  Check(env, napi_get_undefined(env, &undefined));
  Check(env, napi_call_function(env, undefined, function.Get(), 1, &argument, &result));
  return result;
}

// What a pack hook made of a saved tensor, until the unpack hook makes the tensor of it again.
struct PackedTensor : torch::autograd::SavedVariableHooks {
  explicit PackedTensor(HookPair pair)
      : hooks(std::move(pair)), mailbox(hooks.pack->environment().mailbox()) {
    mailbox->callbacks++;
  }
  ~PackedTensor() override { mailbox->callbacks--; }

  void call_pack_hook(const at::Tensor& tensor) override {
    Environment& environment = hooks.pack->environment();
    environment.OnJsThread([&] {
      Napi::HandleScope scope(environment.env());
      napi_value value = CallWith(environment, *hooks.pack, ToJs(environment, tensor));
      packed = std::make_unique<Persistent>(environment, value);
    });
  }

  at::Tensor call_unpack_hook() override {
    at::Tensor tensor;
    Environment& environment = hooks.unpack->environment();
    environment.OnJsThread([&] {
      Napi::HandleScope scope(environment.env());
      napi_value value = CallWith(environment, *hooks.unpack, packed->Get());
      tensor = TensorArgument(environment, value, "what the unpack hook of a saved tensor returned");
    });
    return tensor;
  }

  HookPair hooks;
  std::shared_ptr<Mailbox> mailbox;
  std::unique_ptr<Persistent> packed;
};

// libtorch asks its engine for the hooks of the tensors that it saves.
struct JsEngine : torch::autograd::Engine {
  static Engine& Get() {
    static JsEngine engine;
    return engine;
  }
  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    if (hook_pairs.empty()) return nullptr;
    return std::make_unique<PackedTensor>(hook_pairs.back());
  }
};

// pushSavedTensorHooks(pack, unpack)
napi_value PushSavedTensorHooks(Arguments& arguments) {
  static std::once_flag once;
  std::call_once(once, [] { torch::autograd::set_default_engine_stub(JsEngine::Get); });
  const auto keep = [&](size_t i) {
    return std::make_shared<Persistent>(arguments.environment, arguments[i]);
  };
  hook_pairs.push_back({keep(0), keep(1)});
  return Undefined(arguments.env);
}

napi_value PopSavedTensorHooks(Arguments& arguments) {
  if (!hook_pairs.empty()) hook_pairs.pop_back();
  return Undefined(arguments.env);
}

// graphTask(): a number for the backward pass that is running, -1 outside of one.
napi_value GraphTaskId(Arguments& arguments) {
  return Napi::Number::New(arguments.env, GraphTask::Current().id);
}

// willReceiveGradient(tensor): whether the backward pass that is running reaches it.
napi_value WillReceiveGradient(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const GraphTask task = GraphTask::Current();
  TORCH_CHECK(task.executed, "no backward pass is running");
  const auto edge = torch::autograd::impl::gradient_edge(tensor);
  bool reached = false;
  if (task.executed->empty()) {  // everything in the graph, not only what leads to certain inputs
    reached = task.nodes && task.nodes->count(edge.function.get()) > 0;
  } else {
    const auto found = task.executed->find(edge.function.get());
    reached = found != task.executed->end() && found->second.should_execute();
  }
  return Napi::Boolean::New(arguments.env, reached);
}

// fastPaths(enabled | null): what it was.
napi_value FastPaths(Arguments& arguments) {
  const bool before = FastPathsEnabled();
  if (!arguments.IsNull(0)) SetFastPathsEnabled(arguments.Bool(0));
  return Napi::Boolean::New(arguments.env, before);
}

}  // namespace

bool HasSavedTensorHooks() { return !hook_pairs.empty(); }

void DefineModes(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"autocast", Entry<Autocast>},
          {"setAutocast", Entry<SetAutocast>},
          {"nestAutocast", Entry<NestAutocast>},
          {"clearAutocastCache", Entry<ClearAutocastCache>},
          {"enterDualLevel", Entry<EnterDualLevel>},
          {"exitDualLevel", Entry<ExitDualLevel>},
          {"forwardGradMode", Entry<ForwardGradMode>},
          {"pushSavedTensorHooks", Entry<PushSavedTensorHooks>},
          {"popSavedTensorHooks", Entry<PopSavedTensorHooks>},
          {"graphTask", Entry<GraphTaskId>},
          {"willReceiveGradient", Entry<WillReceiveGradient>},
          {"fastPaths", Entry<FastPaths>}});
}

}  // namespace nodetorch
