// JS values <-> IValues. One converter for each schema type, both directions side by side.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "environment.h"

namespace nodetorch {

// The schema types that occur in operators.
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

// Longer lists are refused: a sparse array of four billion holes would keep the thread for minutes.
constexpr uint32_t kLongestList = 1 << 24;

// Conversion of one argument. Returns false when `value` is not of that type, so that another
// overload may be tried; throws only what JavaScript threw.
bool IntsFromJs(Environment& environment, const napi_value* values, size_t count,
                std::vector<int64_t>* result);
bool FromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
            c10::IValue* result);

// `argument` of a return or a callback: its schema type tells a ScalarType from an int.
napi_value ToJs(Environment& environment, const c10::IValue& value, const c10::TypePtr& type);
napi_value ToJs(Environment& environment, const at::Tensor& tensor);
napi_value ToJs(Environment& environment, const std::vector<at::Tensor>& tensors);
napi_value ToJs(Environment& environment, at::Generator generator);
napi_value ToJs(Environment& environment, Held* held);

// What the value is, for messages: "Tensor", "string", "a disposed Tensor", "number NaN" ...
std::string Describe(Environment& environment, napi_value value);

// The slot behind a JS object, or null. `kind` of what is asked for.
Slot* FindSlot(Environment& environment, napi_value value);

// For functions with fixed arguments: the argument, or a TypeProblem that names it.
const at::Tensor& TensorArgument(Environment& environment, napi_value value, const char* where);
std::vector<at::Tensor> TensorsArgument(Environment& environment, napi_value value, const char* where);
at::ScalarType ScalarTypeArgument(Environment& environment, napi_value value, const char* where);
c10::Device DeviceArgument(Environment& environment, napi_value value, const char* where);
std::vector<int64_t> IntsArgument(Environment& environment, napi_value value, const char* where);

std::string ToString(napi_env env, napi_value string);
bool IsPlainObject(napi_env env, napi_value value);

}  // namespace nodetorch
