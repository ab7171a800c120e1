// A recording as lib/native describes programs: typings/native.d.ts, captureDescription.
#pragma once

#include <napi.h>

#include "capture/recording.h"
#include "runtime/environment.h"

namespace nodetorch {

// Throws where there is more than operators in it.
napi_value DescribeRecording(Environment& environment, const Recording& recording);

}  // namespace nodetorch
