// What a JS value is: its text, the handle in it, a description for messages.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "runtime/environment.h"

namespace nodetorch {

constexpr double kMaxSafeInteger = 9007199254740991.0;
inline bool IsWhole(double number) {
  return std::abs(number) <= kMaxSafeInteger && std::trunc(number) == number;
}

// Longer lists are refused: a sparse array of four billion holes would keep the thread for minutes.
constexpr uint32_t kLongestList = 1 << 24;

napi_valuetype TypeOf(napi_env env, napi_value value);
std::string ToString(napi_env env, napi_value string);
bool IsPlainObject(napi_env env, napi_value value);

// The slot behind a JS object or an external, or null.
Slot* FindSlot(Environment& environment, napi_value value);
// The slot behind what an object of ours has as its handle: an external, or the number of a tensor's slot.
Slot* FindHandle(Environment& environment, napi_value handle);

// What the value is, for messages: "Tensor", "string", "a disposed Tensor", "NaN" ...
std::string Describe(Environment& environment, napi_value value);
std::string Describe(const Slot& slot);
std::string DescribeNumber(double number);

}  // namespace nodetorch
