// torch.ops.higher_order.call_torchbind: a method of an object that a program has.
#pragma once

#include "program/higher_order.h"

namespace nodetorch {

// call_torchbind(object, name of the method, *arguments)
Values CallMethod(const HigherOrderCall& call);

}  // namespace nodetorch
