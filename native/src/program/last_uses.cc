#include "program/last_uses.h"

#include <algorithm>
#include <functional>

namespace nodetorch {

namespace {

template <typename F>
void EachSlot(std::vector<Operand>& operands, F each) {
  for (Operand& operand : operands) {
    if (operand.kind == Operand::Kind::kSlot) each(operand);
    if (operand.kind == Operand::Kind::kList) EachSlot(operand.list, std::ref(each));
  }
}

}  // namespace

// From the end to the beginning: a slot that has not been seen yet is used for the last time. Where a node
// uses it more than once, the last of these may take the value out, as operands are taken in their order.
void FindLastUses(Graph& graph) {
  std::vector<bool> seen(graph.slots, false);
  const auto mark = [&](std::vector<Operand>& operands) {
    std::vector<Operand*> uses;
    EachSlot(operands, [&](Operand& operand) { uses.push_back(&operand); });
    for (auto use = uses.rbegin(); use != uses.rend(); ++use) {
      if (!seen[(*use)->slot]) (*use)->kind = Operand::Kind::kLastUse;
      seen[(*use)->slot] = true;
    }
  };
  mark(graph.outputs);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    for (const Destination& destination : node->results) {
      for (const int64_t slot : destination.slots) {
        if (slot != Destination::kNowhere && !seen[static_cast<size_t>(slot)]) {
          node->dead.push_back(static_cast<uint32_t>(slot));
        }
      }
    }
    mark(node->operands);
  }
  for (Graph::Input& input : graph.inputs) input.is_used = seen[static_cast<size_t>(input.slot)];
}

}  // namespace nodetorch
