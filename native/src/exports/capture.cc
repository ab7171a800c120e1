// Recording what a function does, for lib/capture.
#include <ATen/functorch/DynamicLayer.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/busy.h"
#include "capture/describe.h"
#include "capture/recorder.h"
#include "exports/program.h"
#include "exports/recording_handle.h"
#include "program/border.h"
#include "runtime/function.h"

namespace nodetorch {

const RecordingHandle& RecordingHandleAt(Arguments& arguments, size_t i) {
  Slot* slot = FindHandle(arguments.environment, arguments[i]);
  const auto* handle = slot ? dynamic_cast<const RecordingHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be a recording");
  return *handle;
}

namespace {

// captureBegin(inputs, whether calls of JavaScript with tensors are made anew by replays, and not refused)
napi_value CaptureBegin(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto inputs = TensorsArgument(environment, arguments[0], "capture(): arguments");
  environment.BeginRecording();
  CaptureRecorder& recorder = *environment.recorder();
  for (uint32_t i = 0; i < inputs.size(); i++) {
    napi_value input;
    Check(arguments.env, napi_get_element(arguments.env, arguments[0], i, &input));
    if (Slot* slot = FindSlot(environment, input)) recorder.Made(*slot);
    recorder.AddInput(inputs[i]);
  }
  if (arguments.Bool(1)) recorder.AllowLiveCalls();
  recorder.SetModes();
  return Undefined(arguments.env);
}

// captureEnd(outputs): the recording, and for each output its slot, or -1. Throws what was refused.
napi_value CaptureEnd(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto outputs = TensorsArgument(environment, arguments[0], "capture(): results");
  const auto recorder = environment.EndRecording();
  TORCH_CHECK(recorder, "nothing is being recorded");
  if (!recorder->IsInModes())
    recorder->Refuse("the function has left a mode such as setGradEnabled() changed");
  Recording recording = recorder->Finish(outputs);
  TORCH_CHECK(recorder->problem().empty(), recorder->problem());
  Napi::Array slots = Napi::Array::New(arguments.env);
  for (uint32_t i = 0; i < recording.outputs.size(); i++) {
    slots[i] = Napi::Number::New(arguments.env, static_cast<double>(recording.outputs[i]));
  }
  Napi::Array pair = Napi::Array::New(arguments.env, 2);
  pair[0u] = Napi::Value(arguments.env, ToJs(environment, new RecordingHandle(std::move(recording))));
  pair[1u] = slots;
  return pair;
}

// captureAbort(): ends a recording whose function has thrown.
napi_value CaptureAbort(Arguments& arguments) {
  arguments.environment.EndRecording();
  return Undefined(arguments.env);
}

// capturePause(whether a call of JavaScript begins that each replay makes anew, or ends): whether it is in
// the modes that the function was called in.
napi_value CapturePause(Arguments& arguments) {
  CaptureRecorder* recorder = arguments.environment.paused_recorder();
  if (!recorder) return Napi::Boolean::New(arguments.env, true);
  if (arguments.Bool(0) && at::functorch::getDynamicLayerStack().size() > 0) {
    recorder->Refuse("steps of optimizers and the like inside of torch.func's transforms cannot be replayed");
  }
  if (arguments.Bool(0)) recorder->Cut();
  arguments.environment.SetRecordingMode(arguments.Bool(0) ? RecordingMode::kApart : RecordingMode::kMain);
  return Napi::Boolean::New(arguments.env, recorder->IsInModes());
}

// captureRefuse(what cannot be replayed): throws.
napi_value CaptureRefuse(Arguments& arguments) {
  CaptureRecorder* recorder = arguments.environment.recorder();
  if (recorder) recorder->Refuse(ToString(arguments.env, arguments[0]));
  return Undefined(arguments.env);
}

// captureStop(node, why): the recording throws where that node would begin, counted from 0.
napi_value CaptureStop(Arguments& arguments) {
  CaptureRecorder* recorder = arguments.environment.recorder();
  TORCH_CHECK(recorder, "nothing is being recorded");
  recorder->StopAt(static_cast<size_t>(arguments.Int(0)), ToString(arguments.env, arguments[1]));
  return Undefined(arguments.env);
}

// captureCount(): how many nodes the recording has so far; 0 where there is none.
napi_value CaptureCount(Arguments& arguments) {
  const CaptureRecorder* recorder = arguments.environment.recorder();
  return Napi::Number::New(arguments.env, recorder ? static_cast<double>(recorder->nodes()) : 0);
}

// captureHolds(recording, inputs): -1 unless it was made for such tensors, in these modes; else how often the
// tensors that it holds by identity have been changed.
napi_value CaptureHolds(Arguments& arguments) {
  const Recording& recording = RecordingArgument(arguments, 0);
  const auto inputs = TensorsArgument(arguments.environment, arguments[1], "capture(): arguments");
  double versions = 0;
  if (!recording.Holds(inputs)) return Napi::Number::New(arguments.env, -1);
  for (const auto& other : recording.others) {
    if (!other.first.is_inference()) versions += static_cast<double>(other.first._version());
  }
  return Napi::Number::New(arguments.env, versions);
}

// captureGraphed(recording): [why it cannot be a graph of an accelerator, or '', a number for where the
// tensors are that it holds by identity].
napi_value CaptureGraphed(Arguments& arguments) {
  const Recording& recording = RecordingArgument(arguments, 0);
  uint64_t place = 0;
  for (const auto& [tensor, guard] : recording.others) {
    if (!tensor.has_storage()) continue;
    place = place * 1099511628211u + static_cast<uint64_t>(reinterpret_cast<uintptr_t>(tensor.data_ptr()));
  }
  Napi::Array pair = Napi::Array::New(arguments.env, 2);
  pair[0u] = Napi::String::New(arguments.env, recording.GraphProblem());
  pair[1u] = Napi::Number::New(arguments.env, static_cast<double>(place >> 12));
  return pair;
}

// captureBusy(recording | null, inputs): this thread keeps away from what the recording works on; null: no
// more.
napi_value CaptureBusy(Arguments& arguments) {
  Environment& environment = arguments.environment;
  if (arguments.IsNull(0)) {
    environment.SetBusy(nullptr);
    return Undefined(arguments.env);
  }
  const auto inputs = TensorsArgument(environment, arguments[1], "capture(): arguments");
  environment.SetBusy(std::make_unique<const BusyMemory>(RecordingArgument(arguments, 0), inputs));
  return Undefined(arguments.env);
}

// captureDifference(recording, recording): what the two do differently; '' for nothing.
napi_value CaptureDifference(Arguments& arguments) {
  const std::string difference =
      RecordingArgument(arguments, 0).DifferenceTo(RecordingArgument(arguments, 1));
  return Napi::String::New(arguments.env, difference);
}

// captureOthers(recording): the tensors that it holds by identity, those that live calls use among them.
napi_value CaptureOthers(Arguments& arguments) {
  const Recording& recording = RecordingArgument(arguments, 0);
  std::vector<at::Tensor> tensors;
  const auto add = [&](const Recording& from) {
    for (const auto& other : from.others) {
      const auto same = [&](const at::Tensor& tensor) { return tensor.is_same(other.first); };
      if (std::none_of(tensors.begin(), tensors.end(), same)) tensors.push_back(other.first);
    }
  };
  add(recording);
  if (recording.live) add(*recording.live);
  return ToJs(arguments.environment, tensors);
}

// captureDescription(recording): it as a program of operators alone, and what it holds by identity as
// constants.
napi_value CaptureDescription(Arguments& arguments) {
  return DescribeRecording(arguments.environment, RecordingArgument(arguments, 0));
}

Napi::Array Numbers(Napi::Env env, const std::vector<uint32_t>& numbers) {
  Napi::Array list = Napi::Array::New(env, numbers.size());
  for (uint32_t i = 0; i < numbers.size(); i++) list[i] = Napi::Number::New(env, numbers[i]);
  return list;
}

// captureSegments(recording): [program, slots that it takes, slots that it gives] for each.
napi_value CaptureSegments(Arguments& arguments) {
  Napi::Env env(arguments.env);
  Napi::Array list = Napi::Array::New(env);
  uint32_t next = 0;
  for (auto& segment : RecordingArgument(arguments, 0).Segments()) {
    Napi::Array triple = Napi::Array::New(env, 3);
    const bool is_empty = segment.graph->nodes.empty();
    napi_value program =
        is_empty ? napi_value(env.Null()) : ToJs(arguments.environment, new ProgramHandle(segment.graph));
    triple[0u] = Napi::Value(env, program);
    triple[1u] = Numbers(env, segment.inputs);
    triple[2u] = Numbers(env, segment.outputs);
    list[next++] = triple;
  }
  return list;
}

}  // namespace

void DefineCapture(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"captureBegin", Entry<CaptureBegin>},
          {"captureEnd", Entry<CaptureEnd>},
          {"captureAbort", Entry<CaptureAbort>},
          {"capturePause", Entry<CapturePause>},
          {"captureRefuse", Entry<CaptureRefuse>},
          {"captureStop", Entry<CaptureStop>},
          {"captureCount", Entry<CaptureCount>},
          {"captureHolds", Entry<CaptureHolds>},
          {"captureBusy", Entry<CaptureBusy>},
          {"captureDifference", Entry<CaptureDifference>},
          {"captureDescription", Entry<CaptureDescription>},
          {"captureOthers", Entry<CaptureOthers>},
          {"captureGraphed", Entry<CaptureGraphed>},
          {"captureSegments", Entry<CaptureSegments>}});
}

}  // namespace nodetorch
