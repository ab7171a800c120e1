// The cells of recurrent networks, which devices beside the CPU do in one kernel.
#include <ATen/ATen.h>
#include <torch/library.h>

#include "fallback.h"

namespace pretend {

namespace {

using at::Tensor;
using Maybe = const std::optional<Tensor>&;

bool Has(Maybe tensor) { return tensor && tensor->defined(); }
Tensor With(const Tensor& gates, Maybe bias) { return Has(bias) ? gates.add(*bias) : gates; }

std::tuple<Tensor, Tensor, Tensor> LstmCell(const Tensor& input, const Tensor& hidden, const Tensor& cx, Maybe input_bias,
                                            Maybe hidden_bias) {
  const auto gates = With(input, input_bias).add(With(hidden, hidden_bias)).chunk(4, 1);
  const Tensor i = gates[0].sigmoid(), f = gates[1].sigmoid(), g = gates[2].tanh(), o = gates[3].sigmoid();
  const Tensor cy = f.mul(cx).add(i.mul(g));
  return {o.mul(cy.tanh()), cy, at::cat({i, f, g, o}, 1)};
}

std::tuple<Tensor, Tensor, Tensor> LstmCellBackward(Maybe grad_hy, Maybe grad_cy, const Tensor& cx, const Tensor& cy,
                                                    const Tensor& workspace, bool has_bias) {
  const auto gates = workspace.chunk(4, 1);
  const Tensor &i = gates[0], &f = gates[1], &g = gates[2], &o = gates[3];
  const Tensor bent = cy.tanh();
  const Tensor of_hy = Has(grad_hy) ? *grad_hy : at::zeros_like(cy);
  Tensor of_cy = of_hy.mul(o).mul(bent.square().neg().add(1));
  if (Has(grad_cy)) of_cy = of_cy.add(*grad_cy);
  const auto sigmoid = [](const Tensor& y) { return y.mul(y.neg().add(1)); };
  const Tensor all = at::cat({of_cy.mul(g).mul(sigmoid(i)), of_cy.mul(cx).mul(sigmoid(f)),
                              of_cy.mul(i).mul(g.square().neg().add(1)), of_hy.mul(bent).mul(sigmoid(o))},
                             1);
  return {all, of_cy.mul(f), has_bias ? all.sum(0) : Tensor()};
}

std::tuple<Tensor, Tensor> GruCell(const Tensor& input, const Tensor& hidden, const Tensor& hx, Maybe input_bias,
                                   Maybe hidden_bias) {
  const auto in = With(input, input_bias).chunk(3, 1), hid = With(hidden, hidden_bias).chunk(3, 1);
  const Tensor r = in[0].add(hid[0]).sigmoid(), z = in[1].add(hid[1]).sigmoid();
  const Tensor n = in[2].add(r.mul(hid[2])).tanh();
  return {n.add(z.mul(hx.sub(n))), at::cat({r, z, n, hx, hid[2]}, 1)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> GruCellBackward(const Tensor& grad, const Tensor& workspace,
                                                                   bool has_bias) {
  const auto kept = workspace.chunk(5, 1);
  const Tensor &r = kept[0], &z = kept[1], &n = kept[2], &hx = kept[3], &hn = kept[4];
  const auto sigmoid = [](const Tensor& y) { return y.mul(y.neg().add(1)); };
  const Tensor of_n = grad.mul(z.neg().add(1)).mul(n.square().neg().add(1));
  const Tensor of_z = grad.mul(hx.sub(n)).mul(sigmoid(z)), of_r = of_n.mul(hn).mul(sigmoid(r));
  const Tensor input = at::cat({of_r, of_z, of_n}, 1), hidden = at::cat({of_r, of_z, of_n.mul(r)}, 1);
  return {input, hidden, grad.mul(z), has_bias ? input.sum(0) : Tensor(), has_bias ? hidden.sum(0) : Tensor()};
}

}  // namespace

}  // namespace pretend

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  using namespace pretend;
  library.impl("_thnn_fused_lstm_cell", &LstmCell);
  library.impl("_thnn_fused_lstm_cell_backward_impl", &LstmCellBackward);
  library.impl("_thnn_fused_gru_cell", &GruCell);
  library.impl("_thnn_fused_gru_cell_backward", &GruCellBackward);
  // These have formulas for any device, which round differently from the CPU's kernels.
  for (const char* name : {"native_layer_norm", "native_layer_norm_backward", "native_group_norm",
                           "native_group_norm_backward"}) {
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&RunOnCpu>());
  }
}
