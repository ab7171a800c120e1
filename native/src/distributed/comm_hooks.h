// What the reducer does with a bucket of gradients instead of its own reduction.
#pragma once

#include <memory>

#include "distributed/group.h"

#if NODETORCH_GLOO
#include <torch/csrc/distributed/c10d/comm.hpp>

namespace nodetorch {

// Half of the bytes, with float32's range.
std::unique_ptr<c10d::CommHookInterface> MakeBf16Hook(const GroupPtr& group);
std::unique_ptr<c10d::CommHookInterface> MakeJsHook(Environment& environment, napi_value function);

}  // namespace nodetorch
#endif
