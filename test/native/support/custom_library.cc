// A library with an operator of its own, as a user would write one: built by load_library.test.ts. Where the
// environment says NODETORCH_TEST_REPLACE, it puts kernels of its own in the place of libtorch's, too: one
// file, since these headers take longer to compile than all that is in it. test/export/functionalized.py has
// the operators that write to their arguments, too.
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

void Shift(at::Tensor& x, const at::Tensor& y, double by) { x.add_(y, by); }

at::Tensor Share(at::TensorList xs, const at::Tensor& y, const std::optional<at::Tensor>& z) {
  for (const at::Tensor& x : xs) x.mul_(y);
  if (z) z->add_(1);
  return y.add(1);
}

at::Tensor& Twice(const at::Tensor& x, at::Tensor& out) { return out.copy_(x.mul(2)); }

at::Tensor& Negate(at::Tensor& self) { return self.neg_(); }

TORCH_LIBRARY(nodetorch_test, library) {
  library.def("mix(Tensor self, Tensor other, float share=0.5, *, bool swap=False) -> Tensor");
  library.impl("mix", c10::DispatchKey::CompositeImplicitAutograd, TORCH_FN(Mix));
  const auto kernel = c10::DispatchKey::CompositeExplicitAutograd;
  library.def("shift_(Tensor(a!) x, Tensor y, float by=1.0) -> ()");
  library.impl("shift_", kernel, TORCH_FN(Shift));
  library.def("share_(Tensor(a!)[] xs, Tensor y, *, Tensor(b!)? z=None) -> Tensor");
  library.impl("share_", kernel, TORCH_FN(Share));
  library.def("twice.out(Tensor x, *, Tensor(a!) out) -> Tensor(a!)");
  library.impl("twice.out", kernel, TORCH_FN(Twice));
  library.def("negate_(Tensor(a!) self) -> Tensor(a!)");
  library.impl("negate_", kernel, TORCH_FN(Negate));
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
