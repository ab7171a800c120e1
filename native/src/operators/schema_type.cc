#include "operators/schema_type.h"

#include <ATen/core/jit_type.h>

namespace nodetorch {

namespace {

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
    // Differs from PyTorch: `torch.ops` has no operators that take storages, streams or TorchScript objects,
    // and there are no tensors with named dimensions.
    default: return Type::kUnsupported;
  }
}

}  // namespace

TypeSpec TypeSpec::Of(const c10::Argument& argument) {
  TypeSpec spec;
  c10::TypePtr type = argument.real_type();
  if (auto optional = type->cast<c10::OptionalType>()) {
    spec.optional = true;
    type = optional->getElementType();
  }
  if (auto list = type->cast<c10::ListType>()) {
    spec.list = true;
    spec.broadcast = argument.N().value_or(0);
    type = list->getElementType();
    if (auto optional = type->cast<c10::OptionalType>()) {
      spec.optional_elements = true;
      type = optional->getElementType();
    }
  }
  spec.type = TypeOfKind(type->kind());
  return spec;
}

std::string TypeSpec::Name() const {
  std::string name = NameOf(type);
  if (optional_elements) name += "?";
  if (list) name += broadcast > 0 ? c10::str("[", broadcast, "]") : "[]";
  if (optional) name += "?";
  return name;
}

}  // namespace nodetorch
