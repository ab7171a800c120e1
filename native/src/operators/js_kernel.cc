#include "operators/js_kernel.h"

#include <c10/core/impl/LocalDispatchKeySet.h>

#include "operators/from_js.h"
#include "operators/to_js.h"

namespace nodetorch {

namespace {

std::string NameOf(const c10::OperatorHandle& op) { return c10::toString(op.schema().operator_name()); }

// A number that arithmetic made a tensor of is a number again, as in Python.
napi_value ArgumentToJs(Environment& environment, const c10::IValue& value, const c10::TypePtr& type) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (tensor.defined() && tensor.unsafeGetTensorImpl()->is_wrapped_number() && tensor.device().is_cpu()) {
      // Reading it is nothing that a mode shall see.
      const c10::impl::ExcludeDispatchKeyGuard guard(
          c10::DispatchKeySet({c10::DispatchKey::Python, c10::DispatchKey::PythonTLSSnapshot}));
      return ToJs(environment, c10::IValue(tensor.item()), c10::NumberType::get());
    }
  }
  return ToJs(environment, value, type);
}

c10::IValue ResultFromJs(Environment& environment, napi_value value, const c10::OperatorHandle& op,
                         size_t index) {
  const TypeSpec spec = TypeSpec::Of(op.schema().returns()[index]);
  napi_valuetype type;
  Check(environment.env(), napi_typeof(environment.env(), value, &type));
  const bool none = type == napi_null || type == napi_undefined;
  if (none && spec.type == Type::kTensor && !spec.list) return c10::IValue(at::Tensor());
  c10::IValue result;
  if (!FromJs(environment, value, spec, false, &result)) {
    throw TypeProblem(NameOf(op) + ": the function must return " + spec.Name() + " as result " +
                      std::to_string(index + 1));
  }
  return result;
}

void CallHere(const JsFunction& kernel, const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  Environment& environment = kernel.function.environment();
  napi_env env = environment.env();
  Napi::HandleScope scope(env);
  const auto& schema = op.schema();
  const size_t count = schema.arguments().size();
  Napi::Array given = Napi::Array::New(env, count);
  const auto arguments = torch::jit::last(*stack, count);
  for (uint32_t i = 0; i < count; i++) {
    given[i] = Napi::Value(env, ArgumentToJs(environment, arguments[i], schema.arguments()[i].real_type()));
  }
  torch::jit::drop(*stack, count);
  napi_value undefined, result;
  Check(env, napi_get_undefined(env, &undefined));
  const napi_value values[] = {Napi::String::New(env, schema.name()),
                               Napi::String::New(env, schema.overload_name()), given};
  Check(env, napi_call_function(env, undefined, kernel.function.Get(), 3, values, &result));
  const Napi::Array results(env, result);
  for (uint32_t i = 0; i < schema.returns().size(); i++) {
    torch::jit::push(*stack, ResultFromJs(environment, results.Get(i), op, i));
  }
}

}  // namespace

void CallKernel(const JsFunction& kernel, const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  kernel.thread->Call([&] { CallHere(kernel, op, stack); });
}

}  // namespace nodetorch
