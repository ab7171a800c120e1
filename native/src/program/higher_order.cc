#include "program/higher_order.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "program/call_method.h"
#include "program/typed_value.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// cond(pred, true graph, false graph, operands)
size_t CountCond(const GraphNode& node) {
  CheckInputs(node, 1, LengthOf(node, 3));
  CheckInputs(node, 2, LengthOf(node, 3));
  CheckOutputs(node, 2, OutputsOf(node, 1));
  return OutputsOf(node, 1);
}
Values Cond(const HigherOrderCall& call) {
  const size_t branch = IsTrue(call.Value(0)) ? 1 : 2;
  return call.RunGraph(branch, call.List(3));
}

// while_loop(cond graph, body graph, carried, additional)
size_t CountWhile(const GraphNode& node) {
  const size_t carried = LengthOf(node, 2);
  CheckInputs(node, 0, carried + LengthOf(node, 3));
  CheckInputs(node, 1, carried + LengthOf(node, 3));
  CheckOutputs(node, 0, 1);
  CheckOutputs(node, 1, carried);
  return carried;
}
bool Continues(const HigherOrderCall& call, const Values& inputs) {
  const IValue result = call.RunGraph(0, inputs)[0];
  const bool is_bool = result.isBool() || (result.isTensor() && result.toTensor().dim() == 0 &&
                                           result.toTensor().scalar_type() == at::kBool);
  TORCH_CHECK(is_bool, "cond_fn must return a boolean scalar tensor or a boolean but got ", result);
  return IsTrue(result);
}
Values While(const HigherOrderCall& call) {
  Values carried = call.List(2);
  const Values additional = call.List(3);
  if (!Continues(call, Joined(carried, additional))) {
    for (IValue& value : carried) {
      if (value.isTensor()) value = value.toTensor().clone();
    }
    return carried;
  }
  do {
    carried = call.RunGraph(1, Joined(carried, additional));
  } while (Continues(call, Joined(carried, additional)));
  return carried;
}

// The slices of tensors along their first dimension, by slice.
std::vector<Values> Slices(const Values& tensors) {
  std::vector<Values> slices;
  for (const IValue& value : tensors) {
    TORCH_CHECK(value.isTensor(), "Leaves of xs must be Tensor");
    const std::vector<at::Tensor> parts = value.toTensor().unbind(0);
    if (slices.empty()) slices.resize(parts.size());
    TORCH_CHECK(slices.size() == parts.size(), "Leaves of xs must have same leading dimension size");
    for (size_t i = 0; i < parts.size(); i++) slices[i].emplace_back(parts[i]);
  }
  TORCH_CHECK(!slices.empty(), "xs must have at least one slice");
  return slices;
}

// What is the same for all slices, `count` times. PyTorch stacks the gradients of it and then sums them,
// which gives other bits than adding them up: so does the graph of this.
std::vector<Values> Copies(const Values& values, size_t count) {
  std::vector<Values> copies(count);
  for (const IValue& value : values) {
    const bool has_gradient =
        value.isTensor() && value.toTensor().requires_grad() && at::GradMode::is_enabled();
    std::vector<at::Tensor> parts;
    if (has_gradient) {
      const at::Tensor& tensor = value.toTensor();
      std::vector<int64_t> sizes = tensor.sizes().vec();
      sizes.insert(sizes.begin(), static_cast<int64_t>(count));
      parts = tensor.expand(sizes).unbind(0);
    }
    for (size_t i = 0; i < count; i++) copies[i].push_back(has_gradient ? IValue(parts[i]) : value);
  }
  return copies;
}

// Gathers one output of all slices.
IValue Stacked(const std::vector<Values>& outputs, size_t which) {
  if (outputs[0][which].isNone()) return IValue();
  std::vector<at::Tensor> tensors;
  for (const Values& one : outputs) {
    TORCH_CHECK(one[which].isTensor(), "Cannot stack ", one[which]);
    tensors.push_back(one[which].toTensor());
  }
  return at::stack(tensors);
}

// map_impl(graph, xs, arguments that are the same for all slices)
size_t CountMap(const GraphNode& node) {
  CheckInputs(node, 0, LengthOf(node, 1) + LengthOf(node, 2));
  return OutputsOf(node, 0);
}
Values Map(const HigherOrderCall& call) {
  const std::vector<Values> slices = Slices(call.List(1));
  const std::vector<Values> fixed = Copies(call.List(2), slices.size());
  std::vector<Values> outputs;
  for (size_t i = 0; i < slices.size(); i++) outputs.push_back(call.RunGraph(0, Joined(slices[i], fixed[i])));
  Values stacked;
  for (size_t i = 0; i < outputs[0].size(); i++) stacked.push_back(Stacked(outputs, i));
  return stacked;
}

// scan(graph, init, xs, additional): what is carried from slice to slice, then the stacked rest.
size_t CountScan(const GraphNode& node) {
  CheckInputs(node, 0, LengthOf(node, 1) + LengthOf(node, 2) + LengthOf(node, 3));
  if (OutputsOf(node, 0) < LengthOf(node, 1)) CheckOutputs(node, 0, LengthOf(node, 1));
  return OutputsOf(node, 0);
}
Values Scan(const HigherOrderCall& call) {
  Values carry = call.List(1);
  const size_t carried = carry.size();
  const Values xs = call.List(2);
  const Values additional = call.List(3);
  std::vector<Values> outputs;
  for (const Values& slice : Slices(xs)) {
    Values results = call.RunGraph(0, Joined(Joined(carry, slice), additional));
    carry.assign(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(carried));
    outputs.emplace_back(results.begin() + static_cast<std::ptrdiff_t>(carried), results.end());
  }
  for (size_t i = 0; i < outputs[0].size(); i++) carry.push_back(Stacked(outputs, i));
  return carry;
}

// Which method it is, the object says when it is there.
size_t CountAny(const GraphNode& node) { return node.results.size(); }

}  // namespace

Values Joined(const Values& a, const Values& b) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

void CheckInputs(const GraphNode& node, size_t i, size_t count) {
  const size_t inputs = node.operands[i].graph->inputs.size();
  if (inputs == count) return;
  throw TypeProblem("argument " + std::to_string(i + 1) + " is a graph of " + std::to_string(inputs) +
                    " inputs, and is given " + std::to_string(count));
}

size_t LengthOf(const GraphNode& node, size_t i) { return node.operands[i].list.size(); }
size_t OutputsOf(const GraphNode& node, size_t i) { return node.operands[i].graph->outputs.size(); }

void CheckOutputs(const GraphNode& node, size_t i, size_t count) {
  if (OutputsOf(node, i) == count) return;
  throw TypeProblem("argument " + std::to_string(i + 1) + " is a graph of " +
                    std::to_string(OutputsOf(node, i)) + " outputs instead of " + std::to_string(count));
}

Values HigherOrderCall::List(size_t i) const {
  Values values;
  for (const Operand& element : node_.operands[i].list) values.push_back(Run::Take(element, slots_));
  return values;
}

Values HigherOrderCall::Rest(size_t i) const {
  Values values;
  for (; i < node_.operands.size(); i++) values.push_back(Value(i));
  return values;
}

bool IsHigherOrder(const std::string& target) {
  return target.rfind("torch.ops.higher_order.", 0) == 0 ||
         target.rfind("torch._functorch.predispatch.", 0) == 0;
}

const HigherOrderOperator* FindHigherOrder(const std::string& target) {
  static const auto* table = [] {
    auto* all = new HigherOrderTable{{"cond", {"vggl", CountCond, Cond}},
                                     {"while_loop", {"ggll", CountWhile, While}},
                                     {"map_impl", {"gll", CountMap, Map}},
                                     {"scan", {"glll", CountScan, Scan}},
                                     {"call_torchbind", {"vv*", CountAny, CallMethod}}};
    AddRegions(*all);
    AddAssociativeScan(*all);
    AddTransforms(*all);
    return all;
  }();
  const auto found = table->find(target.substr(target.rfind('.') + 1));
  return found == table->end() ? nullptr : &found->second;
}

void CheckHigherOrder(const GraphNode& node) {
  const std::string arguments = node.higher_order->arguments;
  const char more = arguments.empty() ? '\0' : arguments.back();
  const bool any_more = more == '*' || more == '+';
  const size_t least = arguments.size() - (any_more ? 1 : 0);
  const size_t count = node.operands.size();
  if (count < least || (count > least && !any_more)) {
    throw TypeProblem("takes " + std::to_string(least) + (any_more ? " or more" : "") + " arguments but " +
                      std::to_string(count) + " were given");
  }
  for (size_t i = 0; i < count; i++) {
    const char wanted = i < least ? arguments[i] : 'v';
    const Operand::Kind kind = node.operands[i].kind;
    const char is = kind == Operand::Kind::kGraph ? 'g' : kind == Operand::Kind::kList ? 'l' : 'v';
    if (is == wanted || (i >= least && more == '+' && is == 'l')) continue;
    throw TypeProblem("argument " + std::to_string(i + 1) + " must be a " +
                      (wanted == 'g'   ? "graph"
                       : wanted == 'l' ? "list"
                                       : "value"));
  }
  const size_t results = node.higher_order->count_results(node);
  if (!node.results.empty() && node.results.size() != results) {
    throw TypeProblem("gives " + std::to_string(results) + " results, and has " +
                      std::to_string(node.results.size()) + " outputs");
  }
}

}  // namespace nodetorch
