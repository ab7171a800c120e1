#include "program/call_method.h"

#include <ATen/core/class_type.h>
#include <ATen/core/function.h>
#include <c10/util/Exception.h>

#include <utility>

#include "program/typed_value.h"
#include "runtime/error.h"

namespace nodetorch {

Values CallMethod(const HigherOrderCall& call) {
  const c10::IValue object = call.Value(0), name = call.Value(1);
  TORCH_CHECK_TYPE(object.isObject(), "argument 1 must be an object of a class, not ", DescribeValue(object));
  TORCH_CHECK_TYPE(name.isString(), "argument 2 must be a string, not ", DescribeValue(name));
  torch::jit::Function* method = object.toObjectRef().type()->findMethod(name.toStringRef());
  TORCH_CHECK(method, object.toObjectRef().name(), " has no method '", name.toStringRef(), "'");
  const auto& arguments = method->getSchema().arguments();
  Values stack = call.Rest(2);
  stack.insert(stack.begin(), object);
  TORCH_CHECK_TYPE(stack.size() <= arguments.size(), name.toStringRef(), " takes ", arguments.size() - 1,
                   " arguments but ", stack.size() - 1, " were given");
  for (size_t i = 1; i < arguments.size(); i++) {
    if (i == stack.size()) {
      const auto& otherwise = arguments[i].default_value();
      TORCH_CHECK_TYPE(otherwise, name.toStringRef(), ": argument ", i, " is missing");
      stack.push_back(*otherwise);
      continue;
    }
    const TypeSpec type = TypeSpec::Of(arguments[i]);
    TORCH_CHECK_TYPE(FitToType(type, &stack[i]), name.toStringRef(), ": argument ", i, " must be ",
                     type.Name(), ", not ", DescribeValue(stack[i]));
  }
  method->run(stack);
  Values results = stack[0].isTuple() ? stack[0].toTupleRef().elements().vec() : Values{stack[0]};
  TORCH_CHECK(results.size() >= call.results(), name.toStringRef(), " gave ", results.size(),
              " results where the program has ", call.results());
  return results;
}

}  // namespace nodetorch
