// Updates of optimizers over lists of tensors: one call instead of a dozen small operators for each
// parameter.
#include <ATen/ops/maximum.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>
#include <string>
#include <vector>

#include "exports/constants.h"
#include "runtime/function.h"

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

// The tensors whose numbers are in the transfer buffer, `width` of each parameter; the first argument says of
// how many. Of those at `optional`, 0 stands for none.
std::vector<at::Tensor> TensorLists(const Arguments& arguments, size_t width, size_t optional,
                                    const char* name) {
  Environment& environment = arguments.environment;
  const auto count = static_cast<size_t>(arguments.Int(0));
  TORCH_CHECK(count <= environment.transfer_buffer().length() / width, name,
              "(): more than the transfer buffer holds");
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < count * width; i++) {
    const auto number = static_cast<int64_t>(environment.transfer_buffer().data()[i]);
    tensors.push_back(environment.pool().At(number)->tensor);
    if (tensors.back().defined()) environment.CheckFree(tensors.back(), true);
    if (tensors.back().defined() || (number == 0 && i % width == optional)) continue;
    throw TypeProblem(std::string(name) + ": a parameter, or what is remembered of it, is a disposed Tensor");
  }
  environment.RunPendingWork();
  return tensors;
}

// The functions below do what lib/optim/adam_forms.ts and sgd.ts do for one parameter after the other, in the
// same order: it decides the last bit. typings/native.d.ts says which tensors they take.

// adam(count, lr, beta1, beta2, eps, weightDecay, flags). Returns false where Python divides by zero.
napi_value Adam(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto tensors = TensorLists(arguments, 6, 4, "Adam");
  const double lr = Double(arguments, 1), beta1 = Double(arguments, 2), beta2 = Double(arguments, 3);
  const double eps = Double(arguments, 4), decay = Double(arguments, 5);
  const auto flags = arguments.Int(6);
  for (size_t i = 0; i < tensors.size(); i += 6) {
    const at::Tensor& param = tensors[i];
    const at::Tensor& counter = tensors[i + 5];
    at::Tensor grad = tensors[i + 1];
    if (flags & kMaximize) grad = environment.collector().Allocate([&] { return grad.neg(); });
    counter.add_(WrappedNumberFor(counter, 1));
    const double step = counter.item().toDouble();
    if (decay != 0 && (flags & kDecoupled)) {
      param.mul_(WrappedNumberFor(param, 1 - lr * decay));
    } else if (decay != 0) {
      grad = environment.collector().Allocate([&] { return grad.add(param, decay); });
    }
    grad = AsReal(grad);
    const at::Tensor moved = AsReal(param), average = AsReal(tensors[i + 2]), square = AsReal(tensors[i + 3]);
    average.lerp_(grad, 1 - beta1);
    square.mul_(WrappedNumberFor(square, beta2)).addcmul_(grad, grad, 1 - beta2);
    const double correction = 1 - std::pow(beta1, step);
    if (correction == 0) return Napi::Boolean::New(arguments.env, false);
    at::Tensor largest = square;
    if (tensors[i + 4].defined()) {
      largest = AsReal(tensors[i + 4]);
      at::maximum_out(largest, largest, square);
    }
    at::Tensor denominator = environment.collector().Allocate([&] { return largest.sqrt(); });
    denominator.div_(WrappedNumberFor(square, std::pow(1 - std::pow(beta2, step), 0.5)));
    denominator.add_(WrappedNumberFor(square, eps));
    moved.addcdiv_(average, denominator, -(lr / correction));
  }
  return Napi::Boolean::New(arguments.env, true);
}

// sgd(count, lr, momentum, dampening, weightDecay, flags)
napi_value Sgd(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto tensors = TensorLists(arguments, 3, 2, "SGD");
  const double lr = Double(arguments, 1), momentum = Double(arguments, 2), dampening = Double(arguments, 3);
  const double decay = Double(arguments, 4);
  const auto flags = arguments.Int(5);
  for (size_t i = 0; i < tensors.size(); i += 3) {
    const at::Tensor &param = tensors[i], &buffer = tensors[i + 2];
    at::Tensor grad = tensors[i + 1];
    if (flags & kMaximize) grad = environment.collector().Allocate([&] { return grad.neg(); });
    if (decay != 0) grad = environment.collector().Allocate([&] { return grad.add(param, decay); });
    if (buffer.defined()) {
      buffer.mul_(WrappedNumberFor(buffer, momentum)).add_(grad, 1 - dampening);
      grad = flags & kNesterov ? environment.collector().Allocate([&] { return grad.add(buffer, momentum); })
                               : buffer;
    }
    param.add_(grad, -lr);
  }
  return Undefined(arguments.env);
}

}  // namespace

void DefineOptim(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"adam", Entry<Adam>}, {"sgd", Entry<Sgd>}});
}

}  // namespace nodetorch
