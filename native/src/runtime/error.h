// Errors on their way from C++ to JavaScript and back.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <stdexcept>

#include "runtime/persistent.h"

namespace nodetorch {

// A JS exception on its way through C++: through an operator, or through autograd's engine. Reaches
// the JS caller as the very value that was thrown.
struct JsException : std::exception {
  explicit JsException(std::shared_ptr<Persistent> thrown) : value(std::move(thrown)) {}
  const char* what() const noexcept override { return "an exception thrown by JavaScript"; }
  std::shared_ptr<Persistent> value;
};

// A wrong argument; becomes a TypeError. RangeProblem becomes a RangeError.
struct TypeProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct RangeProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Work that was told to stop before its end.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("the run was cancelled") {}
};

// Throws what `status` says, or the pending JS exception as a JsException.
void Check(napi_env env, napi_status status);
// Throws what went wrong in the last call of Node-API.
[[noreturn]] void Fail(napi_env env);
// Takes the pending JS exception, if there is one, out of `env`.
void ThrowPending(napi_env env);

// The one place where a C++ exception becomes a JS one. Call inside `catch (...)`. Leaves a JS exception
// pending and returns null.
napi_value RaiseCurrent(napi_env env) noexcept;

// Whether the exception being handled says that memory ran out.
bool CurrentIsOutOfMemory() noexcept;

}  // namespace nodetorch
