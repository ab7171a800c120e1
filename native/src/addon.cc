// The addon's entry. Runs once for each environment: main thread, worker, test context.
#include <ATen/Version.h>
#include <torch/version.h>

#include <utility>

#include "cpu_cache.h"
#include "function.h"

namespace nodetorch {

namespace {

// A libtorch other than the one compiled against has other structures behind the same symbols.
std::string VersionProblem() {
  const std::string config = at::show_config();
  const std::string built =
      std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR) + ".";
  const std::string key = "TORCH_VERSION=";
  const auto at = config.find(key);
  if (at == std::string::npos || config.compare(at + key.size(), built.size(), built) == 0) return "";
  const auto end = config.find_first_of(", \n", at);
  return "nodetorch was built against libtorch " + built + "x but loaded libtorch " +
         config.substr(at + key.size(), end - at - key.size());
}

// setup({ TorchError, TypeError, RangeError, exchange, outcome, collect, warn }). Held weakly: an environment
// lives as long as its thread, and must not keep the modules of a test file that is over.
napi_value Setup(Arguments& arguments) {
  Napi::Object options = arguments.Value(0).As<Napi::Object>();
  Environment& environment = arguments.environment;
  const auto keep = [&](const char* name, napi_ref* reference) {
    Check(arguments.env, napi_create_reference(arguments.env, options.Get(name), 0, reference));
  };
  keep("TorchError", &environment.torch_error);
  keep("TypeError", &environment.type_error);
  keep("RangeError", &environment.range_error);
  environment.SetExchange(options.Get("exchange"));
  environment.SetOutcome(options.Get("outcome"));
  keep("collect", &environment.collect);
  keep("warn", &environment.warn);
  return Undefined(arguments.env);
}

// Between the two loads that make an environment.
thread_local napi_env next_owner = nullptr;

// The addon is loaded twice for each environment: first into an `exports` that has the property
// `owner`, which gives the environment its Environment::owner(), then for the functions.
napi_value Init(napi_env env, napi_value exports) {
  const std::string problem = VersionProblem();
  if (!problem.empty()) {
    napi_throw_error(env, "ERR_LIBTORCH_VERSION", problem.c_str());
    return nullptr;
  }
  bool is_owner = false;
  napi_has_named_property(env, exports, "owner", &is_owner);
  if (is_owner) {
    next_owner = env;
    return exports;
  }
  InstallCpuCache();
  if (!next_owner) {
    napi_throw_error(env, nullptr, "the addon is loaded by require('nodetorch'), not by itself");
    return nullptr;
  }
  try {
    auto end = [](node_api_basic_env, void* data, void*) { delete static_cast<Environment*>(data); };
    auto* environment = new Environment(env, std::exchange(next_owner, nullptr));
    Check(env, napi_set_instance_data(env, environment, end, nullptr));
    Define(env, Napi::Object(env, exports), {{"setup", Entry<Setup>}});
    DefineOperators(env, Napi::Object(env, exports));
    DefineTensor(env, Napi::Object(env, exports));
    DefineData(env, Napi::Object(env, exports));
    DefineAutograd(env, Napi::Object(env, exports));
    DefineCustomFunction(env, Napi::Object(env, exports));
    DefineModes(env, Napi::Object(env, exports));
    DefineTransforms(env, Napi::Object(env, exports));
    DefineStorage(env, Napi::Object(env, exports));
    DefineMemory(env, Napi::Object(env, exports));
    DefineOptim(env, Napi::Object(env, exports));
    DefineRuntime(env, Napi::Object(env, exports));
  } catch (...) {
    return RaiseCurrent(env);
  }
  return exports;
}

}  // namespace

}  // namespace nodetorch

NAPI_MODULE_INIT() { return nodetorch::Init(env, exports); }
