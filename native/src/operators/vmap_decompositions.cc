// The order of operations is Python's (torch/_decomp/decompositions.py): it decides the last bits. Sizes are
// those of one sample: each operator in here goes through vmap by itself.
#include "operators/vmap_decompositions.h"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <ATen/core/Reduction.h>
#include <torch/library.h>

#include <mutex>

namespace nodetorch {

namespace {

using OptionalTensor = std::optional<at::Tensor>;

// Half types are computed in float32, and the result made half again.
template <typename Compute>
at::Tensor InComputeType(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, Compute compute) {
  const at::ScalarType type = at::promote_types(
      at::result_type(a, b), at::isFloatingType(c.scalar_type()) ? c.scalar_type() : at::kBool);
  const at::ScalarType wide = at::toOpMathType(type);
  return compute(a.to(wide), b.to(wide), c.to(wide)).to(type);
}

at::Tensor MseLossBackward(const at::Tensor& grad, const at::Tensor& input, const at::Tensor& target,
                           int64_t reduction) {
  return InComputeType(grad, input, target, [&](const auto& g, const auto& x, const auto& t) {
    const double norm = reduction == at::Reduction::Mean ? 2.0 / static_cast<double>(x.numel()) : 2.0;
    return at::mul(at::mul(at::sub(x, t), norm), g);
  });
}

double MeanFactor(const at::Tensor& input, int64_t reduction) {
  return reduction == at::Reduction::Mean ? 1.0 / static_cast<double>(input.numel()) : 1.0;
}

at::Tensor SmoothL1LossBackward(const at::Tensor& grad, const at::Tensor& input, const at::Tensor& target,
                                int64_t reduction, double beta) {
  return InComputeType(grad, input, target, [&](const auto& g, const auto& x, const auto& t) {
    const at::Tensor difference = at::sub(x, t);
    const at::Tensor size = at::abs(difference);
    const at::Tensor scaled = at::mul(g, MeanFactor(x, reduction));
    return at::where(at::lt(size, beta), at::div(at::mul(scaled, difference), beta),
                     at::mul(scaled, at::sign(difference)));
  });
}

at::Tensor HuberLossBackward(const at::Tensor& grad, const at::Tensor& input, const at::Tensor& target,
                             int64_t reduction, double delta) {
  return InComputeType(grad, input, target, [&](const auto& g, const auto& x, const auto& t) {
    const double norm = MeanFactor(x, reduction);
    const at::Tensor difference = at::sub(x, t);
    const at::Tensor below = at::mul(at::mul(g, -norm), delta);
    const at::Tensor above = at::mul(at::mul(g, norm), delta);
    const at::Tensor between = at::mul(at::mul(difference, norm), g);
    return at::where(at::lt(difference, -delta), below, at::where(at::gt(difference, delta), above, between));
  });
}

// Weights of classes, shaped to multiply `like`.
at::Tensor AlongChannels(const at::Tensor& weight, const at::Tensor& like, int64_t channel) {
  std::vector<int64_t> shape(like.dim(), 1);
  shape[channel] = weight.size(0);
  return weight.reshape(shape);
}

std::tuple<at::Tensor, at::Tensor> NllLossForward(const at::Tensor& input, const at::Tensor& target,
                                                  const OptionalTensor& weight, int64_t reduction,
                                                  int64_t ignore_index) {
  const int64_t channel = input.dim() < 2 ? 0 : 1;
  const bool weighted = weight && weight->defined();
  at::Tensor scores = input, weights;
  if (weighted) {
    weights = input.dim() > 1 ? AlongChannels(*weight, input, channel) : *weight;
    scores = at::mul(input, weights);
  }
  const auto counted = [&] { return at::ne(target, ignore_index); };
  const at::Tensor index = at::where(counted(), target, 0).unsqueeze(channel);
  at::Tensor loss = at::neg(at::gather(scores, channel, index)).squeeze(channel);
  loss = at::where(counted(), loss, 0);
  if (reduction == at::Reduction::None && input.dim() > 1) return {loss, scores.new_full({}, 0.0)};
  at::Tensor total;
  if (weighted) {
    const at::Tensor each = at::gather(weights.expand(scores.sizes()), channel, index).squeeze(channel);
    total = at::where(counted(), each, 0).sum();
  } else {
    total = counted().sum().to(scores.options());
  }
  if (reduction == at::Reduction::Sum) loss = loss.sum();
  if (reduction == at::Reduction::Mean) loss = at::div(loss.sum(), total);
  return {loss, total};
}

at::Tensor NllLossBackward(const at::Tensor& grad_output, const at::Tensor& input, const at::Tensor& target,
                           const OptionalTensor& weight, int64_t reduction, int64_t ignore_index,
                           const at::Tensor& total_weight) {
  const int64_t channel = input.dim() < 2 ? 0 : 1;
  at::Tensor grad = reduction == at::Reduction::Mean ? at::div(grad_output, total_weight) : grad_output;
  const at::Tensor classes =
      (input.dim() == 1 && target.dim() > 0 ? target.select(0, 0) : target).unsqueeze(channel);
  const at::Tensor index = at::where(at::ne(classes, ignore_index), classes, 0);
  const at::Tensor result = at::scatter(at::zeros_like(input), channel, index, -1.0);
  if (result.dim() > grad.dim() && grad.dim() > 0) grad = grad.unsqueeze(channel);
  if (weight && weight->defined()) grad = at::mul(grad, AlongChannels(*weight, input, channel));
  grad = at::where(at::ne(classes, ignore_index), grad, 0);
  return at::mul(result, grad);
}

at::Tensor Addr(const at::Tensor& input, const at::Tensor& left, const at::Tensor& right,
                const at::Scalar& beta, const at::Scalar& alpha) {
  TORCH_CHECK(left.dim() == 1, "addr: Expected 1-D argument vec1, but got ", left.dim(), "-D");
  TORCH_CHECK(right.dim() == 1, "addr: Expected 1-D argument vec2, but got ", right.dim(), "-D");
  const at::ScalarType type = at::promote_types(at::result_type(input, left), right.scalar_type());
  const at::ScalarType wide = at::toOpMathType(type);
  const at::Tensor base = input.to(wide).expand({left.size(0), right.size(0)});
  const at::Tensor a = left.to(wide), b = right.to(wide);
  if (type == at::kBool) {
    const at::Tensor outer = alpha.toBool() ? at::outer(a, b) : at::full_like(base, false);
    return beta.toBool() ? at::logical_or(base, outer) : outer;
  }
  const at::Tensor outer = at::mul(at::outer(a, b), alpha);
  if (beta.equal(0)) return outer.to(type);
  return at::add(at::mul(base, beta), outer).to(type);
}

// Python's conj() is this method, which the operator of the same name stands above.
at::Tensor Conj(const at::Tensor& input) { return input.conj(); }

}  // namespace

void RegisterVmapDecompositions() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Never destroyed: its registrations end with the process.
    auto* library = new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::FuncTorchBatched,
                                       __FILE__, __LINE__);
    library->impl("mse_loss_backward", MseLossBackward);
    library->impl("smooth_l1_loss_backward", SmoothL1LossBackward);
    library->impl("huber_loss_backward", HuberLossBackward);
    library->impl("nll_loss_forward", NllLossForward);
    library->impl("nll_loss2d_forward", NllLossForward);
    library->impl("nll_loss_backward", NllLossBackward);
    library->impl("nll_loss2d_backward", NllLossBackward);
    library->impl("addr", Addr);
    library->impl("conj", Conj);
  });
}

}  // namespace nodetorch
