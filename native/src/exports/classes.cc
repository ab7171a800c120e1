// Classes that libraries have registered (torch::class_), and their objects. Methods are called as operators
// are: operators/operator.h.
#include <ATen/core/class_type.h>
#include <torch/custom_class_detail.h>

#include "runtime/function.h"

namespace nodetorch {

namespace {

c10::ClassTypePtr ClassArgument(Arguments& arguments, size_t i) {
  return torch::getCustomClass(ToString(arguments.env, arguments[i]));
}

// What JavaScript knows as the same object may be two of ivalue's: what they hold is one.
const void* ObjectArgument(Arguments& arguments, size_t i) {
  const Slot* slot = FindSlot(arguments.environment, arguments[i]);
  const c10::IValue* value = slot ? slot->value() : nullptr;
  if (!value || !value->isObject()) {
    throw TypeProblem("argument must be a ScriptObject, not " +
                      Describe(arguments.environment, arguments[i]));
  }
  const auto& slots = value->toObjectRef().slots();
  return slots.size() == 1 && slots[0].isCapsule() ? slots[0].toCapsule().get() : nullptr;
}

// customClass(name): { methods: names, properties: [name, getter, setter | null][] } of the class
// "__torch__.torch.classes.quantized.LinearPackedParamsBase"; null where there is none. Getters and setters
// are methods. Static methods cannot be listed.
napi_value CustomClass(Arguments& arguments) {
  Napi::Env env(arguments.env);
  const c10::ClassTypePtr type = ClassArgument(arguments, 0);
  if (!type) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array methods = Napi::Array::New(env);
  Napi::Array properties = Napi::Array::New(env);
  uint32_t next = 0;
  for (const torch::jit::Function* method : type->methods()) methods[next++] = method->name();
  next = 0;
  for (const c10::ClassType::Property& property : type->properties()) {
    Napi::Array row = Napi::Array::New(env, 3);
    row[0u] = property.name;
    row[1u] = property.getter->name();
    row[2u] = property.setter ? Napi::Value::From(env, property.setter->name()) : env.Null();
    properties[next++] = row;
  }
  result["methods"] = methods;
  result["properties"] = properties;
  return result;
}

// makeObject(name): one that holds nothing until its method __init__ or __setstate__ is called.
napi_value MakeObject(Arguments& arguments) {
  const c10::ClassTypePtr type = ClassArgument(arguments, 0);
  TORCH_CHECK(type, "there is no such class");
  return ToJs(arguments.environment, new HeldValue(c10::ivalue::Object::create(type, /*numSlots=*/1)),
              kHandleBytes);
}

// isSameObject(a, b)
napi_value IsSameObject(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, ObjectArgument(arguments, 0) == ObjectArgument(arguments, 1));
}

}  // namespace

void DefineClasses(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"customClass", Entry<CustomClass>},
          {"makeObject", Entry<MakeObject>},
          {"isSameObject", Entry<IsSameObject>}});
}

}  // namespace nodetorch
