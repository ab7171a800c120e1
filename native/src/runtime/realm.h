// The values that lib/native/index.ts hands over right after loading.
//
// They are the caller's own because a test runner gives each test file a realm of its own: an error that
// Node-API makes there is no `instanceof TypeError`.
#pragma once

#include <node_api.h>

#include <initializer_list>
#include <string>

namespace nodetorch {

class Realm {
 public:
  explicit Realm(napi_env env) : env_(env) {}

  // The object that setup() is called with. The references are weak, and lib/native/index.ts keeps the
  // values: an environment lives as long as its thread, and must not keep the modules of a test file that is
  // over.
  void Set(napi_value options);

  // Calls lib's collect(all). False where there is none, or none any more.
  bool Collect(bool all) const;
  // Keys and values of a Map or a plain object, one behind the other in an array. Null for anything else.
  napi_value Entries(napi_value value) const;
  bool can_warn() const { return warn_; }
  void Warn(const std::string& message) const;

  // Leaves a new error pending. A TorchError is made for an exception of Python's class `kind`.
  void ThrowTorchError(const std::string& message, const std::string& kind,
                       const std::string& backtrace = "") const;
  void ThrowTypeError(const std::string& message) const;
  void ThrowRangeError(const std::string& message) const;

 private:
  // The function, or null.
  napi_value Get(napi_ref reference) const;
  void Throw(napi_ref constructor, std::initializer_list<std::string> arguments) const;

  napi_env env_;
  napi_ref torch_error_ = nullptr;  // constructors
  napi_ref type_error_ = nullptr;
  napi_ref range_error_ = nullptr;
  napi_ref collect_ = nullptr;  // (all: boolean) => void
  napi_ref warn_ = nullptr;     // (message: string) => void
  napi_ref entries_ = nullptr;  // (value: unknown) => unknown[] | null
};

}  // namespace nodetorch
