// torch.func: tensors that belong to a level of vmap, grad or jvp.
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>
#include <ATen/ops/movedim.h>

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
  const at::Tensor tensor = arguments.Tensor(0);
  TORCH_CHECK(LevelArgument(arguments, 2).key() == TransformType::Vmap, "that level is no vmap");
  const int64_t dim = arguments.Int(1);
  TORCH_CHECK_INDEX(dim >= 0 && dim < tensor.dim(), "dimension ", dim, " of a tensor that has ",
                    tensor.dim());
  return ToJs(arguments.environment, addBatchDim(tensor, dim, arguments.Int(2)));
}

// removeBatchDim(tensor, level, batchSize, outDim)
napi_value RemoveBatchDim(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int64_t level = arguments.Int(1), batch_size = arguments.Int(2), out = arguments.Int(3);
  const BatchedTensorImpl* batched = maybeGetBatchedImpl(tensor);
  const int64_t dims = tensor.dim() + 1;  // of the result
  TORCH_CHECK_INDEX(out >= 0 && out < dims, "Dimension out of range (expected to be in range of [", -dims,
                    ", ", dims - 1, "], but got ", out, ")");
  if (batched && batched->level() == level) {
    return ToJs(arguments.environment, at::movedim(batched->value(), batched->bdim(), out));
  }
  std::vector<int64_t> sizes = tensor.sizes().vec();
  sizes.insert(sizes.begin() + out, batch_size);
  return ToJs(arguments.environment, tensor.unsqueeze(out).expand(sizes));
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
napi_value TransformDepth(Arguments& arguments) {
  return Number(arguments, static_cast<int64_t>(getDynamicLayerStack().size()));
}

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
