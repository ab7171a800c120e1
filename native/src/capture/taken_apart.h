// The nodes of a graph that do what one node, a composed operator, has called.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "capture/seen_calls.h"

namespace nodetorch {

// Where the memory of a weight was when views of it were made.
struct Place {
  explicit Place(const at::Tensor& tensor);
  bool Holds() const;

  at::Tensor tensor;
  const c10::StorageImpl* storage;
  int64_t offset;
};

// The same operator, for which autograd does nothing where there are no gradients, since what it gives is
// new.
Signature WithoutAutograd(const Signature& signature);
// Last uses are found anew.
Operand WithoutLastUse(Operand operand);

class TakenApart {
 public:
  TakenApart(const GraphNode& node, size_t slots, std::vector<Place>& places)
      : node_(node), slots_(slots), places_(places) {}

  // False where they cannot be told apart from what they were given.
  bool Take(const Values& arguments, const Values& results, std::vector<SeenCall> calls);
  std::vector<GraphNode> nodes;
  size_t slots() const { return slots_; }

 private:
  bool Know(const c10::IValue& value, const Operand& operand);
  bool Add(const SeenCall& call);
  std::optional<Operand> OperandOf(const c10::IValue& value) const;
  bool Hoist(const SeenCall& call, const std::vector<Operand>& operands);
  Destination Define(const c10::IValue& result);
  int64_t DefineTensor(const at::Tensor& tensor);
  bool Rename(const Values& results);
  bool RenameOne(int64_t slot, const c10::IValue& result);
  void DropUnused();

  const GraphNode& node_;
  size_t slots_;
  std::vector<Place>& places_;
  std::unordered_map<const at::TensorImpl*, Operand> known_;
  std::unordered_map<uint32_t, int64_t> names_;  // slots of the graph, by those of the group
};

}  // namespace nodetorch
