#include "operators/converters.h"

#include <ATen/Context.h>

#include <cmath>
#include <utility>

#include "capture/recorder.h"

namespace nodetorch {

namespace {

using Source = ArgumentSource;

napi_value GetNamed(napi_env env, napi_value object, const char* name) {
  napi_value value;
  Check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

std::optional<c10::Scalar> ScalarOfBigInt(napi_env env, napi_value value) {
  int64_t number;
  bool lossless = false;
  if (napi_get_value_bigint_int64(env, value, &number, &lossless) == napi_ok && lossless) {
    return c10::Scalar(number);
  }
  uint64_t large;
  if (napi_get_value_bigint_uint64(env, value, &large, &lossless) == napi_ok && lossless) {
    return c10::Scalar(large);
  }
  return std::nullopt;
}

c10::Scalar NumberIn(Environment& environment, const at::Tensor& tensor) {
  if (CaptureRecorder* recorder = environment.recorder()) recorder->NoteRead();
  return tensor.item();
}

// Of an instance of Complex.
std::optional<c10::Scalar> ScalarOfComplex(napi_env env, napi_value value) {
  if (IsPlainObject(env, value)) return std::nullopt;
  double real, imaginary;
  if (napi_get_value_double(env, GetNamed(env, value, "re"), &real) != napi_ok ||
      napi_get_value_double(env, GetNamed(env, value, "im"), &imaginary) != napi_ok) {
    return std::nullopt;
  }
  return c10::Scalar(c10::complex<double>(real, imaginary));
}

// The numeric property `key` of an object: how DType, Layout and MemoryFormat objects are told.
std::optional<int> CodeOf(Environment& environment, const Source& source, const char* key, int end) {
  if (source.kind != ArgumentKind::kObject) return std::nullopt;
  napi_env env = environment.env();
  double code;
  if (napi_get_value_double(env, GetNamed(env, source.js, key), &code) != napi_ok || !IsWhole(code) ||
      code < 0 || code >= end) {
    return std::nullopt;
  }
  return static_cast<int>(code);
}

std::optional<at::ScalarType> ScalarTypeNamed(std::string name) {
  const auto& types = c10::getStringToDtypeMap();
  if (name.rfind("torch.", 0) == 0) name.erase(0, 6);
  const auto found = types.find(name);
  return found == types.end() ? std::nullopt : std::make_optional(found->second);
}

}  // namespace

bool IsScalar(const at::Tensor& tensor) {
  return tensor.dim() == 0 && !tensor.requires_grad() && !tensor.is_meta();
}

bool IsInteger(const at::Tensor& tensor) {
  return at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
}

c10::Scalar ScalarOf(double number) {
  const bool negative_zero = number == 0 && std::signbit(number);
  return IsWhole(number) && !negative_zero ? c10::Scalar(static_cast<int64_t>(number)) : c10::Scalar(number);
}

template <>
std::optional<at::Tensor> Converter<at::Tensor>::From(Environment& environment, const Source& source) {
  const at::Tensor* tensor = source.FindTensor(environment);
  return tensor ? std::make_optional(*tensor) : std::nullopt;
}

template <>
std::optional<int64_t> Converter<int64_t>::From(Environment& environment, const Source& source) {
  switch (source.kind) {
    case ArgumentKind::kNumber:
      if (!IsWhole(source.number)) return std::nullopt;
      return static_cast<int64_t>(source.number);
    case ArgumentKind::kBigInt: {
      int64_t number;
      bool lossless = false;
      napi_get_value_bigint_int64(environment.env(), source.js, &number, &lossless);
      return lossless ? std::make_optional(number) : std::nullopt;
    }
    case ArgumentKind::kHandle:
    case ArgumentKind::kObject: {
      const at::Tensor* tensor = source.FindTensor(environment);
      if (!tensor || !IsScalar(*tensor) || !IsInteger(*tensor)) return std::nullopt;
      return NumberIn(environment, *tensor).toLong();
    }
    default: return std::nullopt;
  }
}

template <>
std::optional<c10::Scalar> Converter<c10::Scalar>::From(Environment& environment, const Source& source) {
  switch (source.kind) {
    case ArgumentKind::kNumber: return ScalarOf(source.number);
    case ArgumentKind::kBoolean: return c10::Scalar(source.number != 0);
    case ArgumentKind::kBigInt: return ScalarOfBigInt(environment.env(), source.js);
    case ArgumentKind::kHandle:
    case ArgumentKind::kObject: {
      if (!source.FindSlot(environment)) return ScalarOfComplex(environment.env(), source.js);
      const at::Tensor* tensor = source.FindTensor(environment);
      if (!tensor || !IsScalar(*tensor)) return std::nullopt;
      return NumberIn(environment, *tensor);
    }
    default: return std::nullopt;
  }
}

template <>
std::optional<double> Converter<double>::From(Environment& environment, const Source& source) {
  if (source.kind == ArgumentKind::kNumber) return source.number;
  if (source.kind == ArgumentKind::kBoolean) return std::nullopt;
  const auto scalar = Converter<c10::Scalar>::From(environment, source);
  if (!scalar || scalar->isComplex()) return std::nullopt;
  return scalar->toDouble();
}

template <>
std::optional<bool> Converter<bool>::From(Environment&, const Source& source) {
  if (source.kind != ArgumentKind::kBoolean) return std::nullopt;
  return source.number != 0;
}

template <>
std::optional<std::string> Converter<std::string>::From(Environment& environment, const Source& source) {
  if (source.kind != ArgumentKind::kString) return std::nullopt;
  return ToString(environment.env(), source.js);
}

template <>
std::optional<at::ScalarType> Converter<at::ScalarType>::From(Environment& environment,
                                                              const Source& source) {
  if (source.kind == ArgumentKind::kString) return ScalarTypeNamed(ToString(environment.env(), source.js));
  const auto code = CodeOf(environment, source, "dtypeCode", static_cast<int>(at::ScalarType::NumOptions));
  // 30 to 43 are the 1 to 7 bit integers, which have no kernels, not even for making one.
  if (!code || (*code >= 30 && *code <= 43)) return std::nullopt;
  return static_cast<at::ScalarType>(*code);
}

template <>
std::optional<c10::Device> Converter<c10::Device>::From(Environment& environment, const Source& source) {
  napi_env env = environment.env();
  std::string name;
  if (source.kind == ArgumentKind::kString) {
    name = ToString(env, source.js);
    if (ScalarTypeNamed(name)) return std::nullopt;
  } else if (source.kind == ArgumentKind::kObject) {
    napi_value text = GetNamed(env, source.js, "deviceName");
    if (TypeOf(env, text) != napi_string) return std::nullopt;
    name = ToString(env, text);
  } else {
    return std::nullopt;
  }
  const c10::Device device(name);  // throws libtorch's message about unknown devices
  const size_t colon = name.find(':');
  const std::string index = colon == std::string::npos ? "" : name.substr(colon + 1);
  // Libtorch takes the last eight bits.
  TORCH_CHECK(index.empty() || index == std::to_string(device.index()), "Could not parse device index '",
              index, "' in device string '", name, "'");
  if (device.is_cuda()) {
    TORCH_CHECK(at::globalContext().hasCUDA(),
                "CUDA is not available: this libtorch has no CUDA, or finds no NVIDIA driver");
  } else if (device.is_mps()) {
    TORCH_CHECK(at::globalContext().hasMPS(), "MPS is not available on this machine");
  }
  return device;
}

template <>
std::optional<at::Layout> Converter<at::Layout>::From(Environment& environment, const Source& source) {
  const auto code = CodeOf(environment, source, "layoutCode", static_cast<int>(at::Layout::NumOptions));
  return code ? std::make_optional(static_cast<at::Layout>(*code)) : std::nullopt;
}

template <>
std::optional<at::MemoryFormat> Converter<at::MemoryFormat>::From(Environment& environment,
                                                                  const Source& source) {
  const auto code =
      CodeOf(environment, source, "memoryFormatCode", static_cast<int>(at::MemoryFormat::NumOptions));
  return code ? std::make_optional(static_cast<at::MemoryFormat>(*code)) : std::nullopt;
}

template <>
std::optional<at::Generator> Converter<at::Generator>::From(Environment& environment, const Source& source) {
  const Slot* slot = source.FindSlot(environment);
  const c10::IValue* value = slot ? slot->value() : nullptr;
  return value && value->isGenerator() ? std::make_optional(value->toGenerator()) : std::nullopt;
}

}  // namespace nodetorch
