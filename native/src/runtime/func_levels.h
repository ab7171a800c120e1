// Tensors at a level of torch.func's transforms: what vmap and grad call in libtorch's Python part.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/functorch/Interpreter.h>

#include <cstdint>
#include <string>

namespace nodetorch {

// How many levels are open on this thread.
int64_t FuncLevels();
// Closes levels until there are `count`.
void CloseFuncLevels(int64_t count);

// One more level of the vmap from before torch.func's. How many there were.
int64_t OpenLegacyVmap();
// Closes them until there are `count`.
void CloseLegacyVmaps(int64_t count);
// The first dimension is that of a level, and the other way.
at::Tensor WithLegacyBatch(const at::Tensor& tensor, int64_t level);
at::Tensor WithoutLegacyBatch(const at::Tensor& tensor, int64_t level, int64_t batch_size);

// Each throws where there is no such level, or no such dimension.
at::Tensor WithBatchDim(const at::Tensor& tensor, int64_t dim, int64_t level);
at::Tensor WithoutBatchDim(const at::Tensor& tensor, int64_t level, int64_t batch_size, int64_t out_dim);

// The tensor itself where it is not of that level.
at::Tensor UnwrappedForGrad(const at::Tensor& tensor, int64_t level);

// "error", "same" or "different".
at::functorch::RandomnessType RandomnessNamed(const std::string& name);
std::string NameOf(at::functorch::RandomnessType randomness);

}  // namespace nodetorch
