// Updates of optimizers over lists of tensors: one call instead of a dozen small operators for each
// parameter.
#include <ATen/ops/maximum.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>
#include <vector>

#include "function.h"

namespace nodetorch {

namespace {

double Double(const Arguments& arguments, size_t i) {
  double number = 0;
  napi_get_value_double(arguments.env, arguments[i], &number);
  return number;
}

at::Tensor AsReal(const at::Tensor& tensor) {
  return tensor.is_complex() ? at::view_as_real(tensor) : tensor;
}

enum AdamFlags { kMaximize = 1, kDecoupled = 2, kAmsgrad = 4 };

// adam(count, lr, beta1, beta2, eps, weightDecay, flags): of each parameter, the exchange has the numbers of
// six tensors: itself, its gradient, both averages, the largest second average (if amsgrad is on), its
// counter of steps. What lib/optim/adam_forms.ts does for one parameter after the other, in the same order:
// it decides the last bit. Returns false where Python divides by zero.
napi_value Adam(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.Tend();
  const auto count = static_cast<size_t>(arguments.Int(0));
  const double lr = Double(arguments, 1), beta1 = Double(arguments, 2), beta2 = Double(arguments, 3);
  const double eps = Double(arguments, 4), decay = Double(arguments, 5);
  const auto flags = arguments.Int(6);
  TORCH_CHECK(count <= environment.exchange_length() / 6, "adam(): more than the exchange holds");
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < 6 * count; i++) {
    const double number = environment.exchange()[i];
    tensors.push_back(environment.pool().At(static_cast<int64_t>(number))->tensor);
    const bool needed = i % 6 != 4 || (flags & kAmsgrad);
    if (needed && !tensors.back().defined())
      throw TypeProblem("Adam: a parameter, or what is remembered of it, is a disposed Tensor");
  }
  for (size_t i = 0; i < tensors.size(); i += 6) {
    const at::Tensor& param = tensors[i];
    const at::Tensor& counter = tensors[i + 5];
    at::Tensor grad = tensors[i + 1];
    if (flags & kMaximize) grad = environment.Allocate([&] { return grad.neg(); });
    counter.add_(NumberBeside(counter, 1));
    const double step = counter.item().toDouble();
    if (decay != 0 && (flags & kDecoupled)) {
      param.mul_(NumberBeside(param, 1 - lr * decay));
    } else if (decay != 0) {
      grad = environment.Allocate([&] { return grad.add(param, decay); });
    }
    grad = AsReal(grad);
    const at::Tensor moved = AsReal(param), average = AsReal(tensors[i + 2]), square = AsReal(tensors[i + 3]);
    average.lerp_(grad, 1 - beta1);
    square.mul_(NumberBeside(square, beta2)).addcmul_(grad, grad, 1 - beta2);
    const double correction = 1 - std::pow(beta1, step);
    if (correction == 0) return Napi::Boolean::New(arguments.env, false);
    at::Tensor largest = square;
    if (flags & kAmsgrad) {
      largest = AsReal(tensors[i + 4]);
      at::maximum_out(largest, largest, square);
    }
    at::Tensor denominator = environment.Allocate([&] { return largest.sqrt(); });
    denominator.div_(NumberBeside(square, std::pow(1 - std::pow(beta2, step), 0.5)));
    denominator.add_(NumberBeside(square, eps));
    moved.addcdiv_(average, denominator, -(lr / correction));
  }
  return Napi::Boolean::New(arguments.env, true);
}

}  // namespace

void DefineOptim(Napi::Env env, Napi::Object exports) { Define(env, exports, {{"adam", Entry<Adam>}}); }

}  // namespace nodetorch
