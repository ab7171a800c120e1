// Schema types by name, and the arguments of functions whose signature is fixed.
#include <ATen/core/jit_type.h>

#include "operators/convert.h"

namespace nodetorch {

namespace {

[[noreturn]] void Wrong(Environment& environment, napi_value value, const char* where, const char* expected) {
  throw TypeProblem(std::string(where) + " must be " + expected + ", not " + Describe(environment, value));
}

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
  if (list) name += broadcast > 0 ? "[" + std::to_string(broadcast) + "]" : "[]";
  if (optional) name += "?";
  return name;
}

std::string ToString(napi_env env, napi_value string) {
  size_t length = 0;
  Check(env, napi_get_value_string_utf8(env, string, nullptr, 0, &length));
  std::string text(length, '\0');
  Check(env, napi_get_value_string_utf8(env, string, text.data(), length + 1, &length));
  return text;
}

bool IsPlainObject(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  if (type != napi_object) return false;
  bool is_array = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (is_array) return false;
  // The prototype's prototype, not Object.prototype: every realm has one of its own.
  napi_value prototype;
  Check(env, napi_get_prototype(env, value, &prototype));
  Check(env, napi_typeof(env, prototype, &type));
  if (type == napi_null) return true;
  Check(env, napi_get_prototype(env, prototype, &prototype));
  Check(env, napi_typeof(env, prototype, &type));
  return type == napi_null;
}

std::string DescribeNumber(double number) {
  if (number != number) return "NaN";
  return number == static_cast<double>(static_cast<int64_t>(number)) ? "number" : "fractional number";
}

std::string Describe(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
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
  if (Slot* slot = FindSlot(environment, value)) {
    if (slot->kind == Kind::kGenerator) return "Generator";
    if (slot->kind == Kind::kTensor) return slot->tensor.defined() ? "Tensor" : "a disposed Tensor";
    return "object";
  }
  if (type == napi_external) return "external";
  bool is = false;
  Check(env, napi_is_array(env, value, &is));
  if (is) {
    uint32_t length = 0;
    Check(env, napi_get_array_length(env, value, &length));
    if (length == 0) return "empty array";
    napi_value first;
    Check(env, napi_get_element(env, value, 0, &first));
    bool nested = false;
    Check(env, napi_is_array(env, first, &nested));
    return "array of " + (nested ? std::string("arrays") : Describe(environment, first));
  }
  Check(env, napi_is_typedarray(env, value, &is));
  if (is) return "typed array";
  Check(env, napi_is_arraybuffer(env, value, &is));
  if (is) return "ArrayBuffer";
  return "object";
}

const at::Tensor& TensorArgument(Environment& environment, napi_value value, const char* where) {
  Slot* slot = FindSlot(environment, value);
  if (!slot || slot->kind != Kind::kTensor || !slot->tensor.defined()) {
    Wrong(environment, value, where, "a Tensor");
  }
  return slot->tensor;
}

const at::Tensor& HandleArgument(Environment& environment, napi_value handle, const char* where) {
  Slot* slot = FindHandle(environment, handle);
  if (!slot) slot = FindSlot(environment, handle);
  if (slot && slot->kind == Kind::kTensor && slot->tensor.defined()) return slot->tensor;
  if (slot && slot->kind == Kind::kTensor) {
    throw TypeProblem(std::string(where) + " must be a Tensor, not a disposed Tensor");
  }
  Wrong(environment, handle, where, "a Tensor");
}

std::vector<at::Tensor> TensorsArgument(Environment& environment, napi_value value, const char* where) {
  napi_env env = environment.env();
  bool is_array = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (!is_array) Wrong(environment, value, where, "an array of Tensors");
  uint32_t length;
  Check(env, napi_get_array_length(env, value, &length));
  if (length > kLongestList) Wrong(environment, value, where, "a shorter array");
  std::vector<at::Tensor> tensors;
  for (uint32_t i = 0; i < length; i++) {
    Napi::HandleScope scope(env);
    napi_value item;
    napi_valuetype type;
    Check(env, napi_get_element(env, value, i, &item));
    Check(env, napi_typeof(env, item, &type));
    tensors.push_back(type == napi_null || type == napi_undefined ? at::Tensor()
                                                                  : TensorArgument(environment, item, where));
  }
  return tensors;
}

at::ScalarType ScalarTypeArgument(Environment& environment, napi_value value, const char* where) {
  c10::IValue type;
  if (!FromJs(environment, value, TypeSpec{Type::kScalarType}, false, &type)) {
    Wrong(environment, value, where, "a DType");
  }
  return type.toScalarType();
}

c10::Device DeviceArgument(Environment& environment, napi_value value, const char* where) {
  c10::IValue device;
  if (!FromJs(environment, value, TypeSpec{Type::kDevice}, false, &device)) {
    Wrong(environment, value, where, "a Device");
  }
  return device.toDevice();
}

std::vector<int64_t> IntsArgument(Environment& environment, napi_value value, const char* where) {
  c10::IValue ints;
  if (!FromJs(environment, value, TypeSpec{Type::kInt, false, true}, false, &ints)) {
    Wrong(environment, value, where, "an array of whole numbers");
  }
  return ints.toIntVector();
}

}  // namespace nodetorch
