// From the source of an argument to one value: a converter for each schema type that is no list.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/Scalar.h>

#include <optional>
#include <string>

#include "operators/argument_source.h"

namespace nodetorch {

// The value of a source; nothing where it is not of that type, so that another overload may be tried. Throws
// only what JavaScript threw, and libtorch's message about an unknown device.
template <typename T>
struct Converter {
  static std::optional<T> From(Environment& environment, const ArgumentSource& source);
};
template <>
std::optional<at::Tensor> Converter<at::Tensor>::From(Environment&, const ArgumentSource&);
template <>
std::optional<int64_t> Converter<int64_t>::From(Environment&, const ArgumentSource&);
template <>
std::optional<double> Converter<double>::From(Environment&, const ArgumentSource&);
template <>
std::optional<bool> Converter<bool>::From(Environment&, const ArgumentSource&);
template <>
std::optional<c10::Scalar> Converter<c10::Scalar>::From(Environment&, const ArgumentSource&);
template <>
std::optional<std::string> Converter<std::string>::From(Environment&, const ArgumentSource&);
template <>
std::optional<at::ScalarType> Converter<at::ScalarType>::From(Environment&, const ArgumentSource&);
template <>
std::optional<c10::Device> Converter<c10::Device>::From(Environment&, const ArgumentSource&);
template <>
std::optional<at::Layout> Converter<at::Layout>::From(Environment&, const ArgumentSource&);
template <>
std::optional<at::MemoryFormat> Converter<at::MemoryFormat>::From(Environment&, const ArgumentSource&);
template <>
std::optional<at::Generator> Converter<at::Generator>::From(Environment&, const ArgumentSource&);

// Whether a tensor stands for its value where a number is wanted: a zero-dimensional one does, as in PyTorch,
// unless a gradient would be lost.
bool IsScalar(const at::Tensor& tensor);
bool IsInteger(const at::Tensor& tensor);
// A whole number is an int, as the literal 1 is in Python; -0 and all others are floats.
c10::Scalar ScalarOf(double number);

}  // namespace nodetorch
