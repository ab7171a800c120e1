// Calls of JavaScript that each replay of a recording makes anew, for lib/capture/live.ts.
#include <ATen/functorch/DynamicLayer.h>

#include "capture/live.h"
#include "exports/recording_handle.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

CaptureRecorder& RecorderOf(Arguments& arguments) {
  CaptureRecorder* recorder = arguments.environment.paused_recorder();
  TORCH_CHECK(recorder, "nothing is being recorded");
  return *recorder;
}

// captureMode(mode): the mode before.
napi_value CaptureMode(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto before = static_cast<double>(environment.recording_mode());
  environment.SetRecordingMode(static_cast<RecordingMode>(arguments.Int(0)));
  return Napi::Number::New(arguments.env, before);
}

// captureLiveBegin(tensors): for each a handle for the call, or null for one that is held by identity. From
// now on what runs is live.
napi_value CaptureLiveBegin(Arguments& arguments) {
  Environment& environment = arguments.environment;
  CaptureRecorder& recorder = RecorderOf(arguments);
  const auto tensors = TensorsArgument(environment, arguments[0], "capture(): tensors");
  if (at::functorch::getDynamicLayerStack().size() > 0) {
    recorder.Refuse(
        "a Function, a checkpoint or a hook inside of torch.func's transforms cannot be replayed");
  }
  std::vector<at::Tensor> results;
  for (const at::Tensor& tensor : tensors) {
    recorder.See(tensor);
    results.push_back(recorder.IsSlot(tensor) ? tensor : at::Tensor());
  }
  environment.SetRecordingMode(RecordingMode::kLive);
  return ToJs(environment, results);
}

// captureLiveEnd(number, name, tensors that got handles, results): for each result a handle, or null for one
// that the call has not made.
napi_value CaptureLiveEnd(Arguments& arguments) {
  Environment& environment = arguments.environment;
  CaptureRecorder& recorder = RecorderOf(arguments);
  environment.SetRecordingMode(RecordingMode::kMain);
  const auto tensors = TensorsArgument(environment, arguments[2], "capture(): tensors");
  const auto made = TensorsArgument(environment, arguments[3], "capture(): results");
  const Values values(made.begin(), made.end());
  recorder.AddCall("live", ToString(arguments.env, arguments[1]), Values(tensors.begin(), tensors.end()),
                   LiveCallOf(environment, static_cast<size_t>(arguments.Int(0)), values), values);
  std::vector<at::Tensor> results;
  for (const at::Tensor& result : made) {
    results.push_back(recorder.live().IsSlot(result) ? result : at::Tensor());
  }
  return ToJs(environment, results);
}

// captureAgain(): a replay follows, of which only live calls are recorded.
napi_value CaptureAgain(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.BeginRecording();
  environment.paused_recorder()->SetModes();
  environment.paused_recorder()->AllowLiveCalls();
  environment.SetRecordingMode(RecordingMode::kKernel);
  return Undefined(arguments.env);
}

// captureLiveDifference(recording, recording): what live calls did differently; '' for nothing.
napi_value CaptureLiveDifference(Arguments& arguments) {
  return Napi::String::New(arguments.env,
                           RecordingArgument(arguments, 0).LiveDifferenceTo(RecordingArgument(arguments, 1)));
}

// captureReadsNumbers(recording): whether live calls have read numbers of tensors.
napi_value CaptureReadsNumbers(Arguments& arguments) {
  const auto& live = RecordingArgument(arguments, 0).live;
  return Napi::Boolean::New(arguments.env, live && live->reads_numbers);
}

}  // namespace

void DefineLiveCalls(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"captureMode", Entry<CaptureMode>},
          {"captureLiveBegin", Entry<CaptureLiveBegin>},
          {"captureLiveEnd", Entry<CaptureLiveEnd>},
          {"captureAgain", Entry<CaptureAgain>},
          {"captureLiveDifference", Entry<CaptureLiveDifference>},
          {"captureReadsNumbers", Entry<CaptureReadsNumbers>}});
}

}  // namespace nodetorch
