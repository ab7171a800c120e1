#include "operators/structures.h"

#include <ATen/core/class_type.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "operators/converters.h"
#include "operators/from_js.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;
using Source = ArgumentSource;
using Values = std::vector<IValue>;

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

bool TupleToIValue(Environment& environment, const Source& source, const c10::TypePtr& type, IValue* result) {
  const auto elements = type->containedTypes();
  Values values;
  const bool fits = source.ForEach(environment, [&](const Source& element) {
    if (values.size() == elements.size()) return false;
    const TypeSpec spec = TypeSpec::Of(elements[values.size()]);
    return ToIValue(environment, element, spec, /*numbers_as_tensors=*/false, &values.emplace_back());
  });
  if (!fits || values.size() != elements.size()) return false;
  *result = c10::ivalue::Tuple::createNamed(std::move(values), type);
  return true;
}

bool DictToIValue(Environment& environment, const Source& source, const c10::TypePtr& type, IValue* result) {
  const auto& dict_type = type->expectRef<c10::DictType>();
  const TypeSpec of_key = TypeSpec::Of(dict_type.getKeyType());
  const TypeSpec of_value = TypeSpec::Of(dict_type.getValueType());
  c10::impl::GenericDict dict(dict_type.getKeyType(), dict_type.getValueType());
  const bool fits = ForEachEntry(environment, source, [&](const Source& key, const Source& value) {
    IValue key_value, value_value;
    if (!ToIValue(environment, key, of_key, false, &key_value) ||
        !ToIValue(environment, value, of_value, false, &value_value)) {
      return false;
    }
    dict.insert_or_assign(std::move(key_value), std::move(value_value));
    return true;
  });
  if (fits) *result = std::move(dict);
  return fits;
}

// That of a tensor says nothing of its sizes.
c10::TypePtr TypeOfValue(const IValue& value) {
  return value.isTensor() ? c10::TypePtr(c10::TensorType::get()) : value.type();
}

// The one type that all of them have, null where they have not. Turns ints into floats where there are floats
// beside them.
c10::TypePtr Unify(Values& values) {
  bool has_none = false, has_float = false, numbers = true;
  for (const IValue& one : values) {
    has_none |= one.isNone();
    has_float |= one.isDouble();
    numbers &= one.isNone() || one.isInt() || one.isDouble();
  }
  c10::TypePtr type;
  for (IValue& one : values) {
    if (one.isNone()) continue;
    if (numbers && has_float && one.isInt()) one = static_cast<double>(one.toInt());
    c10::TypePtr its = TypeOfValue(one);
    if (type && !(*its == *type)) return nullptr;
    type = std::move(its);
  }
  if (!type) return c10::AnyType::get();  // nothing, or nothing but None
  return has_none ? c10::TypePtr(c10::OptionalType::create(type)) : type;
}

bool AnyListToIValue(Environment& environment, const Source& source, IValue* result, int depth) {
  Values values;
  const bool fits = source.ForEach(environment, [&](const Source& element) {
    return AnyToIValue(environment, element, &values.emplace_back(), depth + 1);
  });
  if (!fits) return false;
  const c10::TypePtr type = Unify(values);
  if (!type) {
    *result = c10::ivalue::Tuple::create(std::move(values));
    return true;
  }
  c10::impl::GenericList list(type);
  for (IValue& value : values) list.push_back(std::move(value));
  *result = std::move(list);
  return true;
}

bool AnyDictToIValue(Environment& environment, const Source& source, IValue* result, int depth) {
  Values keys, values;
  const bool fits = ForEachEntry(environment, source, [&](const Source& key, const Source& value) {
    return AnyToIValue(environment, key, &keys.emplace_back(), depth + 1) &&
           AnyToIValue(environment, value, &values.emplace_back(), depth + 1);
  });
  if (!fits) return false;
  const auto type_of = [](Values& all) {
    c10::TypePtr type = Unify(all);
    return type ? type : c10::TypePtr(c10::AnyType::get());
  };
  c10::impl::GenericDict dict(type_of(keys), type_of(values));
  for (size_t i = 0; i < keys.size(); i++) dict.insert_or_assign(std::move(keys[i]), std::move(values[i]));
  *result = std::move(dict);
  return true;
}

// A value of a slot; nothing where it was disposed.
std::optional<IValue> HeldBy(const Slot& slot) {
  if (slot.kind == Kind::kTensor) {
    return slot.tensor.defined() ? std::make_optional(IValue(slot.tensor)) : std::nullopt;
  }
  const IValue* value = slot.value();
  return value ? std::make_optional(*value) : std::nullopt;
}

template <typename T>
bool Is(Environment& environment, const Source& source, IValue* result) {
  std::optional<T> value = Converter<T>::From(environment, source);
  if (value) *result = *std::move(value);
  return value.has_value();
}

}  // namespace

bool ObjectToIValue(Environment& environment, const Source& source, const c10::Type& type, IValue* result) {
  const Slot* slot = source.FindSlot(environment);
  const IValue* value = slot ? slot->value() : nullptr;
  if (!value || !value->isObject() || !value->toObjectRef().type()->equals(type)) return false;
  *result = *value;
  return true;
}

bool StructureToIValue(Environment& environment, const Source& source, const c10::TypePtr& type,
                       IValue* result) {
  switch (type->kind()) {
    case c10::TypeKind::TupleType: return TupleToIValue(environment, source, type, result);
    case c10::TypeKind::DictType: return DictToIValue(environment, source, type, result);
    default: return ToIValue(environment, source, TypeSpec::Of(type), false, result);  // a list
  }
}

bool GenericListToIValue(Environment& environment, const Source& source, const TypeSpec& spec,
                         IValue* result) {
  const TypeSpec element = spec.Element();
  c10::TypePtr type = spec.schema ? spec.schema : c10::TypePtr(c10::AnyType::get());
  if (spec.optional_elements) type = c10::OptionalType::create(type);
  c10::impl::GenericList list(type);
  const bool fits = source.ForEach(environment, [&](const Source& one) {
    IValue value;
    if (!ToIValue(environment, one, element, false, &value)) return false;
    list.push_back(std::move(value));
    return true;
  });
  if (fits) *result = std::move(list);
  return fits;
}

bool AnyToIValue(Environment& environment, const Source& source, IValue* result, int depth) {
  if (depth > kDeepestList) throw TypeProblem("lists are nested too deep");
  switch (source.kind) {
    case ArgumentKind::kNull: *result = IValue(); return true;
    case ArgumentKind::kBoolean: *result = source.number != 0; return true;
    case ArgumentKind::kString: return Is<std::string>(environment, source, result);
    case ArgumentKind::kNumber: *result = ScalarOf(source.number); return true;
    case ArgumentKind::kBigInt: return Is<int64_t>(environment, source, result);
    case ArgumentKind::kTensors:
    case ArgumentKind::kNumbers: return AnyListToIValue(environment, source, result, depth);
    case ArgumentKind::kHandle:
    case ArgumentKind::kObject:
    case ArgumentKind::kOther: break;  // a module is a function
    case ArgumentKind::kUndefined: return false;
  }
  if (const Slot* slot = source.FindSlot(environment)) {
    std::optional<IValue> held = HeldBy(*slot);
    if (held) *result = *std::move(held);
    return held.has_value();
  }
  if (source.kind == ArgumentKind::kOther) return false;
  if (source.IsJsArray(environment)) return AnyListToIValue(environment, source, result, depth);
  return AnyDictToIValue(environment, source, result, depth) ||
         Is<at::ScalarType>(environment, source, result) || Is<c10::Device>(environment, source, result) ||
         Is<at::Layout>(environment, source, result) || Is<at::MemoryFormat>(environment, source, result) ||
         Is<c10::Scalar>(environment, source, result);
}

}  // namespace nodetorch
