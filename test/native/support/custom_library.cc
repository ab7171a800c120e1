// A library with an operator of its own, as a user would write one: built by load_library.test.ts.
#include <ATen/core/Tensor.h>
#include <torch/library.h>

at::Tensor Mix(const at::Tensor& self, const at::Tensor& other, double share, bool swap) {
  const at::Tensor& first = swap ? other : self;
  const at::Tensor& second = swap ? self : other;
  return first.mul(share).add(second.mul(1 - share));
}

TORCH_LIBRARY(nodetorch_test, library) {
  library.def("mix(Tensor self, Tensor other, float share=0.5, *, bool swap=False) -> Tensor");
  library.impl("mix", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(Mix));
}
