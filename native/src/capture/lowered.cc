#include "capture/lowered.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

#include "operators/fast_paths.h"
#include "program/last_uses.h"

namespace nodetorch {

namespace {

using c10::DispatchKey;

constexpr c10::DispatchKeySet kPlainKeys({DispatchKey::CPU, DispatchKey::AutogradCPU,
                                          DispatchKey::AutocastCPU, DispatchKey::ADInplaceOrView});

bool ArePlain(const Values& values) {
  bool are = true;
  for (const c10::IValue& value : values) {
    EachTensor(value, [&](const at::Tensor& tensor) {
      are &= !tensor.defined() || kPlainKeys.isSupersetOf(tensor.key_set());
    });
  }
  return are;
}

// Runs a graph once.
class Lowering {
 public:
  explicit Lowering(const Graph& graph) : graph_(graph), slots_(graph.slots), groups_(graph.nodes.size()) {}

  void Watch(const GraphNode& node, Values& stack, const std::function<void()>& call);
  std::shared_ptr<const Lowered> Finish();

 private:
  const Graph& graph_;
  size_t slots_;
  std::vector<std::optional<std::vector<GraphNode>>> groups_;
  std::vector<Place> places_;
  bool is_gain_ = false;
};

void Lowering::Watch(const GraphNode& node, Values& stack, const std::function<void()>& call) {
  if (at::GradMode::is_enabled() || at::autocast::is_autocast_enabled(at::kCPU) || !NoActiveModes()) {
    return call();
  }
  is_gain_ = true;  // at least autograd is left out
  if (!node.signature->handle || !IsTakenApart(*node.signature->handle) || !ArePlain(stack)) return call();
  const Values arguments = stack;
  std::vector<SeenCall> calls;
  {
    CallWatcher watcher;
    call();
    calls = std::move(watcher.calls);
  }
  auto places = places_;
  TakenApart group(node, slots_, places);
  if (!group.Take(arguments, stack, std::move(calls))) return;
  groups_[static_cast<size_t>(&node - graph_.nodes.data())] = std::move(group.nodes);
  slots_ = group.slots();
  places_ = std::move(places);
}

std::shared_ptr<const Lowered> Lowering::Finish() {
  if (!is_gain_) return nullptr;
  Graph made;
  made.inputs = graph_.inputs;
  made.slots = slots_;
  made.may_resize = graph_.may_resize;
  made.without_gradients = graph_.without_gradients;
  made.changes_modes = graph_.changes_modes;
  for (size_t i = 0; i < groups_.size(); i++) {
    if (groups_[i]) {
      for (GraphNode& node : *groups_[i]) made.nodes.push_back(std::move(node));
      continue;
    }
    const GraphNode& node = graph_.nodes[i];
    GraphNode& copy = made.nodes.emplace_back();
    if (node.signature) copy.signature = std::make_unique<const Signature>(WithoutAutograd(*node.signature));
    copy.recorded = node.recorded;
    for (const Operand& operand : node.operands) copy.operands.push_back(WithoutLastUse(operand));
    copy.results = node.results;
    copy.name = node.name;
    copy.target = node.target;
    copy.trace = node.trace;
  }
  for (const Operand& output : graph_.outputs) made.outputs.push_back(WithoutLastUse(output));
  FindLastUses(made);
  return std::make_shared<const Lowered>(std::move(made), std::move(places_));
}

}  // namespace

bool Lowered::Holds() const {
  return NoActiveModes() &&
         std::all_of(places_.begin(), places_.end(), [](auto& place) { return place.Holds(); });
}

std::pair<Values, std::shared_ptr<const Lowered>> RunAndLower(const Graph& graph, Values inputs,
                                                              const Run::Collect& collect) {
  Lowering lowering(graph);
  Run run(nullptr, collect);
  run.SetWatch([&](const GraphNode& node, Values& stack, const std::function<void()>& call) {
    lowering.Watch(node, stack, call);
  });
  Values outputs = run.Execute(graph, std::move(inputs));
  return {std::move(outputs), lowering.Finish()};
}

}  // namespace nodetorch
