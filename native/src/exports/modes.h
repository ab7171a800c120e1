// Autocast as a scope, for scopes.cc.
#pragma once

#include "runtime/function.h"

namespace nodetorch {

int64_t EnterAutocast(Arguments& arguments);  // the state before
void LeaveAutocast(int64_t before);

}  // namespace nodetorch
