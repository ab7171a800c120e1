// Runs a program.
//
//     Values outputs = Run().Execute(graph, inputs);
//
// On any thread, in the modes of that thread. It calls neither Node-API nor JavaScript; only an operator does
// that saves a tensor for which the thread has hooks.
#pragma once

#include <ATen/core/ivalue.h>

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

#include "program/program.h"

namespace nodetorch {

using Values = std::vector<c10::IValue>;

class Run {
 public:
  // Frees what JavaScript's garbage holds. False where that cannot be.
  using Collect = std::function<bool()>;

  // Once `*cancelled` is true, no further node is begun. An operator that runs out of memory is called once
  // more after `collect`.
  explicit Run(const std::atomic<bool>* cancelled = nullptr, Collect collect = nullptr)
      : cancelled_(cancelled), collect_(std::move(collect)) {}

  // Throws what an operator threw, with the node's name and its place in the Python program.
  Values Execute(const Graph& graph, Values inputs);

  // The value of an operand, which is no graph. A last use takes it out of its slot.
  static c10::IValue Take(const Operand& operand, Values& slots);

 private:
  void Step(const Node& node, Values& slots, Values& stack);
  void CallOperator(const Node& node, Values& slots, Values& stack);

  const std::atomic<bool>* cancelled_;
  const Collect collect_;
};

}  // namespace nodetorch
