#include "capture/recording.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/functorch/DynamicLayer.h>
#include <c10/core/AutogradState.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "exports/modes.h"
#include "program/last_uses.h"

namespace nodetorch {

namespace {

void EachSlotOf(const std::vector<Operand>& operands, const std::function<void(uint32_t)>& each) {
  for (const Operand& operand : operands) {
    if (operand.kind == Operand::Kind::kSlot) each(operand.slot);
    if (operand.kind == Operand::Kind::kList) EachSlotOf(operand.list, each);
  }
}

Operand SlotOperand(uint32_t slot) {
  Operand operand;
  operand.kind = Operand::Kind::kSlot;
  operand.slot = slot;
  return operand;
}

}  // namespace

void EachTensor(const c10::IValue& value, const std::function<void(const at::Tensor&)>& each) {
  if (value.isTensor()) return each(value.toTensor());
  if (!value.isList()) return;
  for (const c10::IValue& item : value.toListRef()) EachTensor(item, each);
}

bool ChangesArgument(const c10::FunctionSchema& schema, size_t index) {
  if (index >= schema.arguments().size()) return false;
  const c10::Argument& argument = schema.arguments()[index];
  if (argument.alias_info() && argument.alias_info()->isWrite()) return true;
  return argument.name() == "running_mean" || argument.name() == "running_var";
}

TensorGuard::TensorGuard(const at::Tensor& tensor)
    : keys_(tensor.key_set()),
      dtype_(tensor.scalar_type()),
      device_(tensor.device()),
      requires_grad_(tensor.requires_grad()),
      is_leaf_(tensor.is_leaf()),
      sizes_(tensor.sizes().vec()) {
  if (tensor.layout() == at::kStrided) strides_ = tensor.strides().vec();
}

bool TensorGuard::Holds(const at::Tensor& tensor) const {
  return tensor.key_set() == keys_ && tensor.scalar_type() == dtype_ && tensor.device() == device_ &&
         tensor.requires_grad() == requires_grad_ && tensor.sizes() == sizes_ &&
         (tensor.layout() != at::kStrided || tensor.strides() == strides_) && tensor.is_leaf() == is_leaf_;
}

Modes Modes::Current() {
  Modes modes;
  modes.grad = at::GradMode::is_enabled();
  modes.inference = c10::InferenceMode::is_enabled();
  modes.forward_grad = c10::AutogradState::get_tls_state().get_fw_grad_mode();
  modes.autocast_cpu = AutocastState(at::kCPU);
  modes.autocast_cuda = AutocastState(at::kCUDA);
  modes.default_dtype = c10::typeMetaToScalarType(c10::get_default_dtype());
  modes.transforms = at::functorch::getDynamicLayerStack().size();
  return modes;
}

bool Recording::Holds(const std::vector<at::Tensor>& given) const {
  if (given.size() != input_guards.size() || !(Modes::Current() == modes)) return false;
  for (size_t i = 0; i < given.size(); i++) {
    if (!input_guards[i].Holds(given[i])) return false;
  }
  for (const auto& [tensor, guard] : others) {
    if (!guard.Holds(tensor)) return false;
  }
  return true;
}

std::string Recording::GraphProblem() const {
  if (segments > 1) return "the function makes steps of optimizers or the like";
  if (has_backward) return "the function computes gradients";
  for (const RecordedNode& node : nodes) {
    if (node.name == kData) return "the function makes tensors of data of JavaScript";
  }
  for (const bool changes : changes_inputs) {
    if (changes) return "the function changes an argument in place";
  }
  std::optional<c10::Device> device;
  const auto is_elsewhere = [&](const TensorGuard& guard) {
    if (!device) device = guard.device();
    return guard.device().is_cpu() || guard.device() != *device;
  };
  bool is_mixed = std::any_of(input_guards.begin(), input_guards.end(), is_elsewhere);
  for (const auto& other : others) is_mixed |= is_elsewhere(other.second);
  return is_mixed || !device ? "not all of its tensors are on one accelerator" : "";
}

std::vector<Recording::Segment> Recording::Segments() const {
  std::vector<size_t> made(slots, 0);  // the segment that makes a slot; inputs are there before the first
  std::vector<bool> is_made(slots, false);
  std::vector<std::set<uint32_t>> takes(segments), gives(segments);
  const auto use = [&](uint32_t slot, size_t segment) {
    const bool here = is_made[slot] && made[slot] == segment;
    if (here) return;
    if (segment < segments) takes[segment].insert(slot);
    if (is_made[slot]) gives[made[slot]].insert(slot);
  };
  for (const RecordedNode& node : nodes) {
    EachSlotOf(node.operands, [&](uint32_t slot) { use(slot, node.segment); });
    for (const Destination& destination : node.results) {
      for (const int64_t slot : destination.slots) {
        if (slot == Destination::kNowhere) continue;
        made[static_cast<size_t>(slot)] = node.segment;
        is_made[static_cast<size_t>(slot)] = true;
      }
    }
  }
  for (const int64_t slot : outputs) {
    if (slot >= 0) use(static_cast<uint32_t>(slot), segments);
  }
  std::vector<Graph> graphs(segments);
  for (const RecordedNode& node : nodes) {
    GraphNode& made_node = graphs[node.segment].nodes.emplace_back();
    if (node.signature) {
      made_node.signature = std::make_unique<const Signature>(*node.signature);
      graphs[node.segment].may_resize |= node.signature->may_resize;
    }
    made_node.operands = node.operands;
    made_node.results = node.results;
    made_node.recorded = node.recorded;
    made_node.target = node.name;
    made_node.name = std::to_string(&node - nodes.data());
  }
  std::vector<Segment> all;
  for (size_t i = 0; i < segments; i++) {
    Graph& graph = graphs[i];
    Segment segment;
    graph.slots = slots;
    graph.changes_modes = changes_modes;
    for (const uint32_t slot : takes[i]) {
      graph.inputs.push_back({slot, InputType::kTensor, true});
      segment.inputs.push_back(slot);
    }
    for (const uint32_t slot : gives[i]) {
      graph.outputs.push_back(SlotOperand(slot));
      segment.outputs.push_back(slot);
    }
    FindLastUses(graph);
    segment.graph = std::make_shared<const Graph>(std::move(graph));
    all.push_back(std::move(segment));
  }
  return all;
}

}  // namespace nodetorch
