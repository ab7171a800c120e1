#include "runtime/func_levels.h"

#include <ATen/LegacyVmapMode.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>
#include <ATen/ops/_add_batch_dim.h>
#include <ATen/ops/_remove_batch_dim.h>
#include <ATen/ops/movedim.h>

#include "runtime/error.h"

namespace nodetorch {

using namespace at::functorch;

int64_t FuncLevels() { return static_cast<int64_t>(getDynamicLayerStack().size()); }

void CloseFuncLevels(int64_t count) {
  while (FuncLevels() > count) popDynamicLayerAndDeleteMetadata();
}

int64_t OpenLegacyVmap() { return at::impl::VmapMode::increment_nesting() - 1; }

void CloseLegacyVmaps(int64_t count) {
  while (at::impl::VmapMode::current_vmap_level() > count) at::impl::VmapMode::decrement_nesting();
}

at::Tensor WithLegacyBatch(const at::Tensor& tensor, int64_t level) {
  TORCH_CHECK(level >= 1 && level <= at::impl::VmapMode::current_vmap_level(), "there is no level ", level,
              " of vmap");
  TORCH_CHECK_INDEX(tensor.dim() > 0, "a tensor that is mapped over needs a dimension");
  return at::_add_batch_dim(tensor, 0, level);
}

at::Tensor WithoutLegacyBatch(const at::Tensor& tensor, int64_t level, int64_t batch_size) {
  return at::_remove_batch_dim(tensor, level, batch_size, 0);
}

at::Tensor WithBatchDim(const at::Tensor& tensor, int64_t dim, int64_t level) {
  TORCH_CHECK(level >= 1 && level <= FuncLevels(), "there is no level ", level,
              " of torch.func's transforms");
  TORCH_CHECK(getDynamicLayerStack()[level - 1].key() == TransformType::Vmap, "that level is no vmap");
  TORCH_CHECK_INDEX(dim >= 0 && dim < tensor.dim(), "dimension ", dim, " of a tensor that has ",
                    tensor.dim());
  return addBatchDim(tensor, dim, level);
}

at::Tensor WithoutBatchDim(const at::Tensor& tensor, int64_t level, int64_t batch_size, int64_t out_dim) {
  const BatchedTensorImpl* batched = maybeGetBatchedImpl(tensor);
  const int64_t dims = tensor.dim() + 1;  // of the result
  TORCH_CHECK_INDEX(out_dim >= 0 && out_dim < dims, "Dimension out of range (expected to be in range of [",
                    -dims, ", ", dims - 1, "], but got ", out_dim, ")");
  if (batched && batched->level() == level) {
    // A view with a forward derivative must have its layout, where a mere value need not.
    if (batched->bdim() == out_dim) return batched->value();
    return at::movedim(batched->value(), batched->bdim(), out_dim);
  }
  std::vector<int64_t> sizes = tensor.sizes().vec();
  sizes.insert(sizes.begin() + out_dim, batch_size);
  return (out_dim == 0 ? tensor : tensor.unsqueeze(out_dim)).expand(sizes);
}

at::Tensor UnwrappedForGrad(const at::Tensor& tensor, int64_t level) {
  const TensorWrapper* wrapper = maybeGetTensorWrapper(tensor);
  return wrapper && wrapper->level() == level ? wrapper->value() : tensor;
}

RandomnessType RandomnessNamed(const std::string& name) {
  if (name == "error") return RandomnessType::Error;
  if (name == "same") return RandomnessType::Same;
  if (name == "different") return RandomnessType::Different;
  throw TypeProblem("randomness argument needs to be error, same, or different");
}

std::string NameOf(RandomnessType randomness) {
  if (randomness == RandomnessType::Error) return "error";
  return randomness == RandomnessType::Same ? "same" : "different";
}

}  // namespace nodetorch
