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
#include "runtime/forward_level.h"
#include "runtime/func_levels.h"

namespace nodetorch {

using Values = std::vector<c10::IValue>;

class Run {
 public:
  // Frees what JavaScript's garbage holds. False where that cannot be.
  using Collect = std::function<bool()>;

  // Once `*cancelled` is true, no further node is begun. An operator that runs out of memory is called once
  // more after `collect`.
  explicit Run(const std::atomic<bool>* cancelled = nullptr, Collect collect = nullptr)
      : cancelled_(cancelled), collect_(std::move(collect)), outer_levels_(FuncLevels()) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  // On the thread that made it: levels of transforms that the program has left open end here.
  ~Run();

  // Who looks at calls of operators: `call` calls the one, whose arguments are on the stack.
  using Watch = std::function<void(const GraphNode&, Values& stack, const std::function<void()>& call)>;
  void SetWatch(Watch watch) { watch_ = std::move(watch); }

  // Throws what an operator threw, with the node's name and its place in the Python program.
  Values Execute(const Graph& graph, Values inputs);

  // The value of an operand, which is no graph. A last use takes it out of its slot.
  static c10::IValue Take(const Operand& operand, Values& slots);

  // The levels of torch.func's transforms around the program, and its own level of forward-mode AD.
  int64_t outer_levels() const { return outer_levels_; }
  ForwardLevel& forward_level() { return forward_level_; }

 private:
  void Step(const GraphNode& node, Values& slots, Values& stack);
  void CallOperator(const GraphNode& node, Values& slots, Values& stack);
  void CallRecorded(const GraphNode& node, Values& slots);

  const std::atomic<bool>* cancelled_;
  const Collect collect_;
  Watch watch_;
  const int64_t outer_levels_;
  ForwardLevel forward_level_;
};

}  // namespace nodetorch
