// Updates of optimizers over lists of tensors: one call instead of a dozen small operators for each
// parameter.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exports/constants.h"
#include "operators/fast_paths.h"
#include "operators/kernel.h"
#include "operators/small_tensors.h"
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

// What an update needs of a parameter.
struct Row {
  at::Tensor param, grad;
  std::vector<at::Tensor> state;
};

// The rows whose numbers are in the transfer buffer, so many tensors for each: a parameter, its gradient, and
// what is remembered of it. Where 0 stands for the gradient it is the parameter's own, and a row without one
// is left out. `optional`: the place of what may be missing.
class Rows {
 public:
  Rows(Environment& environment, size_t count, size_t width, size_t optional, const char* name)
      : environment_(environment), optional_(optional), name_(name) {
    const auto& buffer = environment_.transfer_buffer();
    TORCH_CHECK(count <= buffer.length() / width, name, "(): more than the transfer buffer holds");
    rows_.reserve(count);
    for (size_t i = 0; i < count; i++) Add(buffer.data() + i * width, width);
    environment_.RunPendingWork();
  }

  // False where the general way has to be gone.
  bool AreUsual() const { return are_usual_ && FastPathsEnabled(); }
  bool NeedAutograd() const { return !NoActiveModes() || at::GradMode::is_enabled() || has_tangents_; }
  const std::vector<Row>& all() const { return rows_; }

 private:
  void Add(const double* numbers, size_t width) {
    Row row;
    row.param = At(numbers[0]);
    if (!row.param.defined()) ThrowDisposed();
    if (numbers[1] == 0) {
      row.grad = row.param.grad();
      if (!row.grad.defined()) return;
      environment_.CheckFree(row.grad, true);
      are_usual_ &= row.param.is_cpu() && row.grad.layout() == at::kStrided;
    } else {
      row.grad = At(numbers[1]);
      if (!row.grad.defined()) ThrowDisposed();
    }
    for (size_t i = 2; i < width; i++) {
      row.state.push_back(At(numbers[i]));
      if (row.state.back().defined() || (numbers[i] == 0 && i == optional_)) continue;
      if (numbers[i] != 0) ThrowDisposed();
      are_usual_ = false;
    }
    rows_.push_back(std::move(row));
  }

  at::Tensor At(double number) {
    at::Tensor tensor = environment_.pool().At(static_cast<int64_t>(number))->tensor;
    if (!tensor.defined()) return tensor;
    environment_.CheckFree(tensor, true);
    has_tangents_ |= !IsPlain(*tensor.unsafeGetTensorImpl(), false);
    return tensor;
  }
  [[noreturn]] void ThrowDisposed() const {
    throw TypeProblem(std::string(name_) +
                      ": a parameter, or what is remembered of it, is a disposed Tensor");
  }

  Environment& environment_;
  const size_t optional_;
  const char* name_;
  std::vector<Row> rows_;
  bool are_usual_ = true, has_tangents_ = false;
};

enum UpdateOutcome { kDone, kDividedByZero, kNothingDone };

napi_value Told(const Arguments& arguments, UpdateOutcome outcome) {
  return Napi::Number::New(arguments.env, outcome);
}

// Counts a step, and tells how many there were.
double Count(const at::Tensor& counter) {
  if (const auto counted = small_tensors::Increment(counter)) return *counted;
  counter.add_(WrappedNumberFor(counter, 1));
  return counter.item().toDouble();
}

// The functions below do what lib/optim/adam_update.ts and sgd.ts do for one parameter after the other, in
// the same order: it decides the last bit. typings/native.d.ts says which tensors they take.

// adam(count, lr, beta1, beta2, eps, weightDecay, flags)
napi_value Adam(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const Rows rows(environment, static_cast<size_t>(arguments.Int(0)), 6, 4, "Adam");
  if (!rows.AreUsual()) return Told(arguments, kNothingDone);
  const double lr = Double(arguments, 1), beta1 = Double(arguments, 2), beta2 = Double(arguments, 3);
  const double eps = Double(arguments, 4), decay = Double(arguments, 5);
  const auto flags = arguments.Int(6);
  std::optional<at::AutoDispatchBelowAutograd> below;
  if (!rows.NeedAutograd()) below.emplace();
  for (const Row& row : rows.all()) {
    const at::Tensor& param = row.param;
    at::Tensor grad = row.grad;
    if (flags & kMaximize) grad = environment.collector().Allocate([&] { return grad.neg(); });
    const double step = Count(row.state[3]);
    if (decay != 0 && (flags & kDecoupled)) {
      param.mul_(WrappedNumberFor(param, 1 - lr * decay));
    } else if (decay != 0) {
      grad = environment.collector().Allocate([&] { return grad.add(param, decay); });
    }
    grad = AsReal(grad);
    const at::Tensor moved = AsReal(param), average = AsReal(row.state[0]), square = AsReal(row.state[1]);
    average.lerp_(grad, 1 - beta1);
    square.mul_(WrappedNumberFor(square, beta2)).addcmul_(grad, grad, 1 - beta2);
    const double correction = 1 - std::pow(beta1, step);
    if (correction == 0) return Told(arguments, kDividedByZero);
    at::Tensor largest = square;
    if (row.state[2].defined()) {
      largest = AsReal(row.state[2]);
      at::maximum_out(largest, largest, square);
    }
    at::Tensor denominator = environment.collector().Allocate([&] { return largest.sqrt(); });
    denominator.div_(WrappedNumberFor(square, std::pow(1 - std::pow(beta2, step), 0.5)));
    denominator.add_(WrappedNumberFor(square, eps));
    moved.addcdiv_(average, denominator, -(lr / correction));
  }
  return Told(arguments, kDone);
}

// sgd(count, lr, momentum, dampening, weightDecay, flags)
napi_value Sgd(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const double lr = Double(arguments, 1), momentum = Double(arguments, 2), dampening = Double(arguments, 3);
  const double decay = Double(arguments, 4);
  const auto flags = arguments.Int(5);
  const size_t optional = momentum == 0 ? 2 : SIZE_MAX;  // the buffer
  const Rows rows(environment, static_cast<size_t>(arguments.Int(0)), 3, optional, "SGD");
  if (!rows.AreUsual()) return Told(arguments, kNothingDone);
  std::optional<at::AutoDispatchBelowAutograd> below;
  if (!rows.NeedAutograd()) below.emplace();
  for (const Row& row : rows.all()) {
    const at::Tensor &param = row.param, &buffer = row.state[0];
    at::Tensor grad = row.grad;
    if (flags & kMaximize) grad = environment.collector().Allocate([&] { return grad.neg(); });
    if (decay != 0) grad = environment.collector().Allocate([&] { return grad.add(param, decay); });
    if (buffer.defined()) {
      buffer.mul_(WrappedNumberFor(buffer, momentum)).add_(grad, 1 - dampening);
      grad = flags & kNesterov ? environment.collector().Allocate([&] { return grad.add(buffer, momentum); })
                               : buffer;
    }
    param.add_(grad, -lr);
  }
  return Told(arguments, kDone);
}

// clearGradients(count): of the tensors whose numbers are in the transfer buffer.
napi_value ClearGradients(Arguments& arguments) {
  Environment& environment = arguments.environment;
  const auto count = static_cast<size_t>(arguments.Int(0));
  TORCH_CHECK(count <= environment.transfer_buffer().length(), "clearGradients(): too many");
  for (size_t i = 0; i < count; i++) {
    const auto number = static_cast<int64_t>(environment.transfer_buffer().data()[i]);
    const at::Tensor tensor = environment.pool().At(number)->tensor;
    if (!tensor.defined()) throw TypeProblem("grad's tensor is a disposed Tensor");
    environment.CheckFree(tensor, true);
    tensor.mutable_grad().reset();
  }
  return Undefined(arguments.env);
}

}  // namespace

void DefineOptim(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"adam", Entry<Adam>}, {"sgd", Entry<Sgd>}, {"clearGradients", Entry<ClearGradients>}});
}

}  // namespace nodetorch
