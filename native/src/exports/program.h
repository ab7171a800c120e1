// What JavaScript has of a program.
#pragma once

#include <memory>
#include <utility>

#include "program/program.h"
#include "runtime/handle.h"

namespace nodetorch {

struct ProgramHandle : Held {
  explicit ProgramHandle(std::shared_ptr<const Graph> graph) : graph(std::move(graph)) {}
  const std::shared_ptr<const Graph> graph;
};

}  // namespace nodetorch
