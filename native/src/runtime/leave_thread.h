// What belongs to the thread of JavaScript, and ends before work that is awaited does.
#pragma once

#include <ATen/functorch/DynamicLayer.h>
#include <c10/util/Exception.h>

#include "runtime/environment.h"
#include "runtime/saved_hooks.h"

namespace nodetorch {

// `awaited` and `plain`: the names of the call and of the one that stays here, for messages.
inline void CheckMayLeaveThread(Environment& environment, const char* awaited, const char* plain) {
  TORCH_CHECK(at::functorch::getDynamicLayerStack().empty(), awaited,
              "() cannot be called inside a transform of torch.func: ", plain, " can");
  TORCH_CHECK(!environment.forward_level().is_open(), awaited,
              "() cannot be called inside a level of forward-mode AD: ", plain, " can");
  TORCH_CHECK(!HasSavedHooks(), awaited,
              "() cannot be called inside hooks of saved tensors, which are JavaScript: ", plain, " can");
}

}  // namespace nodetorch
