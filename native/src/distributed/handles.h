// What JavaScript has of stores, groups and works.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "distributed/exports.h"
#include "distributed/stores.h"
#include "runtime/function.h"

#if NODETORCH_GLOO
namespace nodetorch {

struct StoreHandle : Held {
  explicit StoreHandle(StorePtr store) : store(std::move(store)) {}
  const StorePtr store;
};

template <typename T>
T& HandleAt(Arguments& arguments, size_t i, const char* what) {
  Slot* slot = FindHandle(arguments.environment, arguments[i]);
  auto* handle = slot ? dynamic_cast<T*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem(std::string("argument must be ") + what);
  return *handle;
}

inline const StorePtr& StoreAt(Arguments& arguments, size_t i) {
  return HandleAt<StoreHandle>(arguments, i, "a store").store;
}

inline std::string TextAt(Arguments& arguments, size_t i) {
  return arguments.Value(i).As<Napi::String>().Utf8Value();
}

inline std::vector<std::string> TextsAt(Arguments& arguments, size_t i) {
  const auto list = arguments.Value(i).As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t k = 0; k < list.Length(); k++) texts.push_back(list.Get(k).As<Napi::String>().Utf8Value());
  return texts;
}

inline std::chrono::milliseconds MillisecondsAt(Arguments& arguments, size_t i) {
  return std::chrono::milliseconds(arguments.Int(i));
}

}  // namespace nodetorch
#endif
