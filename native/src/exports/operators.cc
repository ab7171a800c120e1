// Operators as JS functions.
#include "operators/operator.h"

#include <c10/util/Exception.h>

#include <sstream>
#include <utility>

#include "operators/fast_paths.h"
#include "runtime/function.h"
#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace nodetorch {

namespace {

constexpr size_t kInlineArguments = 12;

napi_value CallOperator(napi_env env, Operator& op, const napi_value* arguments, size_t count) {
  uint32_t forms = 0;
  if (count < 2 || napi_get_value_uint32(env, arguments[1], &forms) != napi_ok) {
    throw TypeProblem("an operator's first arguments are a blank Tensor and what the others are");
  }
  return op.Call(arguments[0], forms, arguments + 2, count - 2);
}

napi_value OnCall(napi_env env, napi_callback_info info) {
  try {
    void* data = nullptr;
    napi_value arguments[kInlineArguments];
    size_t count = kInlineArguments;
    Check(env, napi_get_cb_info(env, info, &count, arguments, nullptr, &data));
    Operator* op = static_cast<Operator*>(data);
    if (count <= kInlineArguments) return CallOperator(env, *op, arguments, count);
    std::vector<napi_value> all(count);
    Check(env, napi_get_cb_info(env, info, &count, all.data(), nullptr, nullptr));
    return CallOperator(env, *op, all.data(), count);
  } catch (...) {
    return RaiseCurrent(env);
  }
}

// operator(name, overload | null, python: boolean): a function. `name` is ATen's, "aten::add".
napi_value MakeOperator(Arguments& arguments) {
  napi_env env = arguments.env;
  const std::string name = ToString(env, arguments[0]);
  const std::string overload = arguments.IsNull(1) ? "" : ToString(env, arguments[1]);
  const Style style = arguments.Bool(2) ? Style::kPython : Style::kAten;
  auto* op = new Operator(arguments.environment, name, overload, style);
  napi_value function;
  Check(env, napi_create_function(env, name.c_str(), name.size(), OnCall, op, &function));
  // Basic: deletes C++ memory only.
  auto release = [](node_api_basic_env, void* data, void*) { delete static_cast<Operator*>(data); };
  napi_env owner = arguments.environment.owner();
  if (napi_add_finalizer(owner, function, op, release, nullptr, nullptr) != napi_ok) Fail(owner);
  return function;
}

// keywordSet(names): a last argument for operators, which makes the ones before it keywords.
napi_value MakeKeywordSet(Arguments& arguments) {
  std::vector<std::string> names;
  uint32_t length = 0;
  Check(arguments.env, napi_get_array_length(arguments.env, arguments[0], &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value name;
    Check(arguments.env, napi_get_element(arguments.env, arguments[0], i, &name));
    names.push_back(ToString(arguments.env, name));
  }
  return ToJs(arguments.environment, new KeywordSet(std::move(names)));
}

// own(tensors): makes them the owners of what the last operator has left (Outcome::kSeveral).
napi_value OwnSeveral(Arguments& arguments) {
  Environment& environment = arguments.environment;
  uint32_t length = 0;
  Check(arguments.env, napi_get_array_length(arguments.env, arguments[0], &length));
  TORCH_CHECK(length <= ResultHeader::kMostResults, "own(): too many");
  for (uint32_t i = 0; i < length; i++) {
    int32_t& number = environment.result_header().NumberOf(i);
    if (number <= 0) continue;
    napi_value tensor;
    Check(arguments.env, napi_get_element(arguments.env, arguments[0], i, &tensor));
    Own(environment, tensor, environment.pool().At(std::exchange(number, 0)));
  }
  return Undefined(arguments.env);
}

// operatorNames(): ["aten::add.Tensor", ...], every schema the dispatcher knows.
napi_value OperatorNames(Arguments& arguments) {
  napi_env env = arguments.env;
  napi_value array;
  Check(env, napi_create_array(env, &array));
  uint32_t next = 0;
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    if (!dispatcher.findSchema(name)) continue;
    std::ostringstream text;
    text << name;
    napi_value string;
    Check(env, napi_create_string_utf8(env, text.str().data(), text.str().size(), &string));
    Check(env, napi_set_element(env, array, next++, string));
  }
  return array;
}

Napi::Object ParameterObject(Napi::Env env, const Parameter& parameter) {
  Napi::Object object = Napi::Object::New(env);
  object["name"] = parameter.camel;
  object["type"] = parameter.type.Name();
  object["keywordOnly"] = parameter.keyword_only;
  object["out"] = parameter.is_out;
  if (parameter.has_default) {
    std::ostringstream text;
    text << parameter.default_value;
    object["default"] =
        parameter.default_value.isString() ? "'" + parameter.default_value.toStringRef() + "'" : text.str();
  }
  return object;
}

// signatures(name, overload | null, python): what operator() would try, in order.
napi_value Signatures(Arguments& arguments) {
  Napi::Env env(arguments.env);
  const std::string overload = arguments.IsNull(1) ? "" : ToString(env, arguments[1]);
  Operator op(arguments.environment, ToString(env, arguments[0]), overload,
              arguments.Bool(2) ? Style::kPython : Style::kAten);
  Napi::Array list = Napi::Array::New(env);
  uint32_t next = 0;
  for (const Signature& signature : op.signatures()) {
    Napi::Object object = Napi::Object::New(env);
    Napi::Array parameters = Napi::Array::New(env);
    for (uint32_t i = 0; i < signature.parameters.size(); i++) {
      parameters[i] = ParameterObject(env, signature.parameters[i]);
    }
    Napi::Array returns = Napi::Array::New(env);
    const auto& schema = signature.handle.schema();
    for (uint32_t i = 0; i < schema.returns().size(); i++) {
      Napi::Object one = Napi::Object::New(env);
      one["name"] = signature.return_names[i];
      one["type"] = TypeSpec::Of(schema.returns()[i]).Name();
      one["writes"] = schema.returns()[i].alias_info() && schema.returns()[i].alias_info()->isWrite();
      returns[i] = one;
    }
    std::ostringstream text;
    text << schema;
    object["schema"] = text.str();
    object["overload"] = schema.overload_name();
    object["parameters"] = parameters;
    object["returns"] = returns;
    object["factory"] = signature.takes_requires_grad;
    object["numbersAsTensors"] = signature.number_as != NumberAs::kNothing;
    list[next++] = object;
  }
  return list;
}

// unsupported(): [["aten::name.overload", "the type that has no converter"], ...]
napi_value Unsupported(Arguments& arguments) {
  Napi::Env env(arguments.env);
  Napi::Array list = Napi::Array::New(env);
  uint32_t next = 0;
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    const auto handle = dispatcher.findSchema(name);
    if (!handle) continue;
    for (const c10::Argument& argument : handle->schema().arguments()) {
      if (TypeSpec::Of(argument).type != Type::kUnsupported) continue;
      std::ostringstream text;
      text << name;
      Napi::Array pair = Napi::Array::New(env, 2);
      pair[0u] = text.str();
      pair[1u] = argument.real_type()->str();
      list[next++] = pair;
      break;
    }
  }
  return list;
}

// loadLibrary(path): a shared library that registers operators.
napi_value LoadLibrary(Arguments& arguments) {
  const std::string path = ToString(arguments.env, arguments[0]);
#ifdef _WIN32
  TORCH_CHECK(false, "loadLibrary is not written for Windows yet");
#else
  const ReplacedKernels replaced;
  TORCH_CHECK(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL), "torch.ops.loadLibrary(): ", dlerror());
#endif
  return Undefined(arguments.env);
}

}  // namespace

void DefineOperators(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"operator", Entry<MakeOperator>},
          {"keywordSet", Entry<MakeKeywordSet>},
          {"own", Entry<OwnSeveral>},
          {"operatorNames", Entry<OperatorNames>},
          {"signatures", Entry<Signatures>},
          {"unsupported", Entry<Unsupported>},
          {"loadLibrary", Entry<LoadLibrary>}});
}

}  // namespace nodetorch
