// vmap and jvp in a graph for training, which torch.export writes as calls of
// torch/_functorch/predispatch.py:
//
//     _vmap_increment_nesting(4, 'error')
//     a = _add_batch_dim(x, 0, 1);  b = torch.ops.aten.sin.default(a);  y = _remove_batch_dim(b, 1, 4, 0)
//     _vmap_decrement_nesting()
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/ops/_make_dual.h>
#include <ATen/ops/_unpack_dual.h>
#include <c10/core/AutogradState.h>

#include <string>

#include "program/higher_order.h"
#include "program/typed_value.h"
#include "runtime/func_levels.h"

namespace nodetorch {

namespace {

using at::functorch::TransformType;
using c10::IValue;

at::Tensor TensorAt(const HigherOrderCall& call, size_t i) {
  const IValue value = call.Value(i);
  TORCH_CHECK_TYPE(value.isTensor(), "argument ", i + 1, " must be a Tensor, not ", DescribeValue(value));
  return value.toTensor();
}
int64_t IntAt(const HigherOrderCall& call, size_t i) {
  const IValue value = call.Value(i);
  TORCH_CHECK_TYPE(value.isInt(), "argument ", i + 1, " must be an int, not ", DescribeValue(value));
  return value.toInt();
}
// Levels are numbered from 1 in a program, which may run inside a transform of its caller's.
int64_t LevelAt(const HigherOrderCall& call, size_t i) { return call.run().outer_levels() + IntAt(call, i); }

template <size_t kCount>
size_t Count(const GraphNode&) {
  return kCount;
}

// Python registers kernels here that libtorch has anyway.
Values LoadDecompositions(const HigherOrderCall&) { return {IValue()}; }

// The number of the level that is open now.
Values Opened(const HigherOrderCall& call) { return {FuncLevels() - call.run().outer_levels()}; }

// Closes the innermost level, which must be one of the program's, and of that kind.
Values Close(const HigherOrderCall& call, TransformType type) {
  const auto& levels = at::functorch::getDynamicLayerStack();
  TORCH_CHECK(FuncLevels() > call.run().outer_levels() && levels.back().key() == type,
              "closes a level that it has not opened");
  CloseFuncLevels(FuncLevels() - 1);
  return {FuncLevels() + 1 - call.run().outer_levels()};
}

Values OpenVmap(const HigherOrderCall& call) {
  const int64_t batch_size = IntAt(call, 0);
  const IValue randomness = call.Value(1);
  TORCH_CHECK_TYPE(randomness.isString(), "argument 2 must be a string, not ", DescribeValue(randomness));
  at::functorch::initAndPushDynamicLayer(TransformType::Vmap, c10::SymInt(batch_size),
                                         RandomnessNamed(randomness.toStringRef()));
  return Opened(call);
}
Values CloseVmap(const HigherOrderCall& call) { return Close(call, TransformType::Vmap); }

Values AddBatchDim(const HigherOrderCall& call) {
  const at::Tensor tensor = TensorAt(call, 0);
  const int64_t dim = IntAt(call, 1);
  return {WithBatchDim(tensor, dim, LevelAt(call, 2))};
}
Values RemoveBatchDim(const HigherOrderCall& call) {
  const at::Tensor tensor = TensorAt(call, 0);
  const int64_t level = LevelAt(call, 1), batch_size = IntAt(call, 2);
  return {WithoutBatchDim(tensor, level, batch_size, IntAt(call, 3))};
}

Values OpenJvp(const HigherOrderCall& call) {
  at::functorch::initAndPushDynamicLayer(TransformType::Jvp, std::nullopt, std::nullopt, std::nullopt,
                                         c10::AutogradState::get_tls_state().get_fw_grad_mode());
  return Opened(call);
}
Values CloseJvp(const HigherOrderCall& call) { return Close(call, TransformType::Jvp); }

Values OpenDualLevel(const HigherOrderCall& call) {
  call.run().forward_level().Open();
  return {int64_t{0}};
}
Values CloseDualLevel(const HigherOrderCall& call) {
  call.Value(0);
  call.run().forward_level().Close(nullptr);
  return {IValue()};
}
Values MakeDual(const HigherOrderCall& call) {
  const at::Tensor primal = TensorAt(call, 0), tangent = TensorAt(call, 1);
  return {at::_make_dual(primal, tangent, IntAt(call, 2))};
}
Values UnpackDual(const HigherOrderCall& call) {
  const at::Tensor dual = TensorAt(call, 0);
  const auto [primal, tangent] = at::_unpack_dual(dual, IntAt(call, 1));
  return {primal, tangent.defined() ? IValue(tangent) : IValue()};
}
Values UnwrapForGrad(const HigherOrderCall& call) {
  const at::Tensor tensor = TensorAt(call, 0);
  return {UnwrappedForGrad(tensor, LevelAt(call, 1))};
}

}  // namespace

void AddTransforms(HigherOrderTable& table) {
  table.insert({{"lazy_load_decompositions", {"", Count<1>, LoadDecompositions}},
                {"_vmap_increment_nesting", {"vv", Count<1>, OpenVmap}},
                {"_vmap_decrement_nesting", {"", Count<1>, CloseVmap}},
                {"_add_batch_dim", {"vvv", Count<1>, AddBatchDim}},
                {"_remove_batch_dim", {"vvvv", Count<1>, RemoveBatchDim}},
                {"_jvp_increment_nesting", {"", Count<1>, OpenJvp}},
                {"_jvp_decrement_nesting", {"", Count<1>, CloseJvp}},
                {"_enter_dual_level", {"", Count<1>, OpenDualLevel}},
                {"_exit_dual_level", {"v", Count<1>, CloseDualLevel}},
                {"_make_dual", {"vvv", Count<1>, MakeDual}},
                {"_unpack_dual", {"vv", Count<2>, UnpackDual}},
                {"_unwrap_for_grad", {"vv", Count<1>, UnwrapForGrad}}});
}

}  // namespace nodetorch
