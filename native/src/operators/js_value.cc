#include "operators/js_value.h"

#include <ATen/core/class_type.h>

#include "operators/schema_type.h"

namespace nodetorch {

namespace {

std::string DescribeArray(Environment& environment, napi_value array) {
  napi_env env = environment.env();
  uint32_t length = 0;
  Check(env, napi_get_array_length(env, array, &length));
  if (length == 0) return "empty array";
  napi_value first;
  Check(env, napi_get_element(env, array, 0, &first));
  bool nested = false;
  Check(env, napi_is_array(env, first, &nested));
  return "array of " + (nested ? std::string("arrays") : Describe(environment, first));
}

}  // namespace

napi_valuetype TypeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type;
}

std::string ToString(napi_env env, napi_value string) {
  size_t length = 0;
  Check(env, napi_get_value_string_utf8(env, string, nullptr, 0, &length));
  std::string text(length, '\0');
  Check(env, napi_get_value_string_utf8(env, string, text.data(), length + 1, &length));
  return text;
}

bool IsPlainObject(napi_env env, napi_value value) {
  if (TypeOf(env, value) != napi_object) return false;
  bool is_array = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (is_array) return false;
  // The prototype's prototype, not Object.prototype: every realm has one of its own.
  napi_value prototype;
  Check(env, napi_get_prototype(env, value, &prototype));
  if (TypeOf(env, prototype) == napi_null) return true;
  Check(env, napi_get_prototype(env, prototype, &prototype));
  return TypeOf(env, prototype) == napi_null;
}

Slot* FindHandle(Environment& environment, napi_value handle) {
  double number = 0;
  if (napi_get_value_double(environment.env(), handle, &number) == napi_ok) {
    return environment.pool().At(IsWhole(number) ? static_cast<int64_t>(number) : 0);
  }
  void* pointer = nullptr;
  if (napi_get_value_external(environment.env(), handle, &pointer) != napi_ok) return nullptr;
  HandlePool& pool = environment.pool();
  return pool.Owns(pointer) ? pool.Used(static_cast<Slot*>(pointer)) : nullptr;
}

namespace {

// `{ ...tensor }` has the number of a slot that it does not keep alive. Of a Proxy Node-API tells no
// prototype.
bool IsCopyBySpread(napi_env env, napi_value value) {
  napi_value prototype;
  Check(env, napi_get_prototype(env, value, &prototype));
  return TypeOf(env, prototype) == napi_object && IsPlainObject(env, value);
}

}  // namespace

Slot* FindSlot(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  const napi_valuetype type = TypeOf(env, value);
  if (type == napi_external) return FindHandle(environment, value);
  if (type != napi_object && type != napi_function) return nullptr;
  napi_value handle;
  if (napi_get_property(env, value, environment.HandleKey(), &handle) != napi_ok) {
    // A Proxy whose trap threw: no tensor.
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (pending) napi_get_and_clear_last_exception(env, &handle);
    return nullptr;
  }
  Slot* slot = FindHandle(environment, handle);
  return slot && type == napi_object && IsCopyBySpread(env, value) ? nullptr : slot;
}

std::string DescribeNumber(double number) {
  if (number != number) return "NaN";
  return number == static_cast<double>(static_cast<int64_t>(number)) ? "number" : "fractional number";
}

std::string Describe(const Slot& slot) {
  if (slot.kind == Kind::kTensor) return slot.tensor.defined() ? "Tensor" : "a disposed Tensor";
  if (const c10::IValue* value = slot.value()) {
    return value->isObject() ? ShownName(*value->toObjectRef().type()) : "Generator";
  }
  return slot.other ? "object" : "a disposed ScriptObject";  // nothing else is disposed that users have
}

std::string Describe(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  const napi_valuetype type = TypeOf(env, value);
  switch (type) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "boolean";
    case napi_string: return "string";
    case napi_symbol: return "symbol";
    case napi_function: return "function";
    case napi_bigint: return "bigint";
    case napi_number: {
      double number;
      Check(env, napi_get_value_double(env, value, &number));
      return DescribeNumber(number);
    }
    case napi_external:
    case napi_object: break;
  }
  if (Slot* slot = FindSlot(environment, value)) return Describe(*slot);
  if (type == napi_external) return "external";
  bool is = false;
  Check(env, napi_is_array(env, value, &is));
  if (is) return DescribeArray(environment, value);
  Check(env, napi_is_typedarray(env, value, &is));
  if (is) return "typed array";
  Check(env, napi_is_arraybuffer(env, value, &is));
  if (is) return "ArrayBuffer";
  return "object";
}

}  // namespace nodetorch
