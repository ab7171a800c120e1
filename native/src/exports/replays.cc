// Replaying what was recorded, for lib/capture.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "capture/live.h"
#include "capture/replay.h"
#include "exports/recording_handle.h"
#include "program/border.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct ReplayHandle : Held {
  explicit ReplayHandle(std::shared_ptr<const Recording> recording)
      : recording(std::move(recording)), replay(*this->recording) {}
  const std::shared_ptr<const Recording> recording;
  mutable Replay replay;
};

// captureReady(recording): what captureReplay() takes.
napi_value CaptureReady(Arguments& arguments) {
  return ToJs(arguments.environment, new ReplayHandle(RecordingHandleAt(arguments, 0).recording));
}

// The outputs of a replay: handles of new tensors, and of those that are inputs the very objects.
napi_value OutputsOfReplay(const Arguments& arguments, const Replay& replay,
                           const std::vector<at::Tensor>& inputs, const Values& outputs) {
  Environment& environment = arguments.environment;
  std::vector<napi_value> given(inputs.size());
  for (uint32_t i = 0; i < inputs.size(); i++) {
    Check(arguments.env, napi_get_element(arguments.env, arguments[1], i, &given[i]));
    Slot* slot = FindSlot(environment, given[i]);
    if (slot && slot->tensor.defined()) NoteChanged(environment, *slot, replay.may_resize());
  }
  napi_value array;
  Check(arguments.env, napi_create_array_with_length(arguments.env, outputs.size(), &array));
  for (uint32_t i = 0; i < outputs.size(); i++) {
    const at::Tensor& tensor = outputs[i].toTensor();
    size_t k = 0;
    while (k < inputs.size() && !inputs[k].is_same(tensor)) k++;
    const napi_value js = k < inputs.size() ? given[k] : ToJs(environment, tensor);
    Check(arguments.env, napi_set_element(arguments.env, array, i, js));
  }
  return array;
}

// Has `call(i, tensors)` make live calls while it lives.
class LiveCalls {
 public:
  LiveCalls(Environment& environment, napi_value call)
      : environment_(environment),
        before_(environment.live_host),
        host_{[this, call](size_t i, const Values& values) { return Run(call, i, values); }} {
    environment.live_host = &host_;
  }
  ~LiveCalls() { environment_.live_host = before_; }

 private:
  Values Run(napi_value call, size_t i, const Values& values) {
    environment_.EmitWarnings();
    napi_env env = environment_.env();
    Napi::HandleScope scope(env);
    const LiveScope live(environment_);
    std::vector<at::Tensor> tensors;
    for (const c10::IValue& value : values) tensors.push_back(value.toTensor());
    napi_value given[] = {Napi::Number::New(env, static_cast<double>(i)), ToJs(environment_, tensors)};
    napi_value result;
    Check(env, napi_call_function(env, Undefined(env), call, 2, given, &result));
    const auto made = TensorsArgument(environment_, result, "what a live call gives");
    return Values(made.begin(), made.end());
  }

  Environment& environment_;
  LiveHost* const before_;
  LiveHost host_;
};

// captureReplay(what captureReady() gave, inputs, host, live): the outputs that are tensors of its own, or
// null where it was not made for such tensors, or not in these modes. `host(i)` makes the i-th call of
// JavaScript, and `live(i, tensors)` the i-th that has tensors.
napi_value CaptureReplay(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  Slot* slot = FindHandle(environment, arguments[0]);
  const auto* handle = slot ? dynamic_cast<const ReplayHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be a recording that was made ready");
  const auto inputs = TensorsArgument(environment, arguments[1], "capture(): arguments");
  napi_value result;
  Check(arguments.env, napi_get_null(arguments.env, &result));
  if (!handle->recording->Holds(inputs)) return result;
  const auto collect = [&environment] {
    environment.collector().CollectAll();
    return true;
  };
  const auto host = [&](size_t i) {
    environment.EmitWarnings();
    Napi::HandleScope scope(arguments.env);
    napi_value number = Napi::Number::New(arguments.env, static_cast<double>(i)), ignored;
    Check(arguments.env,
          napi_call_function(arguments.env, Undefined(arguments.env), arguments[2], 1, &number, &ignored));
  };
  const LiveCalls live(environment, arguments[3]);
  Replay& replay = handle->replay;
  const Values outputs = replay.Execute(inputs, collect, host);
  environment.EmitWarnings();  // before the outputs are read: what warns may run JavaScript
  return OutputsOfReplay(arguments, replay, inputs, outputs);
}

}  // namespace

void DefineReplays(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"captureReady", Entry<CaptureReady>}, {"captureReplay", Entry<CaptureReplay>}});
}

}  // namespace nodetorch
