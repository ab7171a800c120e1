// The arguments of native functions whose signature is fixed.
#pragma once

#include <ATen/core/Tensor.h>
#include <napi.h>

#include <vector>

#include "runtime/environment.h"

namespace nodetorch {

// The argument, or a TypeProblem that names it.
const at::Tensor& TensorArgument(Environment& environment, napi_value value, const char* where);
// A handle is what FindHandle takes, or the object that has it: for functions that no user's value goes to.
const at::Tensor& HandleArgument(Environment& environment, napi_value handle, const char* where);
std::vector<at::Tensor> TensorsArgument(Environment& environment, napi_value value, const char* where);
at::ScalarType ScalarTypeArgument(Environment& environment, napi_value value, const char* where);
c10::Device DeviceArgument(Environment& environment, napi_value value, const char* where);
std::vector<int64_t> IntsArgument(Environment& environment, napi_value value, const char* where);

}  // namespace nodetorch
