#include "operators/traits.h"

#include <unordered_map>

namespace nodetorch {

namespace {

using small_tensors::Abs, small_tensors::Add, small_tensors::Div, small_tensors::Eq, small_tensors::Ge,
    small_tensors::Gt, small_tensors::Le, small_tensors::Lt, small_tensors::Mul, small_tensors::Ne,
    small_tensors::Neg, small_tensors::Relu, small_tensors::Sub;

constexpr Traits kTakesNumbers{.number_as = NumberAs::kTensor};
constexpr Traits kArithmetic{.number_as = NumberAs::kPromoted};
constexpr Traits kBasicArithmetic{.number_as = NumberAs::kPromoted, .hides_scalar = true};
constexpr Traits kResizes{.may_resize = true};

constexpr Traits Basic(SmallTensorCall call) {
  Traits traits = kBasicArithmetic;
  traits.small_tensor_call = call;
  traits.small_tensor_overload = "Tensor";
  return traits;
}
constexpr Traits Compares(SmallTensorCall call) {
  return {.small_tensor_call = call, .small_tensor_overload = "Tensor"};
}
constexpr Traits Unary(SmallTensorCall call) { return {.small_tensor_call = call}; }
constexpr Traits PlainAt(int64_t rank) { return {.plain_rank = rank}; }

const std::unordered_map<std::string, Traits>& Table() {
  static const auto* table = new std::unordered_map<std::string, Traits>{
      // Python turns numbers into tensors for these (torch/csrc/utils/python_arg_parser.cpp). Its bindings
      // lack the Scalar overloads of the basic ones: the gradient function of `x + 1` is AddBackward0.
      {"add", Basic(Add)},
      {"sub", Basic(Sub)},
      {"mul", Basic(Mul)},
      {"div", Basic(Div)},
      {"add_", kBasicArithmetic},
      {"sub_", kBasicArithmetic},
      {"mul_", kBasicArithmetic},
      {"div_", kBasicArithmetic},
      {"subtract", kArithmetic},
      {"multiply", kArithmetic},
      {"divide", kArithmetic},
      {"true_divide", kArithmetic},
      {"floor_divide", kArithmetic},
      {"subtract_", kArithmetic},
      {"multiply_", kArithmetic},
      {"divide_", kArithmetic},
      {"true_divide_", kArithmetic},
      {"floor_divide_", kArithmetic},
      {"to", kTakesNumbers},
      {"_to_copy", kTakesNumbers},
      {"copy", kTakesNumbers},
      {"copy_", kTakesNumbers},
      {"_conj", kTakesNumbers},

      {"neg", Unary(Neg)},
      {"abs", Unary(Abs)},
      {"relu", Unary(Relu)},
      {"eq", Compares(Eq)},
      {"ne", Compares(Ne)},
      {"lt", Compares(Lt)},
      {"le", Compares(Le)},
      {"gt", Compares(Gt)},
      {"ge", Compares(Ge)},

      {"linear", PlainAt(2)},
      {"matmul", PlainAt(2)},
      {"conv1d", PlainAt(3)},
      {"conv2d", PlainAt(4)},
      {"conv3d", PlainAt(5)},
      {"layer_norm", PlainAt(kAnyRank)},
      {"softmax", PlainAt(kAnyRank)},
      {"log_softmax", PlainAt(kAnyRank)},

      {"set_", kResizes},
      {"set_data", kResizes},
  };
  return *table;
}

}  // namespace

Traits TraitsOf(const std::string& name) {
  const auto found = Table().find(name);
  Traits traits = found == Table().end() ? Traits() : found->second;
  traits.may_resize |= name.rfind("resize", 0) == 0;
  return traits;
}

}  // namespace nodetorch
