// Operators that run one graph, or something as plain, in a mode.
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/native/TypeProperties.h>
#include <c10/core/Device.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/functions/basic_ops.h>

#include <algorithm>
#include <string>

#include "program/higher_order.h"
#include "program/typed_value.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Those that run a graph with the arguments behind it, in a mode.
template <size_t kGraphAt>
size_t CountRegion(const GraphNode& node) {
  const size_t behind = node.operands.size() - kGraphAt - 1;
  CheckInputs(node, kGraphAt, behind);
  return OutputsOf(node, kGraphAt);
}
template <size_t kGraphAt>
Values Region(const HigherOrderCall& call) {
  return call.RunGraph(kGraphAt, call.Rest(kGraphAt + 1));
}
// The same with a list of arguments.
size_t CountListRegion(const GraphNode& node) {
  CheckInputs(node, 0, LengthOf(node, 1));
  return OutputsOf(node, 0);
}
Values ListRegion(const HigherOrderCall& call) { return call.RunGraph(0, call.List(1)); }

Values SetGradEnabled(const HigherOrderCall& call) {
  const at::AutoGradMode mode(IsTrue(call.Value(0)));
  return Region<1>(call);
}

// torch.autocast's state on this thread, put back at the end.
class AutocastRegion {
 public:
  AutocastRegion(at::DeviceType type, const IValue& dtype, bool enabled, const IValue& cache)
      : type_(type),
        enabled_(at::autocast::is_autocast_enabled(type)),
        dtype_(at::autocast::get_autocast_dtype(type)),
        cache_(at::autocast::is_autocast_cache_enabled()) {
    const bool is_there = type != at::kCUDA || at::globalContext().hasCUDA();
    at::autocast::set_autocast_enabled(type, enabled && is_there);
    if (!dtype.isNone()) at::autocast::set_autocast_dtype(type, dtype.toScalarType());
    if (!cache.isNone()) at::autocast::set_autocast_cache_enabled(IsTrue(cache));
    at::autocast::increment_nesting();
  }
  AutocastRegion(const AutocastRegion&) = delete;
  AutocastRegion& operator=(const AutocastRegion&) = delete;
  ~AutocastRegion() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type_, enabled_);
    at::autocast::set_autocast_dtype(type_, dtype_);
    at::autocast::set_autocast_cache_enabled(cache_);
  }

 private:
  at::DeviceType type_;
  bool enabled_;
  at::ScalarType dtype_;
  bool cache_;
};

// wrap_with_autocast(device type, dtype | None, enabled, cache enabled | None, graph, ...)
Values Autocast(const HigherOrderCall& call) {
  const IValue device_type = call.Value(0), dtype = call.Value(1);
  TORCH_CHECK_TYPE(device_type.isString(), "argument 1 must be a string, not ", DescribeValue(device_type));
  TORCH_CHECK_TYPE(dtype.isNone() || dtype.isInt(), "argument 2 must be a dtype, not ", DescribeValue(dtype));
  const c10::Device device(device_type.toStringRef());
  const bool enabled = IsTrue(call.Value(2));
  const AutocastRegion region(device.type(), dtype, enabled, call.Value(3));
  return Region<4>(call);
}

// Where Python has no gradient for an operator: it runs below autograd, and what comes out of it says so when
// it is asked for one.
template <typename F>
Values WithoutGradient(const char* name, const Values& inputs, F run) {
  const bool wants_gradient =
      at::GradMode::is_enabled() && std::any_of(inputs.begin(), inputs.end(), [](const IValue& value) {
        return value.isTensor() && value.toTensor().requires_grad();
      });
  const at::AutoDispatchBelowAutograd below;
  Values results = run();
  if (!wants_gradient) return results;
  torch::autograd::DelayedError refuse(std::string("Autograd not implemented for ") + name, 1);
  for (IValue& value : results) {
    if (!value.isTensor()) continue;
    at::Tensor tensor = value.toTensor();
    if (tensor.is_floating_point() || tensor.is_complex()) tensor = tensor.detach().requires_grad_();
    value = refuse.apply({tensor})[0];
  }
  return results;
}

// hints_wrapper(graph, arguments): the hints are for compilers.
Values HintsWrapper(const HigherOrderCall& call) {
  const Values inputs = call.List(1);
  return WithoutGradient("hints_wrapper", inputs, [&] { return call.RunGraph(0, inputs); });
}

// Of numbers and tensors, with those in lists.
void Promote(const IValue& value, at::native::ResultTypeState& state) {
  if (value.isList()) {
    for (const IValue& element : value.toListRef()) Promote(element, state);
  } else if (value.isNone()) {
    return;
  } else if (value.isTensor()) {
    state = at::native::update_result_type_state(value.toTensor(), state);
  } else {
    TORCH_CHECK(value.isScalar() || value.isBool(), "Unexpected type ", DescribeValue(value),
                " when computing elementwise type promotion!");
    state = at::native::update_result_type_state(value.toScalar(), state);
  }
}

// out_dtype(graph of one operator, dtype, its arguments): computes in the type that fits them and `dtype`.
size_t CountOutDtype(const GraphNode& node) {
  CheckInputs(node, 0, node.operands.size() - 2);
  CheckOutputs(node, 0, 1);
  return 1;
}
Values OutDtype(const HigherOrderCall& call) {
  const IValue dtype = call.Value(1);
  TORCH_CHECK_TYPE(dtype.isInt(), "argument 2 must be a dtype, not ", DescribeValue(dtype));
  Values inputs = call.Rest(2);
  return WithoutGradient("out_dtype", inputs, [&] {
    at::native::ResultTypeState state;
    state.dimResult = dtype.toScalarType();
    for (const IValue& input : inputs) Promote(input, state);
    const at::ScalarType promoted = at::native::result_type(state);
    for (IValue& input : inputs) {
      if (input.isTensor()) input = input.toTensor().to(promoted);
    }
    Values results = call.RunGraph(0, std::move(inputs));
    for (IValue& result : results) {
      if (result.isTensor()) result = result.toTensor().to(dtype.toScalarType());
    }
    return results;
  });
}

// A copy with the same strides, which is a view of nothing, so that it may be written to as its original may.
size_t CountOne(const GraphNode&) { return 1; }
Values ClonePreservingStrides(const HigherOrderCall& call) {
  const IValue value = call.Value(0);
  if (value.isNone()) return {value};
  TORCH_CHECK_TYPE(value.isTensor(), "argument 1 must be a Tensor, not ", DescribeValue(value));
  const at::Tensor& tensor = value.toTensor();
  int64_t elements = tensor.numel() == 0 ? 0 : tensor.storage_offset() + 1;
  for (int64_t i = 0; i < tensor.dim() && elements > 0; i++) {
    elements += (tensor.size(i) - 1) * tensor.stride(i);
  }
  const c10::impl::ExcludeDispatchKeyGuard no_views(c10::DispatchKey::ADInplaceOrView);
  const at::Tensor buffer = tensor.as_strided({elements}, {1}, 0).clone();
  return {buffer.as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset())};
}

}  // namespace

void AddRegions(HigherOrderTable& table) {
  table.insert({{"wrap_with_set_grad_enabled", {"vg*", CountRegion<1>, SetGradEnabled}},
                {"wrap_with_autocast", {"vvvvg*", CountRegion<4>, Autocast}},
                {"invoke_subgraph", {"gv*", CountRegion<1>, Region<1>}},
                {"wrap", {"g*", CountRegion<0>, Region<0>}},
                {"foreach_map", {"g*", CountRegion<0>, Region<0>}},
                {"tag_activation_checkpoint", {"g*", CountRegion<0>, Region<0>}},
                {"strict_mode", {"gl", CountListRegion, ListRegion}},
                {"hints_wrapper", {"gl", CountListRegion, HintsWrapper}},
                {"out_dtype", {"gv+", CountOutDtype, OutDtype}},
                {"clone_preserve_strides", {"v", CountOne, ClonePreservingStrides}}});
}

}  // namespace nodetorch
