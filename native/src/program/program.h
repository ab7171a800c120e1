// A program: a graph of operators that runs from its inputs to its outputs without JavaScript.
//
//     Graph { slots: 3, inputs: [0, 1], outputs: [2] }
//       mm   torch.ops.aten.mm.default(slot 0, slot 1)  -> slot 2
//       add_ torch.ops.aten.add_.Tensor(slot 2, 1.0)    -> slot 2's tensor, which nobody uses: no slot
//
// Everything that can be decided once is: operators are resolved, constants are converted, and each value
// knows its last use, where its slot gives it up. A graph never changes, and any number of threads may run
// it.
#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/signature.h"
#include "program/symbolic.h"

namespace nodetorch {

struct Graph;
struct HigherOrderOperator;

// Where an argument, or an output of a graph, comes from.
struct Operand {
  enum class Kind : uint8_t { kConstant, kSlot, kLastUse, kList, kGraph };
  Kind kind = Kind::kConstant;
  uint32_t slot = 0;
  c10::IValue constant;
  std::vector<Operand> list;
  std::shared_ptr<const Graph> graph;
};

// Where the results of a node go. Of an operator that returns a list, its elements may go to slots.
struct Destination {
  static constexpr int64_t kNowhere = -1;
  bool is_list = false;
  std::vector<int64_t> slots;  // one, unless it is a list
};

using RecordedCall = std::function<std::vector<c10::IValue>(const std::vector<c10::IValue>&)>;

// Of a node that torch.capture recorded.
struct Recorded {
  RecordedCall call;                        // a native function that is no operator; else null
  std::vector<std::vector<int64_t>> sizes;  // of the tensors that the node gave
  std::optional<at::ScalarType> dtype;      // of the first of them
};

struct GraphNode {
  // One of the three, or a recorded call.
  std::unique_ptr<const Signature> signature;  // an operator of the dispatcher
  const SymbolicOperator* symbolic = nullptr;
  const HigherOrderOperator* higher_order = nullptr;
  std::shared_ptr<const Recorded> recorded;

  std::vector<Operand> operands;  // of an operator of the dispatcher: one for each of its parameters
  std::vector<Destination> results;
  std::vector<uint32_t> dead;  // slots that nobody looks at after this node
  std::string name, target, trace;
};

// What an input may be; it decides what a JavaScript number is.
enum class InputType : uint8_t { kTensor, kInt, kFloat, kBool, kString, kAny };

struct Graph {
  struct Input {
    int64_t slot = 0;
    InputType type = InputType::kTensor;
    bool is_used = true;
  };
  size_t slots = 0;
  std::vector<Input> inputs;
  std::vector<GraphNode> nodes;
  std::vector<Operand> outputs;
  bool may_resize = false;  // an operator in it may change the memory behind a tensor
  bool without_gradients = false;
  bool changes_modes = false;  // gradient mode and the like, which an error must put back
};

}  // namespace nodetorch
