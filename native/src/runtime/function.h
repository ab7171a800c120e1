// Native functions with a fixed signature, as lib/ calls them.
#pragma once

#include <napi.h>

#include "operators/from_js.h"
#include "operators/to_js.h"
#include "runtime/arguments.h"
#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

struct Arguments {
  Environment& environment;
  napi_env env;
  napi_value values[8];  // `undefined` where nothing was given
  size_t count = 8;

  napi_value operator[](size_t i) const { return values[i]; }
  const at::Tensor& Tensor(size_t i, const char* where = "argument") const {
    return TensorArgument(environment, values[i], where);
  }
  // The tensor whose handle is the first argument.
  const at::Tensor& Self(const char* where = "argument") const {
    return HandleArgument(environment, values[0], where);
  }
  bool IsNull(size_t i) const {
    napi_valuetype type;
    Check(env, napi_typeof(env, values[i], &type));
    return type == napi_null || type == napi_undefined;
  }
  bool Bool(size_t i) const {
    bool flag = false;
    napi_get_value_bool(env, values[i], &flag);
    return flag;
  }
  int64_t Int(size_t i) const {
    int64_t number = 0;
    napi_get_value_int64(env, values[i], &number);
    return number;
  }
  Napi::Value Value(size_t i) const { return Napi::Value(env, values[i]); }
};

using Function = napi_value (*)(Arguments&);

// What Node-API calls: no C++ exception leaves it.
template <Function F>
napi_value Entry(napi_env env, napi_callback_info info) {
  try {
    Arguments arguments{Environment::Of(env), env, {}, 8};
    Check(env, napi_get_cb_info(env, info, &arguments.count, arguments.values, nullptr, nullptr));
    napi_value result = F(arguments);
    arguments.environment.EmitWarnings();
    return result;
  } catch (...) {
    return RaiseCurrent(env);
  }
}

struct Definition {
  const char* name;
  napi_callback callback;
};

inline napi_value Undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

// Adds functions to the addon's exports.
inline void Define(Napi::Env env, Napi::Object exports, std::initializer_list<Definition> all) {
  for (const Definition& each : all) {
    napi_value function;
    Check(env, napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.callback, nullptr, &function));
    Check(env, napi_set_named_property(env, exports, each.name, function));
  }
}

}  // namespace nodetorch
