#include "program/run.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <optional>
#include <utility>

#include "exports/modes.h"
#include "operators/kernel.h"
#include "operators/sizes_before.h"
#include "program/higher_order.h"
#include "program/typed_value.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// A value stays in its slot while an operator is called, which may be called twice.
IValue Look(const Operand& operand, const Values& slots) {
  return operand.kind == Operand::Kind::kConstant ? operand.constant : slots[operand.slot];
}

// Pushes an argument for a parameter of an operator.
void Push(const Operand& operand, const Parameter& parameter, const Values& slots, Values& stack) {
  const TypeSpec& type = parameter.type;
  bool fits = true;
  if (operand.kind == Operand::Kind::kList) {
    Values values;
    values.reserve(operand.list.size());
    for (const Operand& element : operand.list) values.push_back(Look(element, slots));
    fits = ListOfType(type, std::move(values), &stack.emplace_back());
  } else if (operand.kind == Operand::Kind::kConstant) {
    stack.push_back(operand.constant);  // was converted when the program was made
  } else {
    IValue& value = stack.emplace_back(Look(operand, slots));
    const bool is_tensor = type.type == Type::kTensor && !type.list && value.isTensor();
    fits = is_tensor || FitToType(type, &value);
  }
  if (!fits) {
    throw TypeProblem("argument '" + parameter.name + "' must be " + type.Name() + ", not " +
                      DescribeValue(stack.back()));
  }
}

void FreeLastUses(const std::vector<Operand>& operands, Values& slots) {
  for (const Operand& operand : operands) {
    if (operand.kind == Operand::Kind::kLastUse) slots[operand.slot] = IValue();
    if (operand.kind == Operand::Kind::kList) FreeLastUses(operand.list, slots);
  }
}

void Store(const Destination& destination, IValue value, Values& slots) {
  const auto put = [&](int64_t slot, IValue one) {
    if (slot != Destination::kNowhere) slots[static_cast<size_t>(slot)] = std::move(one);
  };
  if (!destination.is_list) return put(destination.slots[0], std::move(value));
  const auto elements = value.toListRef();
  TORCH_CHECK(elements.size() == destination.slots.size(), "gave a list of ", elements.size(),
              " where the program has ", destination.slots.size());
  for (size_t i = 0; i < elements.size(); i++) put(destination.slots[i], elements[i]);
}

void Store(const GraphNode& node, Values& results, Values& slots) {
  for (size_t i = 0; i < node.results.size(); i++) Store(node.results[i], std::move(results[i]), slots);
}

void CheckSizes(const IValue& value, const Recorded& recorded, size_t& next) {
  if (value.isList()) {
    for (const IValue& item : value.toListRef()) CheckSizes(item, recorded, next);
  }
  if (!value.isTensor() || !value.toTensor().defined()) return;
  TORCH_CHECK(next < recorded.sizes.size() && value.toTensor().sizes() == recorded.sizes[next],
              "torch.capture: gave a tensor of sizes ", value.toTensor().sizes(),
              " where it gave other ones when it was recorded: they depend on numbers in a tensor");
  next++;
}

// JavaScript may have looked at the sizes when the node was recorded.
void CheckSizes(const Values& results, const Recorded& recorded) {
  size_t next = 0;
  for (const IValue& result : results) CheckSizes(result, recorded, next);
  TORCH_CHECK(next == recorded.sizes.size(),
              "torch.capture: gave no tensor where it gave one when it was recorded");
}

std::string Place(const GraphNode& node) { return "node " + node.name + ": " + node.target; }

// Throws the exception that is being handled again, with the node's name in its message.
[[noreturn]] void RethrowAt(const GraphNode& node) {
  const auto with_place = [&](const std::exception& error) {
    return std::string(error.what()) + "\n  " + Place(node) + (node.trace.empty() ? "" : "\n  " + node.trace);
  };
  try {
    throw;
  } catch (c10::Error& error) {
    error.add_context(Place(node));
    if (!node.trace.empty()) error.add_context(node.trace);
    throw;
  } catch (const TypeProblem& problem) {
    throw TypeProblem(with_place(problem));
  } catch (const RangeProblem& problem) {
    throw RangeProblem(with_place(problem));
  }
}

}  // namespace

Run::~Run() {
  forward_level_.Close(nullptr);
  CloseFuncLevels(outer_levels_);
}

IValue Run::Take(const Operand& operand, Values& slots) {
  switch (operand.kind) {
    case Operand::Kind::kConstant: return operand.constant;
    case Operand::Kind::kSlot: return slots[operand.slot];
    case Operand::Kind::kLastUse: return std::move(slots[operand.slot]);
    case Operand::Kind::kList: {
      c10::impl::GenericList list(c10::AnyType::get());
      for (const Operand& element : operand.list) list.push_back(Take(element, slots));
      return list;
    }
    case Operand::Kind::kGraph: break;
  }
  throw TypeProblem("a graph is no value");
}

Values Run::Execute(const Graph& graph, Values inputs) {
  std::optional<ModesGuard> modes;
  if (graph.changes_modes) modes.emplace();
  std::optional<at::NoGradGuard> without_gradients;
  if (graph.without_gradients) without_gradients.emplace();
  Values slots(graph.slots);
  for (size_t i = 0; i < graph.inputs.size(); i++) {
    if (graph.inputs[i].is_used) slots[static_cast<size_t>(graph.inputs[i].slot)] = std::move(inputs[i]);
  }
  inputs.clear();
  Values stack;
  for (const GraphNode& node : graph.nodes) {
    if (cancelled_ && cancelled_->load(std::memory_order_relaxed)) throw Cancelled();
    try {
      Step(node, slots, stack);
    } catch (...) {
      RethrowAt(node);
    }
    for (const uint32_t slot : node.dead) slots[slot] = IValue();
  }
  Values outputs;
  outputs.reserve(graph.outputs.size());
  for (const Operand& operand : graph.outputs) outputs.push_back(Take(operand, slots));
  return outputs;
}

void Run::Step(const GraphNode& node, Values& slots, Values& stack) {
  if (node.signature) {
    CallOperator(node, slots, stack);
  } else if (node.recorded) {
    CallRecorded(node, slots);
  } else if (node.symbolic) {
    stack.clear();
    for (const Operand& operand : node.operands) stack.push_back(Take(operand, slots));
    IValue result = node.symbolic->call(stack);
    if (!node.results.empty()) Store(node.results[0], std::move(result), slots);
  } else {
    Values results = node.higher_order->call(HigherOrderCall(*this, node, slots));
    Store(node, results, slots);
  }
}

void Run::CallRecorded(const GraphNode& node, Values& slots) {
  Values arguments;
  arguments.reserve(node.operands.size());
  for (const Operand& operand : node.operands) arguments.push_back(Take(operand, slots));
  Values results = node.recorded->call(arguments);
  CheckSizes(results, *node.recorded);
  arguments.clear();
  Store(node, results, slots);
}

void Run::CallOperator(const GraphNode& node, Values& slots, Values& stack) {
  const Signature& signature = *node.signature;
  for (bool is_retry = false;; is_retry = true) {
    stack.clear();
    for (size_t i = 0; i < node.operands.size(); i++) {
      Push(node.operands[i], signature.parameters[i], slots, stack);
    }
    std::vector<SizesBefore> before;
    if (signature.may_resize) {
      for (const IValue& value : stack) {
        if (value.isTensor() && value.toTensor().defined()) before.emplace_back(value.toTensor());
      }
    }
    try {
      const auto call = [&] { CallKernel(signature, stack, [&] { signature.CallBoxed(stack); }); };
      watch_ ? watch_(node, stack, call) : call();
      break;
    } catch (...) {
      for (const SizesBefore& sizes : before) sizes.Restore();
      if (is_retry || !collect_ || !CurrentIsOutOfMemory()) throw;
      stack.clear();
      if (!collect_()) throw;
    }
  }
  FreeLastUses(node.operands, slots);
  if (node.recorded) CheckSizes(stack, *node.recorded);
  Store(node, stack, slots);
}

}  // namespace nodetorch
