// libtorch's warnings, which lib/core/warn.ts prints.
#pragma once

#include "runtime/realm.h"

namespace nodetorch {

// Has libtorch's warnings of this thread wait until the call that raised them returns to JavaScript.
void HoldWarnings();
// Hands over those that wait.
void EmitWarnings(const Realm& realm);

}  // namespace nodetorch
