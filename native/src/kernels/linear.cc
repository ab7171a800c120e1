// A linear layer over packed weights: panels of kPanel features, each with its biases before (in, kPanel)
// weights.
#include <ATen/core/DimVector.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <c10/util/accumulate.h>

#include <algorithm>

#include "kernels/kernels.h"
#include "kernels/packed.h"

namespace nodetorch {

namespace {

constexpr int64_t kRowsOfTask = 64;

}  // namespace

at::Tensor PackLinear(const at::Tensor& weight, const at::Tensor& bias) {
  CheckPlainFloat(weight, "weight");
  TORCH_CHECK(weight.dim() == 2 && weight.size(0) > 0, "a weight to pack must have two dimensions");
  const int64_t out = weight.size(0), in = weight.size(1), panels = PanelsOf(out);
  at::Tensor packed = at::zeros({panels * (in + 1) * kPanel}, weight.options());
  auto* numbers = packed.mutable_data_ptr<float>();
  const at::Tensor rows = weight.contiguous();
  const auto* from = rows.const_data_ptr<float>();
  for (int64_t o = 0; o < out; o++) {
    float* to = numbers + (o / kPanel) * (in + 1) * kPanel + o % kPanel;
    for (int64_t i = 0; i < in; i++) to[(i + 1) * kPanel] = from[o * in + i];
  }
  if (!bias.defined()) return packed;
  CheckPlainFloat(bias, "bias");
  TORCH_CHECK(bias.dim() == 1 && bias.size(0) == out, "a bias to pack must have a number for each feature");
  const at::Tensor flat = bias.contiguous();
  for (int64_t o = 0; o < out; o++) {
    numbers[(o / kPanel) * (in + 1) * kPanel + o % kPanel] = flat.const_data_ptr<float>()[o];
  }
  return packed;
}

at::Tensor LinearPacked(const at::Tensor& x, const at::Tensor& packed, int64_t features,
                        const Epilogue& epilogue) {
  CheckPlainFloat(x, "input");
  CheckPlainFloat(packed, "weight");
  TORCH_CHECK(features > 0 && packed.dim() == 1 && features <= packed.size(0) && packed.is_contiguous() &&
                  packed.size(0) % (PanelsOf(features) * kPanel) == 0,
              "packed weights are no such");
  const int64_t panels = PanelsOf(features), in = packed.size(0) / (panels * kPanel) - 1;
  TORCH_CHECK(x.dim() > 0 && x.size(-1) == in, "a layer of ", in, " features was given an input of shape ",
              x.sizes());
  const at::Tensor rows = x.contiguous();
  const int64_t count = in == 0 ? c10::multiply_integers(x.sizes().slice(0, x.dim() - 1)) : rows.numel() / in;
  at::DimVector sizes(x.sizes());
  sizes.back() = features;
  at::Tensor result = at::empty(sizes, x.options());
  const bool adds = epilogue.AddsInKernel(result);
  const float* other = adds ? epilogue.other.const_data_ptr<float>() : nullptr;
  const Limits limits = epilogue.InKernel(adds);
  const auto* from = rows.const_data_ptr<float>();
  const auto* weights = packed.const_data_ptr<float>();
  auto* to = result.mutable_data_ptr<float>();
  const auto product = BestKernels().panel_product;
  const int64_t blocks = (count + kRowsOfTask - 1) / kRowsOfTask;
  EachTask(blocks * panels, [&](int64_t task) {
    const int64_t row = task / panels * kRowsOfTask, column = task % panels * kPanel;
    const float* panel = weights + column * (in + 1);
    PanelProduct p{from + row * in,
                   in,
                   std::min(kRowsOfTask, count - row),
                   panel + kPanel,
                   in,
                   panel,
                   to + row * features + column,
                   features};
    p.columns = std::min(kPanel, features - column);
    p.other = other ? other + row * features + column : nullptr;
    p.ld_other = features;
    p.limits = limits;
    product(p);
  });
  return epilogue.Finish(std::move(result), adds);
}

}  // namespace nodetorch
