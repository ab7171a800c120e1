// Operators of frozen programs, over weights that are laid out for them.
//
//     packed = nodetorch.pack_linear(weight, bias)
//     y = nodetorch.linear(x, packed, 256, 'relu', None)
//     packed = nodetorch.pack_conv2d(weight, bias, groups)
//     y = nodetorch.conv2d(x, packed, 256, groups, [3, 3], stride, padding, dilation, 'relu6', None)
//
// They take plain float32 tensors on the CPU alone, and compute no gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <string>

#include "kernels/kernels.h"
#include "program/symbolic.h"

namespace nodetorch {

// By the name in a program. Null where there is none.
const SymbolicOperator* FindPacked(const std::string& name);

at::Tensor PackLinear(const at::Tensor& weight, const at::Tensor& bias);
at::Tensor PackConv3x3(const at::Tensor& weight, const at::Tensor& bias);
at::Tensor PackConv2d(const at::Tensor& weight, const at::Tensor& bias, int64_t groups);

// What is done with the result of a product, before it is given back.
struct Epilogue {
  at::Tensor other;  // added, unless it is undefined
  std::string activation;
  // Whether the kernel adds `other`, which must look as the result does.
  bool AddsInKernel(const at::Tensor& result) const;
  // What the kernel does to its sums: nothing where there is still something to add.
  Limits InKernel(bool has_added) const;
  // What the kernel has left.
  at::Tensor Finish(at::Tensor result, bool has_added) const;
};

at::Tensor LinearPacked(const at::Tensor& x, const at::Tensor& packed, int64_t features,
                        const Epilogue& epilogue);
at::Tensor Conv3x3Packed(const at::Tensor& x, const at::Tensor& packed, int64_t channels, int64_t pad_y,
                         int64_t pad_x, const Epilogue& epilogue);

// A convolution, by height and width.
struct ConvShape {
  int64_t channels, groups;  // of the result
  std::array<int64_t, 2> size, stride, padding, dilation;
};
at::Tensor Conv2dPacked(const at::Tensor& x, const at::Tensor& packed, const ConvShape& shape,
                        const Epilogue& epilogue);

// How many numbers a layer's packed weights are: panels, each with its biases first.
inline int64_t PanelsOf(int64_t features) { return (features + kPanel - 1) / kPanel; }

// Whether a kernel may look at its memory: float32 on the CPU, and nothing more than that.
bool IsPlainFloat(const at::Tensor& tensor);
void CheckPlainFloat(const at::Tensor& tensor, const char* what);

// Calls `run` for each number below `count`, on libtorch's threads.
void EachTask(int64_t count, const std::function<void(int64_t)>& run);

}  // namespace nodetorch
