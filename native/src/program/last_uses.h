// When the values of a graph are used for the last time, so that each is freed there and not at the end.
#pragma once

#include "program/program.h"

namespace nodetorch {

// Marks the operands that are last uses, and leaves with each node the slots that are dead after it. The
// graph is complete otherwise.
void FindLastUses(Graph& graph);

}  // namespace nodetorch
