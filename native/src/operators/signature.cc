#include "operators/signature.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "operators/names.h"

namespace nodetorch {

namespace {

// Python's other names for some parameters (numpy's).
std::string OtherName(const std::string& name) {
  if (name == "self") return "input";
  if (name == "dim") return "axis";
  if (name == "keepdim") return "keepdims";
  return name;
}

// Without what differs between spellings.
std::string Plain(const std::string& name) {
  std::string plain;
  for (const char letter : name) {
    if (letter != '_') plain += static_cast<char>(std::tolower(letter));
  }
  return plain;
}

// A method's name has none.
std::string WithoutNamespace(const std::string& name) {
  const size_t colons = name.find("::");
  return colons == std::string::npos ? name : name.substr(colons + 2);
}

// Whether the operator makes views of its arguments, or changes them.
bool HasAliases(const c10::FunctionSchema& schema) {
  const auto aliases = [](const c10::Argument& argument) { return argument.alias_info() != nullptr; };
  return std::any_of(schema.arguments().begin(), schema.arguments().end(), aliases) ||
         std::any_of(schema.returns().begin(), schema.returns().end(), aliases);
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

bool IsOut(uint32_t keyword) {
  static const uint32_t id = NameId("out");
  return keyword == id;
}

bool IsRequiresGrad(uint32_t keyword) {
  static const uint32_t id = NameId("requiresGrad");
  return keyword == id;
}

bool Parameter::IsCalled(uint32_t name_id) const {
  return name_id != 0 && std::find(ids.begin(), ids.end(), name_id) != ids.end();
}

Signature::Signature(torch::jit::Function& method, bool has_object)
    : method(&method), hidden(has_object ? 1 : 0) {
  AddParameters(Style::kAten);
}

Signature::Signature(const c10::OperatorHandle& handle, Style style) : handle(handle) {
  AddParameters(style);
  if (style == Style::kPython) {
    for (size_t i = 0; i + 2 < parameters.size(); i++) {
      takes_requires_grad |= parameters[i].name == "dtype" && parameters[i + 1].name == "layout" &&
                             parameters[i + 2].name == "device";
    }
  }
  is_factory = takes_requires_grad &&
               std::none_of(parameters.begin(), parameters.end(),
                            [](const Parameter& one) { return one.type.type == Type::kTensor; });
  if (positional == 1 || (positional == 2 && parameters[0].type.type == Type::kTensor)) {
    const TypeSpec& last = parameters[positional - 1].type;
    allow_varargs_intlist = last.list && last.type == Type::kInt;
  }
  ApplyTraits(WithoutNamespace(schema().name()));
  if (!guard) unboxed_call = FindUnboxedCall(handle);
}

void Signature::AddParameters(Style style) {
  for (const c10::Argument& argument : schema().arguments()) AddParameter(argument, style);
  for (const c10::Argument& argument : schema().returns()) {
    return_names.push_back(argument.name().empty() ? "" : CamelCase(argument.name()));
  }
}

void Signature::AddParameter(const c10::Argument& argument, Style style) {
  Parameter parameter;
  parameter.name = argument.name();
  parameter.camel = CamelCase(argument.name());
  // Beside torch.ops, JavaScript's spelling is the only one.
  const std::string& own = style == Style::kPython ? parameter.camel : parameter.name;
  const std::string other = OtherName(parameter.name);
  parameter.ids = {NameId(own), NameId(parameter.camel), NameId(other == parameter.name ? own : other)};
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
  may_resize |= argument.is_out();
  supported &= parameter.type.type != Type::kUnsupported;
  parameters.push_back(std::move(parameter));
}

void Signature::ApplyTraits(const std::string& name) {
  const c10::FunctionSchema& schema = this->schema();
  const Traits traits = TraitsOf(name);
  number_as = traits.number_as;
  may_resize |= traits.may_resize;
  hidden_in_python = traits.hides_scalar && schema.overload_name() == "Scalar";
  const bool is_aten = schema.name().rfind("aten::", 0) == 0;
  const bool is_quantized = schema.name().rfind("quantized::", 0) == 0;
  guard = is_aten || is_quantized ? GuardOf(schema) : PackedGuardOf(schema);
  if (!is_aten) return;
  if (HasAliases(schema)) return;
  if (handle->hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd)) {
    plain_rank = traits.plain_rank;
  } else if (handle->hasKernelForDispatchKey(c10::DispatchKey::Autograd)) {
    plain_rank = kAnyRank;
    if (schema.overload_name() == traits.small_tensor_overload) small_tensor_call = traits.small_tensor_call;
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

bool Signature::Takes(uint32_t keyword) const {
  if (outs && IsOut(keyword)) return true;
  if (takes_requires_grad && IsRequiresGrad(keyword)) return true;
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& one) { return !one.is_out && one.IsCalled(keyword); });
}

std::string Signature::Meant(const std::string& keyword) const {
  const std::string plain = Plain(keyword);
  if (takes_requires_grad && plain == Plain("requiresGrad")) return "requiresGrad";
  for (const Parameter& parameter : parameters) {
    if (!parameter.is_out && plain == Plain(parameter.Shown())) return parameter.Shown();
  }
  return "";
}

std::string Signature::ToString() const {
  std::string text = CamelCase(WithoutNamespace(schema().name())) + "(";
  std::string keywords;
  bool first = true;
  for (size_t i = hidden; i < parameters.size(); i++) {
    const Parameter& parameter = parameters[i];
    if (parameter.is_out) continue;
    std::string one = parameter.Shown() + ": " + parameter.type.Name();
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

}  // namespace nodetorch
