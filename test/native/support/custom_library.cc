// A library with an operator of its own, as a user would write one: built by load_library.test.ts. Where the
// environment says NODETORCH_TEST_REPLACE, it puts kernels of its own in the place of libtorch's, too: one file, since
// these headers take longer to compile than all that is in it.
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <torch/library.h>

#include <cstdlib>
#include <list>

at::Tensor Mix(const at::Tensor& self, const at::Tensor& other, double share, bool swap) {
  const at::Tensor& first = swap ? other : self;
  const at::Tensor& second = swap ? self : other;
  return first.mul(share).add(second.mul(1 - share));
}

TORCH_LIBRARY(nodetorch_test, library) {
  library.def("mix(Tensor self, Tensor other, float share=0.5, *, bool swap=False) -> Tensor");
  library.impl("mix", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(Mix));
}

at::Tensor Seven(const at::Tensor& self) { return at::full_like(self, 7); }
at::Tensor Eight(const at::Tensor& self, const at::Tensor&) { return at::full_like(self, 8); }
at::Tensor Nine(const at::Tensor& self) { return at::full_like(self, 9); }

// What TORCH_LIBRARY_IMPL does when a library is loaded.
std::list<torch::Library> Replace() {
  std::list<torch::Library> made;
  if (!std::getenv("NODETORCH_TEST_REPLACE")) return made;
  const auto library = [&](c10::DispatchKey key) -> torch::Library& {
    return made.emplace_back(torch::Library::IMPL, "aten", key, __FILE__, __LINE__);
  };
  library(c10::DispatchKey::CPU).impl("neg", TORCH_FN(Seven));
  torch::Library& autograd = library(c10::DispatchKey::AutogradCPU);
  autograd.impl("mul.Tensor", TORCH_FN(Eight));
  autograd.impl("sin", TORCH_FN(Nine));
  return made;
}
static const std::list<torch::Library> replaced = Replace();
