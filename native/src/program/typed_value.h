// Values of a running program, as the schema of an operator wants them.
//
//     IValue value(2);
//     FitToType(spec of Tensor, &value);  // true: a number of a tensor without dimensions, as in Python
#pragma once

#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "operators/schema_type.h"

namespace nodetorch {

// False where the value is not of that type, and cannot become it.
bool FitToType(const TypeSpec& spec, c10::IValue* value);
// A list of the type's elements; `values` are its elements. False as above.
bool ListOfType(const TypeSpec& spec, std::vector<c10::IValue> values, c10::IValue* list);

// For messages: "Tensor", "int", "list".
std::string DescribeValue(const c10::IValue& value);

}  // namespace nodetorch
