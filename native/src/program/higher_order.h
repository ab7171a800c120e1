// Operators that are written in Python: those whose arguments are graphs, control flow and regions of a mode,
// and levels of transforms.
//
//     cond(pred, true graph, false graph, [x])  ->  the outputs of the graph that was run
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "program/run.h"

namespace nodetorch {

// A call under way: the arguments of a node, in a run. They must be asked for once, in their order: a last
// use takes the value out of its slot.
class HigherOrderCall {
 public:
  HigherOrderCall(Run& run, const GraphNode& node, Values& slots) : run_(run), node_(node), slots_(slots) {}

  c10::IValue Value(size_t i) const { return Run::Take(node_.operands[i], slots_); }
  size_t results() const { return node_.results.size(); }
  // The elements of argument i, which is a list; all arguments from i on.
  Values List(size_t i) const;
  Values Rest(size_t i) const;
  const std::shared_ptr<const Graph>& GraphAt(size_t i) const { return node_.operands[i].graph; }
  Values RunGraph(size_t i, Values inputs) const { return run_.Execute(*GraphAt(i), std::move(inputs)); }
  Run& run() const { return run_; }

 private:
  Run& run_;
  const GraphNode& node_;
  Values& slots_;
};

struct HigherOrderOperator {
  // A letter for each argument: a value, a graph, a list; `*` stands for any number of values, `+` for any
  // number of values and lists.
  const char* arguments;
  // How many results the node has. Throws where its graphs do not fit its arguments.
  size_t (*count_results)(const GraphNode& node);
  Values (*call)(const HigherOrderCall& call);
};

// What is wrong where the graph that is argument i takes another number of inputs, or gives another number of
// outputs, than `count`.
void CheckInputs(const GraphNode& node, size_t i, size_t count);
void CheckOutputs(const GraphNode& node, size_t i, size_t count);
size_t OutputsOf(const GraphNode& node, size_t i);  // of the graph that is argument i
size_t LengthOf(const GraphNode& node, size_t i);   // of the list
Values Joined(const Values& a, const Values& b);

// The operators that have a file of their own.
using HigherOrderTable = std::unordered_map<std::string, HigherOrderOperator>;
void AddRegions(HigherOrderTable& table);
void AddAssociativeScan(HigherOrderTable& table);
void AddTransforms(HigherOrderTable& table);

// "torch.ops.higher_order.cond". Null where `target` is not spelled as the name of one.
bool IsHigherOrder(const std::string& target);
const HigherOrderOperator* FindHigherOrder(const std::string& target);

// When a program is made: throws where the node's arguments are not what its operator takes.
void CheckHigherOrder(const GraphNode& node);

}  // namespace nodetorch
