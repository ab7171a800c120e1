// How native functions that are no operators add themselves to a recording.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "capture/recorder.h"
#include "runtime/environment.h"

namespace nodetorch {

// `change` changes a mode of the thread that it is called on.
inline void RecordModes(Environment& environment, const char* name, std::string detail,
                        std::function<void()> change) {
  CaptureRecorder* recorder = environment.recorder();
  if (!recorder) return;
  recorder->ChangesModes();
  const auto call = [change = std::move(change)](const Values&) {
    change();
    return Values();
  };
  recorder->AddCall(name, std::move(detail), {}, call, {});
}

inline void RecordRequiresGrad(CaptureRecorder& recorder, const at::Tensor& tensor, bool flag) {
  const auto call = [flag](const Values& values) {
    values[0].toTensor().set_requires_grad(flag);
    return Values();
  };
  recorder.AddCall("requiresGrad", flag ? "true" : "false", {tensor}, call, {});
}

// A call that takes tensors alone and gives one. `call` makes it.
template <typename Call>
void RecordOne(Environment& environment, const char* name, std::string detail, const Values& arguments,
               const at::Tensor& result, Call call) {
  CaptureRecorder* recorder = environment.recorder();
  if (!recorder) return;
  const auto again = [call](const Values& values) { return Values{call(values)}; };
  recorder->AddCall(name, std::move(detail), arguments, again, {result});
}

}  // namespace nodetorch
