// The fast path for small tensors: arithmetic of a few float32 numbers without libtorch's iterator, which
// takes most of the time of such a call.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

namespace nodetorch {

// Puts the result in the place of the arguments. Or gives false: then the operator itself has to be called.
// Only for arguments in no graph, and where NoActiveModes().
using SmallTensorCall = bool (*)(std::vector<c10::IValue>& stack);

// Operators whose result is rounded in one way alone. traits.cc says which overload each stands for.
namespace small_tensors {
bool Neg(std::vector<c10::IValue>& stack);
bool Abs(std::vector<c10::IValue>& stack);
bool Relu(std::vector<c10::IValue>& stack);
bool Add(std::vector<c10::IValue>& stack);
bool Sub(std::vector<c10::IValue>& stack);
bool Mul(std::vector<c10::IValue>& stack);
bool Div(std::vector<c10::IValue>& stack);
bool Eq(std::vector<c10::IValue>& stack);
bool Ne(std::vector<c10::IValue>& stack);
bool Lt(std::vector<c10::IValue>& stack);
bool Le(std::vector<c10::IValue>& stack);
bool Gt(std::vector<c10::IValue>& stack);
bool Ge(std::vector<c10::IValue>& stack);

// Adds 1 to a counter in place, and tells what it is then. Nothing is done where an operator has to do it.
std::optional<double> Increment(const at::Tensor& counter);
}  // namespace small_tensors

}  // namespace nodetorch
