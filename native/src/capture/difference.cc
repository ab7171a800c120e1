// Whether two recordings do the same: what differs between two calls is no constant.
#include <cstring>
#include <sstream>

#include "capture/recording.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Of numbers, and of data that came from JavaScript: only a recorder made these tensors.
bool SameBits(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

bool SameValue(const IValue& a, const IValue& b) {
  if (a.isDouble() && b.isDouble()) {
    const double x = a.toDouble(), y = b.toDouble();
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  if (a.isGenerator() || b.isGenerator()) {
    return a.isGenerator() && b.isGenerator() && a.toGenerator() == b.toGenerator();
  }
  if (a.isList() && b.isList()) {
    const auto x = a.toListRef(), y = b.toListRef();
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); i++)
      if (!SameValue(x[i], y[i])) return false;
    return true;
  }
  if (a.tagKind() != b.tagKind()) return false;
  return a.isTensor() ? SameBits(a.toTensor(), b.toTensor()) : a == b;
}

std::string Text(const Operand& operand) {
  if (operand.kind == Operand::Kind::kSlot) return "a tensor made by the function";
  if (operand.kind == Operand::Kind::kList) return "a list of tensors";
  if (operand.constant.isTensor()) {
    const at::Tensor& tensor = operand.constant.toTensor();
    if (!tensor.defined()) return "no tensor";
    if (!tensor.unsafeGetTensorImpl()->is_wrapped_number()) return "a tensor from outside";
    return std::to_string(tensor.item().toDouble());
  }
  std::ostringstream text;
  text << operand.constant;
  return text.str();
}

bool SameOperand(const Operand& a, const Operand& b, bool by_bits) {
  if (a.kind != b.kind || a.slot != b.slot || a.list.size() != b.list.size()) return false;
  for (size_t i = 0; i < a.list.size(); i++) {
    if (!SameOperand(a.list[i], b.list[i], by_bits)) return false;
  }
  if (a.kind != Operand::Kind::kConstant) return true;
  if (a.constant.isTensor() && b.constant.isTensor() && a.constant.toTensor().defined() &&
      !a.constant.toTensor().unsafeGetTensorImpl()->is_wrapped_number() && !by_bits) {
    return a.constant.toTensor().is_same(b.constant.toTensor());
  }
  return SameValue(a.constant, b.constant);
}

}  // namespace

std::string Recording::DifferenceTo(const Recording& other) const {
  const auto place = [&](size_t i) { return "call " + std::to_string(i + 1) + ", " + nodes[i].name; };
  for (size_t i = 0; i < nodes.size() && i < other.nodes.size(); i++) {
    const RecordedNode &a = nodes[i], &b = other.nodes[i];
    if (a.name != b.name || a.segment != b.segment) return place(i) + ", was " + b.name + " another time";
    if (a.detail != b.detail) return place(i) + ", was given " + a.detail + " and then " + b.detail;
    const bool by_bits = a.name == kData;
    for (size_t k = 0; k < a.operands.size() && k < b.operands.size(); k++) {
      if (SameOperand(a.operands[k], b.operands[k], by_bits)) continue;
      const std::string one = Text(a.operands[k]), two = Text(b.operands[k]);
      return place(i) + ", was given " + one + " and then " + (one == two ? "another one" : two);
    }
    bool same = a.operands.size() == b.operands.size() && a.results.size() == b.results.size();
    for (size_t k = 0; same && k < a.results.size(); k++) {
      same = a.results[k].is_list == b.results[k].is_list && a.results[k].slots == b.results[k].slots;
    }
    if (!same) return place(i) + ", gave other tensors";
  }
  if (nodes.size() != other.nodes.size()) {
    return "it made " + std::to_string(nodes.size()) + " calls and then " +
           std::to_string(other.nodes.size());
  }
  if (outputs != other.outputs || segments != other.segments) return "it returned other tensors";
  return LiveDifferenceTo(other);
}

std::string Recording::LiveDifferenceTo(const Recording& other) const {
  if (!live && !other.live) return "";
  const Recording none;
  const std::string difference = (live ? *live : none).DifferenceTo(other.live ? *other.live : none);
  if (difference.empty()) return "";
  return "in a function of JavaScript that each replay calls anew (a Function, a checkpoint or a hook), " +
         difference;
}

}  // namespace nodetorch
