// The overloads of a name that Python's argument parser knows, in the order in which it tries them: what
// gen_python_functions.py writes into PyTorch's bindings.
#include <ATen/core/enum_tag.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <set>

#include "operators/signature.h"

namespace nodetorch {

namespace {

// Forms that torchgen makes for each operator that lacks them, as normal.out of normal_, are in no binding.
// Nor are the overloads that traits.cc hides.
bool IsBound(const Signature& signature) {
  const c10::OperatorHandle& handle = *signature.handle;
  if (handle.hasTag(at::Tag::generated) && !handle.hasTag(at::Tag::view_copy)) return false;
  return !signature.hidden_in_python;
}

// How gen_python_functions.py writes a type (argument_type_str).
std::string PythonType(const c10::Type& type, int64_t length) {
  switch (type.kind()) {
    case c10::TypeKind::OptionalType:
      return PythonType(*type.expectRef<c10::OptionalType>().getElementType(), length) + "?";
    case c10::TypeKind::ListType: {
      const c10::Type& element = *type.expectRef<c10::ListType>().getElementType();
      const std::string size = length > 0 ? "[" + std::to_string(length) + "]" : "";
      switch (element.kind()) {
        case c10::TypeKind::BoolType: return "::std::array<bool>";
        case c10::TypeKind::IntType: return "IntArrayRef" + size;
        case c10::TypeKind::SymIntType: return "SymIntArrayRef" + size;
        case c10::TypeKind::TensorType: return "TensorList" + size;
        case c10::TypeKind::NumberType: return "ScalarList" + size;
        case c10::TypeKind::OptionalType: return "c10::List<::std::optional<Tensor>>";
        default: return "ArrayRef<" + PythonType(element, 0) + ">";
      }
    }
    case c10::TypeKind::IntType: return "int64_t";
    case c10::TypeKind::SymIntType: return "SymInt";
    case c10::TypeKind::FloatType: return "double";
    case c10::TypeKind::BoolType: return "bool";
    case c10::TypeKind::StringType: return "c10::string_view";
    case c10::TypeKind::NumberType: return "Scalar";
    case c10::TypeKind::DeviceObjType: return "Device";
    default: return type.str();  // Tensor, ScalarType, Layout, MemoryFormat, Generator
  }
}

// How the schema writes it: "int[1]?".
std::string SchemaType(const c10::Argument& argument) {
  std::string text = argument.real_type()->str();
  const auto list = text.find("[]");
  if (argument.N() && list != std::string::npos) text.insert(list + 1, std::to_string(*argument.N()));
  return text;
}

// Whether Python's parser must try `b` before `a` for this parameter.
bool TypeIsSmaller(const std::string& a, const std::string& b) {
  if (a == "Scalar") return b == "Tensor";
  if (a == "Scalar?") return b == "Tensor?";
  if (a == "int[]") return b == "int" || b == "int?";
  if (a == "Tensor[]") return b.find("[]") != std::string::npos;
  if (a == "SymInt[]") return b == "int[]";
  if (a == "int" || a == "SymInt") return b == "Tensor";
  return false;
}

// An overload and the one that `out` makes of it: in Python they are one.
struct Pair {
  size_t base;
  std::optional<size_t> out;
  std::string text;                // what pairs are sorted by, and how the two are told to belong together
  std::vector<std::string> types;  // of all parameters
  bool keywords = false;           // whether there are parameters that are given by name alone

  void Add(const std::string& parameter, bool keyword_only) {
    if (!text.empty()) text += ", ";
    if (keyword_only && !keywords) text += "*, ";
    keywords |= keyword_only;
    text += parameter;
  }
};

// All parameters but `out` and a factory's options, which Python puts behind them.
Pair PairOf(const Signature& signature, size_t index) {
  Pair pair{index, std::nullopt, "", {}};
  for (size_t i = 0; i < signature.parameters.size(); i++) {
    const Parameter& parameter = signature.parameters[i];
    if (parameter.is_out || IsOption(signature, parameter)) continue;
    const c10::Argument& argument = signature.schema().arguments()[i];
    pair.types.push_back(SchemaType(argument));
    std::string text = PythonType(*argument.real_type(), argument.N().value_or(0)) + " ";
    text += parameter.name == "self" ? "input" : parameter.name;
    if (parameter.has_default) text.append("=").append(DefaultText(parameter.default_value));
    pair.Add(text, parameter.keyword_only);
  }
  return pair;
}

bool IsSmaller(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.size() != b.size() || a == b) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (a[i] != b[i] && !TypeIsSmaller(a[i], b[i])) return false;
  }
  return true;
}

// By their text; then what accepts less comes first (sort_overloads).
std::vector<Pair> Sorted(std::vector<Pair> pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.text < b.text; });
  const size_t count = pairs.size();
  std::vector<std::set<size_t>> larger(count);
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < count; j++) {
      if (IsSmaller(pairs[i].types, pairs[j].types)) larger[i].insert(j);
    }
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < count; i++) {
    if (larger[i].empty()) order.push_back(i);
  }
  for (size_t next = 0; next < order.size(); next++) {
    for (size_t j = 0; j < count; j++) {
      if (larger[j].erase(order[next]) && larger[j].empty()) order.push_back(j);
    }
  }
  std::vector<Pair> sorted;
  for (size_t i : order) sorted.push_back(std::move(pairs[i]));
  return sorted;
}

}  // namespace

std::vector<Signature> InPythonOrder(std::vector<Signature> signatures) {
  // A name that Python does not have at all keeps its overloads.
  if (std::any_of(signatures.begin(), signatures.end(), IsBound)) {
    signatures.erase(std::remove_if(signatures.begin(), signatures.end(),
                                    [](const Signature& signature) { return !IsBound(signature); }),
                     signatures.end());
  }
  std::vector<Pair> pairs;
  std::vector<size_t> alone;  // `out` without a base
  for (size_t i = 0; i < signatures.size(); i++) {
    if (!signatures[i].outs) pairs.push_back(PairOf(signatures[i], i));
  }
  for (size_t i = 0; i < signatures.size(); i++) {
    if (!signatures[i].outs) continue;
    const std::string text = PairOf(signatures[i], i).text;
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const Pair& one) { return one.text == text; });
    if (pair == pairs.end()) {
      alone.push_back(i);
      continue;
    }
    pair->out = i;
    if (signatures[pair->base].takes_requires_grad) signatures[i].CheckOptions(signatures[pair->base]);
  }
  for (Pair& pair : pairs) {
    if (pair.out) pair.Add(signatures[*pair.out].outs > 1 ? "TensorList out" : "Tensor out", true);
    if (signatures[pair.base].takes_requires_grad) pair.Add("ScalarType dtype", true);
  }
  pairs = Sorted(std::move(pairs));
  std::vector<Signature> ordered;
  for (const Pair& pair : pairs) ordered.push_back(std::move(signatures[pair.base]));
  for (const Pair& pair : pairs) {
    if (pair.out) ordered.push_back(std::move(signatures[*pair.out]));
  }
  for (size_t i : alone) ordered.push_back(std::move(signatures[i]));
  return ordered;
}

}  // namespace nodetorch
