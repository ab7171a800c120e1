// Autocast as a scope, for scopes.cc.
#pragma once

#include "runtime/function.h"

namespace nodetorch {

// The state of autocast in one number: nesting, device type, dtype, two flags.
int64_t AutocastState(at::DeviceType type);
int64_t EnterAutocast(Arguments& arguments);  // the state before
void LeaveAutocast(int64_t before);

// Where an exception cuts a recording's segment short: puts back the modes that it changes.
class ModesGuard {
 public:
  ModesGuard();
  ModesGuard(const ModesGuard&) = delete;
  ModesGuard& operator=(const ModesGuard&) = delete;
  ~ModesGuard();

 private:
  const bool grad_;
  const size_t guards_;
  const int64_t levels_;
  const int64_t cpu_, cuda_;
  const int errors_;
};

}  // namespace nodetorch
