// Signatures from schemas.
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "operators/operators.h"

namespace nodetorch {

namespace {

// Python turns numbers into tensors for these (torch/csrc/utils/python_arg_parser.cpp).
bool NumbersAsTensors(const std::string& name) {
  static const std::unordered_set<std::string> names = {
      "add",          "div",         "divide",    "mul",          "multiply",     "sub",
      "subtract",     "true_divide", "to",        "_to_copy",     "copy",         "copy_",
      "floor_divide", "_conj",       "add_",      "div_",         "divide_",      "mul_",
      "multiply_",    "sub_",        "subtract_", "true_divide_", "floor_divide_"};
  return names.count(name) > 0;
}

// Whether it is arithmetic with them; what the others give may have the number's dtype.
bool IsArithmetic(const std::string& name) {
  return name != "to" && name.find("copy") == std::string::npos && name != "_conj";
}

// Composed operators that make no views of what they are given or give, and change nothing; at which rank.
std::optional<int64_t> PlainComposite(const std::string& name) {
  static const std::unordered_map<std::string, int64_t> ranks = {
      {"linear", 2},         {"matmul", 2},
      {"conv1d", 3},         {"conv2d", 4},
      {"conv3d", 5},         {"layer_norm", kAnyRank},
      {"softmax", kAnyRank}, {"log_softmax", kAnyRank}};
  const auto found = ranks.find(name);
  return found == ranks.end() ? std::nullopt : std::make_optional(found->second);
}

// Sorted overload names of an operator. The dispatcher has no lookup by name alone, so its names
// are indexed once, and again when a name is missing: a library may have been loaded since.
std::vector<std::string> OverloadsOf(const std::string& name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::vector<std::string>> index;
  std::lock_guard<std::mutex> lock(mutex);
  if (!index.count(name)) {
    index.clear();
    for (const c10::OperatorName& each : c10::Dispatcher::singleton().getAllOpNames()) {
      index[each.name].push_back(each.overload_name);
    }
    for (auto& entry : index) std::sort(entry.second.begin(), entry.second.end());
  }
  const auto found = index.find(name);
  return found == index.end() ? std::vector<std::string>() : found->second;
}

// Python's other names for some parameters (numpy's).
std::string OtherName(const std::string& name) {
  if (name == "self") return "input";
  if (name == "dim") return "axis";
  if (name == "keepdim") return "keepdims";
  return name;
}

std::mutex ids_mutex;
std::unordered_map<std::string, uint32_t>& Ids() {
  static auto* ids = new std::unordered_map<std::string, uint32_t>();  // outlives all threads
  return *ids;
}

}  // namespace

std::string DefaultText(const c10::IValue& value) {
  if (value.isNone()) return "null";
  if (value.isBool()) return value.toBool() ? "true" : "false";
  std::ostringstream text;
  if (value.isString()) {
    text << "'" << value.toStringRef() << "'";
  } else {
    text << value;
  }
  return text.str();
}

uint32_t NameId(const std::string& name) {
  std::lock_guard<std::mutex> lock(ids_mutex);
  auto& ids = Ids();
  return ids.emplace(name, static_cast<uint32_t>(ids.size() + 1)).first->second;
}

uint32_t KnownNameId(const std::string& name) {
  std::lock_guard<std::mutex> lock(ids_mutex);
  const auto found = Ids().find(name);
  return found == Ids().end() ? 0 : found->second;
}

std::string CamelCase(const std::string& snake) {
  std::string camel;
  size_t i = 0;
  while (i < snake.size() && snake[i] == '_') camel += snake[i++];
  for (; i < snake.size(); i++) {
    const bool inner =
        snake[i] == '_' && i > 0 && snake[i - 1] != '_' && i + 1 < snake.size() && snake[i + 1] != '_';
    if (inner) {
      camel += static_cast<char>(std::toupper(snake[++i]));
    } else {
      camel += snake[i];
    }
  }
  return camel;
}

Signature::Signature(const c10::OperatorHandle& handle, Style style) : handle(handle) {
  const c10::FunctionSchema& schema = handle.schema();
  const auto colons = schema.name().find("::");
  const std::string name = schema.name().substr(colons + 2);
  numbers_as_tensors = NumbersAsTensors(name);
  promotes_numbers = numbers_as_tensors && IsArithmetic(name);
  for (const c10::Argument& argument : schema.arguments()) {
    Parameter parameter;
    parameter.name = argument.name();
    parameter.camel = CamelCase(argument.name());
    parameter.ids = {NameId(parameter.name), NameId(parameter.camel), NameId(OtherName(parameter.name))};
    parameter.type = TypeSpec::Of(argument);
    parameter.keyword_only = argument.kwarg_only();
    parameter.has_default = argument.default_value().has_value();
    if (parameter.has_default) parameter.default_value = *argument.default_value();
    if (parameter.default_value.isIntList()) parameter.default_ints = parameter.default_value.toIntVector();
    parameter.is_out = style == Style::kPython && argument.is_out();
    if (parameter.is_out) {
      outs++;
    } else if (!parameter.keyword_only) {
      positional++;
    }
    served &= parameter.type.type != Type::kUnsupported;
    parameters.push_back(std::move(parameter));
  }
  if (style == Style::kPython) {
    const auto& all = parameters;
    for (size_t i = 0; i + 2 < all.size(); i++) {
      takes_requires_grad |=
          all[i].name == "dtype" && all[i + 1].name == "layout" && all[i + 2].name == "device";
    }
  }
  makes = takes_requires_grad && std::none_of(parameters.begin(), parameters.end(), [](const Parameter& one) {
            return one.type.type == Type::kTensor;
          });
  if (positional == 1 || (positional == 2 && parameters[0].type.type == Type::kTensor)) {
    const TypeSpec& last = parameters[positional - 1].type;
    gathers = last.list && last.type == Type::kInt;
  }
  const auto aliases = [](const c10::Argument& argument) { return argument.alias_info() != nullptr; };
  const bool alone = std::none_of(schema.arguments().begin(), schema.arguments().end(), aliases) &&
                     std::none_of(schema.returns().begin(), schema.returns().end(), aliases);
  if (colons != 4 || !alone) {
    // May be a view, or changes something.
  } else if (handle.hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd)) {
    plain_with_autograd = PlainComposite(name);
  } else if (handle.hasKernelForDispatchKey(c10::DispatchKey::Autograd)) {
    plain_with_autograd = kAnyRank;
    tiny = FindTinyCall(name, schema.overload_name());
  }
  guard = colons == 4 ? GuardOf(name) : nullptr;  // of aten:: alone
  if (!guard) direct = FindDirectCall(handle);
  may_resize = name == "set_" || name == "set_data" || name.rfind("resize", 0) == 0;
  for (const c10::Argument& argument : schema.arguments()) may_resize |= argument.is_out();
  for (const c10::Argument& argument : schema.returns()) {
    return_names.push_back(argument.name().empty() ? "" : CamelCase(argument.name()));
  }
}

bool IsOption(const Signature& signature, const Parameter& parameter) {
  return signature.takes_requires_grad && (parameter.name == "dtype" || parameter.name == "layout" ||
                                           parameter.name == "device" || parameter.name == "pin_memory");
}

void Signature::CheckOptions(const Signature& factory) {
  for (const Parameter& parameter : factory.parameters) {
    if (!IsOption(factory, parameter)) continue;
    parameters.push_back(parameter);
    parameters.back().default_value = c10::IValue();  // what is not given is right
  }
  takes_requires_grad = true;
  checks_options = true;
}

std::string Signature::ToString() const {
  const c10::FunctionSchema& schema = handle.schema();
  std::string text = CamelCase(schema.name().substr(schema.name().find("::") + 2)) + "(";
  std::string keywords;
  bool first = true;
  for (const Parameter& parameter : parameters) {
    if (parameter.is_out) continue;
    std::string one = parameter.camel == "self" ? "input" : parameter.camel;
    one += ": " + parameter.type.Name();
    if (parameter.has_default) one += " = " + DefaultText(parameter.default_value);
    std::string& part = parameter.keyword_only ? keywords : text;
    if (parameter.keyword_only ? !keywords.empty() : !first) part += ", ";
    if (!parameter.keyword_only) first = false;
    part += one;
  }
  if (takes_requires_grad) keywords += ", requiresGrad: boolean = false";
  if (outs)
    keywords += (keywords.empty() ? "" : ", ") + std::string(outs > 1 ? "out: Tensor[]" : "out: Tensor");
  if (!keywords.empty()) text += (first ? "{ " : ", { ") + keywords + " }";
  return text + ")";
}

const std::vector<Signature>& Operator::signatures() {
  if (resolved_) return signatures_;
  std::vector<Signature> found;
  auto& dispatcher = c10::Dispatcher::singleton();
  const std::string wanted = overload_ == "default" ? "" : overload_;
  std::vector<std::string> overloads;
  if (style_ == Style::kAten && !overload_.empty()) {
    overloads.push_back(wanted);
  } else {
    overloads = OverloadsOf(name_);
  }
  for (const std::string& overload : overloads) {
    const auto handle = dispatcher.findSchema({name_, overload});
    if (!handle) continue;
    Signature signature(*handle, style_);
    if (signature.served) found.push_back(std::move(signature));
  }
  signatures_ = style_ == Style::kPython ? InPythonOrder(std::move(found)) : std::move(found);
  resolved_ = true;
  return signatures_;
}

}  // namespace nodetorch
