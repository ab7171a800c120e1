#include "script/values.h"

#include <ATen/core/class_type.h>
#include <ATen/core/enum_type.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <optional>
#include <string>

#include "operators/converters.h"
#include "operators/from_js.h"
#include "operators/structures.h"
#include "operators/to_js.h"
#include "runtime/error.h"
#include "script/handles.h"

namespace nodetorch {

namespace {

using c10::IValue;
using c10::TypeKind;
using Source = ArgumentSource;

// Calls `each` with the keys and values of a Map or a plain object until it gives false. False, too, for
// anything else.
template <typename Each>
bool ForEachEntry(Environment& environment, const Source& source, Each each) {
  if (source.kind != ArgumentKind::kObject) return false;
  napi_env env = environment.env();
  napi_value entries = environment.realm().Entries(source.js);
  if (!entries) return false;
  uint32_t length = 0;
  Check(env, napi_get_array_length(env, entries, &length));
  for (uint32_t i = 0; i + 1 < length; i += 2) {
    const Napi::HandleScope scope(env);
    napi_value key, value;
    Check(env, napi_get_element(env, entries, i, &key));
    Check(env, napi_get_element(env, entries, i + 1, &value));
    if (!each(Source::Classify(environment, key), Source::Classify(environment, value))) return false;
  }
  return true;
}

const IValue* HeldValueOf(Environment& environment, const Source& source) {
  const Slot* slot = source.FindSlot(environment);
  return slot ? slot->value() : nullptr;
}

bool ListFromJs(Environment& environment, const Source& source, const c10::TypePtr& element, IValue* result) {
  if (source.kind != ArgumentKind::kObject || source.FindSlot(environment)) return false;
  c10::impl::GenericList list(element);
  const bool fits = source.ForEach(environment, [&](const Source& one) {
    IValue value;
    if (!ScriptValueFromJs(environment, one, element, &value)) return false;
    list.push_back(std::move(value));
    return true;
  });
  if (fits) *result = std::move(list);
  return fits;
}

bool DictFromJs(Environment& environment, const Source& source, const c10::DictType& type, IValue* result) {
  c10::impl::GenericDict dict(type.getKeyType(), type.getValueType());
  const bool fits = ForEachEntry(environment, source, [&](const Source& key, const Source& value) {
    IValue as_key, as_value;
    if (!ScriptValueFromJs(environment, key, type.getKeyType(), &as_key) ||
        !ScriptValueFromJs(environment, value, type.getValueType(), &as_value)) {
      return false;
    }
    dict.insert_or_assign(std::move(as_key), std::move(as_value));
    return true;
  });
  if (fits) *result = std::move(dict);
  return fits;
}

bool TupleFromJs(Environment& environment, const Source& source, const c10::TupleTypePtr& type,
                 IValue* result) {
  const auto elements = type->elements();
  std::vector<IValue> values(elements.size());
  size_t found = 0;
  bool fits = false;
  if (source.IsJsArray(environment)) {
    fits = source.ForEach(environment, [&](const Source& one) {
      if (found == elements.size()) return false;
      const size_t i = found++;
      return ScriptValueFromJs(environment, one, elements[i], &values[i]);
    });
  } else if (type->schema()) {
    const auto& names = type->schema()->arguments();
    fits = ForEachEntry(environment, source, [&](const Source& key, const Source& value) {
      const auto name = Converter<std::string>::From(environment, key);
      const auto at = std::find_if(names.begin(), names.end(),
                                   [&](const auto& one) { return name && one.name() == *name; });
      if (at == names.end()) return false;
      found++;
      const auto i = static_cast<size_t>(at - names.begin());
      return ScriptValueFromJs(environment, value, elements[i], &values[i]);
    });
  }
  if (!fits || found != elements.size()) return false;
  *result = c10::ivalue::Tuple::createNamed(std::move(values), type);
  return true;
}

bool EnumFromJs(Environment& environment, const Source& source, const c10::EnumTypePtr& type,
                IValue* result) {
  const IValue* held = HeldValueOf(environment, source);
  if (held && held->isEnum() && *held->type() == *type) {
    *result = *held;
    return true;
  }
  const auto name = Converter<std::string>::From(environment, source);
  if (!name) return false;
  for (const auto& [its_name, value] : type->enumNamesValues()) {
    if (its_name != *name) continue;
    *result = IValue(c10::make_intrusive<c10::ivalue::EnumHolder>(type, its_name, value));
    return true;
  }
  return false;
}

bool UnionFromJs(Environment& environment, const Source& source, const c10::TypePtr& type, IValue* result) {
  IValue value;
  if (AnyToIValue(environment, source, &value) && value.type()->isSubtypeOf(*type)) {
    *result = std::move(value);
    return true;
  }
  const auto members = type->containedTypes();
  return std::any_of(members.begin(), members.end(), [&](const c10::TypePtr& member) {
    return ScriptValueFromJs(environment, source, member, result);
  });
}

bool ObjectFromJs(Environment& environment, const Source& source, const c10::Type& type, IValue* result) {
  const IValue* held = HeldValueOf(environment, source);
  if (!held || !held->isObject() || !held->type()->isSubtypeOf(type)) return false;
  *result = *held;
  return true;
}

bool ComplexFromJs(Environment& environment, const Source& source, IValue* result) {
  if (source.kind == ArgumentKind::kBoolean || source.FindSlot(environment)) return false;
  const auto scalar = Converter<c10::Scalar>::From(environment, source);
  if (scalar) *result = scalar->toComplexDouble();
  return scalar.has_value();
}

// A DType, a Layout and a MemoryFormat are ints there.
bool CodeFromJs(Environment& environment, const Source& source, IValue* result) {
  if (source.kind != ArgumentKind::kObject || source.FindSlot(environment)) return false;
  if (const auto type = Converter<at::ScalarType>::From(environment, source))
    *result = *type;
  else if (const auto layout = Converter<at::Layout>::From(environment, source))
    *result = *layout;
  else if (const auto format = Converter<at::MemoryFormat>::From(environment, source))
    *result = *format;
  else
    return false;
  return true;
}

napi_value PairsToJs(Environment& environment, const c10::impl::GenericDict& dict, const Given& given) {
  napi_env env = environment.env();
  napi_value result, entries;
  Check(env, napi_create_object(env, &result));
  Check(env, napi_create_array(env, &entries));
  uint32_t i = 0;
  for (const auto& entry : dict) {
    napi_value pair;
    Check(env, napi_create_array_with_length(env, 2, &pair));
    Check(env, napi_set_element(env, pair, 0, ScriptValueToJs(environment, entry.key(), given)));
    Check(env, napi_set_element(env, pair, 1, ScriptValueToJs(environment, entry.value(), given)));
    Check(env, napi_set_element(env, entries, i++, pair));
  }
  Check(env, napi_set_named_property(env, result, "dictEntries", entries));
  return result;
}

napi_value ElementsToJs(Environment& environment, c10::ArrayRef<IValue> values, const Given& given) {
  napi_env env = environment.env();
  napi_value result;
  Check(env, napi_create_array_with_length(env, values.size(), &result));
  for (size_t i = 0; i < values.size(); i++) {
    Check(env, napi_set_element(env, result, i, ScriptValueToJs(environment, values[i], given)));
  }
  return result;
}

// The names of a NamedTuple follow the indices: lib/native/dispatch.ts knows it so.
napi_value TupleToJs(Environment& environment, const c10::ivalue::Tuple& tuple, const Given& given) {
  napi_env env = environment.env();
  napi_value result = ElementsToJs(environment, tuple.elements().asArrayRef(), given);
  const auto& schema = tuple.type()->schema();
  if (!schema) return result;
  for (uint32_t i = 0; i < schema->arguments().size(); i++) {
    napi_value element;
    Check(env, napi_get_element(env, result, i, &element));
    Check(env, napi_set_named_property(env, result, schema->arguments()[i].name().c_str(), element));
  }
  return result;
}

napi_value EnumToJs(Environment& environment, const IValue& value) {
  napi_env env = environment.env();
  Napi::Object result = Napi::Object::New(env);
  result["className"] = value.toEnumHolder()->qualifiedClassName();
  result["object"] = Napi::Value(env, ToJs(environment, new HeldValue(value), kHandleBytes));
  return result;
}

napi_value LockedToJs(Environment& environment, const IValue& object, const Given& given) {
  Napi::Env env(environment.env());
  Napi::Object result = Napi::Object::New(env);
  result["className"] = object.toObjectRef().name();
  auto* held = new ScriptHandle(object, given.lock);
  result["object"] = Napi::Value(env, ToJs(environment, held, kHandleBytes));
  return result;
}

}  // namespace

bool TakesPlainObject(const c10::TypePtr& type) {
  switch (type->kind()) {
    case TypeKind::DictType:
    case TypeKind::AnyType: return true;
    case TypeKind::TupleType: return type->expectRef<c10::TupleType>().schema() != nullptr;
    case TypeKind::OptionalType:
    case TypeKind::UnionType: {
      const auto members = type->containedTypes();
      return std::any_of(members.begin(), members.end(), TakesPlainObject);
    }
    default: return false;
  }
}

bool ScriptValueFromJs(Environment& environment, const Source& source, const c10::TypePtr& type,
                       IValue* result) {
  switch (type->kind()) {
    case TypeKind::OptionalType:
      if (source.kind == ArgumentKind::kNull) {
        *result = IValue();
        return true;
      }
      return ScriptValueFromJs(environment, source, type->expectRef<c10::OptionalType>().getElementType(),
                               result);
    case TypeKind::NoneType: *result = IValue(); return source.kind == ArgumentKind::kNull;
    case TypeKind::ListType:
      return ListFromJs(environment, source, type->expectRef<c10::ListType>().getElementType(), result);
    case TypeKind::DictType: return DictFromJs(environment, source, type->expectRef<c10::DictType>(), result);
    case TypeKind::TupleType: return TupleFromJs(environment, source, type->expect<c10::TupleType>(), result);
    case TypeKind::UnionType: return UnionFromJs(environment, source, type, result);
    case TypeKind::EnumType: return EnumFromJs(environment, source, type->expect<c10::EnumType>(), result);
    case TypeKind::ComplexType: return ComplexFromJs(environment, source, result);
    case TypeKind::ClassType:
    case TypeKind::InterfaceType: return ObjectFromJs(environment, source, *type, result);
    case TypeKind::IntType: {
      const bool is_tensor = source.FindSlot(environment) != nullptr;  // Python wants int(x)
      return (!is_tensor && ToIValue(environment, source, TypeSpec::Of(type), false, result)) ||
             CodeFromJs(environment, source, result);
    }
    default: return ToIValue(environment, source, TypeSpec::Of(type), false, result);
  }
}

napi_value ScriptValueToJs(Environment& environment, const IValue& value, const Given& given) {
  if (value.isTensor() && value.toTensor().defined()) {
    for (const auto& [tensor, object] : given.tensors) {
      if (value.unsafeToTensorImpl() == tensor) return object;
    }
  }
  if (value.isTuple()) return TupleToJs(environment, value.toTupleRef(), given);
  if (value.isList()) return ElementsToJs(environment, value.toListRef(), given);
  if (value.isGenericDict()) return PairsToJs(environment, value.toGenericDict(), given);
  if (value.isEnum()) return EnumToJs(environment, value);
  if (given.lock && value.isObject() && !value.isCustomClass()) return LockedToJs(environment, value, given);
  if (value.isFuture()) {
    const auto future = value.toFuture();
    future->waitAndThrow();
    return ScriptValueToJs(environment, future->value(), given);
  }
  return ToJs(environment, value, c10::AnyType::get());
}

}  // namespace nodetorch
