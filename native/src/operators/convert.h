// JS values <-> IValues. One converter for each schema type, both directions side by side.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "runtime/environment.h"

namespace nodetorch {

constexpr double kMaxSafeInteger = 9007199254740991.0;
inline bool IsWhole(double number) {
  return std::abs(number) <= kMaxSafeInteger && std::trunc(number) == number;
}

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
bool FromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
            c10::IValue* result);
// A tensor as an argument of that type: as it is, or a zero-dimensional one for its value.
bool FromTensor(const at::Tensor& tensor, const TypeSpec& spec, c10::IValue* result);
// Whether it fits though its value cannot be read: FromTensor would raise the error that says why.
bool FitsUnread(const at::Tensor& tensor, const TypeSpec& spec);
// A list of the numbers of tensors' slots; negative for null.
bool FromTensors(Environment& environment, c10::ArrayRef<double> numbers, const TypeSpec& spec,
                 c10::IValue* result);
// A list of numbers.
bool FromNumbers(c10::ArrayRef<double> numbers, const TypeSpec& spec, c10::IValue* result);

// A number as a tensor, for operators between it and `tensor`. Beside float32 it is of float32, as it will be
// in the kernel: turning it there takes longer than the kernel itself.
at::Tensor NumberBeside(const at::Tensor& tensor, double number);

// `type` of a return or a callback: it tells a ScalarType from an int. `fresh`: see HandlePool::New.
napi_value ToJs(Environment& environment, const c10::IValue& value, const c10::TypePtr& type,
                bool fresh = false);
napi_value ToJs(Environment& environment, const at::Tensor& tensor, bool fresh = false);
napi_value ToJs(Environment& environment, const std::vector<at::Tensor>& tensors);
napi_value ToJs(Environment& environment, at::Generator generator);
napi_value ToJs(Environment& environment, Held* held);

// What the value is, for messages: "Tensor", "string", "a disposed Tensor", "number NaN" ...
std::string Describe(Environment& environment, napi_value value);
std::string DescribeNumber(double number);

// The slot behind a JS object or an external, or null.
Slot* FindSlot(Environment& environment, napi_value value);
// The slot behind what an object of ours has as its handle: an external, or the number of a tensor's slot.
Slot* FindHandle(Environment& environment, napi_value handle);
// Makes `blank`, a Tensor that owns nothing, the owner of a new slot; returns its number, or null.
napi_value ToJs(Environment& environment, const at::Tensor& tensor, napi_value blank);
// Makes `object` the owner of a slot that has none.
void Own(Environment& environment, napi_value object, Slot* slot);

// For functions with fixed arguments: the argument, or a TypeProblem that names it. A handle is what
// FindHandle takes, or the object that has it: for functions that no user's value goes to.
const at::Tensor& TensorArgument(Environment& environment, napi_value value, const char* where);
const at::Tensor& HandleArgument(Environment& environment, napi_value handle, const char* where);
std::vector<at::Tensor> TensorsArgument(Environment& environment, napi_value value, const char* where);
at::ScalarType ScalarTypeArgument(Environment& environment, napi_value value, const char* where);
c10::Device DeviceArgument(Environment& environment, napi_value value, const char* where);
std::vector<int64_t> IntsArgument(Environment& environment, napi_value value, const char* where);

std::string ToString(napi_env env, napi_value string);
bool IsPlainObject(napi_env env, napi_value value);

}  // namespace nodetorch
