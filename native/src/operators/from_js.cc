#include "operators/from_js.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "operators/converters.h"
#include "operators/fast_paths.h"
#include "operators/structures.h"

namespace nodetorch {

namespace {

using c10::IValue;
using Source = ArgumentSource;

// Makes a tensor count as a number in type promotion.
at::Tensor Wrapped(at::Tensor number) {
  number.unsafeGetTensorImpl()->set_wrapped_number(true);
  return number;
}

// The elements of a list of Ts.
template <typename T, typename List>
bool Append(Environment& environment, const Source& source, List& list) {
  return source.ForEach(environment, [&](const Source& element) {
    std::optional<T> one = Converter<T>::From(environment, element);
    if (one) list.push_back(*std::move(one));
    return one.has_value();
  });
}

// The same, where one value may stand for the N of `T[N]`.
template <typename T, typename List>
bool AppendOrRepeat(Environment& environment, const Source& source, const TypeSpec& spec, List& list) {
  if (spec.broadcast == 0 || !source.IsSingle()) return Append<T>(environment, source, list);
  const std::optional<T> one = Converter<T>::From(environment, source);
  for (int64_t i = 0; one && i < spec.broadcast; i++) list.push_back(*one);
  return one.has_value();
}

template <typename T>
bool One(Environment& environment, const Source& source, IValue* result) {
  std::optional<T> one = Converter<T>::From(environment, source);
  if (one) *result = *std::move(one);
  return one.has_value();
}

template <typename T>
bool Several(Environment& environment, const Source& source, const TypeSpec& spec, IValue* result) {
  c10::List<T> list;
  if (!AppendOrRepeat<T>(environment, source, spec, list)) return false;
  *result = std::move(list);
  return true;
}

bool Tensors(Environment& environment, const Source& source, IValue* result) {
  if (source.kind != ArgumentKind::kTensors && !source.IsJsArray(environment)) return false;
  c10::List<at::Tensor> list;
  list.reserve(std::min<uint32_t>(source.Length(environment).value_or(0), 1 << 16));
  if (!Append<at::Tensor>(environment, source, list)) return false;
  *result = std::move(list);
  return true;
}

bool OptionalTensors(Environment& environment, const Source& source, IValue* result) {
  c10::List<std::optional<at::Tensor>> list;
  const bool fits = source.ForEach(environment, [&](const Source& element) {
    std::optional<at::Tensor> tensor;
    if (!element.IsNullish()) {
      tensor = Converter<at::Tensor>::From(environment, element);
      if (!tensor) return false;
    }
    list.push_back(std::move(tensor));
    return true;
  });
  if (fits) *result = std::move(list);
  return fits;
}

bool Scalars(Environment& environment, const Source& source, IValue* result) {
  c10::impl::GenericList list(c10::NumberType::get());
  const bool fits = source.ForEach(environment, [&](const Source& element) {
    if (element.FindSlot(environment)) return false;  // a list of tensors is Tensor[], not Scalar[]
    const auto scalar = Converter<c10::Scalar>::From(environment, element);
    if (scalar) list.push_back(*scalar);
    return scalar.has_value();
  });
  if (fits) *result = std::move(list);
  return fits;
}

bool ListToIValue(Environment& environment, const Source& source, const TypeSpec& spec, IValue* result) {
  switch (spec.type) {
    case Type::kTensor:
      return spec.optional_elements ? OptionalTensors(environment, source, result)
                                    : Tensors(environment, source, result);
    case Type::kInt: {
      c10::SmallVector<int64_t, 16> ints;
      if (!AppendInts(environment, source, spec, ints)) return false;
      *result = c10::IntArrayRef(ints);
      return true;
    }
    case Type::kFloat:
      // Tensors are no list of floats, as in Python.
      return source.kind != ArgumentKind::kTensors && Several<double>(environment, source, spec, result);
    case Type::kBool: return Several<bool>(environment, source, spec, result);
    case Type::kString: return Several<std::string>(environment, source, TypeSpec(), result);
    case Type::kScalar: return Scalars(environment, source, result);
    case Type::kObject:
    case Type::kAny:
    case Type::kStructure: return GenericListToIValue(environment, source, spec, result);
    default: return false;
  }
}

}  // namespace

bool AppendInts(Environment& environment, const Source& source, const TypeSpec& spec,
                c10::SmallVectorImpl<int64_t>& ints) {
  return AppendOrRepeat<int64_t>(environment, source, spec, ints);
}

bool ToIValue(Environment& environment, const Source& source, const TypeSpec& spec, bool numbers_as_tensors,
              IValue* result) {
  if (source.kind == ArgumentKind::kNull) {
    const bool takes_none = spec.optional || (spec.type == Type::kAny && !spec.list);
    if (takes_none) *result = IValue();
    return takes_none;
  }
  if (spec.list) return ListToIValue(environment, source, spec, result);
  switch (spec.type) {
    case Type::kTensor: {
      if (One<at::Tensor>(environment, source, result)) return true;
      if (!numbers_as_tensors || source.FindSlot(environment)) return false;
      const auto scalar = Converter<c10::Scalar>::From(environment, source);
      if (scalar) *result = Wrapped(c10::scalar_to_tensor(*scalar));
      return scalar.has_value();
    }
    case Type::kInt: return One<int64_t>(environment, source, result);
    case Type::kFloat: return One<double>(environment, source, result);
    case Type::kBool: return One<bool>(environment, source, result);
    case Type::kScalar: return One<c10::Scalar>(environment, source, result);
    case Type::kString: return One<std::string>(environment, source, result);
    case Type::kScalarType: return One<at::ScalarType>(environment, source, result);
    case Type::kDevice: return One<c10::Device>(environment, source, result);
    case Type::kLayout: return One<at::Layout>(environment, source, result);
    case Type::kMemoryFormat: return One<at::MemoryFormat>(environment, source, result);
    case Type::kGenerator: return One<at::Generator>(environment, source, result);
    case Type::kObject: return ObjectToIValue(environment, source, *spec.schema, result);
    case Type::kAny: return AnyToIValue(environment, source, result);
    case Type::kStructure: return StructureToIValue(environment, source, spec.schema, result);
    case Type::kUnsupported: return false;
  }
  return false;
}

bool FromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
            IValue* result) {
  return ToIValue(environment, Source::Classify(environment, value), spec, numbers_as_tensors, result);
}

bool IsUnreadableNumber(const at::Tensor& tensor, const TypeSpec& spec) {
  constexpr c10::DispatchKeySet kWrappers(
      {c10::DispatchKey::FuncTorchBatched, c10::DispatchKey::FuncTorchGradWrapper});
  if (!tensor.defined() || !tensor.key_set().has_any(kWrappers)) return false;
  if (spec.list || !IsScalar(tensor)) return false;
  switch (spec.type) {
    case Type::kScalar: return true;
    case Type::kFloat: return !tensor.is_complex();
    case Type::kInt: return IsInteger(tensor);
    default: return false;
  }
}

at::Tensor WrappedNumberFor(const at::Tensor& tensor, double number) {
  if (tensor.scalar_type() != at::kFloat || !tensor.is_cpu() || tensor.layout() != at::kStrided ||
      !NoActiveModes()) {
    return Wrapped(c10::scalar_to_tensor(ScalarOf(number)));
  }
  return Wrapped(at::detail::scalar_tensor_static(static_cast<float>(number), at::kFloat, at::kCPU));
}

}  // namespace nodetorch
