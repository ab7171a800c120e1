#include "program/border.h"

#include <ATen/core/jit_type.h>

#include <optional>
#include <utility>

#include "operators/converters.h"
#include "operators/to_js.h"
#include "program/read_object.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

const char* NameOf(InputType type) {
  switch (type) {
    case InputType::kTensor: return "a Tensor";
    case InputType::kInt: return "an int";
    case InputType::kFloat: return "a number";
    case InputType::kBool: return "a boolean";
    case InputType::kString: return "a string";
    case InputType::kAny: return "any";
  }
  return "any";
}

template <typename T>
std::optional<IValue> As(Environment& environment, const ArgumentSource& source) {
  std::optional<T> value = Converter<T>::From(environment, source);
  return value ? std::make_optional(IValue(*std::move(value))) : std::nullopt;
}

std::optional<IValue> InputFromJs(Environment& environment, InputType type, const ArgumentSource& source) {
  if (source.kind == ArgumentKind::kNull) return IValue();
  switch (type) {
    case InputType::kTensor: return As<at::Tensor>(environment, source);
    case InputType::kInt: return As<int64_t>(environment, source);
    case InputType::kFloat: return As<double>(environment, source);
    case InputType::kBool: return As<bool>(environment, source);
    case InputType::kString: return As<std::string>(environment, source);
    case InputType::kAny: return ReadUntyped(environment, source.js);
  }
  return std::nullopt;
}

}  // namespace

Values InputsFromJs(Environment& environment, const Graph& graph, napi_value inputs) {
  Values values;
  values.reserve(graph.inputs.size());
  EachElement(environment, inputs, [&](napi_value input) {
    const size_t i = values.size();
    if (i >= graph.inputs.size())
      throw TypeProblem("a program of " + std::to_string(i) + " inputs was given more");
    const InputType type = graph.inputs[i].type;
    auto value = InputFromJs(environment, type, ArgumentSource::Classify(environment, input));
    if (!value) {
      throw TypeProblem("input " + std::to_string(i) + " of a program must be " + NameOf(type) + ", not " +
                        Describe(environment, input));
    }
    values.push_back(*std::move(value));
  });
  if (values.size() != graph.inputs.size()) {
    throw TypeProblem("a program of " + std::to_string(graph.inputs.size()) + " inputs was given " +
                      std::to_string(values.size()));
  }
  return values;
}

void NoteChanged(Environment& environment, Slot& slot, bool may_resize) {
  slot.small &= !IsInGraph(*slot.tensor.unsafeGetTensorImpl());  // changed in place, it may have joined one
  if (may_resize) environment.pool().Recount(&slot);
}

napi_value OutputsToJs(Environment& environment, const Graph& graph, const Values& outputs,
                       napi_value inputs) {
  napi_env env = environment.env();
  std::vector<std::pair<const at::TensorImpl*, napi_value>> given;
  for (uint32_t i = 0; i < graph.inputs.size(); i++) {
    if (graph.inputs[i].type != InputType::kTensor) continue;
    napi_value input;
    Check(env, napi_get_element(env, inputs, i, &input));
    Slot* slot = FindSlot(environment, input);
    if (!slot || !slot->tensor.defined()) continue;  // null, or disposed meanwhile
    given.emplace_back(slot->tensor.unsafeGetTensorImpl(), input);
    NoteChanged(environment, *slot, graph.may_resize);
  }
  const auto to_js = [&](const IValue& value) {
    if (value.isTensor()) {
      for (const auto& [tensor, input] : given) {
        if (value.toTensor().defined() && value.unsafeToTensorImpl() == tensor) return input;
      }
    }
    return ToJs(environment, value, c10::AnyType::get());
  };
  napi_value array;
  Check(env, napi_create_array_with_length(env, outputs.size(), &array));
  for (uint32_t i = 0; i < outputs.size(); i++)
    Check(env, napi_set_element(env, array, i, to_js(outputs[i])));
  return array;
}

}  // namespace nodetorch
