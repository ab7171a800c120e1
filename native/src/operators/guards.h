// Checks that libtorch's own kernels leave out, so that no argument ends the process.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

namespace nodetorch {

// Throws when the arguments on `stack` would make the operator's kernel read or divide wildly.
using Guard = void (*)(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& stack);

// The guard of an operator ("_fft_c2r"), or null: nearly all check their arguments themselves.
Guard GuardOf(const std::string& name);

// A resize that fails for want of memory has already set the sizes. This remembers them, and puts
// them back where the memory does not reach.
class SizesBefore {
 public:
  explicit SizesBefore(const at::Tensor& tensor);
  void Restore() const;

 private:
  at::Tensor tensor_;
  std::vector<int64_t> sizes_, strides_;
  int64_t offset_ = 0;
};

}  // namespace nodetorch
