// Calls of JavaScript with tensors that each replay makes anew: Functions, checkpoints, hooks.
//
// While one runs in a recording, a recorder of its own looks on (CaptureRecorder::live). What the call does
// is no part of what is replayed, but two recordings must agree on it, and so must the first replay: so a
// function that has kept a number of an earlier call, or a variable that has changed since, is found out.
#pragma once

#include "capture/recorder.h"
#include "runtime/environment.h"

namespace nodetorch {

// Who makes live calls while a replay runs.
struct LiveHost {
  std::function<Values(size_t call, const Values& tensors)> run;
};

// What the `call`-th live call is in a replay: it must give tensors such as `results` again.
RecordedCall LiveCallOf(Environment& environment, size_t call, const Values& results);

}  // namespace nodetorch
