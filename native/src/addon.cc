// The addon's entry. Runs once for each environment: main thread, worker, test context.
#include <ATen/Version.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "compat/libtorch.h"
#include "exports/list.h"
#include "runtime/cpu_cache.h"
#include "runtime/function.h"
#include "runtime/saved_hooks.h"

namespace nodetorch {

namespace {

// Stands in the addon's file, where scripts/libtorch/addons.js finds it without loading the addon.
constexpr auto kMark = [] {
  constexpr std::string_view label = "nodetorch is built for libtorch=", version = kCompiledAgainst;
  std::array<char, label.size() + version.size() + 1> text{};
  std::copy(version.begin(), version.end(), std::copy(label.begin(), label.end(), text.begin()));
  return text;
}();

// A libtorch other than the one compiled against has other structures behind the same symbols.
std::string VersionProblem() {
  const std::string config = at::show_config();
  const std::string key = "TORCH_VERSION=";
  const auto at = config.find(key);
  if (at == std::string::npos) return "";
  const auto start = at + key.size();
  const std::string loaded = config.substr(start, config.find_first_of(", \n", start) - start);
  const std::string minor = CompiledMinor();
  if (loaded.compare(0, minor.size() + 1, minor + ".") == 0) return "";
  return "the addon is for libtorch " + minor + ", and libtorch " + loaded + " was loaded";
}

// setup({ TorchError, TypeError, RangeError, transferBuffer, resultHeader, collect, warn, entries })
napi_value Setup(Arguments& arguments) {
  Napi::Object options = arguments.Value(0).As<Napi::Object>();
  Environment& environment = arguments.environment;
  environment.realm().Set(options);
  environment.transfer_buffer().Set(arguments.env, options.Get("transferBuffer"));
  environment.result_header().Set(arguments.env, options.Get("resultHeader"));
  return Undefined(arguments.env);
}

// Between own() of one load and open() of the next.
thread_local napi_env next_owner = nullptr;

// own(): this load's environment becomes Environment::owner() of the one that is opened next.
napi_value Own(napi_env env, napi_callback_info) {
  next_owner = env;
  return nullptr;
}

// open(): makes this load's environment and returns its functions.
napi_value Open(napi_env env, napi_callback_info) {
  void* opened = nullptr;
  napi_get_instance_data(env, &opened);
  if (opened || !next_owner) {
    napi_throw_error(env, nullptr, "the addon is opened by require('nodetorch'), not by hand");
    return nullptr;
  }
  InstallCpuCache();
  InstallEngine();
  try {
    auto end = [](node_api_basic_env, void* data, void*) { delete static_cast<Environment*>(data); };
    auto* environment = new Environment(env, std::exchange(next_owner, nullptr));
    Check(env, napi_set_instance_data(env, environment, end, nullptr));
    Napi::Object functions = Napi::Object::New(env);
    Define(env, functions, {{"setup", Entry<Setup>}});
#define NODETORCH_DEFINE(name) Define##name(env, functions);
    NODETORCH_EXPORTS(NODETORCH_DEFINE)
#undef NODETORCH_DEFINE
    return functions;
  } catch (...) {
    return RaiseCurrent(env);
  }
}

// The addon is loaded twice for each environment, and both loads have the same two functions: which is which
// is said by calling them. Nothing is read from `exports`, which is not the caller's under every runtime.
napi_value Init(napi_env env, napi_value exports) {
  const std::string problem = VersionProblem();
  if (!problem.empty()) {
    napi_throw_error(env, "ERR_LIBTORCH_VERSION", problem.c_str());
    return nullptr;
  }
  const napi_property_descriptor functions[] = {
      {"own", nullptr, Own, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"open", nullptr, Open, nullptr, nullptr, nullptr, napi_default, nullptr}};
  napi_define_properties(env, exports, 2, functions);
  return exports;
}

}  // namespace

}  // namespace nodetorch

// Exported, or the linker would leave it out.
extern "C" NAPI_EXTERN const decltype(nodetorch::kMark) nodetorch_built_for = nodetorch::kMark;

NAPI_MODULE_INIT() { return nodetorch::Init(env, exports); }
