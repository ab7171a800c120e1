#include "runtime/arguments.h"

#include "operators/converters.h"
#include "operators/from_js.h"

namespace nodetorch {

namespace {

[[noreturn]] void Wrong(Environment& environment, napi_value value, const char* where, const char* expected) {
  throw TypeProblem(std::string(where) + " must be " + expected + ", not " + Describe(environment, value));
}

}  // namespace

const at::Tensor& TensorArgument(Environment& environment, napi_value value, const char* where) {
  Slot* slot = FindSlot(environment, value);
  if (!slot || slot->kind != Kind::kTensor || !slot->tensor.defined()) {
    Wrong(environment, value, where, "a Tensor");
  }
  return slot->tensor;
}

const at::Tensor& HandleArgument(Environment& environment, napi_value handle, const char* where) {
  Slot* slot = FindHandle(environment, handle);
  if (!slot) slot = FindSlot(environment, handle);
  if (slot && slot->kind == Kind::kTensor && slot->tensor.defined()) return slot->tensor;
  if (slot && slot->kind == Kind::kTensor) {
    throw TypeProblem(std::string(where) + " must be a Tensor, not a disposed Tensor");
  }
  Wrong(environment, handle, where, "a Tensor");
}

std::vector<at::Tensor> TensorsArgument(Environment& environment, napi_value value, const char* where) {
  napi_env env = environment.env();
  bool is_array = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (!is_array) Wrong(environment, value, where, "an array of Tensors");
  uint32_t length;
  Check(env, napi_get_array_length(env, value, &length));
  if (length > kLongestList) Wrong(environment, value, where, "a shorter array");
  std::vector<at::Tensor> tensors;
  for (uint32_t i = 0; i < length; i++) {
    Napi::HandleScope scope(env);
    napi_value item;
    napi_valuetype type;
    Check(env, napi_get_element(env, value, i, &item));
    Check(env, napi_typeof(env, item, &type));
    tensors.push_back(type == napi_null || type == napi_undefined ? at::Tensor()
                                                                  : TensorArgument(environment, item, where));
  }
  return tensors;
}

at::ScalarType ScalarTypeArgument(Environment& environment, napi_value value, const char* where) {
  const auto source = ArgumentSource::Classify(environment, value);
  const auto type = Converter<at::ScalarType>::From(environment, source);
  if (!type) Wrong(environment, value, where, "a DType");
  return *type;
}

c10::Device DeviceArgument(Environment& environment, napi_value value, const char* where) {
  const auto source = ArgumentSource::Classify(environment, value);
  const auto device = Converter<c10::Device>::From(environment, source);
  if (!device) Wrong(environment, value, where, "a Device");
  return *device;
}

std::vector<int64_t> IntsArgument(Environment& environment, napi_value value, const char* where) {
  c10::SmallVector<int64_t, 16> ints;
  const auto source = ArgumentSource::Classify(environment, value);
  if (!AppendInts(environment, source, TypeSpec(), ints)) {
    Wrong(environment, value, where, "an array of whole numbers");
  }
  return {ints.begin(), ints.end()};
}

}  // namespace nodetorch
