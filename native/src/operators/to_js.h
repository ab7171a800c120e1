// What native functions give to JavaScript. from_js.h is the way in.
#pragma once

#include <ATen/core/ivalue.h>
#include <napi.h>

#include <vector>

#include "runtime/environment.h"

namespace nodetorch {

// `type` is that of a return or of a callback's argument: it tells a ScalarType from an int. `fresh` says of
// new tensors that their memory is their own, see HandlePool::New.
napi_value ToJs(Environment& environment, const c10::IValue& value, const c10::TypePtr& type,
                bool fresh = false);
// Externals that own a slot; null for an undefined tensor.
napi_value ToJs(Environment& environment, const at::Tensor& tensor, bool fresh = false);
napi_value ToJs(Environment& environment, const std::vector<at::Tensor>& tensors);
napi_value ToJs(Environment& environment, at::Generator generator);
// `bytes`: an estimate of the memory behind it.
napi_value ToJs(Environment& environment, Held* held, int64_t bytes = 0);
// An object of a class, in an object that says which: lib/native/dispatch.ts makes the ScriptObject of it.
napi_value ObjectToJs(Environment& environment, const c10::IValue& object, int64_t bytes);
// Makes `holder`, a Tensor that owns nothing yet, the owner of a new slot; gives the slot's number, or null
// for an undefined tensor.
napi_value ToJs(Environment& environment, const at::Tensor& tensor, napi_value holder);

// Makes `object` the owner of a slot that has none.
void Own(Environment& environment, napi_value object, Slot* slot);

}  // namespace nodetorch
