// A library that puts kernels of its own in the place of libtorch's: built by load_library.test.ts.
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <torch/library.h>

at::Tensor Seven(const at::Tensor& self) { return at::full_like(self, 7); }
at::Tensor Eight(const at::Tensor& self, const at::Tensor&) { return at::full_like(self, 8); }
at::Tensor Nine(const at::Tensor& self) { return at::full_like(self, 9); }

TORCH_LIBRARY_IMPL(aten, CPU, library) {
  library.impl("neg", TORCH_FN(Seven));
}
TORCH_LIBRARY_IMPL(aten, AutogradCPU, library) {
  library.impl("mul.Tensor", TORCH_FN(Eight));
  library.impl("sin", TORCH_FN(Nine));
}
