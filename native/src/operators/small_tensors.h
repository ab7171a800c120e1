// Arithmetic of a few numbers without libtorch's iterator, which takes most of the time of such a call.
#pragma once

#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

namespace nodetorch {

// Puts the result in the place of the arguments. Or gives false: the operator itself has to be called.
using TinyCall = bool (*)(std::vector<c10::IValue>& stack);

// The call for the overload of an operator, if its result is rounded in one way alone; else null. Only for
// arguments in no graph, where NoActiveModes().
TinyCall FindTinyCall(const std::string& name, const std::string& overload);

}  // namespace nodetorch
