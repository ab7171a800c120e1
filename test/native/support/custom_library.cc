// A library with operators and classes of its own, as a user would write one: load_library.process.test.ts builds
// it. Where the environment says NODETORCH_TEST_REPLACE, it puts kernels of its own in the place of libtorch's, too:
// one file, since these headers take longer to compile than all that is in it. test/export/functionalized.py has
// the operators that write to their arguments, too.
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <torch/custom_class.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <list>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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

std::atomic<int64_t> tallies{0};  // that are alive

struct Tally : torch::CustomClassHolder {
  explicit Tally(std::string label, int64_t total) : label(std::move(label)), total(total) { tallies++; }
  ~Tally() override { tallies--; }
  std::string label;
  int64_t total;
};
using TallyPtr = c10::intrusive_ptr<Tally>;

struct Empty : torch::CustomClassHolder {};

using Row = std::tuple<std::string, std::optional<int64_t>>;
using Weights = c10::Dict<std::string, double>;

// All in one text, to see what came.
std::string Describe(const Row& row, const Weights& weights, const std::vector<std::vector<int64_t>>& grid) {
  std::string text = std::get<0>(row) + (std::get<1>(row) ? std::to_string(*std::get<1>(row)) : " none");
  for (const auto& entry : weights) {
    text += " " + entry.key() + "=" + std::to_string(static_cast<int>(10 * entry.value()));
  }
  for (const auto& line : grid) text += " " + std::to_string(line.size());
  return text;
}

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

  library.class_<Tally>("Tally")
      .def(torch::init<std::string, int64_t>(), "", {torch::arg("label"), torch::arg("first_total") = 0})
      .def(
          "add_to_total", [](const TallyPtr& self, int64_t by) { return self->total += by; }, "",
          {torch::arg("by") = 1})
      .def("itself", [](const TallyPtr& self) { return self; })
      .def("copy", [](const TallyPtr& self) { return c10::make_intrusive<Tally>(self->label, self->total); })
      .def("reset", [](const TallyPtr& self) { self->total = 0; })
      .def("fail", [](const TallyPtr&) { throw std::runtime_error("the tally is closed"); })
      .def("describe", [](const TallyPtr&, const Row& row, const Weights& weights,
                          const std::vector<std::vector<int64_t>>& grid) { return Describe(row, weights, grid); })
      .def("totals", [](const TallyPtr& self) {
        c10::Dict<std::string, std::vector<int64_t>> totals;
        totals.insert(self->label, std::vector<int64_t>{self->total, -self->total});
        return totals;
      })
      .def("echo", [](const TallyPtr&, c10::IValue value) { return value; })
      .def("type_of", [](const TallyPtr&, const c10::IValue& value) {
        return value.isTensor() ? "Tensor" : value.type()->annotation_str();
      })
      // What Python's torch.export asks for.
      .def("__obj_flatten__", [](const TallyPtr& self) {
        return std::make_tuple(std::make_tuple(std::string("label"), self->label),
                               std::make_tuple(std::string("total"), self->total));
      })
      .def("__repr__", [](const TallyPtr& self) { return "Tally(" + self->label + ")"; })
      .def_static("of_total", [](int64_t total) { return c10::make_intrusive<Tally>("static", total); })
      .def_readwrite("running_total", &Tally::total)
      .def_readonly("label", &Tally::label)
      .def_pickle(
          [](const TallyPtr& self) { return std::make_tuple(self->label, self->total); },
          [](const std::tuple<std::string, int64_t>& state) {
            return c10::make_intrusive<Tally>(std::get<0>(state), std::get<1>(state));
          });
  library.class_<Empty>("Empty").def(torch::init<>());

  library.def("tally_of(__torch__.torch.classes.nodetorch_test.Tally tally) -> int",
              [](const TallyPtr& tally) { return tally->total; });
  library.def("sum_of(__torch__.torch.classes.nodetorch_test.Tally[] tallies, *, int plus=0) -> int",
              [](const c10::List<TallyPtr>& all, int64_t plus) {
                for (const TallyPtr tally : all) plus += tally->total;
                return plus;
              });
  library.def("tally_or_none(__torch__.torch.classes.nodetorch_test.Tally? tally=None) -> int?",
              [](const std::optional<TallyPtr>& tally) {
                return tally ? std::make_optional((*tally)->total) : std::nullopt;
              });
  library.def("new_tally(Tensor values) -> __torch__.torch.classes.nodetorch_test.Tally",
              [](const at::Tensor& values) {
                return c10::make_intrusive<Tally>("of a tensor", values.sum().item<int64_t>());
              });
  library.def("times_total(Tensor self, __torch__.torch.classes.nodetorch_test.Tally tally) -> Tensor");
  library.impl("times_total", c10::DispatchKey::CompositeExplicitAutograd,
               [](const at::Tensor& self, const TallyPtr& tally) { return self.mul(tally->total); });
  library.def("tallies() -> int", []() { return tallies.load(); });
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
