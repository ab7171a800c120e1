#include "capture/taken_apart.h"

#include <ATen/core/enum_tag.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "capture/recorder.h"

namespace nodetorch {

namespace {

using c10::IValue;

bool Writes(const c10::FunctionSchema& schema) {
  for (size_t i = 0; i < schema.arguments().size(); i++) {
    if (ChangesArgument(schema, i)) return true;
  }
  return false;
}

bool MakesAliases(const c10::FunctionSchema& schema) {
  const auto has = [](const c10::Argument& argument) { return argument.alias_info() != nullptr; };
  return std::any_of(schema.arguments().begin(), schema.arguments().end(), has) ||
         std::any_of(schema.returns().begin(), schema.returns().end(), has);
}

Operand SlotAt(int64_t slot) {
  Operand operand;
  operand.kind = Operand::Kind::kSlot;
  operand.slot = static_cast<uint32_t>(slot);
  return operand;
}

}  // namespace

Place::Place(const at::Tensor& given)
    : tensor(given), storage(given.storage().unsafeGetStorageImpl()), offset(given.storage_offset()) {}

bool Place::Holds() const {
  return tensor.unsafeGetTensorImpl()->unsafe_storage().unsafeGetStorageImpl() == storage &&
         tensor.storage_offset() == offset;
}

Signature WithoutAutograd(const Signature& signature) {
  Signature made = signature;
  // Other libraries may have their own kernels there.
  const bool is_own = made.handle && made.schema().name().rfind("aten::", 0) == 0;
  if (is_own && !IsComposed(*made.handle) && !MakesAliases(made.schema())) made.plain_rank = kAnyRank;
  return made;
}

Operand WithoutLastUse(Operand operand) {
  if (operand.kind == Operand::Kind::kLastUse) operand.kind = Operand::Kind::kSlot;
  for (Operand& item : operand.list) item = WithoutLastUse(std::move(item));
  return operand;
}

bool TakenApart::Know(const IValue& value, const Operand& operand) {
  if (operand.kind == Operand::Kind::kList) {
    if (!value.isList() || value.toListRef().size() != operand.list.size()) return false;
    for (size_t i = 0; i < operand.list.size(); i++) {
      if (!Know(value.toListRef()[i], operand.list[i])) return false;
    }
  } else if (value.isTensor() && value.toTensor().defined()) {
    known_.emplace(value.toTensor().unsafeGetTensorImpl(), operand);
  } else if (value.isList() && operand.kind == Operand::Kind::kConstant) {
    return true;  // of numbers
  }
  return true;
}

std::optional<Operand> TakenApart::OperandOf(const IValue& value) const {
  Operand operand;
  if (value.isTensor() && value.toTensor().defined()) {
    const auto found = known_.find(value.toTensor().unsafeGetTensorImpl());
    if (found != known_.end()) return found->second;
    if (!value.toTensor().unsafeGetTensorImpl()->is_wrapped_number()) return std::nullopt;
  } else if (value.isList()) {
    const auto items = value.toListRef();
    const auto is_tensor = [](const IValue& item) { return item.isTensor(); };
    if (std::any_of(items.begin(), items.end(), is_tensor)) {
      operand.kind = Operand::Kind::kList;
      for (const IValue& item : items) {
        const auto one = OperandOf(item);
        if (!one) return std::nullopt;
        operand.list.push_back(*one);
      }
      return operand;
    }
  } else if (value.isObject() || value.isCapsule() || value.isStorage()) {
    return std::nullopt;
  }
  operand.constant = value;
  return operand;
}

// A view of weights alone is made once: it is of their memory, whatever is written there.
bool TakenApart::Hoist(const SeenCall& call, const std::vector<Operand>& operands) {
  const auto& schema = call.op.schema();
  if (Writes(schema) || schema.returns().size() != 1 || !schema.returns()[0].alias_info()) return false;
  if (!call.results[0].isTensor()) return false;
  for (const Operand& operand : operands) {
    if (operand.kind != Operand::Kind::kConstant) return false;
  }
  for (const IValue& argument : call.arguments) {
    if (argument.isTensor() && argument.toTensor().defined()) places_.emplace_back(argument.toTensor());
  }
  Operand made;
  made.constant = call.results[0];
  known_.emplace(call.results[0].toTensor().unsafeGetTensorImpl(), made);
  return true;
}

int64_t TakenApart::DefineTensor(const at::Tensor& tensor) {
  if (!tensor.defined() || known_.count(tensor.unsafeGetTensorImpl())) return Destination::kNowhere;
  known_.emplace(tensor.unsafeGetTensorImpl(), SlotAt(static_cast<int64_t>(slots_)));
  return static_cast<int64_t>(slots_++);
}

Destination TakenApart::Define(const IValue& result) {
  Destination destination;
  destination.is_list = result.isTensorList();
  if (result.isTensor()) {
    destination.slots.push_back(DefineTensor(result.toTensor()));
  } else if (destination.is_list) {
    for (const IValue& item : result.toListRef()) destination.slots.push_back(DefineTensor(item.toTensor()));
  } else {
    destination.slots.push_back(Destination::kNowhere);
  }
  return destination;
}

bool TakenApart::Add(const SeenCall& call) {
  const auto has = [&](at::Tag tag) { return call.op.hasTag(tag); };
  if (has(at::Tag::dynamic_output_shape) || has(at::Tag::data_dependent_output)) return false;
  const c10::FunctionSchema& schema = call.op.schema();
  const auto is_of_tensors = [](const IValue& result) { return result.isTensor() || result.isTensorList(); };
  if (!std::all_of(call.results.begin(), call.results.end(), is_of_tensors)) {
    return TellsOfMetadata(schema.name());  // the same at each replay: what it led to is what is called next
  }
  std::vector<Operand> operands;
  for (const IValue& argument : call.arguments) {
    auto operand = OperandOf(argument);
    if (!operand) return false;
    operands.push_back(std::move(*operand));
  }
  if (Hoist(call, operands)) return true;
  const Signature signature(call.op, Style::kAten);
  if (!signature.supported) return false;
  GraphNode node;
  node.signature = std::make_unique<const Signature>(WithoutAutograd(signature));
  node.operands = std::move(operands);
  for (const IValue& result : call.results) node.results.push_back(Define(result));
  node.name = node_.name;
  node.target = node_.target;
  node.trace = node_.trace;
  nodes.push_back(std::move(node));
  return true;
}

bool TakenApart::RenameOne(int64_t slot, const IValue& result) {
  const auto& dead = node_.dead;
  if (slot == Destination::kNowhere || std::find(dead.begin(), dead.end(), slot) != dead.end()) return true;
  if (!result.isTensor() || !result.toTensor().defined()) return false;
  const auto found = known_.find(result.toTensor().unsafeGetTensorImpl());
  if (found == known_.end() || found->second.kind != Operand::Kind::kSlot) return false;
  return names_.emplace(found->second.slot, slot).second;
}

// The results of the operator must be results of calls.
bool TakenApart::Rename(const Values& results) {
  for (size_t i = 0; i < node_.results.size(); i++) {
    const Destination& destination = node_.results[i];
    if (!destination.is_list) {
      if (!RenameOne(destination.slots[0], results[i])) return false;
      continue;
    }
    const auto items = results[i].toListRef();
    if (items.size() != destination.slots.size()) return false;
    for (size_t k = 0; k < items.size(); k++) {
      if (!RenameOne(destination.slots[k], items[k])) return false;
    }
  }
  const auto rename = [&](uint32_t slot) -> int64_t {
    const auto found = names_.find(slot);
    return found == names_.end() ? slot : found->second;
  };
  size_t made = 0;
  const std::function<void(Operand&)> rename_in = [&](Operand& operand) {
    if (operand.kind == Operand::Kind::kSlot) operand.slot = static_cast<uint32_t>(rename(operand.slot));
    for (Operand& item : operand.list) rename_in(item);
  };
  for (GraphNode& node : nodes) {
    for (Operand& operand : node.operands) rename_in(operand);
    for (Destination& destination : node.results) {
      for (int64_t& slot : destination.slots) {
        if (slot == Destination::kNowhere) continue;
        const int64_t renamed = rename(static_cast<uint32_t>(slot));
        made += renamed != slot;
        slot = renamed;
      }
    }
  }
  return made == names_.size();  // else a result is what was given
}

void TakenApart::DropUnused() {
  std::set<int64_t> used;
  for (const auto& name : names_) used.insert(name.second);
  const std::function<void(const Operand&)> use = [&](const Operand& operand) {
    if (operand.kind == Operand::Kind::kSlot) used.insert(operand.slot);
    for (const Operand& item : operand.list) use(item);
  };
  std::vector<GraphNode> kept;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const Signature& signature = *node->signature;
    bool is_used = Writes(signature.schema()) || node->results.empty() ||
                   signature.handle->hasTag(at::Tag::nondeterministic_seeded);
    for (const Destination& destination : node->results) {
      for (const int64_t slot : destination.slots) is_used |= used.count(slot) > 0;
    }
    if (!is_used) continue;
    for (const Operand& operand : node->operands) use(operand);
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  nodes = std::move(kept);
}

bool TakenApart::Take(const Values& arguments, const Values& results, std::vector<SeenCall> calls) {
  for (size_t i = 0; i < arguments.size(); i++) {
    if (!Know(arguments[i], WithoutLastUse(node_.operands[i]))) return false;
  }
  for (const SeenCall& call : calls) {
    if (!Add(call)) return false;
  }
  if (!Rename(results)) return false;
  DropUnused();
  return true;
}

}  // namespace nodetorch
