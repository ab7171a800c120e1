// What is set on this thread, for those who ask: autocast, the backward pass that is running.
#include "exports/modes.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/variable.h>

#include "capture/record.h"
#include "operators/fast_paths.h"
#include "runtime/autocast_cache.h"

namespace nodetorch {

int64_t AutocastState(at::DeviceType type) {
  const int64_t nesting = at::autocast::increment_nesting() - 1;
  at::autocast::decrement_nesting();
  const auto dtype = static_cast<int64_t>(at::autocast::get_autocast_dtype(type));
  return nesting << 18 | static_cast<int64_t>(type) << 10 | dtype << 2 |
         (at::autocast::is_autocast_enabled(type) ? 2 : 0) |
         (at::autocast::is_autocast_cache_enabled() ? 1 : 0);
}

namespace {

// The type that a name stands for. This libtorch need not support devices of that type.
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

napi_value ClearAutocastCache(Arguments& arguments) {
  at::autocast::clear_cache();
  return Undefined(arguments.env);
}

// graphTask(): a number for the backward pass that is running, -1 outside of one.
napi_value GraphTaskId(Arguments& arguments) {
  return Napi::Number::New(arguments.env, GraphTask::Current().id);
}

// isCheckpointValid(): whether that pass goes to all leaves, as a reentrant checkpoint must.
napi_value IsCheckpointValid(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, GraphTask::Current().checkpoint_valid);
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

// enterScope(kind, device type, enabled, dtype, cache enabled)
int64_t EnterAutocast(Arguments& arguments) {
  const at::DeviceType type = DeviceTypeArgument(arguments, 1);
  const at::ScalarType dtype = ScalarTypeArgument(arguments.environment, arguments[3], "dtype");
  const int64_t before = AutocastState(type);
  const bool enabled = arguments.Bool(2), caches = arguments.Bool(4);
  const auto enter = [=] {
    at::autocast::set_autocast_enabled(type, enabled);
    at::autocast::set_autocast_dtype(type, dtype);
    at::autocast::set_autocast_cache_enabled(caches);
    if (at::autocast::increment_nesting() == 1) EnterOutermostAutocast();
  };
  enter();
  const auto text = c10::str(type, ' ', enabled, ' ', dtype, ' ', caches);
  RecordModes(arguments.environment, "autocast", text, enter);
  return before;
}

void LeaveAutocast(int64_t state) {
  const auto type = static_cast<at::DeviceType>(state >> 10 & 255);
  at::autocast::set_autocast_enabled(type, state & 2);
  at::autocast::set_autocast_dtype(type, static_cast<at::ScalarType>(state >> 2 & 255));
  at::autocast::set_autocast_cache_enabled(state & 1);
  int64_t nesting = at::autocast::increment_nesting();
  while (nesting > state >> 18) nesting = at::autocast::decrement_nesting();
  if (nesting == 0) LeaveOutermostAutocast();
}

void DefineModes(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"autocast", Entry<Autocast>},
          {"clearAutocastCache", Entry<ClearAutocastCache>},
          {"graphTask", Entry<GraphTaskId>},
          {"isCheckpointValid", Entry<IsCheckpointValid>},
          {"willReceiveGradient", Entry<WillReceiveGradient>},
          {"fastPaths", Entry<FastPaths>}});
}

}  // namespace nodetorch
