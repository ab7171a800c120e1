// Two typed arrays of lib/native/index.ts whose memory both sides read and write: that costs a fraction of a
// call of Node-API.
#pragma once

#include <c10/util/ArrayRef.h>
#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace nodetorch {

// The Float64Array in which numbers go from one side to the other: sizes, and the elements of operators'
// lists. An array made here would also belong to another realm than the caller's under a test runner.
class TransferBuffer {
 public:
  void Set(napi_env env, napi_value array);
  void Write(c10::IntArrayRef numbers) const;
  const double* data() const { return data_; }
  size_t length() const { return length_; }

 private:
  double* data_ = nullptr;
  size_t length_ = 0;
};

// What an operator reports beside its result, with a value. lib/native/dispatch.ts reads the numbers from
// `native.constants`.
enum class Outcome : int32_t {
  kPlain,       // the result is what it is
  kNew,         // a new tensor, owned by the result holder that was given; its number
  kNewInScope,  // the same, owned by the innermost scope
  kGiven,       // an argument; which
  kSeveral,     // several tensors; how many, and behind it for each the number of a new one, 0 for none, or
                // -1 - i for argument i. JavaScript makes their objects and calls adopt().
  kGivenAmong,  // a list with the positions of arguments in it; one bit for each place that holds one
};

// The Int32Array that begins with an Outcome, its value, and whether a collection is due. Behind them lie the
// numbers of multiple results.
class ResultHeader {
 public:
  static constexpr size_t kFields = 3;
  static constexpr size_t kMostResults = 61;

  void Set(napi_env env, napi_value array);
  void Write(Outcome outcome, uint32_t value, bool collection_is_due) const {
    data_[0] = static_cast<int32_t>(outcome);
    data_[1] = static_cast<int32_t>(value);
    data_[2] = collection_is_due;
  }
  int32_t& NumberOf(size_t result) const { return data_[kFields + result]; }

 private:
  int32_t* data_ = nullptr;
};

}  // namespace nodetorch
