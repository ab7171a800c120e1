#include "operators/to_js.h"

#include <ATen/core/jit_type.h>

#include <cmath>
#include <string>
#include <utility>

#include "operators/js_value.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Touches C++ alone ("basic"), so V8 runs it inside the collection, in a synchronous loop too.
void ReleaseSlot(node_api_basic_env, void* data, void*) {
  HandlePool::ForThisThread().Release(static_cast<Slot*>(data));
}

// The external that owns a slot.
napi_value External(Environment& environment, Slot* slot) {
  napi_value value;
  const napi_status status = napi_create_external(environment.owner(), slot, ReleaseSlot, nullptr, &value);
  if (status != napi_ok) {
    environment.pool().Release(slot);
    Fail(environment.owner());
  }
  return value;
}

// Beyond what a JS number can hold, a bigint.
napi_value IntToJs(napi_env env, int64_t number) {
  napi_value result;
  if (std::abs(static_cast<double>(number)) <= kMaxSafeInteger) {
    Check(env, napi_create_int64(env, number, &result));
  } else {
    Check(env, napi_create_bigint_int64(env, number, &result));
  }
  return result;
}

// lib/native/dispatch.ts makes the DType object of it.
napi_value ScalarTypeToJs(napi_env env, int64_t type) {
  napi_value result, code;
  Check(env, napi_create_object(env, &result));
  Check(env, napi_create_int64(env, type, &code));
  Check(env, napi_set_named_property(env, result, "dtypeCode", code));
  return result;
}

// lib/native/dispatch.ts makes the Complex of it.
napi_value ComplexToJs(napi_env env, c10::complex<double> number) {
  napi_value result, real, imaginary;
  Check(env, napi_create_object(env, &result));
  Check(env, napi_create_double(env, number.real(), &real));
  Check(env, napi_create_double(env, number.imag(), &imaginary));
  Check(env, napi_set_named_property(env, result, "re", real));
  Check(env, napi_set_named_property(env, result, "im", imaginary));
  return result;
}

napi_value StringToJs(napi_env env, const std::string& text) {
  napi_value result;
  Check(env, napi_create_string_utf8(env, text.data(), text.size(), &result));
  return result;
}

napi_value ListToJs(Environment& environment, c10::ArrayRef<IValue> values, const c10::TypePtr& element,
                    bool fresh) {
  napi_env env = environment.env();
  napi_value result;
  Check(env, napi_create_array_with_length(env, values.size(), &result));
  for (size_t i = 0; i < values.size(); i++) {
    Check(env, napi_set_element(env, result, i, ToJs(environment, values[i], element, fresh)));
  }
  return result;
}

// lib/native/dispatch.ts makes the Map of it.
napi_value DictToJs(Environment& environment, const c10::impl::GenericDict& dict) {
  napi_env env = environment.env();
  napi_value result, entries;
  Check(env, napi_create_object(env, &result));
  Check(env, napi_create_array(env, &entries));
  uint32_t i = 0;
  for (const auto& entry : dict) {
    napi_value pair = ListToJs(environment, {entry.key(), entry.value()}, c10::AnyType::get(), false);
    Check(env, napi_set_element(env, entries, i++, pair));
  }
  Check(env, napi_set_named_property(env, result, "dictEntries", entries));
  return result;
}

c10::TypePtr ElementType(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::ListType ? type->expectRef<c10::ListType>().getElementType()
                                                 : c10::AnyType::get();
}

}  // namespace

void Own(Environment& environment, napi_value object, Slot* slot) {
  slot->scoped = false;
  const napi_status status =
      napi_add_finalizer(environment.owner(), object, slot, ReleaseSlot, nullptr, nullptr);
  if (status == napi_ok) return;
  environment.pool().Release(slot);
  Fail(environment.owner());
}

napi_value ToJs(Environment& environment, const at::Tensor& tensor, bool fresh) {
  if (tensor.defined()) return External(environment, environment.pool().New(tensor, fresh));
  napi_value null;
  Check(environment.env(), napi_get_null(environment.env(), &null));
  return null;
}

napi_value ToJs(Environment& environment, const at::Tensor& tensor, napi_value holder) {
  napi_value result;
  if (!tensor.defined()) {
    Check(environment.env(), napi_get_null(environment.env(), &result));
    return result;
  }
  Slot* slot = environment.pool().New(tensor);
  Own(environment, holder, slot);
  Check(environment.env(), napi_create_uint32(environment.env(), slot->number, &result));
  return result;
}

napi_value ToJs(Environment& environment, at::Generator generator) {
  return ToJs(environment, new HeldValue(std::move(generator)));
}

napi_value ToJs(Environment& environment, Held* held, int64_t bytes) {
  return External(environment, environment.pool().New(held, bytes));
}

napi_value ObjectToJs(Environment& environment, const IValue& object, int64_t bytes) {
  napi_env env = environment.env();
  napi_value result;
  Check(env, napi_create_object(env, &result));
  const napi_value name = StringToJs(env, object.toObjectRef().name());
  Check(env, napi_set_named_property(env, result, "className", name));
  const napi_value handle = ToJs(environment, new HeldValue(object), kHandleBytes + bytes);
  Check(env, napi_set_named_property(env, result, "object", handle));
  return result;
}

napi_value ToJs(Environment& environment, const std::vector<at::Tensor>& tensors) {
  napi_env env = environment.env();
  napi_value array;
  Check(env, napi_create_array_with_length(env, tensors.size(), &array));
  for (size_t i = 0; i < tensors.size(); i++) {
    Check(env, napi_set_element(env, array, i, ToJs(environment, tensors[i])));
  }
  return array;
}

napi_value ToJs(Environment& environment, const IValue& value, const c10::TypePtr& type, bool fresh) {
  napi_env env = environment.env();
  napi_value result;
  if (value.isTensor()) return ToJs(environment, value.toTensor(), fresh);
  if (value.isInt()) {
    const bool is_type = type->kind() == c10::TypeKind::ScalarTypeType;
    return is_type ? ScalarTypeToJs(env, value.toInt()) : IntToJs(env, value.toInt());
  }
  if (value.isSymInt()) return IntToJs(env, value.toSymInt().guard_int(__FILE__, __LINE__));
  if (value.isComplexDouble()) return ComplexToJs(env, value.toComplexDouble());
  if (value.isString()) return StringToJs(env, value.toStringRef());
  if (value.isDevice()) return StringToJs(env, value.toDevice().str());
  if (value.isGenerator()) return ToJs(environment, value.toGenerator());
  if (value.isList()) return ListToJs(environment, value.toListRef(), ElementType(type), fresh);
  if (value.isTuple()) {
    return ListToJs(environment, value.toTupleRef().elements().asArrayRef(), c10::AnyType::get(), false);
  }
  if (value.isGenericDict()) return DictToJs(environment, value.toGenericDict());
  if (value.isObject()) return ObjectToJs(environment, value, 0);
  if (value.isNone()) {
    Check(env, napi_get_null(env, &result));
  } else if (value.isBool()) {
    Check(env, napi_get_boolean(env, value.toBool(), &result));
  } else {
    TORCH_CHECK(value.isDouble(), "cannot give a ", value.tagKind(), " to JavaScript");
    Check(env, napi_create_double(env, value.toDouble(), &result));
  }
  return result;
}

}  // namespace nodetorch
