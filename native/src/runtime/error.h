// The one place where a C++ exception becomes a JS one.
#pragma once

#include <napi.h>

namespace nodetorch {

// Call inside `catch (...)`. Leaves a JS exception pending and returns null.
napi_value RaiseCurrent(napi_env env) noexcept;

// Whether the exception being handled says that memory ran out.
bool CurrentIsOutOfMemory() noexcept;

}  // namespace nodetorch
