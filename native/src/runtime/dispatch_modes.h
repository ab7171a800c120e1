// Modes of JavaScript that see every operator of a thread below autograd.
#pragma once

#include <napi.h>

#include <cstdint>

#include "runtime/environment.h"

namespace nodetorch {

// `handler` is what CallKernel() calls. How many modes there were before.
int64_t EnterDispatchMode(Environment& environment, napi_value handler);
// Ends the innermost ones, until there are `count`.
void LeaveDispatchModes(int64_t count);

}  // namespace nodetorch
