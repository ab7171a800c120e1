#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace nodetorch {

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
