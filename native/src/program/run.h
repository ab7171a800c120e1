// Runs a program.
//
//     Values outputs = Run().Execute(graph, inputs);
//
// On any thread, in the modes of that thread. It calls neither Node-API nor JavaScript; only an operator does
// that saves a tensor for which the thread has hooks.
#pragma once

#include <ATen/core/ivalue.h>

#include <atomic>
#include <vector>

#include "program/program.h"

namespace nodetorch {

using Values = std::vector<c10::IValue>;

class Run {
 public:
  // Once `*cancelled` is true, no further node is begun.
  explicit Run(const std::atomic<bool>* cancelled = nullptr) : cancelled_(cancelled) {}

  // Throws what an operator threw, with the node's name and its place in the Python program.
  Values Execute(const Graph& graph, Values inputs);

  // The value of an operand, which is no graph. A last use takes it out of its slot.
  static c10::IValue Take(const Operand& operand, Values& slots);

 private:
  void Step(const Node& node, Values& slots, Values& stack);
  void CallOperator(const Node& node, Values& slots, Values& stack);

  const std::atomic<bool>* cancelled_;
};

}  // namespace nodetorch
