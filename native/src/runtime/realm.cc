#include "runtime/realm.h"

#include <vector>

#include "runtime/error.h"

namespace nodetorch {

namespace {

napi_value MessageText(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  if (napi_create_string_utf8(env, text.data(), text.size(), &value) != napi_ok) {
    napi_create_string_utf8(env, "(message too long)", NAPI_AUTO_LENGTH, &value);
  }
  return value;
}

}  // namespace

void Realm::Set(napi_value options) {
  const auto keep = [&](const char* name, napi_ref* reference) {
    napi_value value;
    Check(env_, napi_get_named_property(env_, options, name, &value));
    Check(env_, napi_create_reference(env_, value, 0, reference));
  };
  keep("TorchError", &torch_error_);
  keep("TypeError", &type_error_);
  keep("RangeError", &range_error_);
  keep("collect", &collect_);
  keep("warn", &warn_);
  keep("entries", &entries_);
}

napi_value Realm::Get(napi_ref reference) const {
  napi_value function = nullptr;
  if (reference) napi_get_reference_value(env_, reference, &function);
  return function;
}

bool Realm::Collect(bool all) const {
  napi_value function = Get(collect_), undefined, argument;
  if (!function) return false;
  napi_get_undefined(env_, &undefined);
  napi_get_boolean(env_, all, &argument);
  Check(env_, napi_call_function(env_, undefined, function, 1, &argument, nullptr));
  return true;
}

napi_value Realm::Entries(napi_value value) const {
  napi_value function = Get(entries_), undefined, result;
  if (!function) return nullptr;
  napi_get_undefined(env_, &undefined);
  Check(env_, napi_call_function(env_, undefined, function, 1, &value, &result));
  napi_valuetype type;
  Check(env_, napi_typeof(env_, result, &type));
  return type == napi_null ? nullptr : result;
}

void Realm::Warn(const std::string& message) const {
  napi_value function = Get(warn_), undefined, text;
  if (!function) return;
  napi_get_undefined(env_, &undefined);
  napi_create_string_utf8(env_, message.data(), message.size(), &text);
  napi_call_function(env_, undefined, function, 1, &text, nullptr);
}

void Realm::Throw(napi_ref constructor, std::initializer_list<std::string> arguments) const {
  if (napi_value function = Get(constructor)) {
    std::vector<napi_value> texts;
    for (const std::string& text : arguments) texts.push_back(MessageText(env_, text));
    napi_value error = nullptr;
    if (napi_new_instance(env_, function, texts.size(), texts.data(), &error) == napi_ok) {
      napi_throw(env_, error);
      return;
    }
  }
  napi_throw_error(env_, nullptr, arguments.begin()->c_str());
}

void Realm::ThrowTorchError(const std::string& message, const std::string& kind,
                            const std::string& backtrace) const {
  Throw(torch_error_, {message, kind, backtrace});
}
void Realm::ThrowTypeError(const std::string& message) const { Throw(type_error_, {message}); }
void Realm::ThrowRangeError(const std::string& message) const { Throw(range_error_, {message}); }

}  // namespace nodetorch
