#include "operators/unboxed.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/jit_type.h>

#include <string>
#include <utility>

namespace nodetorch {

namespace {

// For each C++ type of an argument: the schema's name of the type, and how to read the argument.
template <typename T>
struct Argument;

template <typename T>
struct OnStack {
  static T Of(const UnboxedArguments& all, size_t i) { return all.stack[i].to<T>(); }
};

#define ON_STACK(T, STORED, NAME)              \
  template <>                                  \
  struct Argument<T> : OnStack<STORED> {       \
    static constexpr const char* kType = NAME; \
  }
ON_STACK(const std::optional<at::Tensor>&, std::optional<at::Tensor>, "Tensor?");
ON_STACK(const at::Scalar&, at::Scalar, "Scalar");
ON_STACK(int64_t, int64_t, "int");
ON_STACK(c10::SymInt, int64_t, "SymInt");
ON_STACK(bool, bool, "bool");
ON_STACK(double, double, "float");
ON_STACK(std::optional<at::ScalarType>, std::optional<at::ScalarType>, "ScalarType?");
ON_STACK(std::optional<at::Layout>, std::optional<at::Layout>, "Layout?");
ON_STACK(std::optional<at::Device>, std::optional<at::Device>, "Device?");
ON_STACK(std::optional<bool>, std::optional<bool>, "bool?");
#undef ON_STACK

template <>
struct Argument<const at::Tensor&> {
  static constexpr const char* kType = "Tensor";
  static const at::Tensor& Of(const UnboxedArguments& all, size_t i) { return all.stack[i].toTensor(); }
};
template <>
struct Argument<at::IntArrayRef> {
  static constexpr const char* kType = "int[]";
  static at::IntArrayRef Of(const UnboxedArguments& all, size_t i) { return all.IntsOf(*all.Find(i)); }
};
template <>
struct Argument<at::OptionalIntArrayRef> {
  static constexpr const char* kType = "int[]?";
  static at::OptionalIntArrayRef Of(const UnboxedArguments& all, size_t i) {
    const auto* list = all.Find(i);
    return list ? at::OptionalIntArrayRef(all.IntsOf(*list)) : std::nullopt;
  }
};
template <>
struct Argument<c10::SymIntArrayRef> {
  static constexpr const char* kType = "SymInt[]";
  static c10::SymIntArrayRef Of(const UnboxedArguments& all, size_t i) {
    return c10::fromIntArrayRefSlow(all.IntsOf(*all.Find(i)));
  }
};

std::string TypeOf(const c10::Argument& argument) {
  const auto name = [](const c10::TypePtr& type) -> std::string {
    switch (type->kind()) {
      case c10::TypeKind::TensorType: return "Tensor";
      case c10::TypeKind::NumberType: return "Scalar";
      case c10::TypeKind::IntType: return "int";
      case c10::TypeKind::SymIntType: return "SymInt";
      case c10::TypeKind::BoolType: return "bool";
      case c10::TypeKind::FloatType: return "float";
      case c10::TypeKind::ScalarTypeType: return "ScalarType";
      case c10::TypeKind::LayoutType: return "Layout";
      case c10::TypeKind::DeviceObjType: return "Device";
      default: return "another";
    }
  };
  c10::TypePtr type = argument.real_type();
  const auto optional = type->cast<c10::OptionalType>();
  if (optional) type = optional->getElementType();
  const auto list = type->cast<c10::ListType>();
  return name(list ? list->getElementType() : type) + (list ? "[]" : "") + (optional ? "?" : "");
}

struct UnboxedEntry {
  std::vector<std::string> types;
  void (*check)(const c10::OperatorHandle&);
  UnboxedCall call;
};

template <typename... Arguments>
struct Signature {
  using Typed = at::Tensor(Arguments...);

  template <size_t... I>
  static at::Tensor Call(const c10::OperatorHandle& handle, const UnboxedArguments& all,
                         std::index_sequence<I...>) {
    return handle.typed<Typed>().call(Argument<Arguments>::Of(all, I)...);
  }
  static at::Tensor Call(const c10::OperatorHandle& handle, const UnboxedArguments& all) {
    return Call(handle, all, std::index_sequence_for<Arguments...>());
  }
  static UnboxedEntry TheEntry() {
    return {{Argument<Arguments>::kType...},
            [](const c10::OperatorHandle& handle) { static_cast<void>(handle.typed<Typed>()); },
            Call};
  }
};

using Tensor = const at::Tensor&;
using MaybeTensor = const std::optional<at::Tensor>&;
using Scalar = const at::Scalar&;
using Ints = at::IntArrayRef;
using MaybeInts = at::OptionalIntArrayRef;
using SymInts = c10::SymIntArrayRef;
using MaybeDtype = std::optional<at::ScalarType>;
using MaybeLayout = std::optional<at::Layout>;
using MaybeDevice = std::optional<at::Device>;
using MaybeBool = std::optional<bool>;

const std::vector<UnboxedEntry>& UnboxedTable() {
  static const auto* table = new std::vector<UnboxedEntry>{
      Signature<Tensor, SymInts>::TheEntry(),                                          // view, reshape
      Signature<Tensor, SymInts, bool>::TheEntry(),                                    // expand
      Signature<Tensor, Ints>::TheEntry(),                                             // permute, flip
      Signature<Tensor, Ints, bool>::TheEntry(),                                       // amax, logsumexp
      Signature<Tensor, MaybeInts, bool, MaybeDtype>::TheEntry(),                      // sum, mean
      Signature<Tensor, SymInts, MaybeTensor, MaybeTensor, double, bool>::TheEntry(),  // layer_norm
      Signature<Tensor, Tensor, MaybeTensor, SymInts, SymInts, SymInts, c10::SymInt>::TheEntry(),  // conv2d
      Signature<Tensor, Ints, Ints, Ints, Ints, bool>::TheEntry(),                              // max_pool2d
      Signature<SymInts, MaybeDtype, MaybeLayout, MaybeDevice, MaybeBool>::TheEntry(),          // zeros, ones
      Signature<SymInts, Scalar, MaybeDtype, MaybeLayout, MaybeDevice, MaybeBool>::TheEntry(),  // full
  };
  return *table;
}

}  // namespace

UnboxedCall FindUnboxedCall(const c10::OperatorHandle& handle) {
  const c10::FunctionSchema& schema = handle.schema();
  if (schema.returns().size() != 1 || schema.returns()[0].type()->kind() != c10::TypeKind::TensorType) {
    return nullptr;
  }
  std::vector<std::string> types;
  for (const c10::Argument& argument : schema.arguments()) {
    if (argument.alias_info() && argument.alias_info()->isWrite()) return nullptr;
    types.push_back(TypeOf(argument));
  }
  for (const UnboxedEntry& entry : UnboxedTable()) {
    if (entry.types != types) continue;
    try {
      entry.check(handle);
      return entry.call;
    } catch (const c10::Error&) {
      return nullptr;  // its kernel takes a stack
    }
  }
  return nullptr;
}

}  // namespace nodetorch
