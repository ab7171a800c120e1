// torch.func: tensors that belong to a level of vmap, grad or jvp.
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>

#include "runtime/func_levels.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

using namespace at::functorch;

napi_value Number(Arguments& arguments, int64_t number) {
  return Napi::Number::New(arguments.env, static_cast<double>(number));
}

const DynamicLayer& LevelArgument(Arguments& arguments, size_t i) {
  const int64_t level = arguments.Int(i);
  const auto& stack = getDynamicLayerStack();
  TORCH_CHECK(level >= 1 && level <= static_cast<int64_t>(stack.size()), "there is no level ", level,
              " of torch.func's transforms");
  return stack[level - 1];
}

// addBatchDim(tensor, dim, level)
napi_value AddBatchDim(Arguments& arguments) {
  return ToJs(arguments.environment, WithBatchDim(arguments.Tensor(0), arguments.Int(1), arguments.Int(2)));
}

// removeBatchDim(tensor, level, batchSize, outDim)
napi_value RemoveBatchDim(Arguments& arguments) {
  return ToJs(arguments.environment,
              WithoutBatchDim(arguments.Tensor(0), arguments.Int(1), arguments.Int(2), arguments.Int(3)));
}

// isBatched(tensor, level)
napi_value IsBatched(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const BatchedTensorImpl* batched = maybeGetBatchedImpl(tensor);
  return Napi::Boolean::New(arguments.env, batched && batched->level() == arguments.Int(1));
}

// wrapForGrad(tensor, level)
napi_value WrapForGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  return ToJs(arguments.environment, makeTensorWrapper(tensor, LevelArgument(arguments, 1).interpreter()));
}

// unwrapForGrad(tensor, level): the tensor itself where it is not of that level.
napi_value UnwrapForGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const TensorWrapper* wrapper = maybeGetTensorWrapper(tensor);
  if (!wrapper || wrapper->level() != arguments.Int(1)) return arguments[0];
  return ToJs(arguments.environment, wrapper->value());
}

// transformOf(tensor): [level, batch dimension | null, value] of a tensor inside a transform, or null.
napi_value TransformOf(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  Napi::Env env(arguments.env);
  Napi::Array parts = Napi::Array::New(env, 3);
  const auto result = [&](int64_t level, Napi::Value dim, const at::Tensor& value) {
    parts[0u] = static_cast<double>(level);
    parts[1u] = dim;
    parts[2u] = Napi::Value(env, ToJs(arguments.environment, value));
    return parts;
  };
  if (const BatchedTensorImpl* batched = maybeGetBatchedImpl(tensor)) {
    return result(batched->level(), Napi::Number::New(env, static_cast<double>(batched->bdim())),
                  batched->value());
  }
  const TensorWrapper* wrapper = maybeGetTensorWrapper(tensor);
  if (!wrapper) return env.Null();
  return result(wrapper->level().value_or(-2), env.Null(), wrapper->value());
}

// How many levels are open.
napi_value TransformDepth(Arguments& arguments) { return Number(arguments, FuncLevels()); }

}  // namespace

void DefineTransforms(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"addBatchDim", Entry<AddBatchDim>},
          {"removeBatchDim", Entry<RemoveBatchDim>},
          {"isBatched", Entry<IsBatched>},
          {"wrapForGrad", Entry<WrapForGrad>},
          {"unwrapForGrad", Entry<UnwrapForGrad>},
          {"transformOf", Entry<TransformOf>},
          {"transformDepth", Entry<TransformDepth>}});
}

}  // namespace nodetorch
