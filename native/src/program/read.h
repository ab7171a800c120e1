// From the description that JavaScript gives (ProgramDescription in typings/native.d.ts) to a graph.
#pragma once

#include <napi.h>

#include <memory>

#include "program/program.h"
#include "runtime/environment.h"

namespace nodetorch {

// Throws what is wrong with the description, with the name of the node.
std::shared_ptr<const Graph> ReadGraph(Environment& environment, napi_value description);

}  // namespace nodetorch
