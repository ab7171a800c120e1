#include "program/typed_value.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/class_type.h>
#include <ATen/core/jit_type.h>

#include <optional>
#include <utility>

namespace nodetorch {

namespace {

using c10::IValue;

bool IsNumber(const IValue& value) { return value.isScalar() || value.isBool(); }

// A tensor that counts as a number in type promotion.
at::Tensor WrappedNumber(const IValue& value) {
  at::Tensor number = c10::scalar_to_tensor(value.toScalar());
  number.unsafeGetTensorImpl()->set_wrapped_number(true);
  return number;
}

bool FitElement(const TypeSpec& spec, IValue* value) {
  switch (spec.type) {
    case Type::kTensor:
      if (IsNumber(*value)) *value = WrappedNumber(*value);
      return value->isTensor();
    case Type::kInt:
      if (value->isBool()) *value = static_cast<int64_t>(value->toBool());
      return value->isInt();
    case Type::kFloat:
      if (value->isInt()) *value = static_cast<double>(value->toInt());
      return value->isDouble();
    case Type::kBool: return value->isBool();
    case Type::kScalar: return IsNumber(*value);
    case Type::kString: return value->isString();
    case Type::kScalarType:
    case Type::kLayout:
    case Type::kMemoryFormat: return value->isInt();
    case Type::kDevice: return value->isDevice();
    case Type::kGenerator: return value->isGenerator();
    case Type::kObject: return value->isObject() && value->toObjectRef().type()->equals(*spec.schema);
    case Type::kAny: return true;
    case Type::kStructure: return value->type()->isSubtypeOf(*spec.schema);
    case Type::kUnsupported: return false;
  }
  return false;
}

template <typename T>
IValue Typed(std::vector<IValue>& values) {
  c10::List<T> list;
  list.reserve(values.size());
  for (IValue& value : values) list.push_back(std::move(value).to<T>());
  return list;
}

IValue OptionalTensors(std::vector<IValue>& values) {
  c10::List<std::optional<at::Tensor>> list;
  for (IValue& value : values) list.push_back(value.toOptional<at::Tensor>());
  return list;
}

IValue Scalars(std::vector<IValue>& values) {
  c10::impl::GenericList list(c10::NumberType::get());
  for (IValue& value : values) list.push_back(std::move(value));
  return list;
}

IValue Generics(const TypeSpec& spec, std::vector<IValue>& values) {
  c10::TypePtr type = spec.schema ? spec.schema : c10::TypePtr(c10::AnyType::get());
  if (spec.optional_elements) type = c10::OptionalType::create(type);
  c10::impl::GenericList list(type);
  for (IValue& value : values) list.push_back(std::move(value));
  return list;
}

bool IsListOf(const TypeSpec& spec, const IValue& value) {
  switch (spec.type) {
    case Type::kTensor: return value.isTensorList();
    case Type::kInt: return value.isIntList();
    case Type::kFloat: return value.isDoubleList();
    case Type::kBool: return value.isBoolList();
    default: return false;
  }
}

}  // namespace

bool FitToType(const TypeSpec& spec, IValue* value) {
  if (value->isNone()) return spec.optional || (spec.type == Type::kAny && !spec.list);
  if (!spec.list) return FitElement(spec, value);
  if (value->isList()) {
    if (!spec.optional_elements && IsListOf(spec, *value)) return true;
    return ListOfType(spec, value->toListRef().vec(), value);
  }
  if (spec.broadcast == 0) return false;
  return ListOfType(spec, std::vector<IValue>(static_cast<size_t>(spec.broadcast), *value), value);
}

bool ListOfType(const TypeSpec& spec, std::vector<IValue> values, IValue* list) {
  for (IValue& value : values) {
    if (!(value.isNone() && spec.optional_elements) && !FitElement(spec, &value)) return false;
  }
  switch (spec.type) {
    case Type::kTensor:
      *list = spec.optional_elements ? OptionalTensors(values) : Typed<at::Tensor>(values);
      break;
    case Type::kInt: *list = Typed<int64_t>(values); break;
    case Type::kFloat: *list = Typed<double>(values); break;
    case Type::kBool: *list = Typed<bool>(values); break;
    case Type::kString: *list = Typed<std::string>(values); break;
    case Type::kScalar: *list = Scalars(values); break;
    case Type::kObject:
    case Type::kAny:
    case Type::kStructure: *list = Generics(spec, values); break;
    default: return false;
  }
  return true;
}

std::string DescribeValue(const IValue& value) {
  if (value.isTensor()) return "Tensor";
  if (value.isNone()) return "None";
  if (value.isDouble()) return "float";
  if (value.isList()) return "list";
  std::string kind = value.tagKind();
  for (char& letter : kind) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return kind;
}

}  // namespace nodetorch
