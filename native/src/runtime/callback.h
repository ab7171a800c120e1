// JS functions inside autograd graphs.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "operators/to_js.h"
#include "runtime/arguments.h"
#include "runtime/environment.h"

namespace nodetorch {

// A JS function that the engine may call. Owned by graph nodes; may die on any thread.
class Callback {
 public:
  Callback(Environment& environment, napi_value function)
      : function_(environment, function), thread_(environment.thread()) {
    thread_->callbacks++;
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { thread_->callbacks--; }

  // function(tensors) on the JS thread; what it returns is a list of tensors, null for undefined.
  std::vector<at::Tensor> Call(const std::vector<at::Tensor>& tensors) const {
    std::vector<at::Tensor> results;
    Environment& environment = function_.environment();
    thread_->Call([&] {
      napi_env env = environment.env();
      Napi::HandleScope scope(env);
      napi_value argument = ToJs(environment, tensors);
      napi_value undefined, result;
      Check(env, napi_get_undefined(env, &undefined));
      Check(env, napi_call_function(env, undefined, function_.Get(), 1, &argument, &result));
      results = TensorsArgument(environment, result, "a gradient returned by a hook or backward()");
    });
    return results;
  }

 private:
  Persistent function_;
  std::shared_ptr<JsThread> thread_;
};

}  // namespace nodetorch
