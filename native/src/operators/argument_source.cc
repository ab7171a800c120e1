#include "operators/argument_source.h"

#include <limits>

namespace nodetorch {

ArgumentSource ArgumentSource::Classify(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  ArgumentSource source;
  source.js = value;
  switch (TypeOf(env, value)) {
    case napi_undefined: source.kind = ArgumentKind::kUndefined; break;
    case napi_null: source.kind = ArgumentKind::kNull; break;
    case napi_boolean: {
      bool flag = false;
      Check(env, napi_get_value_bool(env, value, &flag));
      source.kind = ArgumentKind::kBoolean;
      source.number = flag;
      break;
    }
    case napi_number:
      source.kind = ArgumentKind::kNumber;
      Check(env, napi_get_value_double(env, value, &source.number));
      break;
    case napi_bigint: source.kind = ArgumentKind::kBigInt; break;
    case napi_string: source.kind = ArgumentKind::kString; break;
    case napi_object: source.kind = ArgumentKind::kObject; break;
    case napi_external:
      source.slot = FindHandle(environment, value);
      source.kind = source.slot ? ArgumentKind::kHandle : ArgumentKind::kOther;
      break;
    default: source.kind = ArgumentKind::kOther;
  }
  return source;
}

bool ArgumentSource::IsJsArray(Environment& environment) const {
  bool is_array = false;
  if (kind == ArgumentKind::kObject)
    Check(environment.env(), napi_is_array(environment.env(), js, &is_array));
  return is_array;
}

Slot* ArgumentSource::FindSlot(Environment& environment) const {
  if (slot) return slot;
  const bool may_have_one = js && (kind == ArgumentKind::kObject || kind == ArgumentKind::kOther);
  return may_have_one ? nodetorch::FindSlot(environment, js) : nullptr;
}

const at::Tensor* ArgumentSource::FindTensor(Environment& environment) const {
  const Slot* found = FindSlot(environment);
  return found && found->kind == Kind::kTensor && found->tensor.defined() ? &found->tensor : nullptr;
}

std::optional<uint32_t> ArgumentSource::Length(Environment& environment) const {
  if (kind == ArgumentKind::kTensors || kind == ArgumentKind::kNumbers) {
    return static_cast<uint32_t>(list.size());
  }
  if (kind != ArgumentKind::kObject) return std::nullopt;
  napi_env env = environment.env();
  uint32_t length = 0;
  if (IsJsArray(environment)) {
    Check(env, napi_get_array_length(env, js, &length));
  } else {
    bool is_typed = false;
    Check(env, napi_is_typedarray(env, js, &is_typed));
    if (!is_typed) return std::nullopt;
    size_t size;
    Check(env, napi_get_typedarray_info(env, js, nullptr, &size, nullptr, nullptr, nullptr));
    if (size > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    length = static_cast<uint32_t>(size);
  }
  if (length > kLongestList) {
    throw RangeProblem("a list of " + std::to_string(length) + " elements is too long");
  }
  return length;
}

std::string ArgumentSource::Describe(Environment& environment) const {
  switch (kind) {
    case ArgumentKind::kHandle: return nodetorch::Describe(*slot);
    case ArgumentKind::kTensors: return "array of Tensor";
    case ArgumentKind::kNumbers: return "array of " + DescribeNumber(list[0]);
    case ArgumentKind::kNumber: return DescribeNumber(number);
    default: return nodetorch::Describe(environment, js);
  }
}

}  // namespace nodetorch
