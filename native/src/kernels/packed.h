// Operators of frozen programs, over weights that are laid out for them.
//
//     packed = nodetorch.pack_linear(weight, bias)
//     y = nodetorch.linear(x, packed, 256, 'relu', None)
//
// They take plain float32 tensors on the CPU alone, and compute no gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "program/symbolic.h"

namespace nodetorch {

// By the name in a program. Null where there is none.
const SymbolicOperator* FindPacked(const std::string& name);

at::Tensor PackLinear(const at::Tensor& weight, const at::Tensor& bias);
at::Tensor PackConv3x3(const at::Tensor& weight, const at::Tensor& bias);

// What is done with the result of a product, before it is given back.
struct Epilogue {
  at::Tensor other;  // added, unless it is undefined
  std::string activation;
  // Whether the kernel adds `other`, which must look as the result does, and whether it does relu.
  bool AddsInKernel(const at::Tensor& result) const;
  bool IsRelu() const { return activation == "relu"; }
  // What the kernel has left.
  at::Tensor Finish(at::Tensor result, bool has_added) const;
};

at::Tensor LinearPacked(const at::Tensor& x, const at::Tensor& packed, int64_t features,
                        const Epilogue& epilogue);
at::Tensor Conv3x3Packed(const at::Tensor& x, const at::Tensor& packed, int64_t channels, int64_t pad_y,
                         int64_t pad_x, const Epilogue& epilogue);

// Whether a kernel may look at its memory: float32 on the CPU, and nothing more than that.
bool IsPlainFloat(const at::Tensor& tensor);
void CheckPlainFloat(const at::Tensor& tensor, const char* what);

// Calls `run` for each number below `count`, on libtorch's threads.
void EachTask(int64_t count, const std::function<void(int64_t)>& run);

}  // namespace nodetorch
