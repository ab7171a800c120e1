// What is special about an operator, by its name: the one table of exceptions. Everything else follows from
// schemas.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "operators/small_tensors.h"

namespace nodetorch {

constexpr int64_t kAnyRank = -1;

// What a number may stand for where the schema wants a tensor.
enum class NumberAs : uint8_t {
  kNothing,
  kTensor,    // a tensor of the number's own dtype
  kPromoted,  // of the dtype that arithmetic with the tensor beside it asks for
};

struct Traits {
  NumberAs number_as = NumberAs::kNothing;
  // Whether Python's bindings lack the overload "Scalar".
  bool hides_scalar = false;
  // Whether it changes the storage behind a tensor. Overloads with `out` do, too.
  bool may_resize = false;
  // Of composed operators that make no views of what they are given or give, and change nothing: the rank of
  // the first argument at which that is so, or kAnyRank.
  std::optional<int64_t> plain_rank;
  // The fast path for small tensors, and the overload that it stands for.
  SmallTensorCall small_tensor_call = nullptr;
  const char* small_tensor_overload = "";
};

// `name` is without a namespace: "add". The ranks and fast paths are for operators of aten alone.
Traits TraitsOf(const std::string& name);

}  // namespace nodetorch
