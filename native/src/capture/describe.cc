#include "capture/describe.h"

#include <string>
#include <unordered_map>

#include "operators/to_js.h"

namespace nodetorch {

namespace {

using c10::IValue;

class Describer {
 public:
  explicit Describer(Environment& environment) : environment_(environment), env_(environment.env()) {}

  Napi::Object Describe(const Recording& recording);

 private:
  Napi::Object Object(const char* key, Napi::Value value) {
    Napi::Object object = Napi::Object::New(env_);
    object[key] = value;
    return object;
  }
  Napi::Value Number(double number) { return Napi::Number::New(env_, number); }
  Napi::Object Node(const RecordedNode& node, size_t index);
  Napi::Object Argument(const Operand& operand, const c10::TypePtr& type);
  Napi::Object Constant(const IValue& value, const c10::TypePtr& type);
  Napi::Value Result(const Destination& destination);
  Napi::Value Slot(int64_t slot) {
    return slot == Destination::kNowhere ? env_.Null() : Number(static_cast<double>(slot));
  }

  Environment& environment_;
  Napi::Env env_;
  std::unordered_map<uint32_t, IValue> data_;  // of JavaScript's, by the slots that have it
};

// Only where no gradients are made can a program be described: there these do nothing.
bool IsMode(const RecordedNode& node) { return node.name == "gradMode" || node.name == "inferenceMode"; }

Napi::Object Describer::Constant(const IValue& value, const c10::TypePtr& type) {
  if (value.isDouble()) return Object("float", Number(value.toDouble()));
  TORCH_CHECK(!value.isGenerator(), "a program that draws from a generator cannot be described");
  // Numbers of libtorch's, which lib/native/dispatch.ts knows by these names.
  if (value.isInt() && type->kind() == c10::TypeKind::MemoryFormatType) {
    return Object("constant", Object("memoryFormatCode", Number(static_cast<double>(value.toInt()))));
  }
  if (value.isInt() && type->kind() == c10::TypeKind::LayoutType) {
    return Object("constant", Object("layoutCode", Number(static_cast<double>(value.toInt()))));
  }
  return Object("constant", Napi::Value(env_, ToJs(environment_, value, type)));
}

Napi::Object Describer::Argument(const Operand& operand, const c10::TypePtr& type) {
  if (operand.kind == Operand::Kind::kSlot) {
    const auto data = data_.find(operand.slot);
    if (data == data_.end()) return Object("slot", Number(operand.slot));
    return Constant(data->second, c10::TensorType::get());
  }
  if (operand.kind == Operand::Kind::kList) {
    Napi::Array list = Napi::Array::New(env_);
    uint32_t next = 0;
    for (const Operand& item : operand.list) list[next++] = Argument(item, c10::TensorType::get());
    return Object("list", list);
  }
  const auto* optional = type->castRaw<c10::OptionalType>();
  return Constant(operand.constant, optional ? optional->getElementType() : type);
}

Napi::Value Describer::Result(const Destination& destination) {
  if (!destination.is_list) return Slot(destination.slots[0]);
  Napi::Array list = Napi::Array::New(env_);
  uint32_t next = 0;
  for (const int64_t slot : destination.slots) list[next++] = Slot(slot);
  return list;
}

Napi::Object Describer::Node(const RecordedNode& node, size_t index) {
  TORCH_CHECK(node.signature, "call ", index + 1, ", ", node.name, ", is no operator");
  const c10::FunctionSchema& schema = node.signature->schema();
  Napi::Object object = Napi::Object::New(env_);
  object["operator"] = schema.name() + (schema.overload_name().empty() ? "" : "." + schema.overload_name());
  object["name"] = std::to_string(index);
  Napi::Array arguments = Napi::Array::New(env_), outputs = Napi::Array::New(env_);
  Napi::Object keywords = Napi::Object::New(env_);
  for (uint32_t i = 0; i < node.operands.size(); i++) {
    const c10::Argument& argument = schema.arguments()[i];
    const Napi::Object value = Argument(node.operands[i], argument.real_type());
    argument.kwarg_only() ? keywords.Set(argument.name(), value) : arguments.Set(i, value);
  }
  object["keywords"] = keywords;
  for (uint32_t i = 0; i < node.results.size(); i++) outputs[i] = Result(node.results[i]);
  object["arguments"] = arguments;
  object["outputs"] = outputs;
  if (node.recorded->dtype) {
    Napi::Array sizes = Napi::Array::New(env_);
    uint32_t dim = 0;
    for (const int64_t size : node.recorded->sizes[0]) sizes[dim++] = Number(static_cast<double>(size));
    object["sizes"] = sizes;
    const IValue dtype(static_cast<int64_t>(*node.recorded->dtype));
    object["dtype"] = Napi::Value(env_, ToJs(environment_, dtype, c10::ScalarTypeType::get()));
  }
  return object;
}

Napi::Object Describer::Describe(const Recording& recording) {
  TORCH_CHECK(recording.segments == 1, "it makes steps of optimizers or the like");
  Napi::Object object = Napi::Object::New(env_);
  object["slots"] = Number(recording.slots);
  object["changesModes"] = Napi::Boolean::New(env_, recording.changes_modes);
  Napi::Array inputs = Napi::Array::New(env_), nodes = Napi::Array::New(env_),
              outputs = Napi::Array::New(env_);
  for (uint32_t i = 0; i < recording.inputs; i++) inputs[i] = Number(i);
  uint32_t next = 0;
  for (size_t i = 0; i < recording.nodes.size(); i++) {
    const RecordedNode& node = recording.nodes[i];
    if (IsMode(node)) continue;
    if (node.name == kData) {
      data_[static_cast<uint32_t>(node.results[0].slots[0])] = node.operands[0].constant;
      continue;
    }
    nodes[next++] = Node(node, i);
  }
  next = 0;
  for (const int64_t slot : recording.outputs) {
    if (slot < 0) continue;
    Operand operand;
    operand.kind = Operand::Kind::kSlot;
    operand.slot = static_cast<uint32_t>(slot);
    outputs[next++] = Argument(operand, c10::TensorType::get());
  }
  object["inputs"] = inputs;
  object["nodes"] = nodes;
  object["outputs"] = outputs;
  return object;
}

}  // namespace

napi_value DescribeRecording(Environment& environment, const Recording& recording) {
  return Describer(environment).Describe(recording);
}

}  // namespace nodetorch
