#include "operators/sizes_before.h"

#include <ATen/EmptyTensor.h>

namespace nodetorch {

SizesBefore::SizesBefore(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided || !tensor.has_storage() || tensor.is_meta()) return;
  tensor_ = tensor;
  sizes_ = tensor.sizes().vec();
  strides_ = tensor.strides().vec();
  offset_ = tensor.storage_offset();
}

void SizesBefore::Restore() const {
  if (!tensor_.defined()) return;
  const size_t needed = at::detail::computeStorageNbytes(tensor_.sizes(), tensor_.strides(),
                                                         tensor_.element_size(), tensor_.storage_offset());
  if (needed <= tensor_.storage().nbytes()) return;
  tensor_.unsafeGetTensorImpl()->set_sizes_and_strides(sizes_, strides_, offset_);
}

}  // namespace nodetorch
