#include "program/read_object.h"

#include <unordered_map>

#include "operators/structures.h"
#include "runtime/error.h"

namespace nodetorch {

ReadObject::ReadObject(Environment& environment, napi_value object, const char* what)
    : environment_(environment), object_(object), what_(what) {
  if (TypeOf(environment.env(), object) != napi_object) {
    throw TypeProblem(std::string(what) + " must be an object, not " + Describe(environment, object));
  }
}

napi_value ReadObject::Get(const char* name) const {
  napi_value value;
  Check(environment_.env(), napi_get_named_property(environment_.env(), object_, name, &value));
  return value;
}

bool ReadObject::Has(const char* name) const {
  return TypeOf(environment_.env(), Get(name)) != napi_undefined;
}

std::string ReadObject::Text(const char* name) const {
  napi_value value = Get(name);
  if (TypeOf(environment_.env(), value) != napi_string) {
    throw TypeProblem(std::string(what_) + " must have a string as its `" + name + "`");
  }
  return ToString(environment_.env(), value);
}

size_t ReadObject::Count(const char* name, size_t most) const {
  double number = -1;
  napi_get_value_double(environment_.env(), Get(name), &number);
  if (!IsWhole(number) || number < 0 || number > static_cast<double>(most)) {
    throw TypeProblem(std::string(what_) + " must have a whole number from 0 to " + std::to_string(most) +
                      " as its `" + name + "`");
  }
  return static_cast<size_t>(number);
}

std::vector<std::string> ReadObject::Names(const char* name) const {
  napi_env env = environment_.env();
  const ReadObject object(environment_, Get(name), name);
  napi_value keys;
  Check(env, napi_get_property_names(env, object.object_, &keys));
  std::vector<std::string> names;
  EachElement(environment_, keys, [&](napi_value key) { names.push_back(ToString(env, key)); });
  return names;
}

c10::IValue ReadUntyped(Environment& environment, napi_value value) {
  c10::IValue result;
  if (AnyToIValue(environment, ArgumentSource::Classify(environment, value), &result)) return result;
  throw TypeProblem("cannot be " + Describe(environment, value));
}

InputType InputTypeNamed(const std::string& name) {
  static const auto* types = new std::unordered_map<std::string, InputType>{
      {"Tensor", InputType::kTensor}, {"int", InputType::kInt},    {"float", InputType::kFloat},
      {"bool", InputType::kBool},     {"str", InputType::kString}, {"any", InputType::kAny}};
  const auto found = types->find(name);
  if (found == types->end()) throw TypeProblem("'" + name + "' is no type of an input");
  return found->second;
}

std::unique_ptr<const Signature> FindSignature(const std::string& target) {
  constexpr const char* kOps = "torch.ops.";
  std::string name;
  if (target.rfind(kOps, 0) == 0) {
    name = target.substr(std::string(kOps).size());
    const size_t dot = name.find('.');
    if (dot == std::string::npos) return nullptr;
    name.replace(dot, 1, "::");
  } else {
    name = target;
  }
  const size_t colons = name.find("::");
  if (colons == std::string::npos) return nullptr;
  std::string overload;
  const size_t dot = name.find('.', colons);
  if (dot != std::string::npos) {
    overload = name.substr(dot + 1);
    name.resize(dot);
  }
  const auto handle = c10::Dispatcher::singleton().findSchema({name, overload == "default" ? "" : overload});
  return handle ? std::make_unique<const Signature>(*handle, Style::kAten) : nullptr;
}

std::string Trimmed(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace nodetorch
