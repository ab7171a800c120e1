// torch.func: tensors that belong to a level of vmap, grad or jvp.
#include <ATen/FunctionalTensorWrapper.h>
#include <ATen/functorch/ADInterpreters.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>

#include <string>

#include "capture/record.h"
#include "exports/constants.h"
#include "runtime/func_levels.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

using namespace at::functorch;
namespace functional = at::functionalization::impl;

napi_value Number(Arguments& arguments, int64_t number) {
  return Napi::Number::New(arguments.env, static_cast<double>(number));
}

const DynamicLayer& LevelAt(int64_t level) {
  const auto& stack = getDynamicLayerStack();
  TORCH_CHECK(level >= 1 && level <= static_cast<int64_t>(stack.size()), "there is no level ", level,
              " of torch.func's transforms");
  return stack[level - 1];
}

// addBatchDim(tensor, dim, level)
napi_value AddBatchDim(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int64_t dim = arguments.Int(1), level = arguments.Int(2);
  const at::Tensor result = WithBatchDim(tensor, dim, level);
  RecordOne(arguments.environment, "addBatchDim", c10::str(dim, ' ', level), {tensor}, result,
            [=](const Values& values) { return WithBatchDim(values[0].toTensor(), dim, level); });
  return ToJs(arguments.environment, result);
}

// removeBatchDim(tensor, level, batchSize, outDim)
napi_value RemoveBatchDim(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int64_t level = arguments.Int(1), size = arguments.Int(2), dim = arguments.Int(3);
  const at::Tensor result = WithoutBatchDim(tensor, level, size, dim);
  RecordOne(arguments.environment, "removeBatchDim", c10::str(level, ' ', size, ' ', dim), {tensor}, result,
            [=](const Values& values) { return WithoutBatchDim(values[0].toTensor(), level, size, dim); });
  return ToJs(arguments.environment, result);
}

// addLegacyBatch(tensor, level)
napi_value AddLegacyBatch(Arguments& arguments) {
  return ToJs(arguments.environment, WithLegacyBatch(arguments.Tensor(0), arguments.Int(1)));
}

// removeLegacyBatch(tensor, level, batchSize)
napi_value RemoveLegacyBatch(Arguments& arguments) {
  return ToJs(arguments.environment,
              WithoutLegacyBatch(arguments.Tensor(0), arguments.Int(1), arguments.Int(2)));
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
  const int64_t level = arguments.Int(1);
  const at::Tensor result = makeTensorWrapper(tensor, LevelAt(level).interpreter());
  RecordOne(arguments.environment, "wrapForGrad", std::to_string(level), {tensor}, result,
            [=](const Values& values) {
              return makeTensorWrapper(values[0].toTensor(), LevelAt(level).interpreter());
            });
  return ToJs(arguments.environment, result);
}

// unwrapForGrad(tensor, level): the tensor itself where it is not of that level.
napi_value UnwrapForGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const TensorWrapper* wrapper = maybeGetTensorWrapper(tensor);
  const int64_t level = arguments.Int(1);
  if (!wrapper || wrapper->level() != level) return arguments[0];
  const at::Tensor result = wrapper->value();
  RecordOne(arguments.environment, "unwrapForGrad", std::to_string(level), {tensor}, result,
            [=](const Values& values) { return UnwrappedForGrad(values[0].toTensor(), level); });
  return ToJs(arguments.environment, result);
}

// liftForGrad(tensor, level): what an operator at that level takes a tensor from outside for.
napi_value LiftForGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const TensorWrapper* wrapper = maybeGetTensorWrapper(tensor);
  if (wrapper && wrapper->level().value_or(-2) == arguments.Int(1)) return arguments[0];
  return ToJs(arguments.environment,
              makeTensorWrapper(tensor, LevelAt(arguments.Int(1)).interpreter(), true));
}

// unwrapDead(tensor): what a tensor of a level that has ended stands for; itself, if it is of none.
napi_value UnwrapDead(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  if (!isDeadTensorWrapper(tensor)) return arguments[0];
  return ToJs(arguments.environment, unwrapIfDead(tensor));
}

// innermostTransform(): [kind, level, whether gradients were on around it, batch size and randomness of a
// vmap], or null. Kinds are those of scopes.
napi_value InnermostTransform(Arguments& arguments) {
  const std::optional<DynamicLayer> layer = maybeCurrentDynamicLayer();
  Napi::Env env(arguments.env);
  if (!layer) return env.Null();
  const Interpreter interpreter = layer->interpreter();
  Scope kind = Scope::kFunctionalize;
  bool enabled = false;
  int64_t size = 0;
  std::string randomness = "error";
  if (layer->key() == TransformType::Vmap) {
    kind = Scope::kVmap;
    size = layer->batchSize().guard_int(__FILE__, __LINE__);
    randomness = NameOf(layer->randomness());
  } else if (layer->key() == TransformType::Grad) {
    kind = Scope::kGradLevel;
    enabled = GradInterpreterPtr(&interpreter).prevGradMode();
  } else if (layer->key() == TransformType::Jvp) {
    kind = Scope::kJvpLevel;
    enabled = JvpInterpreterPtr(&interpreter).prevFwdGradMode();
  }
  Napi::Array parts = Napi::Array::New(env, 5);
  parts[0u] = static_cast<double>(kind);
  parts[1u] = static_cast<double>(layer->layerId());
  parts[2u] = Napi::Boolean::New(env, enabled);
  parts[3u] = static_cast<double>(size);
  parts[4u] = randomness;
  return parts;
}

// wrapFunctional(tensor, level): changes in place of it become operators that make other tensors.
napi_value WrapFunctional(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const at::Tensor wrapped = functional::to_functional_tensor(tensor);
  functional::unsafeGetFunctionalWrapper(wrapped)->set_level(arguments.Int(1));
  return ToJs(arguments.environment, wrapped);
}

// unwrapFunctional(tensor, withViews): what became of it; itself, if it is none of those.
napi_value UnwrapFunctional(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  if (!functional::isFunctionalTensor(tensor)) return arguments[0];
  functional::sync(tensor);
  const functional::FunctionalizationReapplyViewsGuard guard(arguments.Bool(1));
  auto* wrapper = functional::unsafeGetFunctionalWrapper(tensor);
  if (wrapper->apply_updates()) wrapper->regenerate_from_base();
  return ToJs(arguments.environment, wrapper->value());
}

// copyMutation(tensor, wrapped): changes the tensor as the wrapped one was.
napi_value CopyMutation(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0), wrapped = arguments.Tensor(1);
  TORCH_CHECK(functional::isFunctionalTensor(wrapped), "no tensor of functionalize()");
  auto* wrapper = functional::unsafeGetFunctionalWrapper(wrapped);
  wrapper->sync_();
  const at::Tensor& inner = wrapper->value();
  if (inner.is_same(tensor)) return Undefined(arguments.env);
  if (tensor.nbytes() != inner.nbytes()) tensor.resize_(inner.sizes());
  if (tensor.sizes() != inner.sizes()) {
    tensor.as_strided_(inner.sizes(), inner.strides(), inner.storage_offset());
  }
  tensor.copy_(inner);
  return Undefined(arguments.env);
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
          {"addLegacyBatch", Entry<AddLegacyBatch>},
          {"removeLegacyBatch", Entry<RemoveLegacyBatch>},
          {"isBatched", Entry<IsBatched>},
          {"wrapForGrad", Entry<WrapForGrad>},
          {"unwrapForGrad", Entry<UnwrapForGrad>},
          {"liftForGrad", Entry<LiftForGrad>},
          {"unwrapDead", Entry<UnwrapDead>},
          {"innermostTransform", Entry<InnermostTransform>},
          {"wrapFunctional", Entry<WrapFunctional>},
          {"unwrapFunctional", Entry<UnwrapFunctional>},
          {"copyMutation", Entry<CopyMutation>},
          {"transformOf", Entry<TransformOf>},
          {"transformDepth", Entry<TransformDepth>}});
}

}  // namespace nodetorch
