// associative_scan(graph, xs, additional): the running results of a graph that combines two slices, along the
// first dimension. Forward and backward take the steps of torch/_higher_order_ops/associative_scan.py, in
// their order.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tril.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "program/higher_order.h"

namespace nodetorch {

namespace {

using at::Tensor;
using c10::IValue;
using Tensors = std::vector<Tensor>;
// Of two slices of each x, one.
using Combine = std::function<Tensors(const Tensors& left, const Tensors& right)>;

Tensors Each(const Tensors& tensors, const std::function<Tensor(const Tensor&)>& change) {
  Tensors changed;
  for (const Tensor& tensor : tensors) changed.push_back(change(tensor));
  return changed;
}

// a[0], b[0], a[1], b[1], ...; a may be one longer.
Tensor Interleaved(const Tensor& a, Tensor b) {
  const bool is_longer = a.size(0) == b.size(0) + 1;
  if (is_longer) {
    std::vector<int64_t> padding(static_cast<size_t>(2 * b.dim()), 0);
    padding.back() = 1;
    b = at::constant_pad_nd(b, padding);
  }
  const Tensor both = at::flatten(at::stack({a, b}, 1), 0, 1);
  return is_longer ? both.slice(0, 0, b.size(0) + a.size(0) - 1) : both;
}

// Neighbours are combined, the rest is the same with half as many elements.
Tensors Scan(const Combine& combine, const Tensors& elements) {
  const int64_t count = elements[0].size(0);
  if (count < 2) return elements;
  const Tensors reduced =
      combine(Each(elements, [](const Tensor& x) { return x.slice(0, 0, -1, 2); }),
              Each(elements, [](const Tensor& x) { return x.slice(0, 1, std::nullopt, 2); }));
  const Tensors odd = Scan(combine, reduced);
  const Tensors before = count % 2 == 0 ? Each(odd, [](const Tensor& x) { return x.slice(0, 0, -1); }) : odd;
  const Tensors even =
      combine(before, Each(elements, [](const Tensor& x) { return x.slice(0, 2, std::nullopt, 2); }));
  Tensors results;
  for (size_t i = 0; i < elements.size(); i++) {
    const Tensor first = elements[i].slice(0, 0, 1);
    results.push_back(Interleaved(even[i].numel() > 0 ? at::cat({first, even[i]}) : first, odd[i]));
  }
  return results;
}

Tensors TensorsOf(const Values& values) {
  Tensors tensors;
  for (const IValue& value : values) {
    TORCH_CHECK(value.isTensor(), "xs leaves must be a Tensor");
    tensors.push_back(value.toTensor());
  }
  return tensors;
}

Tensors Combined(Run& run, const Graph& graph, const Tensors& left, const Tensors& right,
                 const Values& more) {
  Values inputs(left.begin(), left.end());
  inputs.insert(inputs.end(), right.begin(), right.end());
  return TensorsOf(run.Execute(graph, Joined(inputs, more)));
}

// A graph that waits for its backward pass.
struct HeldGraph : torch::CustomClassHolder {
  explicit HeldGraph(std::shared_ptr<const Graph> held) : graph(std::move(held)) {}
  const std::shared_ptr<const Graph> graph;
};

// The product of the steps between two places, for each pair of them: 1 on the diagonal, 0 below.
Tensor Paths(const Tensor& steps, int64_t count) {
  const auto mask = [&](int64_t diagonal) {
    Tensor ones = at::ones({count, count}, steps.options().dtype(at::kBool)).tril(diagonal);
    for (int64_t i = 2; i < steps.dim(); i++) ones = ones.unsqueeze(-1);
    return ones;  // (to, from, 1, ...)
  };
  Tensor paths = steps.unsqueeze(1).repeat_interleave(count, 1);  // (leaf, to, from, ...)
  paths.masked_fill_(mask(0), 1.0);
  paths = paths.cumprod(2);
  return paths.masked_fill_(mask(-1), 0.0);
}

// The gradients of the graph, at all places at once.
Tensors StepGradients(const Graph& graph, const Tensors& left, const Tensors& right) {
  const at::AutoGradMode with_gradients(true);
  const auto leaf = [](const Tensor& x) {
    return x.detach().requires_grad_(x.is_floating_point() || x.is_complex());
  };
  Tensors inputs = Each(left, leaf);
  const Tensors right_leaves = Each(right, leaf);
  Run run;
  const Tensors outputs = Combined(run, graph, inputs, right_leaves, {});
  inputs.insert(inputs.end(), right_leaves.begin(), right_leaves.end());
  const Tensors ones = Each(outputs, [](const Tensor& x) { return at::ones_like(x); });
  Tensors gradients =
      torch::autograd::grad(outputs, inputs, ones, std::nullopt, false, /*allow_unused=*/true);
  for (size_t i = 0; i < inputs.size(); i++) {
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(inputs[i]);
  }
  return gradients;
}

struct ScanFunction : torch::autograd::Function<ScanFunction> {
  static Tensors forward(torch::autograd::AutogradContext* context, const Combine& combine,
                         const std::shared_ptr<const Graph>& graph, at::TensorList xs) {
    Tensors ys;
    {
      const at::AutoDispatchBelowAutograd below;
      ys = Scan(combine, xs.vec());
    }
    context->saved_data["graph"] = IValue::make_capsule(c10::make_intrusive<HeldGraph>(graph));
    Tensors saved = xs.vec();
    saved.insert(saved.end(), ys.begin(), ys.end());
    context->save_for_backward(saved);
    return ys;
  }

  static Tensors backward(torch::autograd::AutogradContext* context, Tensors gradients) {
    const auto held = context->saved_data["graph"].toCapsule();
    const Tensors saved = context->get_saved_variables();
    const size_t count = saved.size() / 2;
    const auto middle = saved.begin() + static_cast<std::ptrdiff_t>(count);
    const Tensors xs(saved.begin(), middle), ys(middle, saved.end());
    const Tensors before = Each(ys, [](const Tensor& y) { return y.roll(1, 0); });
    const Tensors steps = StepGradients(*static_cast<const HeldGraph&>(*held).graph, before, xs);
    const auto half = steps.begin() + static_cast<std::ptrdiff_t>(count);
    for (size_t i = 0; i < count; i++) {
      if (!gradients[i].defined()) gradients[i] = at::zeros_like(ys[i]);
    }
    const Tensor by_y = at::stack(Tensors(steps.begin(), half));
    const Tensor by_x = at::stack(Tensors(half, steps.end()));
    by_x.select(1, 0).fill_(1.0);
    const Tensor paths = Paths(by_y, ys[0].size(0));
    const Tensor result = paths.mul(at::stack(gradients).unsqueeze(1)).sum(2).mul(by_x);
    Tensors all = result.unbind(0);
    all.insert(all.begin(), 2, Tensor());  // of what is no tensor
    return all;
  }
};

size_t CountAssociativeScan(const GraphNode& node) {
  CheckInputs(node, 0, 2 * LengthOf(node, 1) + LengthOf(node, 2));
  CheckOutputs(node, 0, LengthOf(node, 1));
  return LengthOf(node, 1);
}
Values AssociativeScan(const HigherOrderCall& call) {
  const Tensors xs = TensorsOf(call.List(1));
  const Values additional = call.List(2);
  TORCH_CHECK(!xs.empty(), "Expected at least 1 xs leaf");
  TORCH_CHECK(additional.empty() || c10::InferenceMode::is_enabled(),
              "Associative_scan does currently not support gradients for lifted parameters!");
  for (const Tensor& x : xs) {
    TORCH_CHECK(x.dim() > 0 && x.size(0) > 0 && x.size(0) == xs[0].size(0),
                "All xs leaves must at least have 'dim' number of dimensions and scan dimension > 0");
  }
  const std::shared_ptr<const Graph>& graph = call.GraphAt(0);
  const Combine combine = [&](const Tensors& left, const Tensors& right) {
    return Combined(call.run(), *graph, left, right, additional);
  };
  const Tensors ys =
      additional.empty() ? ScanFunction::apply(combine, graph, at::TensorList(xs)) : Scan(combine, xs);
  return Values(ys.begin(), ys.end());
}

}  // namespace

void AddAssociativeScan(HigherOrderTable& table) {
  table.insert({{"associative_scan", {"gll", CountAssociativeScan, AssociativeScan}}});
}

}  // namespace nodetorch
