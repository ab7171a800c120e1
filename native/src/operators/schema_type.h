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
  kUnsupported,  // Storage, Stream, a TorchScript class
};

// A schema type as the converters see it: `Tensor?[]` is a list whose elements are optional.
struct TypeSpec {
  Type type = Type::kUnsupported;
  bool optional = false;
  bool list = false;
  bool optional_elements = false;
  int64_t broadcast = 0;  // N of int[N]: one number stands for N of them

  static TypeSpec Of(const c10::Argument& argument);
  // As messages and typings spell it.
  std::string Name() const;
};

}  // namespace nodetorch
