#include "operators/convert.h"

#include <ATen/Context.h>
#include <ATen/ScalarOps.h>
#include <ATen/core/jit_type.h>
#include <c10/core/MemoryFormat.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/fast_paths.h"

namespace nodetorch {

namespace {

using c10::IValue;

napi_valuetype TypeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type;
}

napi_value GetNamed(napi_env env, napi_value object, const char* name) {
  napi_value value;
  Check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

bool NumberOf(napi_env env, napi_value value, double* number) {
  return napi_get_value_double(env, value, number) == napi_ok;
}

bool BigIntOf(napi_env env, napi_value value, int64_t* number) {
  bool lossless = false;
  return napi_get_value_bigint_int64(env, value, number, &lossless) == napi_ok && lossless;
}

// A zero-dimensional tensor stands for its value, as in PyTorch, unless a gradient would be lost.
bool IsScalar(const at::Tensor& tensor) {
  return tensor.defined() && tensor.dim() == 0 && !tensor.requires_grad() && !tensor.is_meta();
}

const at::Tensor* ScalarTensor(Environment& environment, napi_value value) {
  Slot* slot = FindSlot(environment, value);
  return slot && slot->kind == Kind::kTensor && IsScalar(slot->tensor) ? &slot->tensor : nullptr;
}

bool ToInt(Environment& environment, napi_value value, int64_t* result) {
  napi_env env = environment.env();
  switch (TypeOf(env, value)) {
    case napi_number: {
      double number;
      if (!NumberOf(env, value, &number) || !IsWhole(number)) return false;
      *result = static_cast<int64_t>(number);
      return true;
    }
    case napi_bigint: return BigIntOf(env, value, result);
    case napi_external:
    case napi_object: {
      const at::Tensor* tensor = ScalarTensor(environment, value);
      if (!tensor || !at::isIntegralType(tensor->scalar_type(), /*includeBool=*/false)) return false;
      *result = tensor->item().toLong();
      return true;
    }
    default: return false;
  }
}

// A whole number is an int, as the literal 1 is in Python; -0 and all others are floats.
c10::Scalar ScalarOf(double number) {
  const bool negative_zero = number == 0 && std::signbit(number);
  return IsWhole(number) && !negative_zero ? c10::Scalar(static_cast<int64_t>(number)) : c10::Scalar(number);
}

bool ToScalar(Environment& environment, napi_value value, c10::Scalar* result) {
  napi_env env = environment.env();
  switch (TypeOf(env, value)) {
    case napi_number: {
      double number;
      if (!NumberOf(env, value, &number)) return false;
      *result = ScalarOf(number);
      return true;
    }
    case napi_bigint: {
      int64_t number;
      if (BigIntOf(env, value, &number)) {
        *result = c10::Scalar(number);
        return true;
      }
      uint64_t large;
      bool lossless = false;
      if (napi_get_value_bigint_uint64(env, value, &large, &lossless) != napi_ok || !lossless) {
        return false;
      }
      *result = c10::Scalar(large);
      return true;
    }
    case napi_boolean: {
      bool flag;
      Check(env, napi_get_value_bool(env, value, &flag));
      *result = c10::Scalar(flag);
      return true;
    }
    case napi_external:
    case napi_object: {
      if (const at::Tensor* tensor = ScalarTensor(environment, value)) {
        *result = tensor->item();
        return true;
      }
      if (FindSlot(environment, value) || IsPlainObject(env, value)) return false;
      double real, imaginary;  // an instance of Complex
      if (!NumberOf(env, GetNamed(env, value, "re"), &real) ||
          !NumberOf(env, GetNamed(env, value, "im"), &imaginary)) {
        return false;
      }
      *result = c10::Scalar(c10::complex<double>(real, imaginary));
      return true;
    }
    default: return false;
  }
}

// An object with a numeric property `key`: how DType, Layout and MemoryFormat objects are told.
bool CodeOf(napi_env env, napi_value value, const char* key, int* code) {
  if (TypeOf(env, value) != napi_object) return false;
  double number;
  if (!NumberOf(env, GetNamed(env, value, key), &number) || !IsWhole(number)) return false;
  if (number < 0 || number > 127) return false;
  *code = static_cast<int>(number);
  return true;
}

bool ToScalarType(napi_env env, napi_value value, at::ScalarType* result) {
  int code;
  if (CodeOf(env, value, "dtypeCode", &code)) {
    // 30 to 43 are the 1 to 7 bit integers, which have no kernels, not even for making one.
    if (code >= static_cast<int>(at::ScalarType::NumOptions) || (code >= 30 && code <= 43)) return false;
    *result = static_cast<at::ScalarType>(code);
    return true;
  }
  if (TypeOf(env, value) != napi_string) return false;
  const auto& types = c10::getStringToDtypeMap();
  std::string name = ToString(env, value);
  if (name.rfind("torch.", 0) == 0) name.erase(0, 6);
  const auto found = types.find(name);
  if (found == types.end()) return false;
  *result = found->second;
  return true;
}

bool ToDevice(napi_env env, napi_value value, c10::Device* result) {
  std::string name;
  const napi_valuetype type = TypeOf(env, value);
  if (type == napi_string) {
    name = ToString(env, value);
  } else if (type == napi_object) {
    napi_value key = GetNamed(env, value, "deviceName");
    if (TypeOf(env, key) != napi_string) return false;
    name = ToString(env, key);
  } else {
    return false;
  }
  at::ScalarType ignored;
  if (type == napi_string && ToScalarType(env, value, &ignored)) return false;
  *result = c10::Device(name);  // throws libtorch's message about unknown devices
  if (result->is_cuda()) {
    TORCH_CHECK(at::globalContext().hasCUDA(),
                "CUDA is not available: this libtorch has no CUDA, or finds no NVIDIA driver");
  } else if (result->is_mps()) {
    TORCH_CHECK(at::globalContext().hasMPS(), "MPS is not available on this machine");
  }
  return true;
}

bool ToLayout(napi_env env, napi_value value, at::Layout* result) {
  int code;
  if (!CodeOf(env, value, "layoutCode", &code)) return false;
  if (code >= static_cast<int>(at::Layout::NumOptions)) return false;
  *result = static_cast<at::Layout>(code);
  return true;
}

bool ToMemoryFormat(napi_env env, napi_value value, at::MemoryFormat* result) {
  int code;
  if (!CodeOf(env, value, "memoryFormatCode", &code)) return false;
  if (code >= static_cast<int>(at::MemoryFormat::NumOptions)) return false;
  *result = static_cast<at::MemoryFormat>(code);
  return true;
}

// What counts as a number in type promotion.
at::Tensor Wrapped(at::Tensor number) {
  number.unsafeGetTensorImpl()->set_wrapped_number(true);
  return number;
}

bool ToTensor(Environment& environment, napi_value value, bool numbers_as_tensors, at::Tensor* result) {
  Slot* slot = FindSlot(environment, value);
  if (slot) {
    if (slot->kind != Kind::kTensor || !slot->tensor.defined()) return false;
    *result = slot->tensor;
    return true;
  }
  c10::Scalar scalar;
  if (!numbers_as_tensors || !ToScalar(environment, value, &scalar)) return false;
  *result = Wrapped(c10::scalar_to_tensor(scalar));
  return true;
}

bool ElementFromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
                   IValue* result) {
  napi_env env = environment.env();
  switch (spec.type) {
    case Type::kTensor: {
      at::Tensor tensor;
      if (!ToTensor(environment, value, numbers_as_tensors, &tensor)) return false;
      *result = std::move(tensor);
      return true;
    }
    case Type::kInt: {
      int64_t number;
      if (!ToInt(environment, value, &number)) return false;
      *result = number;
      return true;
    }
    case Type::kFloat: {
      c10::Scalar scalar;
      if (TypeOf(env, value) == napi_boolean || !ToScalar(environment, value, &scalar) ||
          scalar.isComplex()) {
        return false;
      }
      *result = scalar.toDouble();
      return true;
    }
    case Type::kBool: {
      bool flag;
      if (napi_get_value_bool(env, value, &flag) != napi_ok) return false;
      *result = flag;
      return true;
    }
    case Type::kScalar: {
      c10::Scalar scalar;
      if (!ToScalar(environment, value, &scalar)) return false;
      *result = scalar;
      return true;
    }
    case Type::kString:
      if (TypeOf(env, value) != napi_string) return false;
      *result = ToString(env, value);
      return true;
    case Type::kScalarType: {
      at::ScalarType type;
      if (!ToScalarType(env, value, &type)) return false;
      *result = type;
      return true;
    }
    case Type::kDevice: {
      c10::Device device(c10::kCPU);
      if (!ToDevice(env, value, &device)) return false;
      *result = device;
      return true;
    }
    case Type::kLayout: {
      at::Layout layout;
      if (!ToLayout(env, value, &layout)) return false;
      *result = layout;
      return true;
    }
    case Type::kMemoryFormat: {
      at::MemoryFormat format;
      if (!ToMemoryFormat(env, value, &format)) return false;
      *result = format;
      return true;
    }
    case Type::kGenerator: {
      Slot* slot = FindSlot(environment, value);
      if (!slot || slot->kind != Kind::kGenerator || !slot->generator.defined()) return false;
      *result = slot->generator;
      return true;
    }
    case Type::kUnsupported: return false;
  }
  return false;
}

void CheckLength(uint32_t length) {
  if (length > kLongestList) {
    throw RangeProblem("a list of " + std::to_string(length) + " elements is too long");
  }
}

// The elements of an array or typed array, converted one by one into `list`.
template <typename List, typename Get>
bool Fill(Environment& environment, napi_value value, const TypeSpec& element, List& list, Get get) {
  napi_env env = environment.env();
  uint32_t length = 0;
  bool is_array = false, is_typed = false;
  Check(env, napi_is_array(env, value, &is_array));
  if (is_array) {
    Check(env, napi_get_array_length(env, value, &length));
  } else {
    Check(env, napi_is_typedarray(env, value, &is_typed));
    if (!is_typed) return false;
    size_t size;
    Check(env, napi_get_typedarray_info(env, value, nullptr, &size, nullptr, nullptr, nullptr));
    if (size > std::numeric_limits<uint32_t>::max()) return false;
    length = static_cast<uint32_t>(size);
  }
  CheckLength(length);
  for (uint32_t i = 0; i < length; i++) {
    // The handles of a short list may wait for the end of the call.
    std::optional<Napi::HandleScope> scope;
    if (length > 64) scope.emplace(env);
    napi_value item;
    Check(env, napi_get_element(env, value, i, &item));
    IValue converted;
    napi_valuetype type = TypeOf(env, item);
    if (element.optional && (type == napi_null || type == napi_undefined)) {
      get(list, IValue());
      continue;
    }
    if (!ElementFromJs(environment, item, element, false, &converted)) return false;
    get(list, std::move(converted));
  }
  return true;
}

bool HoldsTensor(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  bool is_array = false;
  uint32_t length = 0;
  Check(env, napi_is_array(env, value, &is_array));
  if (is_array) Check(env, napi_get_array_length(env, value, &length));
  for (uint32_t i = 0; i < std::min<uint32_t>(length, kLongestList); i++) {
    Napi::HandleScope scope(env);
    napi_value item;
    Check(env, napi_get_element(env, value, i, &item));
    if (FindSlot(environment, item)) return true;
  }
  return false;
}

template <typename T, typename Get>
bool ListFromJs(Environment& environment, napi_value value, const TypeSpec& element, IValue* result,
                Get get) {
  c10::List<T> list;
  auto push = [&get](c10::List<T>& into, IValue item) { into.push_back(get(item)); };
  if (!Fill(environment, value, element, list, push)) return false;
  *result = std::move(list);
  return true;
}

// Without an IValue for each: lists of tensors are the longest.
bool TensorsFromJs(Environment& environment, napi_value value, IValue* result) {
  napi_env env = environment.env();
  bool is_array = false;
  uint32_t length = 0;
  Check(env, napi_is_array(env, value, &is_array));
  if (!is_array) return false;
  Check(env, napi_get_array_length(env, value, &length));
  CheckLength(length);
  c10::List<at::Tensor> list;
  list.reserve(std::min<uint32_t>(length, 1 << 16));
  for (uint32_t i = 0; i < length; i++) {
    std::optional<Napi::HandleScope> scope;
    if (length > 64) scope.emplace(env);
    napi_value item;
    Check(env, napi_get_element(env, value, i, &item));
    Slot* slot = FindSlot(environment, item);
    if (!slot || slot->kind != Kind::kTensor || !slot->tensor.defined()) return false;
    list.push_back(slot->tensor);
  }
  *result = std::move(list);
  return true;
}

}  // namespace

at::Tensor NumberBeside(const at::Tensor& tensor, double number) {
  if (tensor.scalar_type() != at::kFloat || !tensor.is_cpu() || tensor.layout() != at::kStrided ||
      !NoActiveModes()) {
    return Wrapped(c10::scalar_to_tensor(ScalarOf(number)));
  }
  return Wrapped(at::detail::scalar_tensor_static(static_cast<float>(number), at::kFloat, at::kCPU));
}

Slot* FindHandle(Environment& environment, napi_value handle) {
  double number = 0;
  if (NumberOf(environment.env(), handle, &number)) {
    return environment.pool().At(IsWhole(number) ? static_cast<int64_t>(number) : 0);
  }
  void* pointer = nullptr;
  if (napi_get_value_external(environment.env(), handle, &pointer) != napi_ok) return nullptr;
  return environment.pool().Owns(pointer) ? static_cast<Slot*>(pointer) : nullptr;
}

Slot* FindSlot(Environment& environment, napi_value value) {
  napi_env env = environment.env();
  const napi_valuetype type = TypeOf(env, value);
  if (type == napi_external) return FindHandle(environment, value);
  if (type != napi_object && type != napi_function) return nullptr;
  napi_value handle;
  if (napi_get_property(env, value, environment.HandleKey(), &handle) != napi_ok) {
    // A Proxy whose trap threw: no tensor.
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (pending) napi_get_and_clear_last_exception(env, &handle);
    return nullptr;
  }
  return FindHandle(environment, handle);
}

bool FromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
            IValue* result) {
  napi_env env = environment.env();
  const napi_valuetype type = TypeOf(env, value);
  if (type == napi_null) {
    if (!spec.optional) return false;
    *result = IValue();
    return true;
  }
  if (!spec.list) return ElementFromJs(environment, value, spec, numbers_as_tensors, result);

  TypeSpec element = spec;
  element.list = false;
  element.optional = spec.optional_elements;
  if (spec.broadcast > 0 && type != napi_object && type != napi_external) {
    IValue one;
    if (!ElementFromJs(environment, value, element, false, &one)) return false;
    if (spec.type == Type::kInt) {
      *result = c10::List<int64_t>(std::vector<int64_t>(spec.broadcast, one.toInt()));
    } else if (spec.type == Type::kFloat) {
      *result = std::vector<double>(spec.broadcast, one.toDouble());
    } else if (spec.type == Type::kBool) {
      c10::List<bool> flags;
      flags.resize(spec.broadcast, one.toBool());
      *result = std::move(flags);
    } else {
      return false;
    }
    return true;
  }
  if (type != napi_object) return false;
  switch (spec.type) {
    case Type::kTensor:
      if (spec.optional_elements) {
        return ListFromJs<std::optional<at::Tensor>>(
            environment, value, element, result,
            [](const IValue& item) { return item.toOptional<at::Tensor>(); });
      }
      return TensorsFromJs(environment, value, result);
    case Type::kInt:
      return ListFromJs<int64_t>(environment, value, element, result,
                                 [](const IValue& item) { return item.toInt(); });
    case Type::kFloat:
      return ListFromJs<double>(environment, value, element, result,
                                [](const IValue& item) { return item.toDouble(); });
    case Type::kBool:
      return ListFromJs<bool>(environment, value, element, result,
                              [](const IValue& item) { return item.toBool(); });
    case Type::kString:
      return ListFromJs<std::string>(environment, value, element, result,
                                     [](const IValue& item) { return item.toStringRef(); });
    case Type::kScalar: {
      if (HoldsTensor(environment, value)) return false;  // TensorList's, not ScalarList's
      c10::impl::GenericList list(c10::NumberType::get());
      auto push = [](c10::impl::GenericList& into, IValue item) { into.push_back(std::move(item)); };
      if (!Fill(environment, value, element, list, push)) return false;
      *result = std::move(list);
      return true;
    }
    default: return false;
  }
}

bool FromTensor(const at::Tensor& tensor, const TypeSpec& spec, IValue* result) {
  if (!tensor.defined()) return false;
  if (spec.type == Type::kTensor) {
    if (!spec.list) *result = tensor;
    return !spec.list;
  }
  if (!IsScalar(tensor)) return false;
  if (spec.type == Type::kScalar && !spec.list) {
    *result = tensor.item();
  } else if (spec.type == Type::kFloat && !spec.list && !tensor.is_complex()) {
    *result = tensor.item().toDouble();
  } else if (spec.type == Type::kInt && at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false)) {
    const int64_t number = tensor.item().toLong();
    if (!spec.list) {
      *result = number;
    } else if (spec.broadcast > 0) {
      *result = c10::List<int64_t>(std::vector<int64_t>(spec.broadcast, number));
    } else {
      return false;
    }
  } else {
    return false;
  }
  return true;
}

bool FitsUnread(const at::Tensor& tensor, const TypeSpec& spec) {
  constexpr c10::DispatchKeySet kWrappers(
      {c10::DispatchKey::FuncTorchBatched, c10::DispatchKey::FuncTorchGradWrapper});
  if (!tensor.defined() || !tensor.key_set().has_any(kWrappers)) return false;
  if (spec.list || !IsScalar(tensor)) return false;
  switch (spec.type) {
    case Type::kScalar: return true;
    case Type::kFloat: return !tensor.is_complex();
    case Type::kInt: return at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
    default: return false;
  }
}

bool FromTensors(Environment& environment, c10::ArrayRef<double> numbers, const TypeSpec& spec,
                 IValue* result) {
  if (!spec.list) return false;
  const TypeSpec element{spec.type};
  c10::List<at::Tensor> tensors;
  c10::List<std::optional<at::Tensor>> optionals;
  std::vector<int64_t> ints;
  for (const double number : numbers) {
    if (number < 0) {
      if (!spec.optional_elements) return false;
      optionals.push_back(std::nullopt);
      continue;
    }
    IValue one;
    if (!FromTensor(environment.pool().At(static_cast<int64_t>(number))->tensor, element, &one)) return false;
    if (spec.type == Type::kInt) {
      ints.push_back(one.toInt());
    } else if (spec.type != Type::kTensor) {
      return false;
    } else if (spec.optional_elements) {
      optionals.push_back(std::move(one).toTensor());
    } else {
      tensors.push_back(std::move(one).toTensor());
    }
  }
  if (spec.type == Type::kInt) {
    *result = c10::List<int64_t>(ints);
  } else if (spec.optional_elements) {
    *result = std::move(optionals);
  } else {
    *result = std::move(tensors);
  }
  return true;
}

bool FromNumbers(c10::ArrayRef<double> numbers, const TypeSpec& spec, IValue* result) {
  if (!spec.list) return false;
  switch (spec.type) {
    case Type::kInt:
      if (!std::all_of(numbers.begin(), numbers.end(), IsWhole)) return false;
      *result = c10::List<int64_t>(std::vector<int64_t>(numbers.begin(), numbers.end()));
      return true;
    case Type::kFloat: *result = c10::List<double>(numbers); return true;
    case Type::kScalar: {
      c10::impl::GenericList list(c10::NumberType::get());
      for (const double number : numbers) list.push_back(ScalarOf(number));
      *result = std::move(list);
      return true;
    }
    default: return false;
  }
}

// Touches C++ alone ("basic"), so V8 runs it inside the collection, in a synchronous loop too.
void ReleaseSlot(node_api_basic_env, void* data, void*) {
  HandlePool::ForThisThread().Release(static_cast<Slot*>(data));
}

void Own(Environment& environment, napi_value object, Slot* slot) {
  slot->scoped = false;
  const napi_status status =
      napi_add_finalizer(environment.owner(), object, slot, ReleaseSlot, nullptr, nullptr);
  if (status == napi_ok) return;
  environment.pool().Release(slot);
  Fail(environment.owner());
}

// The external that owns a slot.
napi_value External(Environment& environment, Slot* slot) {
  napi_value value;
  const napi_status status = napi_create_external(environment.owner(), slot, ReleaseSlot, nullptr, &value);
  if (status != napi_ok) {
    environment.pool().Release(slot);
    Fail(environment.owner());
  }
  return value;
}

napi_value ToJs(Environment& environment, const at::Tensor& tensor, bool fresh) {
  if (tensor.defined()) return External(environment, environment.pool().New(tensor, fresh));
  napi_value null;
  Check(environment.env(), napi_get_null(environment.env(), &null));
  return null;
}

napi_value ToJs(Environment& environment, const at::Tensor& tensor, napi_value blank) {
  napi_value result;
  if (!tensor.defined()) {
    Check(environment.env(), napi_get_null(environment.env(), &result));
    return result;
  }
  Slot* slot = environment.pool().New(tensor);
  Own(environment, blank, slot);
  Check(environment.env(), napi_create_uint32(environment.env(), slot->number, &result));
  return result;
}

napi_value ToJs(Environment& environment, at::Generator generator) {
  return External(environment, environment.pool().New(std::move(generator)));
}

napi_value ToJs(Environment& environment, Held* held) {
  return External(environment, environment.pool().New(held));
}

napi_value ToJs(Environment& environment, const std::vector<at::Tensor>& tensors) {
  napi_env env = environment.env();
  napi_value array;
  Check(env, napi_create_array_with_length(env, tensors.size(), &array));
  for (size_t i = 0; i < tensors.size(); i++) {
    Check(env, napi_set_element(env, array, i, ToJs(environment, tensors[i])));
  }
  return array;
}

napi_value ToJs(Environment& environment, const IValue& value, const c10::TypePtr& type, bool fresh) {
  napi_env env = environment.env();
  napi_value result;
  if (value.isTensor()) return ToJs(environment, value.toTensor(), fresh);
  if (value.isNone()) {
    Check(env, napi_get_null(env, &result));
  } else if (value.isBool()) {
    Check(env, napi_get_boolean(env, value.toBool(), &result));
  } else if (value.isInt()) {
    const int64_t number = value.toInt();
    const c10::TypeKind kind = type->kind();
    if (kind == c10::TypeKind::ScalarTypeType) {
      // lib/native/dispatch.ts turns the tagged number into the DType object.
      Check(env, napi_create_object(env, &result));
      napi_value code;
      Check(env, napi_create_int64(env, number, &code));
      Check(env, napi_set_named_property(env, result, "dtypeCode", code));
    } else if (std::abs(static_cast<double>(number)) <= kMaxSafeInteger) {
      Check(env, napi_create_int64(env, number, &result));
    } else {
      Check(env, napi_create_bigint_int64(env, number, &result));
    }
  } else if (value.isSymInt()) {
    return ToJs(environment, IValue(value.toSymInt().guard_int(__FILE__, __LINE__)), type);
  } else if (value.isDouble()) {
    Check(env, napi_create_double(env, value.toDouble(), &result));
  } else if (value.isComplexDouble()) {
    Check(env, napi_create_object(env, &result));
    napi_value real, imaginary;
    Check(env, napi_create_double(env, value.toComplexDouble().real(), &real));
    Check(env, napi_create_double(env, value.toComplexDouble().imag(), &imaginary));
    Check(env, napi_set_named_property(env, result, "re", real));
    Check(env, napi_set_named_property(env, result, "im", imaginary));
  } else if (value.isString()) {
    const std::string& text = value.toStringRef();
    Check(env, napi_create_string_utf8(env, text.data(), text.size(), &result));
  } else if (value.isDevice()) {
    return ToJs(environment, IValue(value.toDevice().str()), type);
  } else if (value.isGenerator()) {
    return ToJs(environment, value.toGenerator());
  } else if (value.isList()) {
    const c10::TypePtr element = type->kind() == c10::TypeKind::ListType
                                     ? type->expectRef<c10::ListType>().getElementType()
                                     : c10::AnyType::get();
    const auto list = value.toListRef();
    Check(env, napi_create_array_with_length(env, list.size(), &result));
    for (size_t i = 0; i < list.size(); i++) {
      Check(env, napi_set_element(env, result, i, ToJs(environment, list[i], element, fresh)));
    }
  } else if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    Check(env, napi_create_array_with_length(env, elements.size(), &result));
    for (size_t i = 0; i < elements.size(); i++) {
      Check(env, napi_set_element(env, result, i, ToJs(environment, elements[i], c10::AnyType::get())));
    }
  } else if (value.isGenericDict()) {
    // A dict of tensors (one operator returns one): a list of [key, value].
    Check(env, napi_create_array(env, &result));
    uint32_t i = 0;
    for (const auto& entry : value.toGenericDict()) {
      napi_value pair;
      Check(env, napi_create_array_with_length(env, 2, &pair));
      Check(env, napi_set_element(env, pair, 0, ToJs(environment, entry.key(), c10::AnyType::get())));
      Check(env, napi_set_element(env, pair, 1, ToJs(environment, entry.value(), c10::AnyType::get())));
      Check(env, napi_set_element(env, result, i++, pair));
    }
  } else {
    TORCH_CHECK(false, "cannot give a ", value.tagKind(), " to JavaScript");
  }
  return result;
}

}  // namespace nodetorch
