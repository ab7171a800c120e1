// Python's subscripts: reading and writing parts of a tensor.
#include <ATen/TensorIndexing.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "capture/index.h"
#include "capture/record.h"
#include "exports/constants.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

// Deno's napi_get_value_* make a number of whatever they are given, and say that it was one.
bool IsNumber(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type == napi_number;
}

// One index as lib/tensor/indexing.ts writes it: number, null, boolean, Tensor, '...', or
// [start | null, stop | null, step | null] for a range.
at::indexing::TensorIndex IndexOf(Arguments& arguments, napi_value value) {
  using namespace at::indexing;
  napi_env env = arguments.env;
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  switch (type) {
    case napi_null: return TensorIndex(None);
    case napi_string: return TensorIndex(Ellipsis);
    case napi_boolean: {
      bool flag;
      Check(env, napi_get_value_bool(env, value, &flag));
      return TensorIndex(flag);
    }
    case napi_number: {
      int64_t number;
      Check(env, napi_get_value_int64(env, value, &number));
      return TensorIndex(number);
    }
    default: break;
  }
  bool is_array = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (!is_array) return TensorIndex(TensorArgument(arguments.environment, value, "index"));
  std::optional<c10::SymInt> range[3];
  for (uint32_t i = 0; i < 3; i++) {
    napi_value item;
    Check(env, napi_get_element(env, value, i, &item));
    int64_t number;
    if (!IsNumber(env, item)) continue;
    Check(env, napi_get_value_int64(env, item, &number));
    range[i] = number;
  }
  return TensorIndex(Slice(range[0], range[1], range[2]));
}

std::vector<at::indexing::TensorIndex> IndicesOf(Arguments& arguments, napi_value list) {
  uint32_t length;
  Check(arguments.env, napi_get_array_length(arguments.env, list, &length));
  TORCH_CHECK_INDEX(length <= 1024, "too many indices: ", length);
  std::vector<at::indexing::TensorIndex> indices;
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    Check(arguments.env, napi_get_element(arguments.env, list, i, &item));
    indices.push_back(IndexOf(arguments, item));
  }
  return indices;
}

// The same of indices without tensors, from the transfer buffer: four numbers for each, what it is and its
// values.
std::vector<at::indexing::TensorIndex> PlainIndices(Arguments& arguments, size_t count) {
  using namespace at::indexing;
  const double* numbers = arguments.environment.transfer_buffer().data();
  TORCH_CHECK_INDEX(count * kNumbersOfIndex <= arguments.environment.transfer_buffer().length(),
                    "too many indices: ", count);
  std::vector<TensorIndex> indices;
  indices.reserve(count);
  for (size_t i = 0; i < count; i++, numbers += kNumbersOfIndex) {
    const auto bound = [&](int at) {
      const double number = std::clamp(numbers[at], -kMaxSafeInteger, kMaxSafeInteger);
      return std::isnan(number) ? std::nullopt : std::optional<c10::SymInt>(static_cast<int64_t>(number));
    };
    switch (static_cast<IndexKind>(numbers[0])) {
      case IndexKind::kInt: indices.emplace_back(static_cast<int64_t>(numbers[1])); break;
      case IndexKind::kNone: indices.emplace_back(None); break;
      case IndexKind::kEllipsis: indices.emplace_back(Ellipsis); break;
      default: indices.emplace_back(Slice(bound(1), bound(2), bound(3)));
    }
  }
  return indices;
}

// getIndex(tensor, indices | how many are in the transfer buffer, holder)
napi_value GetIndex(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  uint32_t count = 0;
  const bool plain = IsNumber(arguments.env, arguments[1]);
  if (plain) Check(arguments.env, napi_get_value_uint32(arguments.env, arguments[1], &count));
  const auto indices = plain ? PlainIndices(arguments, count) : IndicesOf(arguments, arguments[1]);
  arguments.environment.RunPendingWork();
  arguments.environment.CheckFree(tensor);
  CaptureRecorder* recorder = arguments.environment.recorder();
  const at::Tensor result =
      recorder ? GetItemRecorded(*recorder, tensor, indices) : at::indexing::get_item(tensor, indices);
  return ToJs(arguments.environment, result, arguments[2]);
}

napi_value SetIndex(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  arguments.environment.CheckFree(tensor, true);
  arguments.environment.RunPendingWork();
  const auto indices = IndicesOf(arguments, arguments[1]);
  CaptureRecorder* recorder = arguments.environment.recorder();
  c10::IValue value;
  if (!FromJs(arguments.environment, arguments[2], TypeSpec{Type::kTensor}, false, &value)) {
    if (!FromJs(arguments.environment, arguments[2], TypeSpec{Type::kScalar}, false, &value)) {
      throw TypeProblem("setAt(): the value must be a Tensor or a number, not " +
                        Describe(arguments.environment, arguments[2]));
    }
    const at::Tensor number = at::scalar_tensor(value.toScalar(), tensor.options());
    if (recorder) {
      RecordOne(arguments.environment, kData, "", {recorder->Constant(number.clone())}, number,
                [](const Values& values) { return values[0].toTensor().clone(); });
    }
    at::indexing::set_item(tensor, indices, number);
    if (recorder) RecordSetItem(*recorder, tensor, indices, number);
  } else {
    at::indexing::set_item(tensor, indices, value.toTensor());
    if (recorder) RecordSetItem(*recorder, tensor, indices, value.toTensor());
  }
  return Undefined(arguments.env);
}

}  // namespace

void DefineIndexing(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"getIndex", Entry<GetIndex>}, {"setIndex", Entry<SetIndex>}});
}

}  // namespace nodetorch
