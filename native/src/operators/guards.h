// Checks that libtorch's own kernels leave out, so that no argument ends the process.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <vector>

namespace nodetorch {

// Throws when the arguments on `stack` would make the operator's kernel read or divide wildly.
using Guard = void (*)(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& stack);

// The guard of an operator, by its name without the namespace, or null: nearly all check their arguments
// themselves. A guarded operator is never called unboxed.
Guard GuardOf(const c10::FunctionSchema& schema);
// Of operators of other namespaces of PyTorch's, which take packed weights: guards_packed.cc.
Guard PackedGuardOf(const c10::FunctionSchema& schema);

}  // namespace nodetorch
