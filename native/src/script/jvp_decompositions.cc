// TorchScript, as in Python (torch/_decomp/decompositions_for_jvp.py): libtorch takes a graph, and its way to
// run one decides the last bits. Where an output is not wanted there are zeros, since a graph has no
// undefined tensors.
#include "script/jvp_decompositions.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/runtime/decomposition_registry.h>
#include <torch/jit.h>

#include <mutex>

namespace nodetorch {

namespace {

constexpr const char* kSource = R"(
def trace(self: Tensor) -> Tensor:
  return torch.sum(torch.diag(self))

def log_sigmoid_forward(self: Tensor) -> Tuple[Tensor, Tensor]:
  low = torch.minimum(self.new_zeros([]), self)
  z = torch.exp(-torch.abs(self))
  if self.is_cuda:
    buffer = self.new_zeros([0])
  else:
    buffer = z
  return low - torch.log1p(z), buffer

def in_type_of_input(grad_output: Tensor, grad_input: Tensor, input_dtype: int) -> Tensor:
  if grad_output.dtype != input_dtype:
    grad_input = grad_input.to(input_dtype)
  return grad_input

def _softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int, input_dtype: int) -> Tensor:
  scaled = grad_output * output
  grad_input = scaled - output * torch.sum(scaled, dim=[dim], keepdim=True)
  return in_type_of_input(grad_output, grad_input, input_dtype).contiguous()

def _log_softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int, input_dtype: int) -> Tensor:
  grad_input = grad_output - torch.exp(output) * torch.sum(grad_output, dim=[dim], keepdim=True)
  return in_type_of_input(grad_output, grad_input, input_dtype)

def nll_gradient(grad_output: Tensor, self: Tensor, target: Tensor, weight: Optional[Tensor], reduction: int, ignore_index: int, total_weight: Tensor) -> Tensor:
  channel = 0 if self.dim() < 2 else 1
  if reduction == 1:
    grad_output = grad_output / total_weight
  if self.dim() == 1 and target.dim() > 0:
    target = target[0]
  target = target.unsqueeze(channel)
  index = torch.where(target != ignore_index, target, 0)
  grad_input = torch.scatter(torch.zeros_like(self), channel, index, -1.0)
  if grad_input.dim() > grad_output.dim() and grad_output.dim() > 0:
    grad_output = grad_output.unsqueeze(channel)
  if weight is not None:
    shape = [1 for _ in range(self.dim())]
    shape[channel] = weight.shape[0]
    grad_output = grad_output * weight.reshape(shape)
  grad_output = torch.where(target != ignore_index, grad_output, 0)
  return grad_input * grad_output

def nll_loss_backward(grad_output: Tensor, self: Tensor, target: Tensor, weight: Optional[Tensor], reduction: int, ignore_index: int, total_weight: Tensor) -> Tensor:
  return nll_gradient(grad_output, self, target, weight, reduction, ignore_index, total_weight)

def nll_loss2d_backward(grad_output: Tensor, self: Tensor, target: Tensor, weight: Optional[Tensor], reduction: int, ignore_index: int, total_weight: Tensor) -> Tensor:
  return nll_gradient(grad_output, self, target, weight, reduction, ignore_index, total_weight)

def mean_and_rstd(input: Tensor, rstd: Tensor, dims: List[int], keepdim: bool) -> Tuple[Tensor, Tensor]:
  var, mean = torch.var_mean(input, dim=dims, correction=0, keepdim=keepdim)
  eps = torch.pow(1 / rstd, 2) - var
  eps = eps.detach()
  return mean, torch.rsqrt(var + eps)

def product(sizes: List[int]) -> int:
  result = 1
  for size in sizes:
    result *= size
  return result

def native_layer_norm_backward(grad_out: Tensor, input: Tensor, normalized_shape: List[int], mean: Tensor, rstd: Tensor, weight: Optional[Tensor], bias: Optional[Tensor], output_mask: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
  shape = input.shape
  axis = input.dim() - len(normalized_shape)
  inner = list(range(axis, input.dim()))
  outer = list(range(axis))
  N = product(shape[axis:])
  if product(shape[:axis]) <= 0 or N <= 0:
    return input.new_zeros(shape), input.new_zeros(shape[axis:]), input.new_zeros(shape[axis:])
  mean_, rstd_ = mean_and_rstd(input, rstd, inner, True)
  x_hat = (input - mean_) * rstd_
  if weight is not None:
    grad_x_hat = grad_out * weight
  else:
    grad_x_hat = grad_out
  a = grad_x_hat * N
  b = torch.sum(grad_x_hat, inner, True)
  c = torch.mul(x_hat, torch.sum(torch.mul(grad_x_hat, x_hat), inner, True))
  if output_mask[0]:
    d_input = (rstd_ / N) * (a - b - c)
  else:
    d_input = torch.zeros_like(input)
  if weight is None:
    d_weight = torch.zeros([])
  elif not output_mask[1]:
    d_weight = torch.zeros_like(weight)
  elif len(outer) > 0:
    d_weight = torch.sum(grad_out * x_hat, outer, False)
  else:
    d_weight = grad_out * x_hat
  if bias is None:
    d_bias = torch.zeros([])
  elif not output_mask[2]:
    d_bias = torch.zeros_like(bias)
  elif len(outer) > 0:
    d_bias = torch.sum(grad_out, outer, False)
  else:
    d_bias = grad_out.clone()
  return d_input, d_weight, d_bias

def norm_gradient(grad_out: Tensor, input: Tensor, weight: Optional[Tensor], running_mean: Optional[Tensor], running_var: Optional[Tensor], save_mean: Optional[Tensor], save_invstd: Optional[Tensor], train: bool, eps: float, output_mask: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
  shape = input.shape
  features = product(shape) / shape[1]
  if train:
    assert save_invstd is not None
    mean, invstd = mean_and_rstd(input, save_invstd, [0] + list(range(2, input.dim())), False)
  else:
    assert running_mean is not None and running_var is not None
    mean = running_mean
    invstd = torch.rsqrt(running_var + eps)
  spread = [1] * input.dim()
  spread[1] = shape[1]
  dims: List[int] = []
  for i in range(input.dim()):
    if i != 1:
      dims.append(i)
  mean = torch.reshape(mean, spread)
  norm = 1.0 / features
  total = torch.sum(grad_out, dims)
  dot = torch.sum(grad_out * (input - mean), dims)
  grad_mean = torch.reshape(total * norm, spread)
  scale = torch.reshape(torch.mul(dot * norm, invstd * invstd), spread)
  if weight is None:
    grad_scale = torch.reshape(invstd, spread) * 1.0
  else:
    grad_scale = torch.reshape(invstd * weight, spread)
  if train:
    grad_input = ((grad_out - (input - mean) * scale) - grad_mean) * grad_scale
  else:
    grad_input = grad_out * grad_scale
  if output_mask[1]:
    grad_weight = dot * invstd
  elif weight is not None:
    grad_weight = torch.zeros_like(weight)
  else:
    grad_weight = torch.zeros([])
  if output_mask[2]:
    grad_bias = total
  else:
    grad_bias = torch.zeros_like(total)
  return grad_input, grad_weight, grad_bias

def native_batch_norm_backward(grad_out: Tensor, input: Tensor, weight: Optional[Tensor], running_mean: Optional[Tensor], running_var: Optional[Tensor], save_mean: Optional[Tensor], save_invstd: Optional[Tensor], train: bool, eps: float, output_mask: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
  return norm_gradient(grad_out, input, weight, running_mean, running_var, save_mean, save_invstd, train, eps, output_mask)

def batch_norm_backward(grad_out: Tensor, input: Tensor, weight: Tensor, running_mean: Optional[Tensor], running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor], update: bool, eps: float, output_mask: List[bool], reserve: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  return norm_gradient(grad_out, input, weight, running_mean, running_var, save_mean, save_var, update, eps, output_mask)

def cudnn_batch_norm_backward(input: Tensor, grad_output: Tensor, weight: Tensor, running_mean: Optional[Tensor], running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor], epsilon: float, reserveSpace: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  return norm_gradient(grad_output, input, weight, running_mean, running_var, save_mean, save_var, True, epsilon, [True, True, True])

def miopen_batch_norm_backward(input: Tensor, grad_output: Tensor, weight: Tensor, running_mean: Optional[Tensor], running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor], epsilon: float) -> Tuple[Tensor, Tensor, Tensor]:
  return norm_gradient(grad_output, input, weight, running_mean, running_var, save_mean, save_var, True, epsilon, [True, True, True])
)";

constexpr const char* kOperators[] = {
    "trace",
    "log_sigmoid_forward",
    "_softmax_backward_data",
    "_log_softmax_backward_data",
    "nll_loss_backward",
    "nll_loss2d_backward",
    "native_layer_norm_backward",
    "native_batch_norm_backward",
    "batch_norm_backward",
    "cudnn_batch_norm_backward",
    "miopen_batch_norm_backward",
};

}  // namespace

void RegisterJvpDecompositions() {
  static std::once_flag once;
  std::call_once(once, [] {
    const auto unit = torch::jit::compile(kSource);
    for (const char* name : kOperators) {
      const auto handle = c10::Dispatcher::singleton().findSchema({std::string("aten::") + name, ""});
      if (!handle) continue;
      torch::jit::Function& function = unit->get_function(name);
      torch::jit::RegisterDecomposition(handle->schema(), torch::jit::toGraphFunction(function).graph());
    }
  });
}

}  // namespace nodetorch
