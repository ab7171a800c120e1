#include "program/numbers.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <limits>
#include <string>

namespace nodetorch {

namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();
constexpr int64_t kExact = int64_t{1} << 53;  // up to here every int is a double
constexpr double kTwoTo63 = 9223372036854775808.0;

[[noreturn]] void Overflow(const char* what) {
  C10_THROW_ERROR(Error, std::string("the result of ") + what + " has more than 64 bits");
}

uint64_t Magnitude(int64_t value) {
  return value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
}

bool Sum(int64_t a, int64_t b, int64_t* result) {
  if (b > 0 ? a > kLargest - b : a < kSmallest - b) return false;
  *result = a + b;
  return true;
}

bool Product(int64_t a, int64_t b, int64_t* result) {
  const uint64_t x = Magnitude(a), y = Magnitude(b);
  const bool negative = (a < 0) != (b < 0);
  const uint64_t limit = static_cast<uint64_t>(kLargest) + (negative ? 1 : 0);
  if (x != 0 && y > limit / x) return false;
  const uint64_t product = x * y;
  *result = static_cast<int64_t>(negative ? ~product + 1 : product);
  return true;
}

// The quotient of two ints, rounded once, as Python's is: converting both first would round three times.
double Quotient(int64_t a, int64_t b) {
  const uint64_t x = Magnitude(a), y = Magnitude(b);
  if (x <= kExact && y <= kExact) return static_cast<double>(a) / static_cast<double>(b);
  if (x == 0) return b < 0 ? -0.0 : 0.0;
  uint64_t bits = x / y, rest = x % y;
  int exponent = 0;
  while (bits >> 62 == 0) {  // more bits than a double has, for the rounding to see
    const bool one = rest >= y - rest;
    rest = one ? rest - (y - rest) : rest + rest;
    bits = bits << 1 | (one ? 1 : 0);
    exponent--;
  }
  if (rest != 0) bits |= 1;
  const double result = std::ldexp(static_cast<double>(bits), exponent);
  return (a < 0) != (b < 0) ? -result : result;
}

void CheckDivisor(const Number& b, const char* message) {
  TORCH_CHECK(b.is_float ? b.real != 0 : b.whole != 0, "ZeroDivisionError: ", message);
}

// Quotient and rest of floats as Python's float.__divmod__ computes them, bit for bit.
void DivideFloats(double a, double b, double* quotient, double* rest) {
  double mod = std::fmod(a, b);
  double div = (a - mod) / b;
  if (mod != 0) {
    if ((b < 0) != (mod < 0)) {
      mod += b;
      div -= 1;
    }
  } else {
    mod = std::copysign(0.0, b);
  }
  if (div != 0) {
    *quotient = std::floor(div);
    if (div - *quotient > 0.5) *quotient += 1;
  } else {
    *quotient = std::copysign(0.0, a / b);
  }
  *rest = mod;
}

Number IntPower(int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && !Product(result, base, &result)) Overflow("pow");
    exponent >>= 1;
    // -1, 0 and 1 stay what they are, however often they are multiplied.
    if (exponent > 0 && !Product(base, base, &base)) Overflow("pow");
  }
  return Number::Int(result);
}

Order OrderOf(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Order::kNone;
  return a < b ? Order::kLess : a > b ? Order::kGreater : Order::kEqual;
}

Order CompareWithFloat(int64_t a, double b) {
  if (std::isnan(b)) return Order::kNone;
  if (b >= kTwoTo63) return Order::kLess;
  if (b < -kTwoTo63) return Order::kGreater;
  const double floor = std::floor(b);
  const auto whole = static_cast<int64_t>(floor);
  if (a != whole) return a < whole ? Order::kLess : Order::kGreater;
  return b > floor ? Order::kLess : Order::kEqual;
}

void CheckInts(const Number& a, const Number& b, const char* name) {
  TORCH_CHECK_TYPE(!a.is_float && !b.is_float, "unsupported operand type(s) for ", name, ": float");
}

}  // namespace

std::optional<Number> Number::Of(const c10::IValue& value) {
  if (value.isInt()) return Int(value.toInt());
  if (value.isDouble()) return Float(value.toDouble());
  if (value.isBool()) return Int(value.toBool() ? 1 : 0);
  return std::nullopt;
}

Number Add(const Number& a, const Number& b) {
  if (a.is_float || b.is_float) return Number::Float(a.AsFloat() + b.AsFloat());
  int64_t sum;
  if (!Sum(a.whole, b.whole, &sum)) Overflow("add");
  return Number::Int(sum);
}

Number Subtract(const Number& a, const Number& b) {
  if (a.is_float || b.is_float) return Number::Float(a.AsFloat() - b.AsFloat());
  int64_t difference;
  // The negative of the smallest int is none.
  const bool fits = b.whole == kSmallest ? a.whole < 0 && Sum(a.whole + 1, kLargest, &difference)
                                         : Sum(a.whole, -b.whole, &difference);
  if (!fits) Overflow("sub");
  return Number::Int(difference);
}

Number Multiply(const Number& a, const Number& b) {
  if (a.is_float || b.is_float) return Number::Float(a.AsFloat() * b.AsFloat());
  int64_t product;
  if (!Product(a.whole, b.whole, &product)) Overflow("mul");
  return Number::Int(product);
}

Number TrueDivide(const Number& a, const Number& b) {
  CheckDivisor(b, a.is_float || b.is_float ? "float division by zero" : "division by zero");
  if (a.is_float || b.is_float) return Number::Float(a.AsFloat() / b.AsFloat());
  return Number::Float(Quotient(a.whole, b.whole));
}

Number FloorDivide(const Number& a, const Number& b) {
  if (a.is_float || b.is_float) {
    CheckDivisor(b, "float floor division by zero");
    double quotient, rest;
    DivideFloats(a.AsFloat(), b.AsFloat(), &quotient, &rest);
    return Number::Float(quotient);
  }
  CheckDivisor(b, "integer division or modulo by zero");
  if (a.whole == kSmallest && b.whole == -1) Overflow("floordiv");
  const int64_t quotient = a.whole / b.whole;
  const bool inexact = a.whole % b.whole != 0;
  return Number::Int(inexact && (a.whole < 0) != (b.whole < 0) ? quotient - 1 : quotient);
}

Number Modulo(const Number& a, const Number& b) {
  if (a.is_float || b.is_float) {
    CheckDivisor(b, "float modulo");
    double quotient, rest;
    DivideFloats(a.AsFloat(), b.AsFloat(), &quotient, &rest);
    return Number::Float(rest);
  }
  CheckDivisor(b, "integer modulo by zero");
  if (b.whole == -1) return Number::Int(0);
  const int64_t rest = a.whole % b.whole;
  return Number::Int(rest != 0 && (rest < 0) != (b.whole < 0) ? rest + b.whole : rest);
}

Number Power(const Number& a, const Number& b) {
  if (!a.is_float && !b.is_float && b.whole >= 0) {
    if (a.whole == -1) return Number::Int(b.whole % 2 == 0 ? 1 : -1);
    if (a.whole == 0 || a.whole == 1) return Number::Int(b.whole == 0 ? 1 : a.whole);
    return IntPower(a.whole, b.whole);
  }
  const double base = a.AsFloat(), exponent = b.AsFloat();
  const double result = std::pow(base, exponent);
  if (!std::isfinite(base) || !std::isfinite(exponent)) return Number::Float(result);
  TORCH_CHECK(base != 0 || exponent >= 0, "ZeroDivisionError: 0.0 cannot be raised to a negative power");
  TORCH_CHECK(base >= 0 || std::floor(exponent) == exponent,
              "a negative number raised to a fractional power is complex");
  TORCH_CHECK(!std::isinf(result), "OverflowError: (34, 'Numerical result out of range')");
  return Number::Float(result);
}

Number Negate(const Number& a) {
  if (a.is_float) return Number::Float(-a.real);
  if (a.whole == kSmallest) Overflow("neg");
  return Number::Int(-a.whole);
}

Number ShiftLeft(const Number& a, const Number& b) {
  CheckInts(a, b, "<<");
  TORCH_CHECK_VALUE(b.whole >= 0, "negative shift count");
  if (a.whole == 0) return a;
  if (b.whole > 63) Overflow("lshift");
  const auto result = static_cast<int64_t>(static_cast<uint64_t>(a.whole) << b.whole);
  if (result >> b.whole != a.whole) Overflow("lshift");
  return Number::Int(result);
}

Number ShiftRight(const Number& a, const Number& b) {
  CheckInts(a, b, ">>");
  TORCH_CHECK_VALUE(b.whole >= 0, "negative shift count");
  return Number::Int(a.whole >> (b.whole > 63 ? 63 : b.whole));
}

Order Compare(const Number& a, const Number& b) {
  if (a.is_float && b.is_float) return OrderOf(a.real, b.real);
  if (b.is_float) return CompareWithFloat(a.whole, b.real);
  if (a.is_float) {
    const Order order = CompareWithFloat(b.whole, a.real);
    return order == Order::kLess ? Order::kGreater : order == Order::kGreater ? Order::kLess : order;
  }
  return a.whole < b.whole ? Order::kLess : a.whole > b.whole ? Order::kGreater : Order::kEqual;
}

Number WholeOf(double value) {
  TORCH_CHECK_VALUE(!std::isnan(value), "cannot convert float NaN to integer");
  TORCH_CHECK(!std::isinf(value), "OverflowError: cannot convert float infinity to integer");
  if (value >= kTwoTo63 || value < -kTwoTo63) Overflow("a conversion to int");
  return Number::Int(static_cast<int64_t>(value));
}

}  // namespace nodetorch
