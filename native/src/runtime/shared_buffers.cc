#include "runtime/shared_buffers.h"

#include <c10/util/Exception.h>

#include <algorithm>

#include "runtime/error.h"

namespace nodetorch {

void TransferBuffer::Set(napi_env env, napi_value array) {
  void* data = nullptr;
  Check(env, napi_get_typedarray_info(env, array, nullptr, &length_, &data, nullptr, nullptr));
  data_ = static_cast<double*>(data);
}

void TransferBuffer::Write(c10::IntArrayRef numbers) const {
  TORCH_CHECK(numbers.size() <= length_, "a tensor of ", numbers.size(), " dimensions");
  std::copy(numbers.begin(), numbers.end(), data_);
}

void ResultHeader::Set(napi_env env, napi_value array) {
  void* data = nullptr;
  size_t length = 0;
  Check(env, napi_get_typedarray_info(env, array, nullptr, &length, &data, nullptr, nullptr));
  TORCH_CHECK(length == kFields + kMostResults, "the result header is an Int32Array of ",
              kFields + kMostResults);
  data_ = static_cast<int32_t*>(data);
}

}  // namespace nodetorch
