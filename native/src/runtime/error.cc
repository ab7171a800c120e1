#include "runtime/error.h"

#include <c10/util/Exception.h>
#include <torch/csrc/utils/cpp_stacktraces.h>

#include <new>
#include <string>
#include <vector>

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
  return "RuntimeError";
}

napi_value Text(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  if (napi_create_string_utf8(env, text.data(), text.size(), &value) != napi_ok) {
    napi_create_string_utf8(env, "(message too long)", NAPI_AUTO_LENGTH, &value);
  }
  return value;
}

// Throws a new `constructor`(message, ...rest). The constructors come from lib/, not from Node-API:
// a test runner has a realm of its own, and `instanceof TypeError` must hold there.
void Throw(napi_env env, napi_ref constructor, const std::string& message,
           std::initializer_list<std::string> rest = {}) {
  napi_value function = nullptr, error = nullptr;
  if (constructor) {
    std::vector<napi_value> arguments = {Text(env, message)};
    for (const std::string& text : rest) arguments.push_back(Text(env, text));
    napi_get_reference_value(env, constructor, &function);
    if (napi_new_instance(env, function, arguments.size(), arguments.data(), &error) == napi_ok) {
      napi_throw(env, error);
      return;
    }
  }
  napi_throw_error(env, nullptr, message.c_str());
}

// Naming its functions takes milliseconds, so it is there for those who ask as they do in Python.
std::string CppStack(const c10::Error& error) {
  return torch::get_cpp_stacktraces_enabled() && error.backtrace() ? error.backtrace()->get() : "";
}

void ThrowTorchError(napi_env env, const std::string& message, const char* kind,
                     const std::string& backtrace = "") {
  Throw(env, Environment::Of(env).torch_error, message, {kind, backtrace});
}

}  // namespace

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
    Throw(env, Environment::Of(env).type_error, problem.what());
  } catch (const RangeProblem& problem) {
    Throw(env, Environment::Of(env).range_error, problem.what());
  } catch (const c10::Error& error) {
    ThrowTorchError(env, error.what_without_backtrace(), PythonName(error), CppStack(error));
  } catch (const std::bad_alloc&) {
    ThrowTorchError(env, "out of memory", "OutOfMemoryError");
  } catch (const std::exception& error) {
    ThrowTorchError(env, error.what(), "RuntimeError");
  } catch (...) {
    ThrowTorchError(env, "unknown C++ exception", "RuntimeError");
  }
  return nullptr;
}

}  // namespace nodetorch
