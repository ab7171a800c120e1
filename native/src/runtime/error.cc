#include "runtime/error.h"

#include <c10/util/Exception.h>
#include <torch/csrc/utils/cpp_stacktraces.h>

#include <new>
#include <string>

#include "runtime/environment.h"

namespace nodetorch {

namespace {

const char* PythonName(const c10::Error& error) {
  if (dynamic_cast<const c10::IndexError*>(&error)) return "IndexError";
  if (dynamic_cast<const c10::ValueError*>(&error)) return "ValueError";
  if (dynamic_cast<const c10::TypeError*>(&error)) return "TypeError";
  if (dynamic_cast<const c10::NotImplementedError*>(&error)) return "NotImplementedError";
  if (dynamic_cast<const c10::LinAlgError*>(&error)) return "LinAlgError";
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) return "OutOfMemoryError";
  if (dynamic_cast<const c10::AcceleratorError*>(&error)) return "AcceleratorError";
  if (dynamic_cast<const c10::DistStoreError*>(&error)) return "DistStoreError";
  if (dynamic_cast<const c10::DistNetworkError*>(&error)) return "DistNetworkError";
  if (dynamic_cast<const c10::DistBackendError*>(&error)) return "DistBackendError";
  return "RuntimeError";
}

// Naming its functions takes milliseconds, so it is there for those who ask as they do in Python.
std::string CppStack(const c10::Error& error) {
  return torch::get_cpp_stacktraces_enabled() && error.backtrace() ? error.backtrace()->get() : "";
}

}  // namespace

void ThrowPending(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) return;
  napi_value thrown;
  napi_get_and_clear_last_exception(env, &thrown);
  throw JsException(std::make_shared<Persistent>(Environment::Of(env), thrown));
}

void Check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  ThrowPending(env);
  Fail(env);
}

void Fail(napi_env env) {
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw TypeProblem(std::string("Node-API: ") +
                    (info && info->error_message ? info->error_message : "failed"));
}

bool CurrentIsOutOfMemory() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const c10::OutOfMemoryError&) {
    return true;
  } catch (const c10::Error& error) {
    return std::string(error.what_without_backtrace()).find("DefaultCPUAllocator") != std::string::npos;
  } catch (...) {
    return false;
  }
}

napi_value RaiseCurrent(napi_env env) noexcept {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return nullptr;
  const auto realm = [env]() -> const Realm& { return Environment::Of(env).realm(); };
  try {
    throw;
  } catch (const JsException& exception) {
    try {
      napi_throw(env, exception.value->Get());
    } catch (...) {
      napi_throw_error(env, nullptr, exception.what());
    }
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const TypeProblem& problem) {
    realm().ThrowTypeError(problem.what());
  } catch (const RangeProblem& problem) {
    realm().ThrowRangeError(problem.what());
  } catch (const Cancelled& cancelled) {
    realm().ThrowTorchError(cancelled.what(), "CancelledError");
  } catch (const c10::Error& error) {
    realm().ThrowTorchError(error.what_without_backtrace(), PythonName(error), CppStack(error));
  } catch (const std::bad_alloc&) {
    realm().ThrowTorchError("out of memory", "OutOfMemoryError");
  } catch (const std::exception& error) {
    realm().ThrowTorchError(error.what(), "RuntimeError");
  } catch (...) {
    realm().ThrowTorchError("unknown C++ exception", "RuntimeError");
  }
  return nullptr;
}

}  // namespace nodetorch
