#include "operators/schema_type.h"

#include <ATen/core/class_type.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <utility>

namespace nodetorch {

namespace {

// What PyTorch puts before the names of what lives in TorchScript.
constexpr const char* kRoot = "__torch__.";
constexpr const char* kClasses = "__torch__.torch.classes.";

const char* NameOf(Type type) {
  switch (type) {
    case Type::kTensor: return "Tensor";
    case Type::kInt: return "int";
    case Type::kFloat: return "float";
    case Type::kBool: return "boolean";
    case Type::kScalar: return "Scalar";
    case Type::kString: return "string";
    case Type::kScalarType: return "DType";
    case Type::kDevice: return "Device";
    case Type::kLayout: return "Layout";
    case Type::kMemoryFormat: return "MemoryFormat";
    case Type::kGenerator: return "Generator";
    case Type::kObject: return "ScriptObject";
    case Type::kAny: return "Any";
    case Type::kStructure: return "structure";
    case Type::kUnsupported: return "unsupported";
  }
  return "unsupported";
}

Type TypeOfKind(c10::TypeKind kind) {
  switch (kind) {
    case c10::TypeKind::TensorType: return Type::kTensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::QSchemeType: return Type::kInt;
    case c10::TypeKind::FloatType: return Type::kFloat;
    case c10::TypeKind::BoolType: return Type::kBool;
    case c10::TypeKind::NumberType: return Type::kScalar;
    case c10::TypeKind::StringType: return Type::kString;
    case c10::TypeKind::ScalarTypeType: return Type::kScalarType;
    case c10::TypeKind::DeviceObjType: return Type::kDevice;
    case c10::TypeKind::LayoutType: return Type::kLayout;
    case c10::TypeKind::MemoryFormatType: return Type::kMemoryFormat;
    case c10::TypeKind::GeneratorType: return Type::kGenerator;
    case c10::TypeKind::ClassType: return Type::kObject;
    case c10::TypeKind::AnyType: return Type::kAny;
    case c10::TypeKind::TupleType:
    case c10::TypeKind::DictType:
    case c10::TypeKind::ListType: return Type::kStructure;
    // Differs from PyTorch: `torch.ops` has no operators that take storages or streams, and there are no
    // tensors with named dimensions.
    default: return Type::kUnsupported;
  }
}

bool IsSupported(const c10::TypePtr& type) { return TypeSpec::Of(type).type != Type::kUnsupported; }

std::string NameOfStructure(const c10::Type& type) {
  const auto inner = type.containedTypes();
  const auto name = [&](size_t i) { return TypeSpec::Of(inner[i]).Name(); };
  switch (type.kind()) {
    case c10::TypeKind::ListType: return name(0) + "[]";
    case c10::TypeKind::DictType: return "Map<" + name(0) + ", " + name(1) + ">";
    default: break;
  }
  std::string text;
  for (size_t i = 0; i < inner.size(); i++) text += (i ? ", " : "") + name(i);
  return "[" + text + "]";
}

}  // namespace

TypeSpec TypeSpec::Of(const c10::Argument& argument) {
  TypeSpec spec = Of(argument.real_type());
  if (spec.list) spec.broadcast = argument.N().value_or(0);
  return spec;
}

TypeSpec TypeSpec::Of(c10::TypePtr type) {
  TypeSpec spec;
  if (auto optional = type->cast<c10::OptionalType>()) {
    spec.optional = true;
    type = optional->getElementType();
  }
  if (auto list = type->cast<c10::ListType>()) {
    spec.list = true;
    type = list->getElementType();
    if (auto optional = type->cast<c10::OptionalType>()) {
      spec.optional_elements = true;
      type = optional->getElementType();
    }
  }
  spec.type = TypeOfKind(type->kind());
  if (spec.type == Type::kStructure) {
    const auto inner = type->containedTypes();
    if (!std::all_of(inner.begin(), inner.end(), IsSupported)) spec.type = Type::kUnsupported;
  }
  if (spec.type == Type::kObject || spec.type == Type::kStructure) spec.schema = std::move(type);
  return spec;
}

TypeSpec TypeSpec::Element() const {
  TypeSpec element;
  element.type = type;
  element.optional = optional_elements;
  element.schema = schema;
  return element;
}

std::string TypeSpec::Name() const {
  std::string name = NameOf(type);
  if (type == Type::kObject) name = ShownName(schema->expectRef<c10::ClassType>());
  if (type == Type::kStructure) name = NameOfStructure(*schema);
  if (optional_elements) name += "?";
  if (list) name += broadcast > 0 ? c10::str("[", broadcast, "]") : "[]";
  if (optional) name += "?";
  return name;
}

std::string ShownName(const c10::ClassType& type) {
  const std::string name = type.name()->qualifiedName();
  return IsOfClass(name) ? name.substr(std::string(kRoot).size()) : name;
}

bool IsOfClass(const std::string& name) { return name.rfind(kClasses, 0) == 0; }

}  // namespace nodetorch
