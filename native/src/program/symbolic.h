// The operators of Python's own numbers, by which an exported program computes with sizes.
//
//     const SymbolicOperator* add = FindSymbolic("_operator.add");
//     add->call({IValue(2), IValue(3)});  // IValue(5)
#pragma once

#include <ATen/core/ivalue.h>
#include <c10/util/ArrayRef.h>

#include <string>

namespace nodetorch {

struct SymbolicOperator {
  size_t least, most;  // arguments
  c10::IValue (*call)(c10::ArrayRef<c10::IValue>);
};

// By the name in the file: "_operator.floordiv", "math.ceil", "torch.sym_max". Null where there is none.
const SymbolicOperator* FindSymbolic(const std::string& name);

// Whether Python would take an `if` for this value: of a number, a bool, or a tensor of one element.
bool IsTrue(const c10::IValue& value);

}  // namespace nodetorch
