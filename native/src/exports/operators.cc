// Operators as JS functions.
#include <c10/util/Exception.h>

#include <sstream>
#include <utility>

#include "operators/fast_paths.h"
#include "operators/operator.h"
#include "runtime/function.h"
#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace nodetorch {

namespace {

constexpr size_t kInlineArguments = 12;

template <typename T>
std::string TextOf(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

napi_value CallOperator(napi_env env, Operator& op, const napi_value* arguments, size_t count) {
  uint32_t forms = 0;
  if (count < 2 || napi_get_value_uint32(env, arguments[1], &forms) != napi_ok) {
    throw TypeProblem("an operator's first arguments are a result holder and the forms of the others");
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

// operator(name, overload | null, python: boolean, unsafe: boolean): a function. `name` is ATen's,
// "aten::add".
napi_value MakeOperator(Arguments& arguments) {
  napi_env env = arguments.env;
  const std::string name = ToString(env, arguments[0]);
  const std::string overload = arguments.IsNull(1) ? "" : ToString(env, arguments[1]);
  const Style style = arguments.Bool(2) ? Style::kPython : Style::kAten;
  auto* op = new Operator(arguments.environment, name, overload, style, !arguments.Bool(3));
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
  const auto list = arguments.Value(0).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) names.push_back(list.Get(i).As<Napi::String>());
  return ToJs(arguments.environment, new KeywordSet(std::move(names)));
}

// adopt(tensors): makes them the owners of the tensors that the last operator reported (Outcome::kSeveral).
napi_value AdoptResults(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto tensors = arguments.Value(0).As<Napi::Array>();
  TORCH_CHECK(tensors.Length() <= ResultHeader::kMostResults, "adopt(): too many");
  for (uint32_t i = 0; i < tensors.Length(); i++) {
    int32_t& number = environment.result_header().NumberOf(i);
    if (number <= 0) continue;
    Own(environment, tensors.Get(i), environment.pool().At(std::exchange(number, 0)));
  }
  return Undefined(arguments.env);
}

// operatorNames(): ["aten::add.Tensor", ...], every schema the dispatcher knows.
napi_value OperatorNames(Arguments& arguments) {
  Napi::Array list = Napi::Array::New(arguments.env);
  uint32_t next = 0;
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    if (dispatcher.findSchema(name)) list[next++] = TextOf(name);
  }
  return list;
}

Napi::Object ParameterObject(Napi::Env env, const Parameter& parameter) {
  Napi::Object object = Napi::Object::New(env);
  object["name"] = parameter.camel;
  object["type"] = parameter.type.Name();
  object["keywordOnly"] = parameter.keyword_only;
  object["out"] = parameter.is_out;
  if (parameter.has_default) {
    const c10::IValue& value = parameter.default_value;
    object["default"] = value.isString() ? "'" + value.toStringRef() + "'" : TextOf(value);
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
    const auto& schema = signature.schema();
    for (uint32_t i = 0; i < schema.returns().size(); i++) {
      Napi::Object one = Napi::Object::New(env);
      one["name"] = signature.return_names[i];
      one["type"] = TypeSpec::Of(schema.returns()[i]).Name();
      one["writes"] = schema.returns()[i].alias_info() && schema.returns()[i].alias_info()->isWrite();
      returns[i] = one;
    }
    object["schema"] = TextOf(schema);
    object["overload"] = schema.overload_name();
    object["parameters"] = parameters;
    object["returns"] = returns;
    object["factory"] = signature.takes_requires_grad;
    object["random"] = signature.handle && signature.handle->hasTag(at::Tag::nondeterministic_seeded);
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
      Napi::Array pair = Napi::Array::New(env, 2);
      pair[0u] = TextOf(name);
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
          {"adopt", Entry<AdoptResults>},
          {"operatorNames", Entry<OperatorNames>},
          {"signatures", Entry<Signatures>},
          {"unsupported", Entry<Unsupported>},
          {"loadLibrary", Entry<LoadLibrary>}});
}

}  // namespace nodetorch
