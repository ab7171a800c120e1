// Graphs of an accelerator: work that is recorded once and given to the device again as a whole.
#include <ATen/DeviceAccelerator.h>

#include "compat/libtorch.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct GraphHandle : Held {
  explicit GraphHandle(bool keeps) : graph(keeps) {}
  AcceleratorGraph graph;
};

AcceleratorGraph& GraphArgument(Arguments& arguments, size_t i) {
  const Slot* slot = FindSlot(arguments.environment, arguments[i]);
  auto* handle = slot ? dynamic_cast<GraphHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be a Graph");
  return handle->graph;
}

uint64_t Number(Arguments& arguments, napi_value value) {
  bool lossless = false;
  uint64_t number = 0;
  Check(arguments.env, napi_get_value_bigint_uint64(arguments.env, value, &number, &lossless));
  return number;
}

std::pair<uint64_t, uint64_t> PoolArgument(Arguments& arguments, size_t i) {
  const Napi::Array pair = arguments.Value(i).As<Napi::Array>();
  return {Number(arguments, pair.Get(0u)), Number(arguments, pair.Get(1u))};
}

// makeGraph(keepGraph)
napi_value MakeGraph(Arguments& arguments) {
  return ToJs(arguments.environment, new GraphHandle(arguments.Bool(0)));
}
// graphCaptureBegin(graph, pool | null, mode): `mode` counts default, global, thread_local, relaxed.
napi_value GraphCaptureBegin(Arguments& arguments) {
  const auto pool = arguments.IsNull(1) ? std::pair<uint64_t, uint64_t>{0, 0} : PoolArgument(arguments, 1);
  GraphArgument(arguments, 0).CaptureBegin(pool, static_cast<int>(arguments.Int(2)));
  return Undefined(arguments.env);
}
napi_value GraphCaptureEnd(Arguments& arguments) {
  GraphArgument(arguments, 0).CaptureEnd();
  return Undefined(arguments.env);
}
napi_value GraphInstantiate(Arguments& arguments) {
  GraphArgument(arguments, 0).Instantiate();
  return Undefined(arguments.env);
}
napi_value GraphReplay(Arguments& arguments) {
  GraphArgument(arguments, 0).Replay();
  return Undefined(arguments.env);
}
napi_value GraphReset(Arguments& arguments) {
  GraphArgument(arguments, 0).Reset();
  return Undefined(arguments.env);
}
// graphPool(graph): what tells its memory from that of other graphs.
napi_value GraphPool(Arguments& arguments) {
  const auto [first, second] = GraphArgument(arguments, 0).Pool();
  Napi::Array pair = Napi::Array::New(arguments.env, 2);
  pair[0u] = Napi::BigInt::New(arguments.env, static_cast<uint64_t>(first));
  pair[1u] = Napi::BigInt::New(arguments.env, static_cast<uint64_t>(second));
  return pair;
}
napi_value GraphEnableDebugMode(Arguments& arguments) {
  GraphArgument(arguments, 0).EnableDebugMode();
  return Undefined(arguments.env);
}
napi_value GraphDebugDump(Arguments& arguments) {
  GraphArgument(arguments, 0).DebugDump(ToString(arguments.env, arguments[1]));
  return Undefined(arguments.env);
}

}  // namespace

void DefineGraphs(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"makeGraph", Entry<MakeGraph>},
          {"graphCaptureBegin", Entry<GraphCaptureBegin>},
          {"graphCaptureEnd", Entry<GraphCaptureEnd>},
          {"graphInstantiate", Entry<GraphInstantiate>},
          {"graphReplay", Entry<GraphReplay>},
          {"graphReset", Entry<GraphReset>},
          {"graphPool", Entry<GraphPool>},
          {"graphEnableDebugMode", Entry<GraphEnableDebugMode>},
          {"graphDebugDump", Entry<GraphDebugDump>}});
}

}  // namespace nodetorch
