// What the reducer does with a bucket of gradients instead of its own reduction.
#pragma once

#include <atomic>
#include <memory>

#include "distributed/group.h"

#if NODETORCH_GLOO
#include <torch/csrc/distributed/c10d/comm.hpp>

namespace nodetorch {

// Half of the bytes, with float32's range.
std::unique_ptr<c10d::CommHookInterface> MakeBf16Hook(const GroupPtr& group);
// How many calls of hooks have not ended, with what they have promised.
using RunningHooks = std::shared_ptr<std::atomic<int>>;

std::unique_ptr<c10d::CommHookInterface> MakeJsHook(Environment& environment, napi_value function,
                                                    const Group& group, RunningHooks running);

}  // namespace nodetorch
#endif
