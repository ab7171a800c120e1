// The types in the schemas of operators.
#pragma once

#include <ATen/core/function_schema.h>

#include <cstdint>
#include <string>

namespace nodetorch {

enum class Type : uint8_t {
  kTensor,
  kInt,  // and SymInt
  kFloat,
  kBool,
  kScalar,
  kString,
  kScalarType,
  kDevice,
  kLayout,
  kMemoryFormat,
  kGenerator,
  kObject,       // of a class that a library has registered: packed weights, a process group
  kAny,          // by what the value is
  kStructure,    // a tuple, a dict, a list of lists
  kUnsupported,  // Storage, Stream, Dimname
};

// A schema type as the converters see it: `Tensor?[]` is a list whose elements are optional.
struct TypeSpec {
  Type type = Type::kUnsupported;
  bool optional = false;
  bool list = false;
  bool optional_elements = false;
  int64_t broadcast = 0;  // N of int[N]: one number stands for N of them
  // Of kObject the class, of kStructure the type (of its elements, where it is a list).
  c10::TypePtr schema;

  static TypeSpec Of(const c10::Argument& argument);
  static TypeSpec Of(c10::TypePtr type);
  // Of one element of a list.
  TypeSpec Element() const;
  // As messages and typings spell it.
  std::string Name() const;
};

// "torch.classes.quantized.LinearPackedParamsBase", where JavaScript finds it. PyTorch's name for it has
// "__torch__." before that.
std::string ShownName(const c10::ClassType& type);
// Whether the name is of that kind: of a class, or of a method of one.
bool IsOfClass(const std::string& name);

}  // namespace nodetorch
