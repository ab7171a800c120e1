#include "capture/seen_calls.h"

#include <torch/library.h>

#include <set>
#include <utility>

namespace nodetorch {

using c10::DispatchKey;

bool IsComposed(const c10::OperatorHandle& op) {
  constexpr c10::DispatchKeySet own({DispatchKey::CPU, DispatchKey::AutogradCPU,
                                     DispatchKey::CompositeExplicitAutograd,
                                     DispatchKey::CompositeExplicitAutogradNonFunctional});
  return op.hasKernelForDispatchKey(DispatchKey::CompositeImplicitAutograd) &&
         !op.hasKernelForAnyDispatchKey(own);
}

// It cannot be seen of an operator: max_pool1d() writes results itself, and ctc_loss() reads lengths.
bool IsTakenApart(const c10::OperatorHandle& op) {
  static const auto* names = new std::set<std::string>{"aten::_batch_norm_impl_index",
                                                       "aten::_scaled_dot_product_attention_math",
                                                       "aten::adaptive_avg_pool1d",
                                                       "aten::adaptive_avg_pool2d",
                                                       "aten::batch_norm",
                                                       "aten::chunk",
                                                       "aten::contiguous",
                                                       "aten::conv1d",
                                                       "aten::conv1d.padding",
                                                       "aten::conv2d",
                                                       "aten::conv2d.padding",
                                                       "aten::conv3d",
                                                       "aten::conv3d.padding",
                                                       "aten::conv_transpose1d",
                                                       "aten::conv_transpose2d.input",
                                                       "aten::conv_transpose3d.input",
                                                       "aten::cross_entropy_loss",
                                                       "aten::dropout",
                                                       "aten::einsum",
                                                       "aten::expand_as",
                                                       "aten::flatten.using_ints",
                                                       "aten::group_norm",
                                                       "aten::gru.input",
                                                       "aten::instance_norm",
                                                       "aten::layer_norm",
                                                       "aten::linear",
                                                       "aten::log_softmax.int",
                                                       "aten::lstm.input",
                                                       "aten::matmul",
                                                       "aten::max_pool2d",
                                                       "aten::max_pool3d",
                                                       "aten::narrow",
                                                       "aten::nll_loss",
                                                       "aten::nll_loss_nd",
                                                       "aten::pad",
                                                       "aten::relu6",
                                                       "aten::reshape",
                                                       "aten::rnn_relu.input",
                                                       "aten::rnn_tanh.input",
                                                       "aten::scaled_dot_product_attention",
                                                       "aten::softmax.int",
                                                       "aten::unflatten.int"};
  return names->count(c10::toString(op.operator_name())) > 0 && IsComposed(op);
}

thread_local CallWatcher* CallWatcher::watcher_ = nullptr;

CallWatcher::CallWatcher() : outer_(std::exchange(watcher_, this)) {
  static const bool is_registered = Register();
  static_cast<void>(is_registered);
}

// Another copy of the addon may have been here: then nothing is seen, and all stays as it was.
bool CallWatcher::Register() {
  try {
    auto* library = new torch::Library(torch::Library::IMPL, "_", kKey, __FILE__, __LINE__);
    library->fallback(torch::CppFunction::makeFromBoxedFunction<&CallWatcher::See>());
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

void CallWatcher::See(const c10::OperatorHandle& op, c10::DispatchKeySet keys, torch::jit::Stack* stack) {
  const auto below = keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, kKey);
  if (watcher_ && IsTakenApart(op)) return op.redispatchBoxed(below, stack);  // what it calls comes here, too
  const auto count = static_cast<std::ptrdiff_t>(op.schema().arguments().size());
  Values arguments(stack->end() - count, stack->end());
  const c10::impl::ExcludeDispatchKeyGuard without(kKey);
  op.redispatchBoxed(below, stack);
  const auto results = static_cast<std::ptrdiff_t>(op.schema().returns().size());
  if (watcher_)
    watcher_->calls.push_back({op, std::move(arguments), Values(stack->end() - results, stack->end())});
}

}  // namespace nodetorch
