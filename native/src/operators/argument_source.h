// Where the value of an operator's argument comes from.
//
// lib/native/dispatch.ts passes most arguments in a form that is cheaper to read than a JS object: a tensor
// as the number of its slot, a list as numbers in the transfer buffer. A source stands for each of these
// forms, and for each element of a list, so that there is one converter for each schema type (from_js.h).
#pragma once

#include <c10/util/ArrayRef.h>
#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "operators/js_value.h"

namespace nodetorch {

enum class ArgumentKind : uint8_t {
  kUndefined,
  kNull,
  kBoolean,
  kNumber,
  kBigInt,
  kString,
  kHandle,   // of ours: a tensor, a generator, or something else that is native
  kTensors,  // a list of the numbers of tensors' slots; negative for null
  kNumbers,  // a list of numbers
  kObject,   // any other object: an array, a Tensor as JavaScript sees it, a DType ...
  kOther,    // a function, a symbol, somebody else's external
};

struct ArgumentSource {
  ArgumentKind kind = ArgumentKind::kUndefined;
  int position = -1;        // among the arguments of the call; -1 for what was inside of one
  napi_value js = nullptr;  // null for the elements of kTensors and kNumbers
  double number = 0;        // of kNumber and kBoolean
  Slot* slot = nullptr;     // of kHandle
  c10::ArrayRef<double> list;

  // Asks Node-API about the value once, for all converters that look at it.
  static ArgumentSource Classify(Environment& environment, napi_value value);
  static ArgumentSource OfNumber(double number) { return {ArgumentKind::kNumber, -1, nullptr, number}; }
  static ArgumentSource OfHandle(Slot* slot) { return {ArgumentKind::kHandle, -1, nullptr, 0, slot}; }

  // Whether it can only be one value. An object may be a list.
  bool IsSingle() const {
    return kind != ArgumentKind::kObject && kind != ArgumentKind::kTensors && kind != ArgumentKind::kNumbers;
  }
  bool IsNullish() const { return kind == ArgumentKind::kNull || kind == ArgumentKind::kUndefined; }
  bool IsJsArray(Environment& environment) const;

  // The slot of a handle, or of an object that has one. Null where there is none.
  Slot* FindSlot(Environment& environment) const;
  // The tensor in that slot, or null.
  const at::Tensor* FindTensor(Environment& environment) const;

  // How many elements it has; nothing where it is no list. Throws where they are too many.
  std::optional<uint32_t> Length(Environment& environment) const;
  // Calls `each` with the source of each element until it gives false. False, too, where this is no list.
  template <typename Each>
  bool ForEach(Environment& environment, Each each) const;

  // For messages.
  std::string Describe(Environment& environment) const;
};

template <typename Each>
bool ArgumentSource::ForEach(Environment& environment, Each each) const {
  if (kind == ArgumentKind::kNumbers) {
    for (const double one : list) {
      if (!each(OfNumber(one))) return false;
    }
    return true;
  }
  if (kind == ArgumentKind::kTensors) {
    for (const double one : list) {
      const bool is_null = one < 0;
      if (!each(is_null ? ArgumentSource{ArgumentKind::kNull}
                        : OfHandle(environment.pool().At(static_cast<int64_t>(one))))) {
        return false;
      }
    }
    return true;
  }
  const std::optional<uint32_t> length = Length(environment);
  if (!length) return false;
  napi_env env = environment.env();
  for (uint32_t i = 0; i < *length; i++) {
    // The handles of a short list may wait for the end of the call.
    std::optional<Napi::HandleScope> scope;
    if (*length > 64) scope.emplace(env);
    napi_value element;
    Check(env, napi_get_element(env, js, i, &element));
    if (!each(Classify(environment, element))) return false;
  }
  return true;
}

}  // namespace nodetorch
