#include "program/symbolic.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <limits>
#include <unordered_map>

#include "program/numbers.h"

namespace nodetorch {

namespace {

using c10::IValue;
using IValues = c10::ArrayRef<IValue>;
constexpr size_t kAny = std::numeric_limits<size_t>::max();

Number NumberAt(IValues values, size_t i) {
  const auto number = Number::Of(values[i]);
  TORCH_CHECK_TYPE(number, "argument ", i + 1, " must be a number, not ", values[i].tagKind());
  return *number;
}

template <Number (*F)(const Number&, const Number&)>
IValue Binary(IValues values) {
  return F(NumberAt(values, 0), NumberAt(values, 1)).ToIValue();
}

Order OrderOf(IValues values) { return Compare(NumberAt(values, 0), NumberAt(values, 1)); }
IValue Equal(IValues values) { return OrderOf(values) == Order::kEqual; }
IValue NotEqual(IValues values) { return OrderOf(values) != Order::kEqual; }
IValue Less(IValues values) { return OrderOf(values) == Order::kLess; }
IValue Greater(IValues values) { return OrderOf(values) == Order::kGreater; }
IValue LessOrEqual(IValues values) { return Equal(values).toBool() || Less(values).toBool(); }
IValue GreaterOrEqual(IValues values) { return Equal(values).toBool() || Greater(values).toBool(); }

IValue Negative(IValues values) { return Negate(NumberAt(values, 0)).ToIValue(); }
IValue Positive(IValues values) { return NumberAt(values, 0).ToIValue(); }
IValue Absolute(IValues values) {
  const Number number = NumberAt(values, 0);
  if (number.is_float) return std::abs(number.real);
  return (number.whole < 0 ? Negate(number) : number).ToIValue();
}
IValue Not(IValues values) { return !IsTrue(values[0]); }

// Of two bools a bool, else the bits of two ints.
template <typename F>
IValue Bitwise(IValues values, F combine) {
  const Number a = NumberAt(values, 0), b = NumberAt(values, 1);
  TORCH_CHECK_TYPE(!a.is_float && !b.is_float, "unsupported operand type(s): float");
  const int64_t result = combine(a.whole, b.whole);
  if (values[0].isBool() && values[1].isBool()) return result != 0;
  return result;
}
IValue And(IValues values) {
  return Bitwise(values, [](int64_t a, int64_t b) { return a & b; });
}
IValue Or(IValues values) {
  return Bitwise(values, [](int64_t a, int64_t b) { return a | b; });
}
IValue Xor(IValues values) {
  return Bitwise(values, [](int64_t a, int64_t b) { return a ^ b; });
}

// To an int: an int stays what it is.
template <double (*F)(double)>
IValue Rounded(IValues values) {
  const Number number = NumberAt(values, 0);
  return (number.is_float ? WholeOf(F(number.real)) : number).ToIValue();
}
double Floor(double x) { return std::floor(x); }
double Ceil(double x) { return std::ceil(x); }
double Trunc(double x) { return std::trunc(x); }
double Round(double x) { return std::nearbyint(x); }  // half to even, as Python's

template <double (*F)(double)>
IValue Real(IValues values) {
  const double x = NumberAt(values, 0).AsFloat();
  const double result = F(x);
  TORCH_CHECK_VALUE(!std::isnan(result) || std::isnan(x), "math domain error");
  return result;
}
double Identity(double x) { return x; }
double Log2(double x) { return x > 0 ? std::log2(x) : std::numeric_limits<double>::quiet_NaN(); }
#define NODETORCH_MATH(Name, name) \
  double Name(double x) { return std::name(x); }
NODETORCH_MATH(Sqrt, sqrt)
NODETORCH_MATH(Cos, cos)
NODETORCH_MATH(Cosh, cosh)
NODETORCH_MATH(Sin, sin)
NODETORCH_MATH(Sinh, sinh)
NODETORCH_MATH(Tan, tan)
NODETORCH_MATH(Tanh, tanh)
NODETORCH_MATH(Asin, asin)
NODETORCH_MATH(Acos, acos)
NODETORCH_MATH(Atan, atan)
#undef NODETORCH_MATH

// The first one, unless the second lies beyond it; a float where one of them is.
IValue Extreme(IValues values, Order beyond) {
  const Number a = NumberAt(values, 0), b = NumberAt(values, 1);
  const Number& result = Compare(b, a) == beyond ? b : a;
  if (a.is_float || b.is_float) return result.AsFloat();
  return result.ToIValue();
}
IValue Max(IValues values) { return Extreme(values, Order::kGreater); }
IValue Min(IValues values) { return Extreme(values, Order::kLess); }

IValue IfThenElse(IValues values) { return IsTrue(values[0]) ? values[1] : values[2]; }

IValue SumOf(IValues values) {
  if (values.size() == 1 && values[0].isList()) return SumOf(values[0].toListRef());
  Number sum;
  for (size_t i = 0; i < values.size(); i++) sum = Add(sum, NumberAt(values, i));
  return sum.ToIValue();
}

IValue Element(IValues values) {
  TORCH_CHECK_TYPE(values[0].isList(), "argument 1 must be a list, not ", values[0].tagKind());
  const auto list = values[0].toListRef();
  const Number index = NumberAt(values, 1);
  const auto size = static_cast<int64_t>(list.size());
  const int64_t at = index.whole < 0 ? index.whole + size : index.whole;
  TORCH_CHECK_INDEX(!index.is_float && at >= 0 && at < size, "list index out of range");
  return list[at];
}

constexpr SymbolicOperator One(IValue (*call)(IValues)) { return {1, 1, call}; }
constexpr SymbolicOperator Two(IValue (*call)(IValues)) { return {2, 2, call}; }

}  // namespace

bool IsTrue(const IValue& value) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    TORCH_CHECK(tensor.defined() && tensor.numel() == 1, "Boolean value of Tensor with ",
                tensor.defined() && tensor.numel() > 1 ? "more than one value" : "no values",
                " is ambiguous");
    return tensor.is_nonzero();
  }
  const auto number = Number::Of(value);
  TORCH_CHECK_TYPE(number, "must be a number or a tensor, not ", value.tagKind());
  return number->is_float ? number->real != 0 : number->whole != 0;
}

const SymbolicOperator* FindSymbolic(const std::string& name) {
  static const auto* table = new std::unordered_map<std::string, SymbolicOperator>{
      {"_operator.add", Two(Binary<Add>)},
      {"_operator.sub", Two(Binary<Subtract>)},
      {"_operator.mul", Two(Binary<Multiply>)},
      {"_operator.truediv", Two(Binary<TrueDivide>)},
      {"_operator.floordiv", Two(Binary<FloorDivide>)},
      {"_operator.mod", Two(Binary<Modulo>)},
      {"_operator.pow", Two(Binary<Power>)},
      {"_operator.lshift", Two(Binary<ShiftLeft>)},
      {"_operator.rshift", Two(Binary<ShiftRight>)},
      {"_operator.neg", One(Negative)},
      {"_operator.pos", One(Positive)},
      {"_operator.abs", One(Absolute)},
      {"_operator.eq", Two(Equal)},
      {"_operator.ne", Two(NotEqual)},
      {"_operator.lt", Two(Less)},
      {"_operator.le", Two(LessOrEqual)},
      {"_operator.gt", Two(Greater)},
      {"_operator.ge", Two(GreaterOrEqual)},
      {"_operator.and_", Two(And)},
      {"_operator.or_", Two(Or)},
      {"_operator.xor", Two(Xor)},
      {"_operator.not_", One(Not)},
      {"_operator.getitem", Two(Element)},
      {"builtins.round", One(Rounded<Round>)},
      {"builtins.abs", One(Absolute)},
      {"math.floor", One(Rounded<Floor>)},
      {"math.ceil", One(Rounded<Ceil>)},
      {"math.trunc", One(Rounded<Trunc>)},
      {"math.sqrt", One(Real<Sqrt>)},
      {"torch.sym_int", One(Rounded<Trunc>)},
      {"torch.sym_float", One(Real<Identity>)},
      {"torch.sym_max", Two(Max)},
      {"torch.sym_min", Two(Min)},
      {"torch.sym_not", One(Not)},
      {"torch.sym_ite", {3, 3, IfThenElse}},
      {"torch.sym_sum", {1, kAny, SumOf}},
      {"torch.sym_sqrt", One(Real<Sqrt>)},
      {"torch._sym_sqrt", One(Real<Sqrt>)},
      {"torch._sym_cos", One(Real<Cos>)},
      {"torch._sym_cosh", One(Real<Cosh>)},
      {"torch._sym_sin", One(Real<Sin>)},
      {"torch._sym_sinh", One(Real<Sinh>)},
      {"torch._sym_tan", One(Real<Tan>)},
      {"torch._sym_tanh", One(Real<Tanh>)},
      {"torch._sym_asin", One(Real<Asin>)},
      {"torch._sym_acos", One(Real<Acos>)},
      {"torch._sym_atan", One(Real<Atan>)},
      {"torch._sym_log2", One(Real<Log2>)},
  };
  const auto found = table->find(name);
  return found == table->end() ? nullptr : &found->second;
}

}  // namespace nodetorch
